/* SPDX-License-Identifier: MIT
 * Owns: what inference remembers while it reads: processes, threads, file descriptions, codec sessions, jobs.
 * Must not know: figures, formatting, what is done with it (parts/). Internal to analyzer/infer/.
 *
 * The way of a record: infer.c hands it to the file that owns its subject; files and sessions gather times and bytes
 * of their own; as soon as one turns out to belong to an image, it joins a job; the thread's timeline gives the job
 * the CPU time of the gaps between its calls. When a process is read to its end, images.c makes images of jobs.
 */
#ifndef ANALYZER_INFER_STATE_STATE_H
#define ANALYZER_INFER_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/infer/state/id_map.h"
#include "analyzer/infer/state/sites.h"
#include "analyzer/model/model.h"
#include "trace/trace.h"

struct outside;
struct reader;

/* Where the gaps between a job's calls lie; what stage they count for is known when the job is complete. */
enum gap {
    GAP_BEFORE_READ,  /* input open → first read */
    GAP_BEFORE_CODEC, /* first read → first decode or encode */
    GAP_DECODED,      /* first decode → first encode */
    GAP_ENCODING,     /* first encode → last encode; without an encoder: → last write */
    GAP_BEFORE_WRITE, /* last encode → last write */
    GAP_TAIL,         /* after the last encode or write so far */
    GAP_COUNT
};

#define INFER_BLOCKED_NS 200000 /* a call on a pipe or socket that takes longer was waiting, not computing */

#define BUFFERS 8  /* addresses kept for the buffer rule, per kind */
#define PENDING 16 /* gap sums of a thread between two readings of its CPU clock */
#define ACTIVE  64 /* jobs of a process looked through for the buffer rule, newest last */

struct range { /* known at ns */
    uint64_t address, bytes, ns;
};
struct ranges {
    unsigned next;
    struct range at[BUFFERS];
};

/* Calls of threads that help a job's owner: busy_ns of the time between from_ns and to_ns. */
struct helper_span {
    uint64_t from_ns, to_ns, busy_ns;
};
#define HELPER_SPANS 8

/* What a job knows of memory and helpers while work may still come to it; given back some jobs after it is done. */
enum buffer_use { BUFFER_SOURCE, BUFFER_PIXELS, BUFFER_CODED, BUFFER_SINK, BUFFER_USES };
struct workbench {
    struct ranges ranges[BUFFER_USES];        /* read; decoded; delivered by the encoder; written */
    struct helper_span helpers[HELPER_SPANS]; /* since the owner's last event, in order of time */
    unsigned helpers_count;
};
#define RETIRED 16 /* jobs of a process that are done and keep theirs, should more come of the same input */

struct job;

/* Records of many processes follow each other: in these structures what most records need stands first, together. */

/* An open file description of a process; forgotten at its last close, when its sums have gone to the job. */
struct description {
    uint32_t number, mode, flags;
    int fd;
    struct job *in_job, *out_job;
    uint64_t first_read_ns;  /* start of the first read or map, or UNKNOWN */
    uint64_t first_write_ns; /* start of the first write, or UNKNOWN */
    bool inherited;          /* or a stream: its open is no part of an image */
    bool stream, named;      /* a socket or pipe, see streams.c */
    bool out_open;           /* among the open outputs of out_job */
    bool close_changes;      /* stdio holds bytes of it back until it is closed */
    bool out_changed;        /* the times below are known, of what is written to it */
    uint64_t last_buffer;    /* where the last transfer, or write of what is no image yet, had its bytes */
    uint64_t kernel_reads, kernel_writes,
        small_ops; /* calls that moved bytes to or from the kernel; see SMALL_IO_BYTES */
    struct io_total read;
    uint64_t read_twice_ns; /* part of it that other calls of the job cover as well */
    struct io_total write;
    uint64_t write_twice_ns; /* likewise */
    uint64_t open_start_ns, open_end_ns;
    char *path; /* absolute */
    uint64_t device, inode, opened_bytes;
    uint64_t open_ns;
    uint32_t in_file;      /* run->files, of a stream, or NO_ID */
    uint32_t out_file;     /* run->files, or NO_ID */
    uint32_t link_session; /* codec session that it is tied to, or 0 */
    enum { LINKED_NOT, LINKED_BY_STREAM, LINKED_BY_PATH, LINKED_BY_OPEN } link; /* BY_OPEN: the codec call opened it */
    struct job *named_job; /* whose thread named the file to a codec without a session, or NULL */
    uint32_t waiting;      /* session whose waiting output it is, or 0 */
    uint32_t open_tid;     /* thread that opened it */
    uint64_t out_changed_from_ns, out_changed_to_ns;
    /* Of a socket or pipe. */
    unsigned direction;                          /* of the last transfer */
    uint64_t last_bytes, last_start_ns, last_ns; /* that transfer; last_bytes 0: taken by a head */
    struct job *asked;                           /* whose input came with the request, or NULL */
    uint64_t asked_ns;                           /* when the request began to come, or UNKNOWN */
    struct ranges buffers;                       /* the program's read buffers until a job takes them */
};

