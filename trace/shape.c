/* SPDX-License-Identifier: MIT
 * Owns: how long each record is, expanded from records.def. Holds no address, so that a program that loads it has
 * nothing to relocate. Must not know: names, bytes, files. */
#include "trace.h"

/* Fixed bytes and number of texts of each record, counted by the compiler. */
enum {
#define TRACE_RECORD(id, name, meaning)                      fixed_##name = 0
#define TRACE_FIELD(record, type, name, unit, meaning)       +(int)sizeof(trace_##type)
#define TRACE_FIELD_ENUM(record, enumeration, name, meaning) +1
#define TRACE_RECORD_END(record)                             ,
#include "records.def"
};
enum {
#define TRACE_RECORD(id, name, meaning)   texts_##name = 0
#define TRACE_TEXT(record, name, meaning) +1
#define TRACE_RECORD_END(record)          ,
#include "records.def"
};
#define TRACE_RECORD(id, name, meaning)                                                                                \
    _Static_assert(fixed_##name % 8 == 0, "fixed fields of " #name " add up to a multiple of 8");                      \
    _Static_assert(sizeof(struct trace_##name) == fixed_##name + texts_##name * sizeof(struct trace_text),             \
                   "fields of " #name " are naturally aligned without gaps");
#include "records.def"

const struct trace_shape trace_shapes[TRACE_KIND_LIMIT] = {
#define TRACE_RECORD(id, name, meaning) [id] = {fixed_##name, texts_##name, 1},
#include "records.def"
};
