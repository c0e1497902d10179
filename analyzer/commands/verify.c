/* SPDX-License-Identifier: MIT
 * Owns: `imgbench verify`: is every byte of a trace what it should be?
 * Must not know: what records mean. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/base/message.h"
#include "analyzer/pack/pack.h"
#include "analyzer/reader/reader.h"
#include "analyzer/base/usage.h"
#include "analyzer/pack/pack_json.h"

static void print_damage(void *context, const char *path, uint64_t offset, const char *what)
{
    ++*(uint64_t *)context;
    message_error("%s: byte %" PRIu64 ": %s", path, offset, what);
}

/* Is there a pack, and can it be used? False when there is one that cannot. */
static bool verify_pack(const struct reader *reader)
{
    const struct trace_control *control = reader_control(reader);
    const struct pack_trace trace = {.realtime_offset_ns = control->realtime_offset_ns, .start_ns = control->start_ns};
    char error[5000];
    struct pack *pack = pack_read(reader_root(reader), &trace, error, sizeof error);
    if (*error)
        message_error("%s", error);
    else if (pack)
        printf("a pack of %zu image file%s, ", pack->files_count, pack->files_count == 1 ? "" : "s");
    else
        printf("no pack, ");
    pack_free(pack);
    return !*error;
}

static int verify(const char *path)
{
    char error[4500];
    uint64_t damages = 0;
    struct reader *reader = reader_open(path, print_damage, &damages, error, sizeof error);
    if (!reader) {
        message_error("%s", error);
        return CMD_FAILURE;
    }
    uint32_t streams = 0;
    uint64_t records = reader_count(reader, &streams);
    if (records == UINT64_MAX) {
        message_error("%s: not enough memory to read the trace", path);
        reader_close(reader);
        return CMD_FAILURE;
    }
    uint32_t processes = reader_process_count(reader);
    printf("%" PRIu32 " process%s, %" PRIu32 " stream%s, %" PRIu64 " record%s, ", processes, processes == 1 ? "" : "es",
           streams, streams == 1 ? "" : "s", records, records == 1 ? "" : "s");
    damages += !verify_pack(reader);
    if (damages)
        printf("%" PRIu64 " damage%s\n", damages, damages == 1 ? "" : "s");
    else
        printf("no damage\n");
    reader_close(reader);
    return damages ? CMD_FAILURE : CMD_OK;
}

static int run_verify(int argc, char **argv)
{
    static const struct argp_child children[] = {{&find_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {NULL,
                                     find_trace_parse,
                                     "[TRACE]",
                                     "Read a trace to its end and say whether every packet and record can be read.\v"
                                     "Every damage is a line on standard error, and the exit code is then 1. Without "
                                     "TRACE: the newest one.",
                                     children,
                                     NULL,
                                     NULL};
    const char *trace = NULL;
    if (usage_parse(&argp, argc, argv, &trace))
        return CMD_USAGE;
    char *found = find_trace(trace, true);
    if (!found)
        return CMD_FAILURE;
    if (!trace)
        message_error("reading %s", found);
    int result = verify(found);
    free(found);
    return result;
}

const struct command cmd_verify = {"verify", "check that every record of a trace can be read", "[TRACE]", run_verify};