/* A JPEG quantization table. Most images of a run have the same: sessions share them. */
struct quantization_table {
    uint16_t values[64];
    struct quantization_table *next; /* another with the same hash */
};

struct session {
    struct job *job;
    uint32_t number;
    uint8_t codec;
    uint64_t source_bytes, target_bytes; /* of its last call */
    bool has_handle;                     /* of its last call */
    bool counted, decoded;               /* it encoded; it decoded */
    bool calls_others;                   /* a container that let encoders of other libraries do the work */
    bool announced;                      /* it said what it would encode before it did */
    bool graphics;                       /* of the two Magicks, it is GraphicsMagick's */
    bool loads;                          /* the program named a file for it to load */
    uint32_t tid;                        /* thread on which it named a file to it, or 0 */
    uint32_t waiting_output;             /* description whose head came before the session's job was known, or 0 */
    struct image_facts *waiting_facts;   /* of that head */
    enum link_rule rule;
    uint32_t settings_known;                    /* bit by key */
    double *settings;                           /* values of those that are known, by key */
    const struct quantization_table *tables[2]; /* or NULL */
};

/* Images in memory of a job. */
struct memory_images {
    struct image_facts in, out; /* format 0: none */
    uint64_t in_bytes, out_bytes;
    uint32_t file; /* run->files of out + 1, once somebody has it as input */
};

/* An image in the making. */
struct job {
    struct job *merged_into; /* it turned out to be part of that one, or NULL */
    uint32_t process, tid;
    uint64_t start_ns, end_ns;
    struct workbench *workbench; /* or NULL: nobody looks at it any more */
    bool read_seen, header_seen, decode_seen, transform_seen, encode_seen, write_seen, output_closed;
    bool pipeline_seen, encoder_seen, in_memory; /* in_memory: begun by a decoder of a buffer that nobody read */
    bool failed;                                 /* a codec call of it failed and none succeeded after it */
    bool cut_in_encode;   /* the process ended inside its first encode: how long it took is unknown */
    bool output_tied;     /* a stronger rule than adjacency tied an output to it */
    bool by_socket;       /* its input came through a socket */
    bool stripped;        /* metadata was dropped from its pixels */
    bool decoder_decoded; /* it produced pixels; else it only read a header */
    uint64_t read_bytes;  /* of its input */
    uint64_t cpu_ns;
    uint64_t helper_start_ns, helper_end_ns; /* helpers' CPU of the process at its first and last event */
    uint64_t blocks_live, blocks_peak;
    uint64_t gap_ns[GAP_COUNT];
    uint64_t stage_ns[STAGE_COUNT]; /* observed */
    uint64_t phase_ns[STAGE_COUNT]; /* first moment of each stage, UNKNOWN before it */
    uint64_t other_ns;              /* observed, in no stage */
    uint64_t pipeline_ns;           /* observed in PIPELINE calls, less what other codec calls account for */
    uint64_t encoded_ns;            /* end of the last encoder's call that was not a container's */
    uint64_t heap_start, heap_peak;
    bool heap_known, heap_seen, heap_done; /* done: complete, and only here for an answer that may still come */
    struct session *encoder, *palette;
    struct session *muxer;       /* that put the output's parts together; may be the encoder */
    struct session *packer;      /* of zlib: the encoder, if the output is PNG and there is no other */
    struct session *next_packer; /* since the output was closed: that of the next one of the same inputs */
    struct session *container;   /* of a library that calls encoders of other libraries, or has its own */
    struct session *decoder;     /* see note_decoder() */
    struct session *writer;      /* session that an output's first bytes were written in or for, or NULL */
    unsigned encoder_depth;      /* of its calls in others' */
    uint32_t attempts;
    uint32_t trials;       /* outputs that this one came after and that are gone, see joins.c */
    bool write_failed;     /* its output is not complete: there was no space */
    bool passes_on;        /* its output begins as its input does and was written from where that had been read to */
    uint32_t aside;        /* run->files + 1: where it put its input to read it from there, or 0 */
    uint64_t head_end;     /* of its input: how its recorded front ends */
    uint64_t copied_ns[2]; /* CPU of copies before it, behind it */
    enum link_rule rule;
    unsigned open_outputs;
    uint64_t first_read_ns;
    uint64_t read_ops, image_read_bytes, write_ops, write_bytes, small_ops; /* of its closed files */
    uint32_t *inputs, *outputs;                                             /* run->files */
    size_t inputs_count, inputs_capacity, outputs_count, outputs_capacity;
    struct job *next;             /* in its process, newest first */
    struct memory_images *memory; /* that a codec was given or gave back, or NULL */
    struct job *again_of;         /* whose input it has, or NULL */
    uint32_t image_place;         /* place in run->images + 1, or 0: it is none, or not yet */
    uint32_t readings;            /* of its input, that no answer on a socket has been found for */
    uint32_t copied_place;        /* place in outputs + 1 of the one that is read back for another, or 0 */
    uint32_t loader_tid;          /* thread that libvips loaded the input on, or 0 */
    uint64_t reading_ns;          /* when the last reading of its input was known to be one */
};

