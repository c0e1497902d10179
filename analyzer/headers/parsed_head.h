/* SPDX-License-Identifier: MIT
 * Owns: the head of an image that was replaced by what was read from it: an anonymized trace has no others.
 * Must not know: traces, why a head was replaced.
 *
 * It is text: the first line "imgbench-head/1", then "<fact> <value>" for each that is known, blanks up to a length
 * that all have, and 64 hexadecimal digits that say whether two heads ended alike. */
#ifndef ANALYZER_PARSED_HEAD_H
#define ANALYZER_PARSED_HEAD_H

#include "analyzer/headers/facts/image_facts.h"

#define PARSED_HEAD_BYTES 768
#define PARSED_HEAD_END   64

/* end: PARSED_HEAD_END bytes that stand for how the head ended. */
void parsed_head_write(char head[PARSED_HEAD_BYTES], const struct image_facts *facts, const char *end);

bool parsed_head_is(const void *data, size_t bytes);
/* As image_header_parse(). */
bool parsed_head_read(const char *data, size_t bytes, struct image_facts *facts);

#endif
