/* SPDX-License-Identifier: MIT
 * Owns: the lines of a victim's journal. See journal.h.
 * Must not know: the profiler, what the victims do. */
#include "tests/victims/parts/journal.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/victims/parts/clock.h"

#define JOURNAL_BYTES ((size_t)1 << 20)

static char *journal;
static atomic_size_t used;

struct moment moment_now(void)
{
    return (struct moment){wall_now(), thread_cpu_now()};
}

void journal_line(const char *format, ...)
{
    char line[1024];
    va_list values;
    if (!journal)
        return;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (length < 0 || (size_t)length >= sizeof line)
        abort();
    line[length++] = '\n';
    size_t at = atomic_fetch_add(&used, (size_t)length);
    if (at + (size_t)length > JOURNAL_BYTES)
        abort();
    memcpy(journal + at, line, (size_t)length);
}

void journal_begin(const char *victim)
{
    uint64_t start = wall_now();
    const char *path = getenv("VICTIM_LOG");
    if (path) {
        int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || ftruncate(fd, (off_t)JOURNAL_BYTES))
            abort();
        void *map = mmap(NULL, JOURNAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
        if (map == MAP_FAILED)
            abort();
        close(fd);
        journal = map;
    }
    journal_line("{\"line\":\"start\",\"victim\":\"%s\",\"pid\":%d,\"wall_ns\":%lu,\"cpu_ns\":%lu}", victim,
                 (int)getpid(), start, process_cpu_now());
}

void journal_end(int exit_code)
{
    journal_line("{\"line\":\"end\",\"exit_code\":%d,\"wall_ns\":%lu,\"cpu_ns\":%lu}", exit_code, wall_now(),
                 process_cpu_now());
}

void image_begin(struct image_journal *image, unsigned n, const char *input, const char *output, double quality)
{
    *image = (struct image_journal){.n = n, .start_process_cpu_ns = process_cpu_now()};
    journal_line("{\"line\":\"image\",\"image\":%u,\"tid\":%d,\"input\":\"%s\",\"output\":\"%s\",\"quality\":%d}", n,
                 (int)gettid(), input, output, (int)quality);
    image->start = moment_now();
}

static const char *kind_name(enum step_kind kind)
{
    switch (kind) {
    case STEP_CALL: return "call";
    case STEP_GAP: return "gap";
    case STEP_SLEEP: return "sleep";
    }
    return "";
}

void image_sum(struct image_journal *image, const char *stage, enum step_kind kind, uint64_t wall_ns, uint64_t cpu_ns,
               uint64_t io_ns)
{
    journal_line("{\"line\":\"step\",\"image\":%u,\"stage\":\"%s\",\"kind\":\"%s\",\"end_ns\":%lu,\"wall_ns\":%lu,"
                 "\"cpu_ns\":%lu,\"io_ns\":%lu}",
                 image->n, stage, kind_name(kind), wall_now(), wall_ns, cpu_ns, io_ns);
}

void image_step(struct image_journal *image, const char *stage, enum step_kind kind, struct moment start)
{
    struct moment end = moment_now();
    image_sum(image, stage, kind, end.wall_ns - start.wall_ns, end.cpu_ns - start.cpu_ns, image->nested_ns);
    image->nested_ns = 0;
}

void image_done(struct image_journal *image, uint64_t input_bytes, uint64_t output_bytes)
{
    struct moment end = moment_now();
    uint64_t process_cpu_ns = process_cpu_now() - image->start_process_cpu_ns;
    journal_line("{\"line\":\"done\",\"image\":%u,\"start_ns\":%lu,\"end_ns\":%lu,\"thread_cpu_ns\":%lu,"
                 "\"process_cpu_ns\":%lu,\"input_bytes\":%lu,\"output_bytes\":%lu,\"read_bytes\":%lu,"
                 "\"written_bytes\":%lu,\"peak_bytes\":%ld,\"live_bytes\":%ld}",
                 image->n, image->start.wall_ns, end.wall_ns, end.cpu_ns - image->start.cpu_ns, process_cpu_ns,
                 input_bytes, output_bytes, image->read_bytes, image->written_bytes, image->peak_bytes,
                 image->live_bytes);
}

void image_adopt(struct image_journal *image, void *block)
{
    if (!block)
        abort();
    image->live_bytes += (int64_t)malloc_usable_size(block);
    image_peak_with(image, 0);
}

void image_drop(struct image_journal *image, void *block)
{
    image->live_bytes -= (int64_t)malloc_usable_size(block);
}

void image_peak_with(struct image_journal *image, size_t usable)
{
    if (image->live_bytes + (int64_t)usable > image->peak_bytes)
        image->peak_bytes = image->live_bytes + (int64_t)usable;
}

void *image_malloc(struct image_journal *image, size_t bytes)
{
    void *block = malloc(bytes);
    image_adopt(image, block);
    return block;
}

void idle_us(uint32_t us)
{
    uint64_t start = wall_now();
    sleep_us(us);
    journal_line("{\"line\":\"idle\",\"tid\":%d,\"start_ns\":%lu,\"wall_ns\":%lu}", (int)gettid(), start,
                 wall_now() - start);
}

void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        abort();
}
