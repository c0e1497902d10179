/* SPDX-License-Identifier: MIT
 * Owns: what a run was, as inference understood it: processes, files, images, workers, samples. Plain data.
 * Must not know: records, statistics, formatting.
 *
 * Units: times in ns of CLOCK_MONOTONIC, sizes in bytes. UNKNOWN in an unsigned field means that the figure could not
 * be known; it is never replaced by 0. Strings and arrays belong to the run and live until run_free(). */
#ifndef ANALYZER_MODEL_H
#define ANALYZER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/headers/facts/image_facts.h"
#include "analyzer/model/originals_seen.h"

#define UNKNOWN UINT64_MAX
#define NO_ID   UINT32_MAX /* index into an array of the run that points nowhere */

/* The stages of one image. WORKER_INIT belongs to a worker and is not part of an image's time. OPTIMIZATION contains
 * DECODE, TRANSFORM and ENCODE, and whatever an optimizer without visible codec does between reading and writing. */
enum stage {
    STAGE_VALIDATION,
    STAGE_WORKER_INIT,
    STAGE_IMAGE_READ,
    STAGE_OPTIMIZATION,
    STAGE_DECODE,
    STAGE_TRANSFORM,
    STAGE_ENCODE,
    STAGE_IMAGE_WRITE,
    STAGE_CLEANUP,
    STAGE_COUNT
};
/* "validation", "worker_init", …: the JSON key without its unit. */
const char *stage_name(enum stage stage);

/* A thread of a process that had several. */
#define THREADS_LISTED 64 /* per process, the first ones */
struct process_thread {
    uint32_t tid;
    char *name;                       /* its last, or NULL */
    uint64_t start_ns, end_ns;        /* end_ns: UNKNOWN where no end was recorded */
    uint64_t cpu_ns;                  /* in its life, or UNKNOWN */
    uint64_t alloc_calls, free_calls; /* UNKNOWN where the allocator was not seen, or no end was recorded */
    int64_t heap_bytes;               /* allocated less released by it; known when alloc_calls is */
};

struct process {
    uint32_t pid;
    bool ended;       /* an end was recorded */
    bool damaged;     /* its records break off where they could not be read or written */
    bool forked;      /* forked without exec: shares its parent's program */
    bool resumed;     /* it ran before: the recording was started, or went on */
    bool paused;      /* it did not end: the recording was stopped */
    uint64_t records; /* this and the next ones change with each record */
    uint64_t start_ns;
    uint64_t end_ns;        /* last record when no end was recorded */
    uint64_t seen_io_bytes; /* physical bytes in the records, of calls that the kernel counts */
    uint32_t ppid;
    uint32_t parent; /* index of the traced process that started it, or NO_ID */
    char *exe;
    char *command; /* arguments separated by blanks, quoted where the shell would need it */
    char **argv;
    size_t argc;
    char *cwd;
    int exit_code;   /* -1 = unknown */
    int signal;      /* 0 = none or unknown */
    char *in_flight; /* function in progress when a killed process left off, or NULL */
    uint64_t cpu_ns; /* CPU time of this image, user and system, or UNKNOWN */
    uint64_t vm_hwm_bytes;
    uint64_t baseline_rss_bytes; /* last sample before its first image, or UNKNOWN */
    uint64_t heap_peak_bytes;    /* UNKNOWN where the allocator was not seen */
    uint64_t minor_faults, major_faults;
    uint64_t kernel_io_bytes; /* rchar + wchar of the kernel, less ours and reaped children's, or UNKNOWN */
    uint64_t lost_records;
    uint64_t own_cost_ns; /* calibrated cost of the library, or UNKNOWN */
    uint64_t own_mapped_bytes;
    uint64_t on_cpu_ns, run_queue_ns; /* of its threads that worked on images, as the scheduler says, or UNKNOWN */
    uint32_t usable_cpus;
    uint64_t first_image_ns;              /* first image byte, or UNKNOWN */
    uint32_t images;                      /* owned by its threads */
    char *allocator;                      /* file that provides malloc, or NULL */
    uint64_t alloc_calls, free_calls;     /* UNKNOWN where the allocator was not seen */
    uint64_t anonymous_peak_bytes;        /* highest sum of large anonymous mappings that were in place at once */
    uint64_t reserved_peak_bytes;         /* same of those without any access: address space, not memory */
    uint64_t metadata_calls, metadata_ns; /* stat, access and the like; UNKNOWN without a recorded end */
    struct process_thread *threads;       /* the first THREADS_LISTED */
    size_t thread_count;
    uint64_t threads_total;
};

/* A process that must have been there and left no record. */
struct untraced_child {
    uint32_t pid;
    char *path;        /* program, or NULL */
    char *reason;      /* NULL = not known */
    uint64_t start_ns; /* when it was started, or when its end was collected */
};

