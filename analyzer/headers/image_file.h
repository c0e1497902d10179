/* SPDX-License-Identifier: MIT
 * Owns: what a file on disk says about its image, when it is still the one that somebody saw.
 * Must not know: traces, formats. Never blocks on what is no regular file, never changes anything. */
#ifndef ANALYZER_IMAGE_FILE_H
#define ANALYZER_IMAGE_FILE_H

#include "analyzer/headers/facts/image_facts.h"

/* What the file must still be. It was last changed between the two moments, which may be one. */
struct image_file_state {
    uint64_t device, inode, bytes;
    uint64_t changed_from_ns, changed_to_ns; /* CLOCK_REALTIME */
};

/* Reads what the file says, parts of it as they are needed and IMAGE_FILE_READ_MAX bytes at most. Returns false when it
 * is not that file any more, cannot be read, or is no image; then *facts is as it was. */
#define IMAGE_FILE_READ_MAX (UINT64_C(64) << 20)
bool image_file_parse(const char *path, const struct image_file_state *state, struct image_facts *facts);

/* The file, opened for reading, while it is that one and a regular one; -1 otherwise. */
int image_file_open(const char *path, const struct image_file_state *state);
/* Still, after it was read? */
bool image_file_is_same(int fd, const struct image_file_state *state);

#endif
