/* SPDX-License-Identifier: MIT
 * Owns: `imgbench compare`: two traces, sets of runs or reports to what differs between them.
 * Must not know: figures, statistics, formats. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/base/version.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/compare/render/render.h"
#include "analyzer/gate/gate.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output_file.h"
#include "analyzer/base/usage.h"

enum { KEY_JSON = 256, KEY_MD, KEY_HTML, KEY_MAP, KEY_TOP };

static const struct {
    int key;
    const struct compare_renderer *renderer;
} formats[] = {{KEY_JSON, &compare_json}, {KEY_MD, &compare_md}, {KEY_HTML, &compare_html}};
#define FORMATS (sizeof formats / sizeof *formats)

struct compare_arguments {
    const char *sides[2];
    const char *files[FORMATS]; /* "-" = standard output, NULL = not wanted */
    char *map_from;
    const char *map_to;
    struct compare_options options;
    struct gates gates;
};

static const struct argp_option options[] = {
    {"json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL, "One JSON object, on standard output unless a FILE is named", 0},
    {"md", KEY_MD, "FILE", OPTION_ARG_OPTIONAL, "Markdown for a pull request", 0},
    {"html", KEY_HTML, "FILE", 0, "Write a page for a browser that needs nothing else", 0},
    {"map", KEY_MAP, "OLD=NEW", 0, "Images below OLD on the old side are those below NEW on the new one", 0},
    {"top", KEY_TOP, "N", 0, "Text: at most N images and N exploratory figures (default 10; 0: all)", 0},
    {0}};

static error_t set_map(struct argp_state *state, struct compare_arguments *arguments, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return usage_error(state, "--map takes two directories, as in --map=/old/images=/new/images, not '%s'", text);
    free(arguments->map_from);
    arguments->map_from = memory_text(text, (size_t)(equals - text));
    arguments->map_to = equals + 1;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct compare_arguments *arguments = state->input;
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].key == key) {
            arguments->files[i] = argument ? argument : "-";
            return usage_check_file(state, formats[i].renderer->name, argument, false);
        }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->gates; return 0;
    case KEY_MAP: return set_map(state, arguments, argument);
    case KEY_TOP: {
        char *end;
        errno = 0;
        arguments->options.top = strtoul(argument, &end, 10);
        return *argument >= '0' && *argument <= '9' && !*end && !errno
                   ? 0
                   : usage_error(state, "--top takes a number of rows, not '%s'", argument);
    }
    case ARGP_KEY_ARG:
        if (arguments->sides[1])
            return usage_error(
                state, "two sides only, but there is also '%s' (a FILE follows its option behind '=': --md=FILE)",
                argument);
        arguments->sides[arguments->sides[0] != NULL] = argument;
        return 0;
    case ARGP_KEY_END:
        return arguments->sides[1]
                   ? 0
                   : usage_error(state,
                                 "two sides are needed, an old and a new one: traces, sets of runs or JSON reports");
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool prints_text(const struct compare_arguments *arguments)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (arguments->files[i] && output_file_is_standard(arguments->files[i]))
            return false;
    return true;
}

static bool write_file(const struct comparison *comparison, const struct compare_arguments *arguments, size_t format)
{
    struct output_file file;
    if (!output_file_open(&file, arguments->files[format]))
        return false;
    errno = 0;
    int error =
        formats[format].renderer->report(comparison, &arguments->options, file.stream) ? errno ? errno : EIO : 0;
    return output_file_close(&file, error);
}

static int render(const struct comparison *comparison, const struct compare_arguments *arguments)
{
    bool good = true;
    for (size_t i = 0; i < FORMATS; i++)
        if (arguments->files[i])
            good &= write_file(comparison, arguments, i);
    if (prints_text(arguments) && compare_text.report(comparison, &arguments->options, stdout)) {
        message_output_failed();
        good = false;
    }
    int gate = gates_check_comparison(&arguments->gates, comparison);
    return good ? gate : CMD_FAILURE;
}

static int compare(const struct compare_arguments *arguments)
{
    struct side old = {0}, new = {0};
    int result = CMD_FAILURE;
    if (side_load(&old, arguments->sides[0]) && side_load(&new, arguments->sides[1])) {
        struct comparison comparison;
        comparison_make(&comparison, &old, &new, arguments->map_from, arguments->map_to);
        result = render(&comparison, arguments);
        comparison_release(&comparison);
    }
    side_release(&old);
    side_release(&new);
    return result;
}

static int run_compare(int argc, char **argv)
{
    static const struct argp_child children[] = {{&gate_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "OLD NEW",
        "Compare two sides: what changed, and what is only noise.\v"
        "OLD and NEW are each a trace, a set of runs (the directory that imgbench run --runs made: traces run-001 and "
        "so "
        "on) or a JSON report. Sizes, settings and counts compare exactly. For times and memory the unit of "
        "replication "
        "is the run: single runs get no verdict, sets that one imgbench run interleaved get the best one.",
        children,
        NULL,
        NULL};
    struct compare_arguments arguments = {
        .options = {.ascii = message_locale_is_ascii(), .top = 10, .tool_version = version_text},
        .gates = {.compares = true}};
    static const char *const names[FORMATS] = {"json", "md", "html"};
    int result = usage_parse(&argp, argc, argv, &arguments) ? CMD_USAGE : CMD_OK;
    if (!result && !usage_check_outputs(names, arguments.files, FORMATS))
        result = CMD_USAGE;
    if (!result)
        result = compare(&arguments);
    gates_release(&arguments.gates);
    free(arguments.map_from);
    return result;
}

const struct command cmd_compare = {
    "compare", "compare two traces, sets of runs or reports",
    "OLD NEW [--json[=FILE]] [--md[=FILE]] [--html FILE] [--map OLD=NEW] [--fail-if EXPR]", run_compare};
