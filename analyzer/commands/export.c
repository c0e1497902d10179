/* SPDX-License-Identifier: MIT
 * Owns: `imgbench export`: a trace in the formats of other tools.
 * Must not know: what is in them. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/base/version.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/export/flamegraph.h"
#include "analyzer/export/ndjson.h"
#include "analyzer/export/perfetto/perfetto.h"
#include "analyzer/export/sqlite.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output_file.h"
#include "analyzer/quality/quality.h"
#include "analyzer/base/usage.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/base/damages.h"

enum { KEY_FIRST = 256, KEY_RECORDS = KEY_FIRST + 16 };
enum format { PERFETTO, NDJSON, SQLITE, FLAMEGRAPH, FORMATS };
static const char *const names[FORMATS] = {"perfetto", "ndjson", "sqlite", "flamegraph"};

struct export_arguments {
    const char *trace;
    const char *files[FORMATS]; /* NULL = not wanted, "-" = standard output */
    bool records;               /* ndjson: a line per record */
    struct quality_request quality;
};

static const struct argp_option options[] = {
    {"perfetto", KEY_FIRST + PERFETTO, "FILE", 0,
     "A trace for ui.perfetto.dev: processes, threads, images, codec calls, I/O, memory and CPU over time", 0},
    {"ndjson", KEY_FIRST + NDJSON, "FILE", 0, "A JSON object per line and image, for DuckDB, jq and the like", 0},
    {"records", KEY_RECORDS, NULL, 0, "With --ndjson: a line per record of the trace instead", 0},
    {"sqlite", KEY_FIRST + SQLITE, "FILE", 0, "A database with everything that a report knows", 0},
    {"flamegraph", KEY_FIRST + FLAMEGRAPH, "FILE", 0,
     "Where the large blocks came from that made the memory peak, as folded stacks: "
     "program;outermost;...;innermost bytes",
     0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct export_arguments *arguments = state->input;
    if (key >= KEY_FIRST && key < KEY_FIRST + FORMATS) {
        arguments->files[key - KEY_FIRST] = argument;
        return usage_check_file(state, names[key - KEY_FIRST], argument, true);
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->trace;
        state->child_inputs[1] = &arguments->quality;
        return 0;
    case KEY_RECORDS: arguments->records = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool check(const struct export_arguments *arguments)
{
    bool any = false;
    for (int i = 0; i < FORMATS; i++)
        any |= arguments->files[i] != NULL;
    if (!any)
        message_error("say what to export: --perfetto, --ndjson, --sqlite or --flamegraph, each with a FILE");
    else if (arguments->records && !arguments->files[NDJSON])
        message_error("--records is about --ndjson: name a file for it, as in --ndjson=FILE");
    else if (quality_is_wanted(&arguments->quality) && !arguments->files[PERFETTO] && !arguments->files[SQLITE] &&
             (!arguments->files[NDJSON] || arguments->records))
        message_error("--quality is about images: it goes into --sqlite, --perfetto, and --ndjson without --records");
    else if (arguments->files[SQLITE] && !strcmp(arguments->files[SQLITE], "-"))
        message_error("a database cannot be written to standard output: name a file, as in --sqlite=FILE");
    else
        return usage_check_outputs(names, arguments->files, FORMATS);
    return false;
}

/* What the stream of a file that is complete says about it: 0, or why it is not. */
static int stream_error(FILE *stream)
{
    errno = 0; /* a failed fflush may have emptied the buffer: only now can its reason be asked */
    return fflush(stream) || ferror(stream) ? errno ? errno : EIO : 0;
}

static bool write_images(const char *path, const struct metrics *metrics)
{
    struct output_file file;
    if (!output_file_open(&file, path))
        return false;
    errno = 0;
    int error = ndjson_images(file.stream, metrics) ? errno ? errno : EIO : 0;
    return output_file_close(&file, error);
}

static bool write_flamegraph(const char *path, const struct run *run)
{
    struct output_file file;
    if (!run->site_count)
        message_error("no large block was recorded: there are no stacks; record the run with IMGBENCH_STACKS=1 and "
                      "see IMGBENCH_ALLOC_THRESHOLD");
    for (size_t i = 0; i < run->note_count; i++)
        message_error("%s", run->notes[i]); /* why frames have no names, or there are no stacks */
    if (!output_file_open(&file, path))
        return false;
    export_flamegraph(file.stream, run);
    return output_file_close(&file, stream_error(file.stream));
}

static bool write_database(const char *path, const struct metrics *metrics)
{
    struct output_file file;
    struct stat status;
    char error[512];
    if (!stat(path, &status) && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) { /* to open a FIFO would wait */
        message_error("cannot write a database to %s: it is no regular file", path);
        return false;
    }
    if (!output_file_open(&file, path))
        return false;
    if (!file.temporary) {
        message_error("cannot write a database to %s: it is standard output", path);
        output_file_drop(&file);
        return false;
    }
    bool written = sqlite_write(file.temporary, metrics, version_text, error, sizeof error);
    if (!written)
        message_error("cannot write %s: %s", path, error);
    return written ? output_file_close(&file, 0) : (output_file_drop(&file), false);
}

/* ---- what is made from the records ---- */

struct pass {
    struct output_file perfetto_file, ndjson_file;
    struct perfetto *perfetto; /* NULL = not wanted */
    FILE *ndjson;              /* NULL = not wanted */
};

/* Returns the number of records. Stops where nothing more can be written. */
static uint64_t read_records(struct reader *reader, struct pass *pass)
{
    struct trace_record record;
    struct reader_origin origin;
    uint64_t count = 0;
    while (reader_next(reader, &record, &origin)) {
        if (pass->perfetto)
            perfetto_record(pass->perfetto, &record, &origin);
        if (pass->ndjson)
            ndjson_record(pass->ndjson, &record, &origin);
        if (++count & 0xffff)
            continue;
        message_progress("writing the records", reader_done_ratio(reader));
        if ((pass->perfetto && ferror(pass->perfetto_file.stream)) || (pass->ndjson && ferror(pass->ndjson)))
            break;
    }
    message_progress_end();
    return count;
}

static bool open_pass(struct pass *pass, const struct export_arguments *arguments, const struct metrics *metrics)
{
    if (arguments->files[PERFETTO]) {
        if (!output_file_open(&pass->perfetto_file, arguments->files[PERFETTO]))
            return false;
        pass->perfetto = perfetto_begin(pass->perfetto_file.stream, metrics);
    }
    if (arguments->files[NDJSON] && arguments->records) {
        if (!output_file_open(&pass->ndjson_file, arguments->files[NDJSON]))
            return false;
        pass->ndjson = pass->ndjson_file.stream;
    }
    return true;
}

/* With keep, the files get their names. */
static bool close_pass(struct pass *pass, bool keep)
{
    bool good = true;
    if (pass->perfetto) {
        uint64_t beside = perfetto_end(pass->perfetto);
        if (beside)
            message_error("Perfetto: %" PRIu64 " calls that overlap too many others were left out", beside);
        if (keep)
            good &= output_file_close(&pass->perfetto_file, stream_error(pass->perfetto_file.stream));
        else
            output_file_drop(&pass->perfetto_file);
    }
    if (pass->ndjson && keep)
        good &= output_file_close(&pass->ndjson_file, stream_error(pass->ndjson));
    else if (pass->ndjson)
        output_file_drop(&pass->ndjson_file);
    return good && keep;
}

/* metrics: NULL where nobody has read the trace yet. Damage is then news, else it was told. */
static bool write_records(const char *path, const struct export_arguments *arguments, const struct metrics *metrics)
{
    char error[4500];
    struct damages damages = {0};
    struct pass pass = {.perfetto = NULL};
    struct reader *reader = reader_open(path, metrics ? NULL : damages_add, &damages, error, sizeof error);
    if (!reader) {
        damages_drop(&damages);
        message_error("%s", error);
        return false;
    }
    bool open = open_pass(&pass, arguments, metrics);
    uint64_t records = open ? read_records(reader, &pass) : 0;
    reader_close(reader);
    if (records)
        damages_print(&damages);
    else if (open)
        damages_nothing_read(&damages, path);
    else
        damages_drop(&damages);
    return close_pass(&pass, records > 0);
}

static bool write_run(const struct run *run, const char *path, const struct export_arguments *arguments)
{
    struct metrics *metrics = metrics_compute(run);
    if (!metrics) {
        message_error("not enough memory to compute the figures");
        return false;
    }
    bool good = quality_measure(metrics, &arguments->quality);
    if (arguments->files[NDJSON] && !arguments->records)
        good &= write_images(arguments->files[NDJSON], metrics);
    if (arguments->files[SQLITE])
        good &= write_database(arguments->files[SQLITE], metrics);
    if (arguments->files[FLAMEGRAPH])
        good &= write_flamegraph(arguments->files[FLAMEGRAPH], run);
    if (arguments->files[PERFETTO] || arguments->records)
        good &= write_records(path, arguments, metrics);
    metrics_free(metrics);
    return good;
}

static bool export(const char *path, const struct export_arguments *arguments)
{
    bool only_records =
        arguments->records && !arguments->files[PERFETTO] && !arguments->files[SQLITE] && !arguments->files[FLAMEGRAPH];
    if (only_records)
        return write_records(path, arguments, NULL);
    struct run *run = load_run(path);
    bool good = run && write_run(run, path, arguments);
    if (run)
        run_free(run);
    return good;
}

static int find_and_export(const struct export_arguments *arguments)
{
    char *found = find_trace(arguments->trace, false);
    if (!found)
        return CMD_FAILURE;
    if (!arguments->trace)
        message_error("reading %s", found);
    bool good = export(found, arguments);
    free(found);
    return good ? CMD_OK : CMD_FAILURE;
}

static int run_export(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&find_trace_argp, 0, NULL, 0}, {&quality_request_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "[TRACE]",
                                     "Write a trace in the formats of other tools.\v"
                                     "FILE may be -, standard output, for one format that is not the database. "
                                     "Without TRACE: the newest one that saw an image. Damage in a trace is listed on "
                                     "standard error and the rest is exported. docs/export.md describes the formats.",
                                     children,
                                     NULL,
                                     NULL};
    struct export_arguments arguments = {.quality = {.settings = quality_settings()}};
    int result = CMD_USAGE;
    if (!usage_parse(&argp, argc, argv, &arguments) && check(&arguments))
        result = find_and_export(&arguments);
    quality_settings_release(&arguments.quality.settings);
    return result;
}

const struct command cmd_export = {
    "export", "write a trace for Perfetto, DuckDB, SQLite or a flame graph",
    "[TRACE] --perfetto FILE | --ndjson FILE [--records] | --sqlite FILE | --flamegraph FILE [--quality]", run_export};
