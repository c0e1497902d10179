/* SPDX-License-Identifier: MIT
 * Owns: how a command line that makes no sense is answered: one line that says where to look.
 * Must not know: commands. */
#include "analyzer/base/usage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/base/message.h"

static bool told; /* what is wrong: argp has a hook for that, but one for each parser */

error_t usage_error(struct argp_state *state, const char *format, ...)
{
    char what[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    message_error("%s; try '%s --help'", what, state->name);
    told = true;
    return EINVAL;
}

/* The only option whose name begins as the word, or NULL. */
static const struct argp_option *option_of(const struct argp *argp, const char *word)
{
    const struct argp_option *found = NULL;
    size_t bytes = strcspn(word + 2, "=");
    for (const struct argp_option *option = argp->options; option && option->name; option++) {
        if (strncmp(option->name, word + 2, bytes) != 0)
            continue;
        if (option->name[bytes] == '\0')
            return option;
        if (found)
            return NULL;
        found = option;
    }
    return found;
}

/* getopt does not say what it stumbled over: it has just gone past it, or, among letters behind one dash, is at it. */
static void failed(struct argp_state *state, const struct argp *command)
{
    const char *word = state->next > 1 ? state->argv[state->next - 1] : "";
    if (told)
        return;
    if (word[0] != '-' && state->next < state->argc)
        word = state->argv[state->next];
    const struct argp_option *option = strncmp(word, "--", 2) ? NULL : option_of(command, word);
    if (!option)
        usage_error(state, "unknown option '%s'", word);
    else if (strchr(word, '='))
        usage_error(state, "--%s takes nothing behind it", option->name);
    else
        usage_error(state, "--%s needs something behind it: --%s=%s", option->name, option->name, option->arg);
}

error_t usage_check_file(struct argp_state *state, const char *option, const char *file, bool trace_follows)
{
    struct stat status;
    if (!file || !strcmp(file, "-") || stat(file, &status) || !S_ISDIR(status.st_mode))
        return 0;
    if (trace_follows)
        return usage_error(state, "--%s wants a FILE, but '%s' is a directory; a TRACE stands behind it: --%s=FILE %s",
                           option, file, option, file);
    return usage_error(state, "--%s wants a FILE, but '%s' is a directory", option, file);
}

bool usage_check_outputs(const char *const *options, const char *const *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (files[i] && files[k] && !strcmp(files[i], files[k])) {
                message_error("--%s and --%s both go to %s: name another file for one, as in --%s=FILE", options[k],
                              options[i], strcmp(files[i], "-") ? files[i] : "standard output", options[i]);
                return false;
            }
    return true;
}

/* Instead of argp's own, which without its errors say nothing either. */
static const struct argp_option options[] = {{"help", 'h', NULL, 0, "Give this help list", -1},
                                             {NULL, '?', NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, -1},
                                             {"version", 'V', NULL, 0, "Print program version", -1},
                                             {0}};

struct parsing {
    const struct argp *command; /* as it was given */
    struct argp whole;
    void *input;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = parsing->input; return 0;
    case ARGP_KEY_ERROR: failed(state, parsing->command); return 0;
    case 'h':
    case '?':
        argp_help(&parsing->whole, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK, state->name);
        exit(message_end_output(CMD_OK));
    case 'V': puts(argp_program_version); exit(message_end_output(CMD_OK));
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_with(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    struct parsing parsing = {argp, {options, parse, NULL, NULL, children, NULL, NULL}, input};
    return argp_parse(&parsing.whole, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | flags, NULL, &parsing);
}

error_t usage_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    return parse_with(argp, argc, argv, 0, input);
}

error_t usage_parse_in_order(const struct argp *argp, int argc, char **argv, void *input)
{
    return parse_with(argp, argc, argv, ARGP_IN_ORDER, input);
}
