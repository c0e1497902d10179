/* SPDX-License-Identifier: MIT
 * Owns: `imgbench anonymize`: a trace to another one that can be handed on.
 * Must not know: what becomes of a record (anonymize/), the form of a trace (writer/). */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/anonymize/anonymize.h"
#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output_file.h"
#include "analyzer/pack/outside.h"
#include "analyzer/reader/reader.h"
#include "analyzer/base/usage.h"
#include "analyzer/writer/writer.h"
#include "analyzer/pack/pack_json.h"

struct anonymize_arguments {
    const char *trace, *out;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct anonymize_arguments *arguments = state->input;
    if (key == ARGP_KEY_ARG && state->arg_num < 2) {
        *(state->arg_num ? &arguments->out : &arguments->trace) = argument;
        return 0;
    }
    if (key == ARGP_KEY_ARG)
        return usage_error(state, "one TRACE and one OUT, not also '%s'", argument);
    if (key == ARGP_KEY_END && !arguments->out)
        return usage_error(state, "name the TRACE, and a directory OUT for the other one");
    return ARGP_ERR_UNKNOWN;
}

/* A process directory that somebody renamed has no pid in its name. */
static struct writer_process *open_process(struct writer *writer, const struct reader *reader, uint32_t index,
                                           uint64_t start_ns)
{
    uint32_t pid;
    uint64_t process_ns;
    int used = 0;
    const char *name = reader_process_name(reader, index);
    if (sscanf(name, "%" SCNu32 "-%" SCNu64 "%n", &pid, &process_ns, &used) == 2 && !name[used])
        return writer_process_open(writer, pid, process_ns);
    return writer_process_open(writer, index + 1, start_ns);
}

/* Streams keep their order: which of two records of one moment comes first depends on it. */
struct streams {
    struct writer_process **processes;
    struct writer_stream **first; /* of each process, or NULL */
    struct writer_stream **streams;
    size_t capacity;
};

static struct writer_stream *stream_of(struct streams *streams, const struct reader_origin *origin)
{
    while (origin->stream >= streams->capacity) {
        void *list = streams->streams;
        size_t before = streams->capacity;
        memory_grow(&list, &streams->capacity, before, sizeof *streams->streams);
        streams->streams = list;
        memset(streams->streams + before, 0, (streams->capacity - before) * sizeof *streams->streams);
    }
    struct writer_stream **stream = &streams->streams[origin->stream];
    if (!*stream) {
        *stream = writer_stream_open(streams->processes[origin->process], origin->stream);
        if (!streams->first[origin->process])
            streams->first[origin->process] = *stream;
    }
    return *stream;
}

static uint64_t copy_records(const struct names *names, struct reader *reader, struct writer *writer, uint64_t start_ns)
{
    uint32_t processes = reader_process_count(reader);
    struct streams streams = {.processes = memory_zeroed(processes, sizeof *streams.processes),
                              .first = memory_zeroed(processes, sizeof *streams.first)};
    struct anonymize_texts *texts = memory_zeroed(1, sizeof *texts);
    struct trace_record record;
    struct reader_origin origin;
    uint64_t records = 0;
    for (uint32_t i = 0; i < processes; i++)
        streams.processes[i] = open_process(writer, reader, i, start_ns);
    while (reader_next(reader, &record, &origin)) {
        anonymize_record(names, &record, texts);
        if (!writer_put(stream_of(&streams, &origin), &record))
            break;
        if (records++ % 4096 == 0)
            message_progress("anonymizing the trace", reader_done_ratio(reader));
    }
    for (uint32_t i = 0; i < processes; i++) {
        uint64_t since_ns, discarded = reader_discarded(reader, i);
        uint32_t hook = reader_in_flight(reader, i, &since_ns);
        if (!streams.first[i] && (hook || discarded))
            streams.first[i] = writer_stream_open(streams.processes[i], UINT32_MAX - i);
        if (hook || discarded)
            writer_stream_state(streams.first[i], hook, since_ns, discarded);
    }
    message_progress_end();
    free(texts);
    free(streams.processes);
    free(streams.first);
    free(streams.streams);
    return records;
}

static bool write_pack(const struct names *names, const struct pack *collected, const struct trace_control *control,
                       const char *out)
{
    struct pack *pack = anonymize_pack(names, collected);
    pack->trace.realtime_offset_ns = control->realtime_offset_ns;
    pack->trace.start_ns = control->start_ns;
    struct output_file file;
    char *path = NULL;
    bool good = asprintf(&path, "%s/" PACK_NAME, out) > 0;
    good = good && output_file_replace(&file, path) && output_file_close(&file, -pack_write(pack, file.stream));
    free(path);
    pack_free(pack);
    return good;
}

