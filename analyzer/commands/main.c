/* SPDX-License-Identifier: MIT
 * Owns: which command a command line means.
 * Must not know: what commands do. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/base/message.h"

const char *argp_program_version = "imgbench " IMGBENCH_VERSION;

#define COMMAND_ADDRESS(name) &cmd_##name,
static const struct command *const commands[] = {COMMANDS(COMMAND_ADDRESS)};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    message_error("unknown command '%s'; 'imgbench --help' lists them", name);
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("Usage: imgbench COMMAND [OPTION...] [TRACE]\n"
          "       imgbench help COMMAND\n"
          "Benchmarks image optimizers that nobody changed.\n\n"
          "  imgbench run -- OPTIMIZER...                    record a run, and report on it\n"
          "  LD_PRELOAD=/path/to/libimgbench.so OPTIMIZER... only record it\n"
          "  imgbench report                                 report on the newest one\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %s %s\n      %s\n", commands[i]->name, commands[i]->usage, commands[i]->summary);
    fputs("\n  -h, --help     this text; after a command, that command's\n"
          "  -V, --version  the version\n",
          out);
}

static int run(const struct command *command, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "imgbench %s", command->name);
    argv[0] = name;
    return message_end_output(command->run(argc, argv));
}

static int help(const char *name)
{
    const struct command *command = find(name);
    char option[] = "--help";
    char *argv[] = {NULL, option, NULL};
    return command ? run(command, 2, argv) : CMD_USAGE;
}

/* A file that is opened would take the number of one that is closed, and get what is said. Closed they stay for the
 * programs that are started, and to use one still fails. */
static void keep_standard_numbers(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        int opened = open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
        if (opened != fd) /* there is no /dev/null: the numbers stay free */
            return;
    }
}

int main(int argc, char **argv)
{
    keep_standard_numbers();
    setlocale(LC_CTYPE, "");
    argp_err_exit_status = CMD_USAGE;
    if (argc < 2) {
        print_help(stderr);
        return CMD_USAGE;
    }
    const char *word = argv[1];
    if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
        puts(argp_program_version);
        return message_end_output(CMD_OK);
    }
    bool asks_help = !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "-?");
    if (asks_help || (!strcmp(word, "help") && argc == 2)) {
        print_help(stdout);
        return message_end_output(CMD_OK);
    }
    if (!strcmp(word, "help"))
        return help(argv[2]);
    const struct command *command = find(word);
    return command ? run(command, argc - 1, argv + 1) : CMD_USAGE;
}
