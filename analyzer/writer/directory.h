/* SPDX-License-Identifier: MIT
 * Owns: the files of a trace that is written: control page, metadata, packets, each complete before it has its name.
 * Must not know: records. */
#ifndef ANALYZER_WRITER_DIRECTORY_H
#define ANALYZER_WRITER_DIRECTORY_H

#include <stdbool.h>

#include "trace/trace.h"

#define WRITER_PATH_MAX 4608

/* All return 0 or a negative errno. */

/* A directory that is empty: made, or found so (-ENOTEMPTY otherwise). */
int writer_directory_make(const char *path);
/* Control page and metadata of a new trace. */
int writer_directory_begin(const char *path, const struct trace_control *control);
/* Maps the control page of a trace that is there, shared with whoever records into it. -EPROTO: it is none;
 * -EPROTONOSUPPORT: of another version. Unmap with munmap(…, TRACE_CONTROL_BYTES). */
int writer_directory_map(const char *path, struct trace_control **control);
/* The directory of a process, with its metadata. */
int writer_directory_process(const char *path, const char *name, int64_t realtime_offset_ns);
/* A file that was not there. */
int writer_directory_file(const char *directory, const char *name, const void *data, size_t bytes);

#endif
