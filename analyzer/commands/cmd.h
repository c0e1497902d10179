/* SPDX-License-Identifier: MIT
 * Owns: what a command is.
 * Must not know: what commands do.
 *
 * To add a command: write cmd_<name>.c with a `const struct command cmd_<name>`, declare it here, list it in main.c. */
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
extern const struct command cmd_anonymize, cmd_compare, cmd_doctor, cmd_dump, cmd_export, cmd_mark, cmd_pack,
    cmd_report, cmd_run, cmd_score, cmd_start, cmd_status, cmd_stop, cmd_verify;

#endif
