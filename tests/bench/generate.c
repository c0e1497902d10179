/* SPDX-License-Identifier: MIT
 * Owns: large traces that never ran: `generate RECORDS IMAGES PROCESSES [SEED]` writes one under the temp directory and
 * prints its path, and what a report of it must give back: images, bytes in, bytes out. The same arguments give the
 * same records. Must not know: who reads it. Whoever calls it removes the directory.
 *
 * A process goes through its images one after the other, all processes at once: a JPEG is read in steps, decoded row by
 * row, and written as WebP or JPEG, with the readings, blocks and settings that the library would have recorded. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/parts/build_trace.h"

#define START_NS    UINT64_C(10000000000)
#define STEP_NS     20000 /* between two records of a process */
#define CUT_RECORDS 1500  /* per packet */
#define FIXED       41    /* records of an image without its reads */
#define READ_BYTES  65536

enum { HOOK_OPEN = 1, HOOK_READ, HOOK_WRITE, HOOK_CLOSE, HOOK_HEADER, HOOK_START, HOOK_ROWS, HOOK_ENCODE, HOOKS };

struct writer {
    struct build_trace *trace;
    unsigned stream, in_packet;
    uint64_t now_ns, cpu_ns, random;
    uint32_t pid, file, session;
};

static void add(struct writer *writer, enum trace_kind kind, const void *record)
{
    build_trace_add(writer->trace, writer->stream, writer->now_ns, kind, record);
    writer->now_ns += STEP_NS;
    if (++writer->in_packet >= CUT_RECORDS) {
        build_trace_cut(writer->trace, writer->stream);
        writer->in_packet = 0;
    }
}
#define ADD(writer, kind, ...) add(writer, TRACE_KIND_##kind, &(struct trace_##kind){__VA_ARGS__})

static uint64_t chance(struct writer *writer, uint64_t below)
{
    writer->random = writer->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (writer->random >> 33) % below;
}

static struct trace_text text(const char *string)
{
    return (struct trace_text){string, (uint32_t)strlen(string)};
}

static void begin(struct writer *writer, unsigned process)
{
    static const struct {
        const char *name;
        enum trace_codec codec;
        enum trace_role role;
    } hooks[HOOKS] = {{NULL, 0, 0},
                      {"open", 0, 0},
                      {"read", 0, 0},
                      {"write", 0, 0},
                      {"close", 0, 0},
                      {"jpeg_read_header", trace_codec_JPEG, trace_role_HEADER},
                      {"jpeg_start_decompress", trace_codec_JPEG, trace_role_DECODE},
                      {"jpeg_read_scanlines", trace_codec_JPEG, trace_role_DECODE},
                      {"WebPEncode", trace_codec_WEBP, trace_role_ENCODE}};
    ADD(writer, thread, .start_ns = writer->now_ns, .tid = writer->pid, .name = text("optimizer"));
    ADD(writer, process, .start_ns = writer->now_ns - STEP_NS, .pid = writer->pid, .ppid = 1, .usable_cpus = 8,
        .rss_bytes = 4000000, .exe = text("/usr/bin/optimizer"), .argv = {"optimizer", 10}, .cwd = text("/photos"),
        .library_version = text("0"), .allocator = text("libc.so.6"));
    for (unsigned i = 1; i < HOOKS; i++)
        ADD(writer, hook, .hook = (uint16_t)i, .codec = (uint8_t)hooks[i].codec, .role = (uint8_t)hooks[i].role,
            .name = text(hooks[i].name), .library = text("libc.so.6"));
    if (!process)
        ADD(writer, host, .memory_bytes = UINT64_C(16000000000), .cpus = 8, .page_bytes = 4096,
            .machine = text("generated"), .kernel = text("0"), .boot_id = text("0"), .cpu_model = text("none"));
}

static void reading(struct writer *writer)
{
    writer->cpu_ns += STEP_NS;
    ADD(writer, thread_cpu, .cpu_ns = writer->cpu_ns);
}

static void blocks(struct writer *writer, enum trace_block_op op)
{
    for (unsigned i = 0; i < 8; i++)
        ADD(writer, block, .address = 0x7f0000000000 + i * 0x1000000, .bytes = 1000000 + i, .caller = 0x400000 + i,
            .session = writer->session, .op = (uint8_t)op);
}

