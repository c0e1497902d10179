/* SPDX-License-Identifier: MIT
 * Owns: `imgbench report`: a trace to its report.
 * Must not know: figures, formats. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/cmd.h"
#include "analyzer/find_trace.h"
#include "analyzer/infer/infer.h"
#include "analyzer/message.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/reader/reader.h"
#include "analyzer/render/render.h"

enum { KEY_JSON = 256, KEY_IMAGES, KEY_TOP, KEY_NO_IMAGES, KEY_HTML };

struct report_arguments {
    const char *trace;
    const struct renderer *renderer;
    const char *html; /* the file, or NULL */
    struct render_options options;
};

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print one JSON object instead of text", 0},
    {"html", KEY_HTML, "FILE", 0, "Write one page for a browser instead", 0},
    {"images", KEY_IMAGES, NULL, 0, "Text: add a table with a row per image", 0},
    {"top", KEY_TOP, "N", 0, "Text: at most N rows in that table (0: all, which is the default)", 0},
    {"no-images", KEY_NO_IMAGES, NULL, 0, "JSON: leave images[] out", 0},
    {0}};

static error_t set_top(const char *text, size_t *rows)
{
    char *end;
    errno = 0;
    *rows = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno)
        return 0;
    message_error("--top takes a number of rows, not '%s'", text);
    return EINVAL;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->trace; return 0;
    case KEY_JSON: arguments->renderer = &render_json; return 0;
    case KEY_HTML:
        arguments->renderer = &render_html;
        arguments->html = argument;
        return 0;
    case KEY_IMAGES: arguments->options.images = true; return 0;
    case KEY_TOP: return set_top(argument, &arguments->options.top);
    case KEY_NO_IMAGES: arguments->options.no_images = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int render(const struct run *run, const struct report_arguments *arguments)
{
    struct metrics *metrics = metrics_compute(run);
    if (!metrics) {
        message_error("not enough memory to compute the report");
        return CMD_FAILURE;
    }
    FILE *out = arguments->html ? fopen(arguments->html, "w") : stdout;
    if (!out)
        message_error("cannot write %s: %s", arguments->html, strerror(errno));
    int result = out ? arguments->renderer->report(metrics, &arguments->options, out) : -1;
    if (out && out != stdout && fclose(out))
        result = -1;
    metrics_free(metrics);
    return result ? CMD_FAILURE : CMD_OK;
}

static int report(const char *path, const struct report_arguments *arguments)
{
    char error[4500];
    struct message_damages damages = {0};
    struct reader *reader = reader_open(path, message_damage, &damages, error, sizeof error);
    if (!reader) {
        message_damages_drop(&damages);
        message_error("%s", error);
        return CMD_FAILURE;
    }
    struct run *run = infer_run(reader, path);
    reader_close(reader);
    int result = CMD_FAILURE;
    if (!run) {
        message_damages_drop(&damages);
        message_error("%s: not enough memory to read the trace", path);
        return CMD_FAILURE;
    }
    if (!run->records) {
        message_nothing_read(&damages, path);
    } else {
        message_damages_print(&damages);
        result = render(run, arguments);
    }
    run_free(run);
    return result;
}

static int run_report(int argc, char **argv)
{
    static const struct argp_child children[] = {{&find_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "[TRACE]",
        "Print the benchmark report of a trace.\v"
        "TRACE is the directory that a traced run made. Without it: the newest one below "
        "${XDG_STATE_HOME:-~/.local/state}/imgbench that saw an image; the text report then names it in its first "
        "line. Damage in a trace is listed on standard error and the rest is reported.",
        children,
        NULL,
        NULL};
    struct report_arguments arguments = {
        .renderer = &render_text,
        .options = {.ascii = message_locale_is_ascii(), .tool_version = cmd_version},
    };
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
        return CMD_USAGE;
    char *found = find_trace(arguments.trace, false);
    if (!found)
        return CMD_FAILURE;
    if (!arguments.trace && arguments.renderer == &render_text) {
        fputs("Trace: ", stdout);
        message_escaped(stdout, found, strlen(found), arguments.options.ascii);
        fputs("\n\n", stdout);
    }
    int result = report(found, &arguments);
    free(found);
    return result;
}

const struct command cmd_report = {"report", "print the benchmark report of a trace",
                                   "[TRACE] [--json] [--images] [--top N] [--no-images]", run_report};