struct pending {
    struct job *job;
    enum gap gap;
    uint64_t ns;
};

/* CPU between two readings that nobody has claimed: an image whose head is still to come may. */
struct unclaimed {
    uint64_t start_ns, end_ns, cpu_ns;
};
#define UNCLAIMED 4

/* Files that the program named to a codec and that were not open by then. */
struct named_output {
    char *path; /* absolute, or NULL */
    uint32_t session;
    struct job *job; /* of a call without a session, or NULL */
};
#define NAMED_OUTPUTS 16
#define UNHOOKED_MAX  32

enum memory_use { MEMORY_NONE, MEMORY_ANONYMOUS, MEMORY_RESERVED, MEMORY_FILE, MEMORY_USES };

struct timeline {
    uint32_t tid;
    unsigned pending_count;
    struct job *current;
    uint64_t last_ns;   /* end of the last event that belonged to a job */
    uint64_t inside_ns; /* calls since then that are counted elsewhere */
    struct job *last_job;
    uint64_t cpu_at_ns, cpu_ns;   /* last reading; cpu_at_ns 0 = none */
    uint64_t codec_ns, io_cpu_ns; /* in calls since that reading */
    uint64_t loose_cpu_ns;        /* in I/O calls since then on files that are of no job, or not yet */
    struct job *call_job;
    struct pending pending[PENDING];
    uint32_t stream;
    bool ended, owner; /* owner: owned an image */
    uint64_t start_ns;
    struct job *loaded;               /* what libvips loaded on it last, or NULL */
    uint32_t listed;                  /* place in its process's list of threads + 1, or 0 */
    enum memory_use removed;          /* what its last munmap removed: mremap puts it elsewhere */
    uint64_t first_image_ns;          /* or UNKNOWN */
    uint64_t on_cpu_ns, run_queue_ns; /* in its life, as the scheduler says, or UNKNOWN */
    struct unclaimed unclaimed[UNCLAIMED];
    unsigned unclaimed_next;
};

struct hook_info {
    char *name;
    uint8_t role;
    bool graphics; /* of GraphicsMagick */
};

struct block {
    uint64_t address, bytes; /* address 0 = empty place */
    struct job *job;
    uint32_t site;
};

struct process_state {
    uint32_t index;    /* in run->processes */
    uint32_t exec_tid; /* thread that was about to replace the program when the records ended, or 0 */
    bool merged;       /* jobs of it turned out to be part of others: who keeps a job has to look */
    struct timeline *threads;
    struct job *latest;
    uint64_t helper_cpu_ns;  /* of ended threads that own no image */
    uint64_t helpers_cpu_ns; /* of all threads but the main one that own none, set when it has ended; or UNKNOWN */
    struct description *description_at;   /* looked up last, or NULL: most records are of the same one, */
    struct session *session_at;           /* and of the same one of these */
    struct id_map descriptions, sessions; /* by number; descriptions go at their last close */
    struct block *blocks;                 /* open addressing by address */
    size_t block_count, block_places;
    size_t threads_count, threads_capacity;
    struct id_map live_threads; /* by tid: index + 1 */
    struct id_map directories;  /* open directories by descriptor + 1 */
    struct job *jobs;
    size_t jobs_count;
    struct job *active[ACTIVE];
    unsigned active_count;
    struct job *retired[RETIRED];
    unsigned retired_next;
    struct named_output named[NAMED_OUTPUTS];
    unsigned named_next;
    struct id_map hooks; /* by number */
    struct process_sites sites;
    uint64_t rchar, wchar;
    bool io_known, heap_known, sampled;
    uint64_t start_cpu_ns, last_cpu_ns, last_cpu_at_ns;
    uint64_t last_rss, last_anon, last_file, last_own, last_heap, last_io_ops;
    uint64_t live_heap;
    bool serving;           /* a request came over a socket */
    bool is_imgbench;       /* imgbench mark: its memory is none of the programs' */
    uint64_t last_io_bytes; /* rchar + wchar at the last sample, and those of children collected since; or UNKNOWN */
    uint64_t last_threads;
    void *mappings; /* see mappings.c */
    uint64_t mapped_bytes[MEMORY_USES];
    char *root;         /* of absolute paths; NULL = that of the file system */
    bool exec_untraced; /* with an environment that lacks the library */
    char *exec_path;
    uint32_t unhooked_mapped, callers_mapped; /* codec libraries of unhooked.c */
    bool alive;
    uint32_t alive_at;           /* place in infer->alive */
    struct process_state *older; /* with the same pid */
};