static void head(struct writer *writer, uint32_t file, enum trace_direction direction, bool webp)
{
    static const unsigned char jpeg[] = {
        0xff, 0xd8, 0xff, 0xe0, 0,   16, 'J', 'F', 'I', 'F',  0, 1, 1,    0, 0, 1,    0, 1,    0,    0, 0xff, 0xc0,
        0,    17,   8,    3,    232, 5,  220, 3,   1,   0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xda, 0, 12,   3};
    static const unsigned char lossy[] = {'R', 'I',  'F', 'F',  0,    0, 1,    0, 'W', 'E',  'B',
                                          'P', 'V',  'P', '8',  ' ',  0, 0,    1, 0,   0x10, 0,
                                          0,   0x9d, 1,   0x2a, 0xdc, 5, 0xe8, 3, 0,   0};
    ADD(writer, head, .file = file, .direction = (uint8_t)direction, .buffer = 0x10000,
        .data = webp ? (struct trace_text){(const char *)lossy, sizeof lossy}
                     : (struct trace_text){(const char *)jpeg, sizeof jpeg});
}

static void call(struct writer *writer, unsigned hook, enum trace_role role, enum trace_codec codec, uint64_t source,
                 uint64_t target)
{
    writer->now_ns += 10 * STEP_NS;
    writer->cpu_ns += 10 * STEP_NS;
    ADD(writer, codec_call, .duration_ns = 10 * STEP_NS, .source = source, .source_bytes = source ? 1000 : 0,
        .target = target, .target_bytes = target ? 1000 : 0, .session = writer->session, .hook = (uint16_t)hook,
        .role = (uint8_t)role, .codec = (uint8_t)codec, .outcome = trace_outcome_DONE, .handle = 0x5000);
}

static void image(struct writer *writer, uint64_t id, unsigned reads, uint64_t *bytes_in, uint64_t *bytes_out)
{
    char path[80];
    uint64_t in = (uint64_t)reads * READ_BYTES, out = in / 2 + chance(writer, in / 4);
    uint32_t input = ++writer->file, output = ++writer->file;
    *bytes_in += in;
    *bytes_out += out;
    snprintf(path, sizeof path, "/photos/in/%06" PRIu64 "/picture of the sea.jpg", id);
    ADD(writer, open, .duration_ns = 3000, .device = 1, .inode = id * 2 + 10, .bytes = in, .file = input, .fd = 3,
        .directory_fd = AT_FDCWD, .mode = S_IFREG | 0644, .hook = HOOK_OPEN, .origin = trace_origin_OPENED,
        .path = text(path));
    for (unsigned i = 0; i < reads; i++) {
        ADD(writer, io, .duration_ns = 9000, .bytes = READ_BYTES, .kernel_bytes = READ_BYTES,
            .offset = (uint64_t)i * READ_BYTES, .buffer = 0x10000, .file = input, .hook = HOOK_READ, .calls = 1,
            .op = trace_io_op_READ);
        if (!i) {
            head(writer, input, trace_direction_IN, false);
            reading(writer);
        }
    }
    writer->session++;
    call(writer, HOOK_HEADER, trace_role_HEADER, trace_codec_JPEG, 0x10000, 0);
    call(writer, HOOK_START, trace_role_DECODE, trace_codec_JPEG, 0x10000, 0x500000);
    blocks(writer, trace_block_op_ALLOCATED);
    reading(writer);
    ADD(writer, rows, .duration_ns = 5000, .first_ns = writer->now_ns - 5000, .last_ns = writer->now_ns,
        .buffer = 0x500000, .calls = 1000, .session = writer->session, .hook = HOOK_ROWS, .role = trace_role_DECODE,
        .codec = trace_codec_JPEG);
    ADD(writer, heap, .live_bytes = 9000000, .window_peak_bytes = 9500000, .peak_bytes = 9500000, .alloc_calls = id);
    ADD(writer, sample, .rss_bytes = 20000000 + chance(writer, 1000000), .shared_bytes = 5000000, .own_bytes = 300000,
        .cpu_user_ns = writer->cpu_ns, .heap_live_bytes = 9000000, .rchar = *bytes_in, .wchar = *bytes_out,
        .threads = 1, .machine_idle_ns = writer->now_ns);
    reading(writer);
    writer->session++;
    call(writer, HOOK_ENCODE, trace_role_ENCODE, trace_codec_WEBP, 0x500000, 0x900000);
    static const uint8_t keys[] = {trace_setting_QUALITY, trace_setting_EFFORT, trace_setting_LOSSLESS,
                                   trace_setting_WIDTH, trace_setting_HEIGHT};
    double values[] = {(double)(75 + id % 4 * 5), 4, 0, 1500, 1000};
    for (size_t i = 0; i < sizeof keys; i++)
        ADD(writer, codec_setting, .value = values[i], .session = writer->session, .key = keys[i],
            .codec = trace_codec_WEBP);
    blocks(writer, trace_block_op_FREED);
    reading(writer);
    snprintf(path, sizeof path, "/photos/out/%06" PRIu64 "/picture of the sea.webp", id);
    ADD(writer, open, .duration_ns = 9000, .device = 1, .inode = id * 2 + 11, .file = output, .fd = 4,
        .directory_fd = AT_FDCWD, .flags = O_WRONLY | O_CREAT | O_TRUNC, .mode = S_IFREG | 0644, .hook = HOOK_OPEN,
        .origin = trace_origin_OPENED, .path = text(path));
    ADD(writer, io, .duration_ns = 15000, .bytes = out, .kernel_bytes = out, .buffer = 0x900000, .file = output,
        .hook = HOOK_WRITE, .calls = 1, .op = trace_io_op_WRITE);
    head(writer, output, trace_direction_OUT, true);
    ADD(writer, file_state, .changed_ns = writer->now_ns, .bytes = out, .file = output,
        .direction = trace_direction_OUT);
    ADD(writer, close, .duration_ns = 2000, .bytes = out, .file = output, .fd = 4, .hook = HOOK_CLOSE, .last = 1);
    reading(writer);
    ADD(writer, close, .duration_ns = 2000, .bytes = in, .file = input, .fd = 3, .hook = HOOK_CLOSE, .last = 1);
    reading(writer);
}

