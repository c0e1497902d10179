/* SPDX-License-Identifier: MIT
 * Owns: what a command is, and which there are.
 * Must not know: what commands do. */
#ifndef ANALYZER_CMD_H
#define ANALYZER_CMD_H

struct command {
    const char *name;
    const char *summary; /* one line for `imgbench --help` */
    const char *usage;   /* operands, as in "[TRACE]" */
    /* Runs with argv[0] = "imgbench <name>"; returns one of base/exit_code.h. The only code that prints or ends the
     * program. */
    int (*run)(int argc, char **argv);
};

/* Each has a `const struct command cmd_<name>`; in the order of `imgbench --help`. */
#define COMMANDS(COMMAND)                                                                                              \
    COMMAND(run)                                                                                                       \
    COMMAND(report)                                                                                                    \
    COMMAND(compare)                                                                                                   \
    COMMAND(export)                                                                                                    \
    COMMAND(dump)                                                                                                      \
    COMMAND(verify)                                                                                                    \
    COMMAND(pack)                                                                                                      \
    COMMAND(anonymize)                                                                                                 \
    COMMAND(start)                                                                                                     \
    COMMAND(stop)                                                                                                      \
    COMMAND(status)                                                                                                    \
    COMMAND(mark)                                                                                                      \
    COMMAND(doctor)                                                                                                    \
    COMMAND(score)

#define COMMAND_DECLARED(name) extern const struct command cmd_##name;
COMMANDS(COMMAND_DECLARED)
#undef COMMAND_DECLARED

#endif
