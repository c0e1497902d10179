/* SPDX-License-Identifier: MIT
 * Owns: the value of a record's field, by the table that describes it.
 * Must not know: what the field means, how it is shown. */
#ifndef ANALYZER_FIELD_VALUE_H
#define ANALYZER_FIELD_VALUE_H

#include "trace/trace.h"

union field_value {
    uint8_t u8; /* enum, too */
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;
    int64_t i64;
    double f64;
    struct trace_text text; /* bytes, too */
};

/* The member that field->type names is set. record is a struct trace_<kind> of the field's kind. */
union field_value field_value(const struct trace_field_info *field, const void *record);

#endif
