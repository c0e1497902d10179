/* SPDX-License-Identifier: MIT
 * Owns: the rows of codecs.def as numbers, and the real functions behind their wrappers.
 * Must not know: signatures of codecs, what is recorded. */
#ifndef PRELOAD_CODEC_TARGETS_H
#define PRELOAD_CODEC_TARGETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/base/hook.h"

#define CODEC_FAMILIES  16
#define CODEC_INSTANCES 4 /* copies of one library in a process that can be told apart */

/* A row of codecs.def. */
struct codec_row {
    uint8_t family; /* enum trace_codec */
    uint8_t role;   /* enum trace_role */
    uint16_t hook;  /* hook_name() knows its name */
};
/* Macros that codecs.def does not find expand to CODEC. */
enum {
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      CODEC_ROW_##name,
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) CODEC_ROW_##name,
#include "preload/codecs.def"
    CODEC_ROW_COUNT
};
extern const struct codec_row codec_rows[CODEC_ROW_COUNT];
/* The function that a slot is made to lead to. */
void *codec_wrapper(unsigned row, unsigned instance);
/* The real functions behind the wrapper instances; NULL = free. library: path of the object, for the report. */
struct codec_target {
    void *_Atomic real;
    uintptr_t _Atomic version_function; /* of the same object, see versions.c; 0 = none */
    const char *library;
};
extern struct codec_target codec_targets[CODEC_ROW_COUNT][CODEC_INSTANCES];
/* By family: a library of it is seen to call its own functions. */
extern bool _Atomic codec_own_calls[CODEC_FAMILIES];

#endif
