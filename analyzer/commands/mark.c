/* SPDX-License-Identifier: MIT
 * Owns: `imgbench mark`: a mark made by a command, for what can start one and do nothing else.
 * Must not know: traces. */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/base/usage.h"
#include "trace/trace.h"

struct arguments {
    const char *name, *data, *moment;
};

enum { OPTION_BEGIN = 1000, OPTION_END, OPTION_DATA };
static const struct argp_option options[] = {
    {"begin", OPTION_BEGIN, NULL, 0, "The beginning of a span", 0},
    {"end", OPTION_END, NULL, 0, "Its end: another command, in the same shell or not", 0},
    {"data", OPTION_DATA, "JSON", 0, "What the report is to show beside the mark; 1024 bytes at most", 0},
    {0}};

static error_t name(struct argp_state *state, struct arguments *arguments, const char *argument)
{
    if (arguments->name)
        return usage_error(state, "one NAME only, but there is also '%s'", argument);
    size_t length = strlen(argument);
    if (!length || length > TRACE_MARK_NAME)
        return usage_error(state, "a NAME has 1 to %u bytes, this one has %zu", TRACE_MARK_NAME, length);
    for (const char *c = argument; *c; c++)
        if (*c == '?')
            return usage_error(state, "a NAME has no '?': what would be behind it is given with --data");
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            return usage_error(state, "a NAME has no control characters");
    arguments->name = argument;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    const char *moment = key == OPTION_BEGIN ? "begin" : "end";
    switch (key) {
    case OPTION_BEGIN:
    case OPTION_END:
        if (arguments->moment && strcmp(arguments->moment, moment) != 0)
            return usage_error(state, "--begin and --end are two marks");
        arguments->moment = moment;
        return 0;
    case OPTION_DATA:
        if (strlen(argument) > TRACE_MARK_DATA)
            return usage_error(state, "--data has %zu bytes, a mark takes %u", strlen(argument), TRACE_MARK_DATA);
        arguments->data = argument;
        return 0;
    case ARGP_KEY_ARG: return name(state, arguments, argument);
    case ARGP_KEY_END: return arguments->name ? 0 : usage_error(state, "a mark needs a NAME");
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int run_mark(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "NAME",
        "Name this moment in the trace that this command is recorded in.\v"
        "Asks about the path imgbench:mark:NAME, as any program may: see docs/report.md, Marks. Where the library is "
        "not loaded this does nothing, and succeeds.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {0};
    if (usage_parse(&argp, argc, argv, &arguments))
        return CMD_USAGE;
    char path[64 + TRACE_MARK_NAME + TRACE_MARK_DATA];
    snprintf(path, sizeof path, TRACE_MARK_PREFIX "%s:%s%s%s", arguments.moment ? arguments.moment : "mark",
             arguments.name, arguments.data ? "?" : "", arguments.data ? arguments.data : "");
    (void)!access(path, F_OK);
    return CMD_OK;
}

const struct command cmd_mark = {"mark", "name this moment, from a command that is being recorded", "[OPTION...] NAME",
                                 run_mark};
