/* SPDX-License-Identifier: MIT
 * Owns: the hash of an image file's content. Must not know: traces. */
#ifndef ANALYZER_CONTENT_HASH_H
#define ANALYZER_CONTENT_HASH_H

#include "analyzer/pack/pack.h"

/* SHA-256 of the whole file, while it is the one that was seen; false when it is not, or cannot be read. */
bool content_hash(const char *path, const struct image_file_state *state, unsigned char hash[PACK_HASH_BYTES]);

#endif
