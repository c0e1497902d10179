/* SPDX-License-Identifier: MIT
 * Owns: `imgbench start`, `stop` and `status`: what is recorded while programs run.
 * Must not know: what records mean beyond the ends of processes. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/load/control.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/base/message.h"
#include "analyzer/reader/reader.h"
#include "analyzer/render/format_units.h"
#include "analyzer/base/usage.h"

/* Path of the trace that the command line means, and its control page; NULL where an exit code has been found instead.
 */
static char *open_trace(int argc, char **argv, const char *text, bool to_change, struct trace_control **control,
                        int *code)
{
    static const struct argp_child children[] = {{&find_trace_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {NULL, find_trace_parse, "[TRACE]", text, children, NULL, NULL};
    const char *trace = NULL;
    *code = CMD_USAGE;
    if (usage_parse(&argp, argc, argv, &trace))
        return NULL;
    *code = CMD_FAILURE;
    char *path = find_trace_to_control(trace);
    *control = path ? control_open(path, to_change) : NULL;
    if (!*control) {
        free(path);
        return NULL;
    }
    return path;
}

static void say(const char *path, const char *state, const char *more)
{
    message_escaped(stdout, path, strlen(path), message_locale_is_ascii());
    printf(": %s%s\n", state, more);
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Different numbers but 0. */
static unsigned different(uint32_t *numbers, uint32_t count)
{
    unsigned found = 0;
    qsort(numbers, count, sizeof *numbers, by_number);
    for (uint32_t i = 0; i < count; i++)
        found += numbers[i] && (!i || numbers[i] != numbers[i - 1]);
    return found;
}

/* Processes of a trace, each once however many stretches of it were recorded. */
struct seen {
    unsigned processes, alive;
    uint64_t records;
};

/* alive, pids: by the reader's number: pid without an end, or 0; of that process. */
static void look_through(struct reader *reader, uint32_t count, uint32_t *alive, uint32_t *pids, struct seen *seen)
{
    struct trace_record record;
    struct reader_origin origin;
    while (reader_next(reader, &record, &origin)) {
        seen->records++;
        if (record.kind == TRACE_KIND_tree_sample)
            continue; /* of imgbench run, which is none of the trace's programs */
        if (!pids[origin.process])
            alive[origin.process] = pids[origin.process] = origin.pid;
        if (record.kind == TRACE_KIND_process_end && record.process_end.how != trace_ending_PAUSED)
            alive[origin.process] = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        if (alive[i] && kill((pid_t)alive[i], 0) != 0 && errno == ESRCH)
            alive[i] = 0;
    seen->processes = different(pids, count);
    seen->alive = different(alive, count);
}

static bool read_trace(const char *path, struct seen *seen)
{
    char error[4500];
    struct reader *reader = reader_open(path, NULL, NULL, error, sizeof error);
    *seen = (struct seen){0};
    if (!reader) /* nothing was recorded yet */
        return true;
    uint32_t count = reader_process_count(reader);
    uint32_t *alive = calloc(count + 1, sizeof *alive), *pids = calloc(count + 1, sizeof *pids);
    bool good = alive && pids;
    if (good)
        look_through(reader, count, alive, pids, seen);
    else
        message_error("%s: not enough memory to read the trace", path);
    reader_close(reader);
    free(alive);
    free(pids);
    return good;
}

static int set(int argc, char **argv, const char *text, bool record)
{
    struct trace_control *control;
    int code;
    char *path = open_trace(argc, argv, text, true, &control, &code);
    if (!path)
        return code;
    const char *goes = record ? "recording" : "paused";
    enum control_result result = control_set(control, record);
    if (result == CONTROL_TOO_OFTEN)
        message_error("%s: was stopped and started %u times, no trace holds more; begin another one", path,
                      TRACE_STATES / 2 - 1);
    else
        say(path, goes, result == CONTROL_IS_SO ? " already" : "");
    if (result != CONTROL_TOO_OFTEN && record && control->quota_refused)
        message_error("%s: nothing more is recorded, its quota of %s is used up", path,
                      format_bytes((double)control->quota_bytes).text);
    struct seen seen;
    if (result == CONTROL_IS_SO && record && read_trace(path, &seen) && seen.processes && !seen.alive)
        message_error("%s: none of the programs that recorded there is alive now", path);
    free(path);
    return result == CONTROL_TOO_OFTEN ? CMD_FAILURE : CMD_OK;
}

static int run_start(int argc, char **argv)
{
    return set(argc, argv,
               "Let the programs of a trace record from now on.\vThey were started with IMGBENCH_START=paused, or "
               "stopped by 'imgbench stop'. Each notices at its next call that is wrapped. Without TRACE: the newest "
               "one.",
               true);
}

static int run_stop(int argc, char **argv)
{
    return set(argc, argv,
               "Let the programs of a trace record nothing until 'imgbench start'.\vThey go on as they are; what was "
               "recorded can be reported. Without TRACE: the newest one.",
               false);
}

static int status(const char *path, const struct trace_control *control)
{
    struct seen seen;
    if (!read_trace(path, &seen))
        return CMD_FAILURE;
    uint32_t state = __atomic_load_n(&control->state, __ATOMIC_ACQUIRE);
    uint64_t used = __atomic_load_n(&control->bytes_used, __ATOMIC_RELAXED);
    bool full = control->quota_refused;
    say(path, !trace_state_records(state) ? "paused" : full ? "stopped, its quota is used up" : "recording", "");
    printf("- Used: %s of %s\n", format_bytes((double)used).text, format_bytes((double)control->quota_bytes).text);
    if (seen.processes)
        printf("- Processes: %u (%u alive, %u ended)%s\n", seen.processes, seen.alive, seen.processes - seen.alive,
               seen.alive ? "" : ": no more comes, unless others join");
    else
        puts("- Processes: none has recorded anything yet");
    printf("- Records: %s\n", format_count(seen.records).text);
    struct control_pauses pauses = control_pauses(control);
    if (pauses.count)
        printf("- Paused: %u time%s, %s in all\n", pauses.count, pauses.count == 1 ? "" : "s",
               format_duration(pauses.seconds).text);
    return CMD_OK;
}

static int run_status(int argc, char **argv)
{
    struct trace_control *control;
    int code;
    char *path = open_trace(argc, argv,
                            "Say whether a trace is being recorded, and what it holds so far.\vOf processes that have "
                            "something to record, what is on disk. Without TRACE: the newest one.",
                            false, &control, &code);
    if (!path)
        return code;
    code = status(path, control);
    free(path);
    return code;
}

const struct command cmd_start = {"start", "let running programs record", "[TRACE]", run_start};
const struct command cmd_stop = {"stop", "let running programs record nothing until 'start'", "[TRACE]", run_stop};
const struct command cmd_status = {"status", "is a trace being recorded, and what does it hold", "[TRACE]", run_status};
