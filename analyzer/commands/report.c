/* SPDX-License-Identifier: MIT
 * Owns: `imgbench report`: a trace to its report.
 * Must not know: figures, formats. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/base/version.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/gate/gate.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/message.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/base/output_file.h"
#include "analyzer/quality/quality.h"
#include "analyzer/render/render.h"
#include "analyzer/base/usage.h"

enum { KEY_JSON = 256, KEY_CSV, KEY_MD, KEY_HTML, KEY_IMAGES, KEY_TOP, KEY_NO_IMAGES };

/* Where the report goes besides, or instead of, the text on standard output. */
static const struct {
    int key;
    const struct renderer *renderer;
} formats[] = {{KEY_JSON, &render_json}, {KEY_CSV, &render_csv}, {KEY_MD, &render_md}, {KEY_HTML, &render_html}};
#define FORMATS (sizeof formats / sizeof *formats)

struct report_arguments {
    const char *trace;
    const char *files[FORMATS]; /* by format; "-" = standard output, NULL = not wanted */
    struct render_options options;
    struct gates gates;
    struct quality_request quality;
};

static const struct argp_option options[] = {
    {"json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL, "One JSON object, on standard output unless a FILE is named", 0},
    {"csv", KEY_CSV, "FILE", OPTION_ARG_OPTIONAL, "A table with a row per image", 0},
    {"md", KEY_MD, "FILE", OPTION_ARG_OPTIONAL, "Markdown for a pull request", 0},
    {"html", KEY_HTML, "FILE", 0, "Write a page for a browser that needs nothing else", 0},
    {"images", KEY_IMAGES, NULL, 0, "Text: add a table with a row per image", 0},
    {"top", KEY_TOP, "N", 0, "Text, Markdown: at most N images in tables (0: all, which is the default of the text)",
     0},
    {"no-images", KEY_NO_IMAGES, NULL, 0, "JSON: leave images[] out", 0},
    {0}};

static error_t set_top(struct argp_state *state, const char *text, size_t *rows)
{
    char *end;
    errno = 0;
    *rows = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno)
        return 0;
    return usage_error(state, "--top takes a number of rows, not '%s'", text);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_arguments *arguments = state->input;
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].key == key) {
            arguments->files[i] = argument ? argument : "-";
            return usage_check_file(state, formats[i].renderer->name, argument, true);
        }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->trace;
        state->child_inputs[1] = &arguments->gates;
        state->child_inputs[2] = &arguments->quality;
        return 0;
    case KEY_IMAGES: arguments->options.images = true; return 0;
    case KEY_TOP: return set_top(state, argument, &arguments->options.top);
    case KEY_NO_IMAGES: arguments->options.no_images = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The text is printed unless something else goes to standard output. */
static bool prints_text(const struct report_arguments *arguments)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (arguments->files[i] && output_file_is_standard(arguments->files[i]))
            return false;
    return true;
}

static bool check_outputs(const struct report_arguments *arguments)
{
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++)
        names[i] = formats[i].renderer->name;
    return usage_check_outputs(names, arguments->files, FORMATS);
}

static bool write_file(const struct metrics *metrics, const struct report_arguments *arguments, size_t format)
{
    struct output_file file;
    if (!output_file_open(&file, arguments->files[format]))
        return false;
    errno = 0; /* a failed fflush may have emptied the buffer: only now can its reason be asked */
    int error = formats[format].renderer->report(metrics, &arguments->options, file.stream) ? errno ? errno : EIO : 0;
    return output_file_close(&file, error);
}

static int render(const struct run *run, const struct report_arguments *arguments)
{
    struct metrics *metrics = metrics_compute(run);
    if (!metrics) {
        message_error("not enough memory to compute the report");
        return CMD_FAILURE;
    }
    bool good = quality_measure(metrics, &arguments->quality);
    for (size_t i = 0; i < FORMATS; i++)
        if (arguments->files[i])
            good &= write_file(metrics, arguments, i);
    if (prints_text(arguments) && render_text.report(metrics, &arguments->options, stdout)) {
        message_output_failed();
        good = false;
    }
    int gate = gates_check_report(&arguments->gates, metrics);
    metrics_free(metrics);
    return good ? gate : CMD_FAILURE;
}

static int report(const char *path, const struct report_arguments *arguments)
{
    struct run *run = load_run(path);
    int result = run ? render(run, arguments) : CMD_FAILURE;
    if (run)
        run_free(run);
    return result;
}

static void release(struct report_arguments *arguments)
{
    gates_release(&arguments->gates);
    quality_settings_release(&arguments->quality.settings);
}

static int run_report(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&find_trace_argp, 0, NULL, 0}, {&gate_argp, 0, NULL, 0}, {&quality_request_argp, 0, NULL, 0}, {0}};
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
        .options = {.ascii = message_locale_is_ascii(), .tool_version = version_text},
        .quality = {.settings = quality_settings()},
    };
    if (usage_parse(&argp, argc, argv, &arguments) || !check_outputs(&arguments)) {
        release(&arguments);
        return CMD_USAGE;
    }
    char *found = find_trace(arguments.trace, false);
    if (!found) {
        release(&arguments);
        return CMD_FAILURE;
    }
    if (!arguments.trace && prints_text(&arguments)) {
        fputs("Trace: ", stdout);
        message_escaped(stdout, found, strlen(found), arguments.options.ascii);
        fputs("\n\n", stdout);
    }
    int result = report(found, &arguments);
    release(&arguments);
    free(found);
    return result;
}

const struct command cmd_report = {"report", "print the benchmark report of a trace",
                                   "[TRACE] [--json[=FILE]] [--csv[=FILE]] [--md[=FILE]] [--html FILE] [--images] "
                                   "[--top N] [--quality] [--fail-if EXPR]",
                                   run_report};
