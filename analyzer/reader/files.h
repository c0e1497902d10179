/* SPDX-License-Identifier: MIT
 * Owns: which files of a directory are the packets of a trace, its control page, and how damage is reported.
 * Must not know: records, time order. Keeps no descriptor open; follows no symbolic link inside a trace. */
#ifndef ANALYZER_READER_FILES_H
#define ANALYZER_READER_FILES_H

#include "analyzer/reader/reader.h"

/* Where damage goes. */
#define READER_DAMAGES_NAMED 3u
struct reader_report {
    reader_damage *damage; /* may be NULL */
    void *context;
    uint64_t count;
    char
        *named[READER_DAMAGES_NAMED]; /* of the first files, one each: "path: byte N: what", the path below the trace */
    size_t root_bytes;                /* of the trace's path in front of those of its files */
    uint64_t *of_process;             /* by process, or NULL while they are listed */
    size_t process_count;
};
#define READER_NO_PROCESS SIZE_MAX
void reader_report_damage(struct reader_report *report, size_t process, const char *path, uint64_t offset,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

struct reader_packet {
    uint32_t stream;
    uint32_t sequence;
};

struct reader_process {
    char *name;
    uint64_t start_ns;
    uint32_t pid;                  /* of the name; 0 = a process directory that was renamed */
    struct reader_packet *packets; /* by stream, then sequence */
    size_t packet_count;
    bool described; /* its directory has a metadata file */
};

struct reader_files {
    char *root;                       /* directory that the process directories lie in */
    struct reader_process *processes; /* by start, then pid */
    size_t process_count;
    struct trace_control control;
};

/* Lists a trace directory or one process directory. Returns 0, or -1 with one line in error. Release either way. */
int reader_files_list(struct reader_files *files, const char *path, struct reader_report *report, char *error,
                      size_t capacity);
void reader_files_release(struct reader_files *files);

/* Path of a packet in a static-size buffer of the caller, for opening and for messages. */
#define READER_PATH_MAX 4608
void reader_files_path(const struct reader_files *files, size_t process, struct reader_packet packet,
                       char path[READER_PATH_MAX]);

/* Opens a packet for reading; *bytes is its length. Returns a descriptor, or -1 after having reported why. */
int reader_files_open(const struct reader_files *files, size_t process, struct reader_packet packet,
                      struct reader_report *report, uint64_t *bytes);

#endif
