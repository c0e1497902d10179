/* SPDX-License-Identifier: MIT
 * Owns: scoring the images of a run: which files are still there, what is known already, the rest spread over the
 * cores. Must not know: how two pictures are compared, formatting. */
#include "analyzer/quality/quality.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/base/monotonic.h"
#include "analyzer/load/originals.h"
#include "analyzer/pack/content_hash.h"
#include "analyzer/pack/machine.h"
#include "analyzer/quality/cache.h"
#include "analyzer/quality/pool.h"
#include "analyzer/metrics/quality/pairs.h"
#include "analyzer/metrics/quality/retained.h"

#define WRITE_NS UINT64_C(10000000000)

/* A file to compare, where it lies now. */
struct side {
    char *path; /* NULL = nowhere */
    struct image_file_state state;
    struct content content;
};

struct job {
    struct quality_pair *pair;
    struct side reference, distorted;
};

struct session {
    struct metrics *metrics;
    const struct pair_settings *settings;
    struct cache *cache;
    bool here; /* the trace was recorded on this machine */
    struct job *jobs;
    size_t count, done;
    uint64_t written_ns; /* when the scores were last written */
};

static struct image_file_state state_of(const struct image_file *file)
{
    return (struct image_file_state){file->device, file->inode, file->bytes, file->changed_from_ns,
                                     file->changed_to_ns};
}

/* The file itself while it is still the one. */
static bool find_file(const struct session *session, const struct image_file *file, struct side *side)
{
    side->state = state_of(file);
    int fd = session->here && file->bytes != UNKNOWN ? image_file_open(file->path, &side->state) : -1;
    if (fd < 0)
        return false;
    close(fd);
    side->path = memory_text(file->path, strlen(file->path));
    return true;
}

/* Else what was kept of it, wherever the trace is by now. */
static bool find_original(const struct session *session, const struct image_file *file, struct side *side,
                          enum originals_answer *answer)
{
    *answer = originals_ask(session->metrics->run, file, &side->path);
    if (*answer != ORIGINALS_FOUND)
        return false;
    if (!originals_state(side->path, &side->state))
        *answer = ORIGINALS_CHANGED;
    return *answer == ORIGINALS_FOUND;
}

static bool find_content(struct session *session, const struct image_file *file, struct side *side)
{
    const struct image_file_state seen = state_of(file);
    if (cache_find_content(session->cache, &seen, &side->content))
        return true;
    if (!side->path || !content_hash(side->path, &side->state, side->content.sha256))
        return false;
    cache_put_content(session->cache, &seen, &side->content);
    return true;
}

static const char *lack_of_input(const struct session *session, const struct image_file *file,
                                 enum originals_answer answer)
{
    if (answer == ORIGINALS_FOUND)
        return "changed or removed while it was being read";
    if (answer != ORIGINALS_NOT_WANTED && answer != ORIGINALS_NOT_SEEN)
        return originals_reason(answer);
    if (!session->here)
        return "recorded on another machine: its files can be scored there";
    return file->survives ? "its input was changed or removed since the run" : originals_reason(answer);
}

static const char *lack_of_output(const struct session *session, const struct image_file *file)
{
    if (!session->here)
        return "recorded on another machine: its files can be scored there";
    return file->survives ? "its output was changed or removed since the run"
                          : "its output was changed or removed later in the run";
}

/* A job for the pair, unless its score is known, or never will be. */
static void consider(struct session *session, struct quality_pair *pair)
{
    const struct run *run = session->metrics->run;
    if (*pair->score.reason)
        return;
    const struct image_file *source = &run->files[pair->source], *output = &run->files[pair->output];
    struct job job = {.pair = pair};
    enum originals_answer answer = ORIGINALS_FOUND;
    bool input_there =
        find_file(session, source, &job.reference) || find_original(session, source, &job.reference, &answer);
    bool output_there = find_file(session, output, &job.distorted);
    bool known = find_content(session, source, &job.reference) && find_content(session, output, &job.distorted);
    bool complete = known && cache_find(session->cache, &job.reference.content, &job.distorted.content,
                                        session->settings, &pair->score);
    if (!complete && known && input_there && output_there) {
        session->jobs[session->count++] = job;
        return;
    }
    const char *lack = !output_there ? lack_of_output(session, output) : lack_of_input(session, source, answer);
    if (!pair->score.frames)
        pair->score = pair_score_none(lack);
    else if (!complete) /* what was measured before is known, another metric is not */
        snprintf(pair->score.external_reason, sizeof pair->score.external_reason, "--metric could not run: %s", lack);
    free(job.reference.path);
    free(job.distorted.path);
}