/* Resources of all live processes in one window of time. */
struct bin {
    uint64_t cpu_ns, ops, rss, heap; /* rss, heap: highest, or UNKNOWN */
    uint64_t measured;               /* rss of all, asked from outside: likewise */
    uint64_t file;                   /* part of rss backed by files */
    uint64_t io_bytes, threads;      /* UNKNOWN without a reading; threads: highest */
    uint64_t idle_ns, idle_known_ns; /* of all CPUs of the machine together, in the part of the window that is known */
};

/* A file's place in a hash chain. */
struct chain_link {
    uint32_t next, hash;
};

/* Of the live processes: the largest shared part, and who has the most memory. */
struct largest_memory {
    bool known; /* else they have to be asked */
    struct process_state *process;
    uint64_t rss, shared; /* rss: of that process */
};

/* What samples of the tree of processes said: PSS of all of them; resident set of one that was alone. */
struct tree_memory {
    uint64_t alone;
    double alone_sum;
    uint64_t asked, samples; /* samples: that had it, as they have with several processes */
    uint64_t first_ns, last_ns;
    double sum;
    uint64_t peak_bytes, peak_ns; /* peak_bytes 0 = none */
    uint32_t peak_process;
    struct memory_composition peak_composition;
};

struct infer {
    struct run *run;
    struct reader *reader;
    struct outside *outside;          /* whoever infers gave it */
    struct process_state **processes; /* same order as run->processes: that of their first records */
    size_t processes_count, processes_capacity;
    uint32_t *process_of;     /* by the reader's index: index + 1, or 0 */
    uint32_t *stream_threads; /* by stream: thread it records now, as index + 1 into its process's threads */
    size_t streams_capacity;
    size_t files_capacity, workers_capacity, libraries_capacity, notes_capacity, models_capacity;
    size_t untraced_capacity;
    struct id_map children;                      /* by pid: struct started, see children.c */
    uint32_t *inode_heads, *path_heads;          /* hash chains through run->files, newest first */
    struct chain_link *inode_links, *path_links; /* by file */
    char **path_now; /* by file: where it is now, a source keeps the name it was read under; NULL: that name */
    bool *written;   /* by file: an output of this run */
    size_t chain_capacity;
    struct id_map tables;               /* by hash */
    char *unhooked_names[UNHOOKED_MAX]; /* file of each codec library of unhooked.c that was mapped, or NULL */
    struct id_map pipes;                /* by inode */
    struct id_map by_pid;               /* newest process of a pid */
    struct process_state **alive;
    size_t alive_count, alive_capacity;
    struct largest_memory largest;
    struct bin *bins; /* see resources.c */
    size_t bins_count, bins_capacity;
    uint64_t bin_ns, bins_from_ns;
    uint32_t *settings_at; /* open addressing by content: index + 1 of run->settings */
    size_t settings_places, settings_capacity;
    uint64_t machine_at_ns, machine_idle_ns; /* last reading of the idle time of all CPUs; machine_at_ns 0 = none */
    uint64_t tree_at_ns, tree_rss, tree_private, tree_heap, tree_threads;
    double rss_integral, rss_time;
    struct tree_memory tree;
    uint64_t last_ns;         /* time of the last record */
    struct mark_state *marks; /* see marks.c, or NULL: there are none */
};

/* One record, where it comes from and what it belongs to. */
struct event {
    struct infer *infer;
    const struct trace_record *record;
    struct process_state *process;
    struct process *model;
    struct timeline *thread;
    uint64_t start_ns, end_ns;
};

#endif
