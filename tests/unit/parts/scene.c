/* SPDX-License-Identifier: MIT
 * Owns: short words for the records of scripted processes.
 * Must not know: what inference concludes, but for what must hold for every run. */
#include "tests/unit/parts/scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/parts/suite.h"

struct scene scene_new(void)
{
    return (struct scene){build_trace_new()};
}

void scene_free(struct scene *scene)
{
    build_trace_free(scene->trace);
}

static void check_image(const struct run *run, const struct image *image)
{
    static const enum stage parts[] = {STAGE_VALIDATION, STAGE_IMAGE_READ, STAGE_OPTIMIZATION, STAGE_IMAGE_WRITE,
                                       STAGE_CLEANUP};
    uint64_t sum = image->unattributed_ns;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += image->stage_ns[parts[i]];
    ck_assert_uint_eq(sum, image->busy_ns);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        ck_assert_uint_le(image->inferred_ns[stage], image->stage_ns[stage]);
    ck_assert_uint_le(image->start_ns, image->end_ns);
    ck_assert_uint_lt(image->process, run->process_count);
    ck_assert_uint_lt(image->worker, run->worker_count);
    ck_assert_uint_lt(image->chain, run->image_count);
    for (size_t k = 0; k < image->input_count; k++)
        ck_assert_uint_lt(image->inputs[k], run->file_count);
    for (size_t k = 0; k < image->output_count; k++)
        ck_assert_uint_lt(image->outputs[k], run->file_count);
}