/* What an allocator said of itself when it held the most memory. */
struct allocator_sample {
    uint32_t process; /* index, or NO_ID: none said anything */
    uint64_t allocated_bytes, active_bytes, resident_bytes, retained_bytes;
};

/* Allocations by size: class i holds those below 32 << i bytes, the last one all larger ones. */
#define HEAP_CLASSES 60
struct heap_sizes {
    uint64_t calls[HEAP_CLASSES];
    size_t count; /* 0 = not recorded */
};

enum file_kind { FILE_KIND_FILE, FILE_KIND_STDIN, FILE_KIND_PIPE, FILE_KIND_SOCKET, FILE_KIND_MEMORY };
enum file_role { FILE_ROLE_SOURCE, FILE_ROLE_INTERMEDIATE, FILE_ROLE_FINAL };
const char *file_kind_name(enum file_kind kind);
const char *file_role_name(enum file_role role);

/* One image file, pipe, socket or buffer, in one state of its content: a file rewritten in place is two of these. */
struct image_file {
    char *path; /* absolute; where it ended up after renames */
    enum file_kind kind;
    enum file_role role;
    struct image_facts facts; /* from its first bytes, or from the file */
    bool facts_from_file;     /* it was still there, unchanged, and was read now */
    uint64_t bytes;           /* UNKNOWN where it could not be seen */
    uint64_t device, inode;
    bool survives;                           /* still there, under this path, when the run ended */
    uint64_t changed_from_ns, changed_to_ns; /* CLOCK_REALTIME: when its content was last changed; or UNKNOWN */
};

enum image_status { IMAGE_OK, IMAGE_FAILED, IMAGE_DISCARDED, IMAGE_UNFINISHED };
const char *image_status_name(enum image_status status);

/* Which rule tied output to input, strongest first. */
enum link_rule { LINK_NONE, LINK_PATH, LINK_NESTING, LINK_BUFFER, LINK_CONNECTION, LINK_SIZE, LINK_ADJACENCY };
const char *link_rule_name(enum link_rule rule);

enum setting_key { /* same order as the trace's setting enumeration, from 1 */
                   SETTING_NONE,
                   SETTING_QUALITY,
                   SETTING_QUANTIZER_MIN,
                   SETTING_QUANTIZER_MAX,
                   SETTING_LOSSLESS,
                   SETTING_EFFORT,
                   SETTING_SUBSAMPLING,
                   SETTING_PROGRESSIVE,
                   SETTING_BIT_DEPTH,
                   SETTING_PALETTE_COLOURS,
                   SETTING_QUALITY_MIN,
                   SETTING_FILTER,
                   SETTING_STRATEGY,
                   SETTING_THREADS,
                   SETTING_COLOUR_TYPE,
                   SETTING_WIDTH,
                   SETTING_HEIGHT,
                   SETTING_DISTANCE,
                   SETTING_QUANTIZER,
                   SETTING_ALPHA_QUALITY,
                   SETTING_NEAR_LOSSLESS,
                   SETTING_METADATA,
                   SETTING_COMPRESSION,
                   SETTING_FRAMES,
                   SETTING_COUNT
};

struct image_settings {
    const char *encoder; /* "libjpeg", "libwebp", …, or NULL when no encoder was seen */
    const char *decoder; /* same for what read the input; the one inside where a framework called it */
    const char *scale;   /* which quality scale `quality` is on: "libjpeg", "webp", "aom", …, or NULL */
    bool known[SETTING_COUNT];
    double value[SETTING_COUNT];
    double quality_rmse; /* fit of the JPEG tables to the quality; NAN where none was made */
    bool copied;         /* what was encoded was thrown away: the output is a copy of the input */
};

#define SMALL_IO_BYTES 4096

