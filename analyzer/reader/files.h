/* SPDX-License-Identifier: MIT
 * Owns: which files of a directory are the packets of a trace, and its control page.
 * Must not know: records, time order. Keeps no descriptor open; follows no symbolic link inside a trace. */
#ifndef ANALYZER_READER_FILES_H
#define ANALYZER_READER_FILES_H

#include <stdbool.h>

#include "analyzer/reader/damage.h"
#include "trace/trace.h"

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