struct run *scene_run(struct scene *scene)
{
    char error[4500] = "";
    build_trace_finish(scene->trace);
    struct reader *reader = reader_open(build_trace_path(scene->trace), NULL, NULL, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    struct run *run = infer_run(reader, build_trace_path(scene->trace), NULL, NULL);
    reader_close(reader);
    ck_assert_ptr_nonnull(run);
    for (size_t i = 0; i < run->image_count; i++)
        check_image(run, &run->images[i]);
    uint32_t tasks = 0;
    for (size_t i = 0; i < run->worker_count; i++)
        tasks += run->workers[i].tasks;
    ck_assert_uint_eq(tasks, run->image_count);
    return run;
}

struct actor scene_process(struct scene *scene, uint32_t pid, uint32_t ppid, double ms)
{
    struct actor actor = {.scene = scene, .pid = pid, .tid = pid};
    actor.process = build_trace_process(scene->trace, pid, AT(ms));
    actor.stream = build_trace_stream(scene->trace, actor.process);
    ACT(actor, ms, thread, .start_ns = AT(ms), .tid = pid, .name = TEXT("main"));
    ACT(actor, ms, process, .start_ns = AT(ms), .pid = pid, .ppid = ppid, .usable_cpus = 2, .rss_bytes = 1000000,
        .exe = TEXT("/usr/bin/tool"), .argv = TEXT("tool\0in\0"), .cwd = TEXT("/photos"), .library_version = TEXT("0"));
    return actor;
}

struct actor scene_thread(struct actor of, uint32_t tid, double ms)
{
    struct actor actor = of;
    actor.tid = tid;
    actor.stream = build_trace_stream(of.scene->trace, of.process);
    ACT(actor, ms, thread, .start_ns = AT(ms), .tid = tid, .creator_tid = of.tid, .name = TEXT("worker"));
    return actor;
}

static struct trace_text text_of(const char *text)
{
    return (struct trace_text){text, strlen(text)};
}

static uint64_t inode_of(const char *path)
{
    uint64_t inode = 7;
    for (; *path; path++)
        inode = inode * 131 + (unsigned char)*path;
    return inode;
}

void act_open(struct actor actor, double ms, double took, uint32_t file, const char *path, int flags, uint64_t bytes)
{
    ACT(actor, ms, open, .duration_ns = (uint64_t)(took * 1e6), .device = 1, .inode = inode_of(path), .bytes = bytes,
        .file = file, .fd = (int32_t)file + 2, .directory_fd = AT_FDCWD, .flags = (uint32_t)flags,
        .mode = S_IFREG | 0644, .hook = 1, .origin = trace_origin_OPENED, .path = text_of(path));
}

void act_read(struct actor actor, double ms, double took, uint32_t file, uint64_t buffer, uint64_t bytes)
{
    ACT(actor, ms, io, .duration_ns = (uint64_t)(took * 1e6), .bytes = bytes, .kernel_bytes = bytes, .buffer = buffer,
        .file = file, .hook = 2, .calls = 1, .op = trace_io_op_READ);
}

void act_write(struct actor actor, double ms, double took, uint32_t file, uint64_t buffer, uint64_t bytes)
{
    ACT(actor, ms, io, .duration_ns = (uint64_t)(took * 1e6), .bytes = bytes, .kernel_bytes = bytes, .buffer = buffer,
        .file = file, .hook = 3, .calls = 1, .op = trace_io_op_WRITE);
}

void act_head(struct actor actor, double ms, uint32_t file, enum trace_direction direction, enum image_format format,
              uint32_t session, uint64_t buffer)
{
    static const struct trace_text heads[FORMAT_COUNT] = {
        [FORMAT_JPEG] = TEXT("\xff\xd8\xff\xc0\x00\x11\x08\x00\x08\x00\x08\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"),
        [FORMAT_PNG] = TEXT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0\0\0\0\0"),
        [FORMAT_GIF] = TEXT("GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff;"),
        [FORMAT_PNM] = TEXT("P6\n8 8\n255\n"),
    };
    ACT(actor, ms, head, .buffer = buffer, .file = file, .session = session, .direction = direction,
        .data = heads[format]);
}

void act_close(struct actor actor, double ms, double took, uint32_t file, uint64_t bytes)
{
    ACT(actor, ms, close, .duration_ns = (uint64_t)(took * 1e6), .bytes = bytes, .file = file, .fd = (int32_t)file + 2,
        .hook = 4, .last = 1);
}

void act_codec(struct actor actor, double ms, double took, uint32_t session, enum trace_role role,
               enum trace_codec codec, uint64_t source, uint64_t target)
{
    ACT(actor, ms, codec_call, .duration_ns = (uint64_t)(took * 1e6), .handle = session, .source = source,
        .source_bytes = source ? 100 : 0, .target = target, .target_bytes = target ? 100 : 0, .session = session,
        .hook = 5, .role = role, .codec = codec, .outcome = trace_outcome_DONE);
}

void act_cpu(struct actor actor, double ms, double cpu_ms)
{
    ACT(actor, ms, thread_cpu, .cpu_ns = (uint64_t)(cpu_ms * 1e6));
}

void act_rename(struct actor actor, double ms, const char *from, const char *to)
{
    ACT(actor, ms, path, .from_directory_fd = AT_FDCWD, .to_directory_fd = AT_FDCWD, .op = trace_path_op_RENAME,
        .from = text_of(from), .to = text_of(to));
}

void act_unlink(struct actor actor, double ms, const char *path)
{
    ACT(actor, ms, path, .from_directory_fd = AT_FDCWD, .to_directory_fd = AT_FDCWD, .op = trace_path_op_UNLINK,
        .from = text_of(path), .to = TEXT(""));
}

void act_end(struct actor actor, double ms, double cpu_ms, int exit_code)
{
    ACT(actor, ms, thread_end, .cpu_ns = (uint64_t)(cpu_ms * 1e6));
    ACT(actor, ms, process_end, .cpu_user_ns = (uint64_t)(cpu_ms * 1e6), .vm_hwm_bytes = 2000000, .heap_known = 1,
        .exit_code = exit_code, .how = trace_ending_EXIT);
}

void act_input(struct actor actor, double ms, uint32_t file, const char *path, enum image_format format,
               uint64_t buffer, uint64_t bytes)
{
    act_open(actor, ms + 1, 1, file, path, O_RDONLY, bytes);
    act_read(actor, ms + 2, 1, file, buffer, bytes);
    act_head(actor, ms + 2, file, trace_direction_IN, format, 0, buffer);
}

void act_output(struct actor actor, double ms, uint32_t file, const char *path, enum image_format format,
                uint64_t buffer, uint64_t bytes)
{
    act_open(actor, ms + 1, 1, file, path, O_WRONLY | O_CREAT | O_TRUNC, 0);
    act_write(actor, ms + 2, 1, file, buffer, bytes);
    act_head(actor, ms + 2, file, trace_direction_OUT, format, 0, buffer);
    act_close(actor, ms + 3, 1, file, bytes);
}

const struct image_file *run_file(const struct run *run, const char *path)
{
    for (size_t i = run->file_count; i-- > 0;)
        if (strcmp(run->files[i].path, path) == 0)
            return &run->files[i];
    ck_abort_msg("no file %s", path);
}