/* One encode result, or one failed, discarded or unfinished attempt. */
struct image {
    uint32_t *inputs; /* indexes into run.files */
    size_t input_count;
    uint32_t *outputs;
    size_t output_count;
    uint32_t chain;     /* images joined by an intermediate have the same */
    uint32_t read_with; /* index of the image that read and decoded the source for this one, too; NO_ID: none did */
    uint32_t process;
    uint32_t worker;                   /* index into run.workers, or NO_ID */
    uint32_t tid;                      /* owner thread */
    uint64_t start_ns, end_ns;         /* first and last event; span = end - start */
    uint64_t busy_ns;                  /* observed calls + CPU time in the owner's gaps between them */
    uint64_t stage_ns[STAGE_COUNT];    /* exclusive but OPTIMIZATION, which contains its three */
    uint64_t inferred_ns[STAGE_COUNT]; /* part of stage_ns that comes from gaps */
    bool stage_known[STAGE_COUNT];
    uint64_t phase_start_ns[STAGE_COUNT]; /* first moment of each stage, UNKNOWN where none was seen */
    uint64_t read_ops, read_bytes;        /* calls on its input files and what they moved; maps are not among them */
    uint64_t write_ops, write_bytes;      /* same of its outputs */
    uint64_t small_ops;                   /* of both, those that moved fewer than SMALL_IO_BYTES */
    uint64_t unattributed_ns;             /* busy - validation - read - optimization - write - cleanup */
    uint64_t cpu_ns;                      /* owner + helpers when alone in its process, or UNKNOWN */
    uint64_t cpu_thread_ns;               /* owner thread, or UNKNOWN */
    uint64_t helpers_cpu_ns;              /* its part, by busy time, of what its process's other threads used beside
                                           * that: an estimate; or UNKNOWN */
    uint64_t peak_heap_bytes;             /* live peak - live at start, when alone, or UNKNOWN */
    uint64_t large_block_peak_bytes;      /* by owner, or UNKNOWN */
    const char *heap_scope;               /* "process" or "large blocks", or NULL */
    struct image_settings *settings; /* the run's: images of the same settings share one, which is not to be changed */
    uint32_t attempts;               /* encodes that it took */
    enum link_rule link_rule;
    enum image_status status;
};

/* A lane: a thread that owned images, or one-image processes of one pool packed into as many as ran at once; those that
 * work on one image at the same time, in a pipeline, are in the same one. */
struct worker_member {
    uint32_t pid, tid;
};
struct worker {
    struct worker_member *members;
    size_t member_count;
    uint32_t tasks;
    uint64_t init_ns; /* sum over its members: process or thread start to first image byte */
    uint64_t active_ns, idle_ns;
    uint64_t wait_ns;          /* its images' spans less their busy time */
    uint64_t cpu_ns;           /* CPU of its images, or UNKNOWN */
    uint64_t start_ns, end_ns; /* its first image's start, its last one's end */
    uint64_t run_queue_ns;     /* its threads were ready to run its images and had no CPU (inferred), or UNKNOWN */
    uint64_t io_ns;            /* in I/O calls of its images */
};

struct io_total {
    uint64_t ns, bytes, ops;
    uint64_t mapped_bytes; /* lengths of mappings; how much of them was touched is unknown */
};

/* Resources of all live processes together at one moment. */
struct resource_sample {
    uint64_t time_ns;
    double cpu_ratio;         /* of the usable CPUs, since the sample before; NAN = unknown */
    double machine_idle_cpus; /* CPUs of the machine that nobody used since then, on average; NAN = unknown */
    uint64_t rss_bytes;
    uint64_t heap_bytes;
    uint64_t io_ops;     /* since the sample before */
    uint64_t io_bytes;   /* rchar + wchar of the kernel since the sample before, or UNKNOWN */
    uint64_t threads;    /* alive, or UNKNOWN */
    uint64_t file_bytes; /* part of rss_bytes backed by files or shared memory, or UNKNOWN */
};

/* What the memory of the largest process was when all processes together had the most. UNKNOWN where not recorded. */
struct memory_composition {
    uint64_t rss_bytes, heap_bytes, file_bytes, own_bytes; /* heap_bytes: live blocks; own_bytes: the library's */
    uint64_t anonymous_bytes;                              /* large anonymous mappings of the program's own */
};

/* Large blocks that were live when all of their process together were at their highest, and came from one place. */
#define SITE_FRAMES_MAX 128
struct site_frame {
    char *module;   /* name of the file, or NULL */
    char *function; /* or NULL */
    char *location; /* "file:line", else "module+offset", else the address; NULL = several */
};
struct memory_site {
    uint64_t bytes, blocks;
    uint32_t image; /* that the newest of them was for, or NO_ID */
    bool has_stack; /* frames are a call stack, not only the allocating function */
    struct site_frame *frames;
    size_t frame_count; /* innermost first; at least one */
};

struct library {
    char *name, *version, *build_id; /* any may be NULL but name */
};

/* A name that the program gave to moments: of single ones, or of the two ends of spans. */
#define MARK_NAMES_MAX 1000 /* different ones; moments with further names are only counted */
#define MARKS_LISTED   10000
#define SPANS_LISTED   10000
#define SPANS_MEASURED (UINT64_C(1) << 23) /* of all names together: the lengths of later ones are not kept */
enum mark_kind { MARK_POINT, MARK_BEGIN, MARK_END };
const char *mark_kind_name(enum mark_kind kind);
/* Which begin an end belongs to: the newest open one of its name and id of the same thread, else process, else run. */
enum span_rule { SPAN_SAME_THREAD, SPAN_SAME_PROCESS, SPAN_SAME_RUN };
const char *span_rule_name(enum span_rule rule);

