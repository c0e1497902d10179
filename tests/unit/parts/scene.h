/* SPDX-License-Identifier: MIT
 * Owns: short words for the records of scripted processes, so that a test of inference reads like the life of a tool.
 * Must not know: what inference concludes.
 *
 * Times are in ms since the scene's start and say when something ended; `took` is its length. CPU readings are in ms
 * since the thread's start. A path's inode is made from its text. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "analyzer/infer/infer.h"
#include "tests/unit/parts/build_trace.h"

#define MS          UINT64_C(1000000)
#define SCENE_START UINT64_C(10000000000)
#define AT(ms)      (SCENE_START + (uint64_t)((ms)*1e6))

struct scene {
    struct build_trace *trace;
};
/* A thread of a process. */
struct actor {
    struct scene *scene;
    unsigned process, stream;
    uint32_t pid, tid;
};

struct scene scene_new(void);
/* Writes the packets and infers; checks what must hold for every run. Free with run_free(). */
struct run *scene_run(struct scene *scene);
void scene_free(struct scene *scene);

/* A process with its main thread and a working directory /photos. */
struct actor scene_process(struct scene *scene, uint32_t pid, uint32_t ppid, double ms);
/* Another thread of the actor's process, in a stream of its own. */
struct actor scene_thread(struct actor of, uint32_t tid, double ms);

/* ACT(actor, ms, io, .file = 1, …): one record. */
#define ACT(actor, ms, kind, ...)                                                                                      \
    build_trace_add((actor).scene->trace, (actor).stream, AT(ms), TRACE_KIND_##kind,                                   \
                    &(struct trace_##kind){__VA_ARGS__})
#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

void act_open(struct actor actor, double ms, double took, uint32_t file, const char *path, int flags, uint64_t bytes);
void act_read(struct actor actor, double ms, double took, uint32_t file, uint64_t buffer, uint64_t bytes);
void act_write(struct actor actor, double ms, double took, uint32_t file, uint64_t buffer, uint64_t bytes);
/* The head of an image of 8 × 8 pixels that went through the file. */
void act_head(struct actor actor, double ms, uint32_t file, enum trace_direction direction, enum image_format format,
              uint32_t session, uint64_t buffer);
void act_close(struct actor actor, double ms, double took, uint32_t file, uint64_t bytes);
/* An outermost codec call that read pixels or bytes at source and left some at target. */
void act_codec(struct actor actor, double ms, double took, uint32_t session, enum trace_role role,
               enum trace_codec codec, uint64_t source, uint64_t target);
void act_cpu(struct actor actor, double ms, double cpu_ms);
void act_rename(struct actor actor, double ms, const char *from, const char *to);
void act_unlink(struct actor actor, double ms, const char *path);
/* The main thread's and the process's end. */
void act_end(struct actor actor, double ms, double cpu_ms, int exit_code);

/* Common passages, 1 ms per step: open at ms, read until ms + 2, head; and open, write until ms + 2, head, close at
 * ms + 3. */
void act_input(struct actor actor, double ms, uint32_t file, const char *path, enum image_format format,
               uint64_t buffer, uint64_t bytes);
void act_output(struct actor actor, double ms, uint32_t file, const char *path, enum image_format format,
                uint64_t buffer, uint64_t bytes);

const struct image_file *run_file(const struct run *run, const char *path);

#endif
