/* SPDX-License-Identifier: MIT
 * Owns: bytes of protocol buffers: fields of the wire format, messages in messages.
 * Must not know: what is encoded. */
#ifndef ANALYZER_EXPORT_PROTO_H
#define ANALYZER_EXPORT_PROTO_H

#include <stddef.h>
#include <stdint.h>

/* A message that grows; {0} is an empty one. When memory ends the program says so and exits 1. */
struct proto {
    unsigned char *bytes;
    size_t count, capacity;
};
void proto_release(struct proto *proto);

/* uint64, uint32, enum, bool; int64 and int32, too, converted to uint64_t. */
void proto_integer(struct proto *proto, unsigned field, uint64_t value);
void proto_double(struct proto *proto, unsigned field, double value);
/* string; each byte that is part of no UTF-8 character becomes U+FFFD. */
void proto_text(struct proto *proto, unsigned field, const char *text, size_t bytes);

/* A message within: what is put between the two is in it. proto_end() takes what proto_begin() returned, the innermost
 * one first. */
size_t proto_begin(struct proto *proto, unsigned field);
void proto_end(struct proto *proto, size_t begun);

#endif
