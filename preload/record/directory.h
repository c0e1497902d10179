/* SPDX-License-Identifier: MIT
 * Owns: the trace directory on disk: control page, process directory, metadata, packet files.
 * Must not know: records, threads. Keeps no descriptor open. Guest: every failure only means that nothing is kept. */
#ifndef PRELOAD_DIRECTORY_H
#define PRELOAD_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdint.h>

#include "preload/record/control.h"
#include "preload/base/settings.h"
#include "trace/trace.h"

/* Creates the trace or joins it. *first: this process created it. */
bool directory_open_trace(bool *first);
/* True when the trace is there already (by whichever process). */
bool directory_trace_exists(void);
/* True as long as nobody can have made it: its name is this process's own, and it has not been opened. */
extern bool directory_made_trace;
static inline bool directory_is_untouched(void)
{
    return settings.default_directory && !directory_made_trace &&
           !atomic_load_explicit(&control_page, memory_order_relaxed);
}
/* Creates this process's own directory. */
bool directory_open_process(uint32_t pid, uint64_t start_ns);
/* Removes an empty trace that this process made by default. */
void directory_remove_if_empty(void);
/* In a forked child: the process directory is the parent's. */
void directory_reset_after_fork(void);
/* True where mapped files are safe; elsewhere packets are written with write(2). */
bool directory_can_map(void);

/* Creates and maps a packet file of bytes bytes, still hidden. NULL on failure, quota included. */
void *directory_create_packet(uint32_t stream, uint32_t sequence, size_t bytes);
/* Makes it visible. */
bool directory_show_packet(uint32_t stream, uint32_t sequence);
/* Writes a whole packet from memory and makes it visible. */
bool directory_write_packet(uint32_t stream, uint32_t sequence, const void *data, size_t bytes);
/* Cuts a packet file from `from` to `to` bytes and returns the difference to the quota. */
void directory_trim_packet(uint32_t stream, uint32_t sequence, size_t from, size_t to);

/* ---- for other files beside the packets ---- */

/* A new file of the trace, 0600: as descriptors_open, but -EEXIST where there is one. */
int directory_create_file(const char *path, int flags);
/* A new directory, 0700. mkdir's -errno. */
int directory_create(const char *path);
/* False: the kernel would end the program for a file so large. */
bool directory_allows(uint64_t bytes);

#endif