struct mark_name {
    char *name;
    uint64_t points;      /* single moments */
    uint64_t spans;       /* begins with their end */
    uint64_t *lengths_ns; /* of the first ones, in the order of their ends */
    size_t length_count;
    uint64_t begins_left, ends_left; /* without the other half */
};
struct mark {
    uint64_t time_ns;
    uint32_t name;    /* index into run.mark_names */
    uint32_t process; /* index into run.processes */
    uint32_t tid;
    enum mark_kind kind;
    char *data; /* as the program gave it: JSON or not; NULL = none */
};
struct span {
    uint64_t start_ns, end_ns;
    uint32_t name, process, tid; /* of its begin */
    enum span_rule rule;
    char *data; /* of its begin, else of its end, or NULL */
};

struct host {
    char *machine, *kernel, *boot_id, *cpu_model;
    uint32_t cpus;
    double usable_cpus; /* min(affinity, quota ÷ period); NAN = unknown */
    uint64_t memory_bytes;
    double load; /* NAN = unknown */
    uint64_t cgroup_quota_us, cgroup_period_us, cgroup_throttled_us, cgroup_memory_limit, cgroup_memory_peak,
        cgroup_oom_kills;
};

#define PAUSES_MAX  200
#define PERIODS_MAX (64 + PAUSES_MAX)
struct run {
    char *trace_path;
    int64_t realtime_offset_ns;
    uint64_t start_ns, end_ns; /* first process start, last process end */
    struct host host;
    struct process *processes;
    size_t process_count;
    struct image_file *files;
    size_t file_count;
    struct image *images;
    size_t image_count;
    struct worker *workers;
    size_t worker_count;
    struct library *libraries;
    size_t library_count;
    struct resource_sample *samples;
    size_t sample_count;
    struct io_total image_read, image_write; /* of image files: time and bytes of the calls */
    struct io_total all_read, all_write;     /* of every file */
    uint64_t periods[PERIODS_MAX][2];        /* activity periods: start, end */
    size_t period_count;
    uint64_t pauses[PAUSES_MAX][2]; /* in which nothing was recorded, as the user wished: start, end; within the run */
    size_t pause_count;
    uint64_t peak_rss_bytes; /* highest sum over live processes, or of one process */
    bool peak_is_tree;       /* the sum of several processes */
    bool peak_is_measured;   /* sum of PSS, asked from outside; else of readings of different moments */
    uint64_t peak_rss_ns;    /* when, or UNKNOWN */
    uint32_t peak_process;   /* the largest then, or NO_ID */
    struct memory_composition peak_composition; /* of peak_process */
    double avg_rss_bytes;                       /* time-weighted; NAN = no samples */
    uint64_t logical_io_bytes;   /* what the programs' calls asked for and got, stdio's buffered ones included */
    uint64_t uncounted_io_bytes; /* part of it that the kernel counts nowhere: recv, send, splice */
    uint64_t device_io_bytes;    /* part of it on character and block devices */
    struct allocator_sample allocator;
    struct heap_sizes heap_sizes;    /* of all processes together */
    struct untraced_child *untraced; /* by start */
    size_t untraced_count;
    uint64_t idle_children, idle_children_cpu_ns; /* forked, and ended having done nothing that is recorded */
    uint64_t blocks_peak_bytes, blocks_peak_ns;   /* highest sum of large blocks in one process, or UNKNOWN */
    uint64_t blocks_peak_count;                   /* how many they were */
    uint32_t blocks_peak_process;                 /* or NO_ID */
    struct memory_site *sites;                    /* what made it, largest first */
    size_t site_count;
    uint64_t records, lost_records;
    uint64_t damages;        /* places of the trace that could not be read */
    uint64_t lost_processes; /* that could not write a single record */
    char *missing[2];        /* what could not be read, not be written: sentences or NULL, the first ones used */
    struct image_settings **settings; /* all different ones of the images */
    size_t settings_count;
    char **unhooked_codecs; /* files of codec libraries that were mapped and that no row of the table wraps */
    size_t unhooked_count;
    struct mark_name *mark_names; /* by first use */
    size_t mark_name_count;
    struct mark *marks; /* the first MARKS_LISTED, by time */
    size_t mark_count;
    uint64_t marks_total;
    uint64_t marks_unnamed; /* part of it with names beyond MARK_NAMES_MAX */
    struct span *spans;     /* the first SPANS_LISTED to end, by end */
    size_t span_count;
    uint64_t spans_total;
    struct originals originals;
    bool io_uring;        /* a process made one: what goes through it is not seen */
    char *pack_complaint; /* why the trace's pack is not used, as one line, or NULL */
    char **notes;         /* one sentence each, for Trust */
    size_t note_count;
};

void memory_site_release(struct memory_site *site);

/* Frees everything the run owns, and the run. */
void run_free(struct run *run);

#endif
