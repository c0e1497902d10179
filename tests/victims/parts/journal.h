/* SPDX-License-Identifier: MIT
 * Owns: the victims' own account of what they did: one JSON object per line in the file that $VICTIM_LOG names.
 * Must not know: the profiler.
 *
 * The file is mapped, so a line costs neither system call nor allocation and outlives a SIGKILL. Lines:
 *   start  the process, at main                       step   part of one image's time
 *   image  an image begins                            done   an image ended, with its sums
 *   idle   a sleep that belongs to no image           end    the process is about to end
 * A step's kind says how it counts: "call" with its wall time less the I/O nested in it, "gap" with the CPU time the
 * thread used in it, "sleep" as waiting. */
#ifndef VICTIMS_JOURNAL_H
#define VICTIMS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct moment {
    uint64_t wall_ns, cpu_ns;
};
struct moment moment_now(void);

struct image_journal {
    unsigned n;
    struct moment start;
    uint64_t start_process_cpu_ns;
    uint64_t read_bytes, written_bytes;
    uint64_t nested_ns;             /* I/O inside the codec call in progress */
    int64_t live_bytes, peak_bytes; /* usable sizes of the image's blocks */
};

enum step_kind { STEP_CALL, STEP_GAP, STEP_SLEEP };

/* Maps the file and writes `start`. Without $VICTIM_LOG nothing is written. */
void journal_begin(const char *victim);
void journal_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes `end`; exit_code is what the process is about to end with. */
void journal_end(int exit_code);

/* quality < 0: none is set. */
void image_begin(struct image_journal *image, unsigned n, const char *input, const char *output, double quality);
/* A step from `start` until now. */
void image_step(struct image_journal *image, const char *stage, enum step_kind kind, struct moment start);
/* A step scattered over the image, whose times were summed by the caller. */
void image_sum(struct image_journal *image, const char *stage, enum step_kind kind, uint64_t wall_ns, uint64_t cpu_ns,
               uint64_t io_ns);
void image_done(struct image_journal *image, uint64_t input_bytes, uint64_t output_bytes);

/* Blocks of an image: taken by usable size. peak_with counts a block that came and went inside a codec call. */
void *image_malloc(struct image_journal *image, size_t bytes);
void image_adopt(struct image_journal *image, void *block);
void image_drop(struct image_journal *image, void *block);
void image_peak_with(struct image_journal *image, size_t usable);

/* A sleep that belongs to no image. */
void idle_us(uint32_t us);

/* A line for people on standard output, the same in every run. */
void say(const char *text);

#endif