/* A trace without a control page gets one: nobody could add to it else. */
static struct trace_control control_of(const struct reader *reader, const struct run *run)
{
    struct trace_control control = *reader_control(reader);
    if (control.magic == TRACE_CONTROL_MAGIC)
        return control;
    return (struct trace_control){.magic = TRACE_CONTROL_MAGIC,
                                  .version = TRACE_VERSION,
                                  .state = TRACE_STATE_RECORDING,
                                  .realtime_offset_ns = run->realtime_offset_ns,
                                  .start_ns = run->start_ns,
                                  .host_claimed = 1};
}

static bool write_trace(const struct names *names, struct reader *reader, const struct run *run,
                        const struct pack *collected, const char *out)
{
    char error[5000];
    struct trace_control control = control_of(reader, run);
    struct writer *writer = writer_create(out, &control, error, sizeof error);
    if (!writer) {
        message_error("%s", error);
        return false;
    }
    uint64_t records = copy_records(names, reader, writer, run->start_ns);
    uint32_t processes = reader_process_count(reader);
    if (!writer_close(writer, error, sizeof error)) {
        message_error("%s", error);
        return false;
    }
    if (!write_pack(names, collected, &control, out))
        return false;
    printf("%" PRIu64 " record%s of %" PRIu32 " process%s, %zu image file%s: ", records, records == 1 ? "" : "s",
           processes, processes == 1 ? "" : "es", collected->files_count, collected->files_count == 1 ? "" : "s");
    message_escaped(stdout, out, strlen(out), message_locale_is_ascii());
    putchar('\n');
    if (run->damages)
        printf("%" PRIu64 " place%s of the trace could not be read and %s missing in it\n", run->damages,
               run->damages == 1 ? "" : "s", run->damages == 1 ? "is" : "are");
    return true;
}

/* babeltrace2 would read both as one. */
static bool is_inside(const char *trace, const char *out)
{
    char *parent = memory_text(out, strlen(out));
    for (size_t n = strlen(parent); n && parent[n - 1] == '/'; n--)
        parent[n - 1] = '\0';
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    char *of_trace = realpath(trace, NULL), *of_out = realpath(slash ? parent : ".", NULL);
    size_t bytes = of_trace ? strlen(of_trace) : 0;
    bool inside = of_trace && of_out && !strncmp(of_out, of_trace, bytes) && (!of_out[bytes] || of_out[bytes] == '/');
    free(parent);
    free(of_trace);
    free(of_out);
    if (inside)
        message_error("%s: lies in the trace %s; name a directory outside of it", out, trace);
    return inside;
}

static int anonymize(const struct anonymize_arguments *arguments)
{
    if (is_inside(arguments->trace, arguments->out))
        return CMD_FAILURE;
    char error[5000];
    struct outside *outside;
    struct names names;
    struct run *run = load_run_outside(arguments->trace, OUTSIDE_COLLECT_ANSWERS, &outside);
    if (!run)
        return CMD_FAILURE;
    uint64_t asked;
    struct pack *collected = outside_collected(outside, &asked);
    outside_close(outside);
    bool good = names_init(&names);
    if (!good)
        message_error("the system has no random numbers for a key: nothing was written");
    for (size_t i = 0; good && i < run->process_count; i++)
        if (run->processes[i].exe)
            names_add_program(&names, run->processes[i].exe);
    struct reader *reader = good ? reader_open(arguments->trace, NULL, NULL, error, sizeof error) : NULL;
    if (good && !reader)
        message_error("%s", error);
    good = reader && write_trace(&names, reader, run, collected, arguments->out);
    reader_close(reader);
    names_release(&names);
    pack_free(collected);
    run_free(run);
    return good ? CMD_OK : CMD_FAILURE;
}

static int run_anonymize(int argc, char **argv)
{
    static const struct argp argp = {NULL,
                                     parse,
                                     "TRACE OUT",
                                     "Write a trace that has the same figures and tells nothing of whose it is.\v"
                                     "OUT is a new directory, or an empty one. Each component of a path becomes a hash "
                                     "with a key that is drawn at random "
                                     "and not kept: equal names become equal ones, extensions of images stay, and so "
                                     "do the names of system libraries, "
                                     "codecs and programs that ran. Of arguments the known flags stay, with numbers "
                                     "and known words as their values. "
                                     "First bytes of images become what was read from them: no EXIF, GPS or comment is "
                                     "left. The machine is not named. "
                                     "Times, sizes and process numbers stay. Look at the result before you publish it: "
                                     "'imgbench dump OUT' prints all "
                                     "of it. What the images' files say is packed into OUT, see 'imgbench pack'.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct anonymize_arguments arguments = {NULL, NULL};
    if (usage_parse(&argp, argc, argv, &arguments))
        return CMD_USAGE;
    return anonymize(&arguments);
}

const struct command cmd_anonymize = {"anonymize", "write a trace that tells nothing of whose it is", "TRACE OUT",
                                      run_anonymize};
