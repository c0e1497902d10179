/* SPDX-License-Identifier: MIT
 * Owns: a trace's path to what its run was, and what is said on the way: damage, how far the reading is, why not.
 * Must not know: figures, what is done with the run. */
#include "analyzer/load/load_run.h"

#include "analyzer/infer/infer.h"
#include "analyzer/base/message.h"
#include "analyzer/reader/reader.h"
#include "analyzer/base/damages.h"

static const char reading[] = "reading the trace";

static void show_progress(void *context, double done_ratio)
{
    (void)context;
    message_progress(reading, done_ratio);
}

/* outside: NULL = it is not kept. */
static struct run *load(const char *path, enum outside_collect collect, struct outside **outside)
{
    char error[4500];
    struct damages damages = {0};
    struct reader *reader = reader_open(path, damages_add, &damages, error, sizeof error);
    if (!reader) {
        damages_drop(&damages);
        message_error("%s", error);
        return NULL;
    }
    message_progress(reading, 0);
    if (outside)
        *outside = infer_outside(reader, collect);
    struct run *run = outside ? infer_run_with(reader, *outside, path, show_progress, NULL)
                              : infer_run(reader, path, show_progress, NULL);
    message_progress_end();
    reader_close(reader);
    if (!run) {
        damages_drop(&damages);
        message_error("%s: not enough memory to read the trace", path);
        return NULL;
    }
    if (!run->records) {
        damages_nothing_read(&damages, path);
        run_free(run);
        return NULL;
    }
    damages_print(&damages);
    if (run->pack_complaint)
        message_error("%s", run->pack_complaint);
    return run;
}

struct run *load_run(const char *path)
{
    return load(path, OUTSIDE_COLLECT_NOTHING, NULL);
}

struct run *load_run_outside(const char *path, enum outside_collect collect, struct outside **outside)
{
    *outside = NULL;
    struct run *run = load(path, collect, outside);
    if (!run) {
        outside_close(*outside);
        *outside = NULL;
    }
    return run;
}
