/* SPDX-License-Identifier: MIT
 * Owns: `imgbench pack`: a trace takes along what its report needs from outside of it.
 * Must not know: what that is (pack/outside.h), the form of a pack. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output_file.h"
#include "analyzer/pack/outside.h"
#include "analyzer/base/usage.h"
#include "analyzer/pack/pack_json.h"

static const char *plural(uint64_t count, const char *one, const char *several)
{
    return count == 1 ? one : several;
}

static void tell(const struct pack *pack, uint64_t asked, const char *path)
{
    uint64_t functions = 0, modules = 0;
    for (size_t i = 0; i < pack->modules_count; i++) {
        functions += pack->modules[i]->symbols_count;
        modules += pack->modules[i]->symbols_count > 0;
    }
    printf("%zu image file%s, %" PRIu64 " place%s in %" PRIu64 " %s: ", pack->files_count,
           plural(pack->files_count, "", "s"), functions, plural(functions, "", "s"), modules,
           plural(modules, "program or library", "programs and libraries"));
    message_escaped(stdout, path, strlen(path), message_locale_is_ascii());
    putchar('\n');
    uint64_t others = asked - pack->files_count;
    if (others)
        printf("%" PRIu64 " more image file%s not there any more as recorded: what the trace has of the first bytes "
               "counts\n",
               others, plural(others, " is", "s are"));
}

static bool write_pack(const struct pack *pack, const char *path)
{
    struct output_file file;
    return output_file_replace(&file, path) && output_file_close(&file, -pack_write(pack, file.stream));
}

/* One process's directory knows nothing of the images that others made: its pack would replace the whole one. */
static bool is_whole(const struct outside *outside, const char *trace)
{
    const char *directory = outside_directory(outside);
    size_t bytes = strlen(directory);
    if (!strncmp(directory, trace, bytes) && trace[bytes + strspn(trace + bytes, "/")] == '\0')
        return true;
    message_error("%s: one process of a trace; give the whole trace, %s", trace, directory);
    return false;
}

static int pack(const char *trace)
{
    struct outside *outside;
    struct run *run = load_run_outside(trace, OUTSIDE_COLLECT_HASHES, &outside);
    if (!run)
        return CMD_FAILURE;
    run_free(run);
    bool good = is_whole(outside, trace);
    uint64_t asked;
    struct pack *collected = outside_collected(outside, &asked);
    char *path = NULL;
    if (good && asprintf(&path, "%s/" PACK_NAME, outside_directory(outside)) < 0)
        path = NULL;
    good = path && write_pack(collected, path);
    if (good)
        tell(collected, asked, path);
    free(path);
    pack_free(collected);
    outside_close(outside);
    return good ? CMD_OK : CMD_FAILURE;
}

static int run_pack(int argc, char **argv)
{
    static const struct argp_child children[] = {{&find_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        NULL,
        find_trace_parse,
        "[TRACE]",
        "Put into a trace what its report takes from this machine, so that the report is the same elsewhere.\v"
        "That is what the images' files say behind their first bytes, hashes of their content, and the names of the "
        "functions that large blocks of memory came from. It becomes pack.ndjson in the trace's directory; a pack that "
        "is "
        "there is renewed. A report trusts files of the machine only when the trace was recorded on it, and device, "
        "inode, length and time of last change are the recorded ones; else it uses the pack. Without TRACE: the newest "
        "one that saw an image.",
        children,
        NULL,
        NULL};
    const char *trace = NULL;
    if (usage_parse(&argp, argc, argv, &trace))
        return CMD_USAGE;
    char *found = find_trace(trace, false);
    int result = found ? pack(found) : CMD_FAILURE;
    free(found);
    return result;
}

const struct command cmd_pack = {"pack", "put into a trace what its report needs from this machine", "[TRACE]",
                                 run_pack};
