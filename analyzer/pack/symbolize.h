/* SPDX-License-Identifier: MIT
 * Owns: names of addresses in ELF files of this machine (elfutils). Must not know: traces, processes.
 * Nothing is fetched from the network. */
#ifndef ANALYZER_SYMBOLIZE_H
#define ANALYZER_SYMBOLIZE_H

#include <stddef.h>
#include <stdint.h>

struct symbolizer; /* of one file */

enum symbolize_error { SYMBOLIZE_OK, SYMBOLIZE_UNREADABLE, SYMBOLIZE_OTHER_BUILD };

/* Opens a file whose build id must be this one; 0 bytes: it must have none. NULL with *error on failure. */
struct symbolizer *symbolize_open(const char *path, const void *build_id, size_t build_id_bytes,
                                  enum symbolize_error *error);
/* What lies at an address as the file's own headers count: its function, or NULL when no symbol covers it, and
 * "file:line", or NULL without debug information. Allocated. */
void symbolize_address(struct symbolizer *symbolizer, uint64_t address, char **function, char **location);
void symbolize_close(struct symbolizer *symbolizer);

#endif
