/* SPDX-License-Identifier: MIT
 * Owns: the value of a record's field, by the table that describes it.
 * Must not know: what the field means, how it is shown. */
#include "analyzer/model/field_value.h"

#include <string.h>

union field_value field_value(const struct trace_field_info *field, const void *record)
{
    static const unsigned char bytes_of[] = {[TRACE_TYPE_u8] = 1,
                                             [TRACE_TYPE_u16] = 2,
                                             [TRACE_TYPE_u32] = 4,
                                             [TRACE_TYPE_u64] = 8,
                                             [TRACE_TYPE_i32] = 4,
                                             [TRACE_TYPE_i64] = 8,
                                             [TRACE_TYPE_f64] = 8,
                                             [TRACE_TYPE_enum] = 1,
                                             [TRACE_TYPE_text] = sizeof(struct trace_text),
                                             [TRACE_TYPE_bytes] = sizeof(struct trace_text)};
    union field_value value;
    memcpy(&value, (const char *)record + field->offset, bytes_of[field->type]);
    return value;
}
