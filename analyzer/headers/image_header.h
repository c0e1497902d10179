/* SPDX-License-Identifier: MIT
 * Owns: what the first bytes of an image say about it. One parser per format.
 * Must not know: traces, files on disk, where the bytes come from. Trusts no byte; never reads past `bytes`. */
#ifndef ANALYZER_IMAGE_HEADER_H
#define ANALYZER_IMAGE_HEADER_H

#include "analyzer/headers/facts/image_facts.h"
#include "analyzer/headers/formats/bytes.h"

/* Reads the first `bytes` bytes of a file, or a parsed head (parsed_head.h) in their place. Returns false when they are
 * of no known image format; then *facts says FORMAT_UNKNOWN and -1 everywhere. */
bool image_header_parse(const void *data, size_t bytes, struct image_facts *facts);

/* image_header_parse() for bytes that may have a source. */
bool header_parse(struct header_bytes in, struct image_facts *facts);

#endif