static uint64_t number(const char *argument, uint64_t least)
{
    char *end;
    uint64_t value = argument ? strtoull(argument, &end, 10) : 0;
    if (!argument || *end || value < least) {
        fputs("usage: generate RECORDS IMAGES PROCESSES [SEED]; at least 42 records an image\n", stderr);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    uint64_t records = number(argc > 1 ? argv[1] : NULL, 1), images = number(argc > 2 ? argv[2] : NULL, 1);
    uint64_t processes = number(argc > 3 ? argv[3] : NULL, 1), seed = argc > 4 ? number(argv[4], 0) : 1;
    uint64_t bytes_in = 0, bytes_out = 0, done = 0;
    struct build_trace *trace = build_trace_new();
    unsigned reads = (unsigned)(records / images > FIXED + 1 ? records / images - FIXED : 1);
    for (unsigned p = 0; p < processes; p++) {
        struct writer writer = {.trace = trace, .pid = 1000 + p, .random = seed + p};
        writer.now_ns = START_NS + (uint64_t)p * 7919;
        build_trace_stream(trace, build_trace_process(trace, writer.pid, writer.now_ns));
        writer.stream = p;
        begin(&writer, p);
        uint64_t before_in = bytes_in, before_out = bytes_out;
        for (uint64_t upto = images * (p + 1) / processes; done < upto; done++)
            image(&writer, done, reads, &bytes_in, &bytes_out);
        ADD(&writer, thread_end, .cpu_ns = writer.cpu_ns);
        ADD(&writer, process_end, .cpu_user_ns = writer.cpu_ns, .vm_hwm_bytes = 22000000, .rchar = bytes_in - before_in,
            .wchar = bytes_out - before_out, .heap_known = 1, .how = trace_ending_EXIT, .own_cost_ns = 1000);
    }
    build_trace_finish(trace);
    printf("%s\n%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", build_trace_path(trace), images, bytes_in, bytes_out);
    return fflush(stdout) || ferror(stdout);
}