/* In a process of its own. */
static void compare_job(void *context, size_t index, struct pair_score *score)
{
    const struct session *session = context;
    const struct job *job = &session->jobs[index];
    struct pair_files files = {image_file_open(job->reference.path, &job->reference.state), -1};
    *score = pair_score_none("changed or removed while others were being compared");
    if (files.reference < 0)
        return;
    files.distorted = image_file_open(job->distorted.path, &job->distorted.state);
    if (files.distorted >= 0) {
        pair_compare(files, session->settings, score);
        if (!image_file_is_same(files.reference, &job->reference.state) ||
            !image_file_is_same(files.distorted, &job->distorted.state))
            *score = pair_score_none("changed while it was being compared");
        close(files.distorted);
    }
    close(files.reference);
}

static void take_score(void *context, size_t index, const struct pair_score *score)
{
    struct session *session = context;
    const struct job *job = &session->jobs[index];
    job->pair->score = *score;
    cache_put(session->cache, &job->reference.content, &job->distorted.content, session->settings, score);
    session->done++;
    if (monotonic_ns() - session->written_ns > WRITE_NS) { /* who ends us early has not waited for nothing */
        cache_write(session->cache);
        session->written_ns = monotonic_ns();
    }
    message_progress("comparing images", (double)session->done / (double)session->count);
}

static struct pool_work work_of(void *context, const struct pair_settings *settings,
                                void (*compare)(void *, size_t, struct pair_score *),
                                void (*take)(void *, size_t, const struct pair_score *))
{
    double externals_s = settings->external_timeout_s * (double)settings->external_count;
    return (struct pool_work){context, compare, take, PAIR_TIMEOUT_S + (unsigned)ceil(externals_s)};
}

static void score_pairs(struct session *session)
{
    const struct run *run = session->metrics->run;
    struct retained_figures *retained = &session->metrics->retained;
    session->here = machine_is_this(run->host.machine, run->host.boot_id, run->host.cpu_model);
    for (size_t i = 0; i < retained->pair_count; i++) {
        consider(session, &retained->pairs[i]);
        message_progress("reading images", (double)(i + 1) / (double)retained->pair_count);
    }
    struct pool_work work = work_of(session, session->settings, compare_job, take_score);
    pool_run(&work, session->count, quality_processes());
    message_progress_end();
    for (size_t i = 0; i < session->count; i++) {
        free(session->jobs[i].reference.path);
        free(session->jobs[i].distorted.path);
    }
}

bool quality_measure(struct metrics *metrics, const struct quality_request *request)
{
    struct pair_settings settings = request->settings;
    if (!quality_is_wanted(request))
        return true;
    settings.memory_bytes = quality_memory(quality_processes());
    struct session session = {.metrics = metrics, .settings = &settings, .written_ns = monotonic_ns()};
    struct retained_figures *retained = &metrics->retained;
    bool good = metrics_pairs(metrics);
    if (good) {
        session.jobs = memory_zeroed(retained->pair_count + 1, sizeof *session.jobs);
        session.cache = cache_read(metrics->run->trace_path);
        retained->metric_count = settings.external_count;
        for (size_t i = 0; i < settings.external_count; i++)
            retained->metrics[i].name = settings.externals[i].name;
        score_pairs(&session);
        cache_write(session.cache); /* where it cannot be written, the next report measures again */
        cache_free(session.cache);
        free(session.jobs);
        good = metrics_retained(metrics);
    }
    if (!good)
        message_error("not enough memory to compare the images");
    return good;
}

struct files {
    const char *reference, *distorted;
    const struct pair_settings *settings;
    struct pair_score *score;
};

static int open_named(const char *path, const char *what, struct pair_score *score)
{
    struct stat status;
    char reason[PAIR_SCORE_REASON_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    snprintf(reason, sizeof reason, "%s cannot be opened: %s", what,
             fd < 0 ? strerror(errno) : "it is no regular file");
    *score = pair_score_none(reason);
    return -1;
}

static void compare_files(void *context, size_t index, struct pair_score *score)
{
    const struct files *files = context;
    struct pair_files opened;
    (void)index;
    opened.reference = open_named(files->reference, "input", score);
    opened.distorted = opened.reference < 0 ? -1 : open_named(files->distorted, "output", score);
    if (opened.distorted >= 0)
        pair_compare(opened, files->settings, score);
}

static void take_files(void *context, size_t index, const struct pair_score *score)
{
    (void)index;
    *((const struct files *)context)->score = *score;
}

void quality_of_files(const char *reference, const char *distorted, const struct pair_settings *wanted,
                      struct pair_score *score)
{
    struct pair_settings settings = *wanted;
    settings.memory_bytes = quality_memory(1);
    *score = pair_score_none("");
    struct files files = {reference, distorted, &settings, score};
    struct pool_work work = work_of(&files, &settings, compare_files, take_files);
    pool_run(&work, 1, 1);
}
