/* SPDX-License-Identifier: MIT
 * Owns: the tables that describe records and enumerations, expanded from records.def.
 * Must not know: bytes, files. */
#include "trace.h"

#define TRACE_ENUM(name, meaning)                   static const struct trace_value_info values_##name[] = {
#define TRACE_VALUE(name, constant, value, meaning) {#constant, meaning, value},
#define TRACE_ENUM_END(name)                                                                                           \
    {                                                                                                                  \
        NULL, NULL, 0                                                                                                  \
    }                                                                                                                  \
    }                                                                                                                  \
    ;
#include "records.def"

#define TRACE_ENUM(name, meaning) extern const struct trace_enum_info trace_enum_##name;
#include "records.def"
#define TRACE_ENUM(name, meaning) const struct trace_enum_info trace_enum_##name = {#name, meaning, values_##name};
#include "records.def"

static const struct trace_enum_info enums[] = {
#define TRACE_ENUM(name, meaning) {#name, meaning, values_##name},
#include "records.def"
    {NULL, NULL, NULL}};

#define TRACE_RECORD(id, name, meaning) static const struct trace_field_info fields_##name[] = {
#define TRACE_FIELD(record, type, name, unit, meaning)                                                                 \
    {#name, unit, meaning, NULL, TRACE_TYPE_##type, offsetof(struct trace_##record, name)},
#define TRACE_FIELD_ENUM(record, enumeration, name, meaning)                                                           \
    {#name, "", meaning, &trace_enum_##enumeration, TRACE_TYPE_enum, offsetof(struct trace_##record, name)},
#define TRACE_TEXT(record, name, meaning)                                                                              \
    {#name, "", meaning, NULL, TRACE_TYPE_text, offsetof(struct trace_##record, name)},
#define TRACE_BYTES(record, name, meaning)                                                                             \
    {#name, "", meaning, NULL, TRACE_TYPE_bytes, offsetof(struct trace_##record, name)},
#define TRACE_RECORD_END(record)                                                                                       \
    {                                                                                                                  \
        NULL, NULL, NULL, NULL, TRACE_TYPE_u8, 0                                                                       \
    }                                                                                                                  \
    }                                                                                                                  \
    ;
#include "records.def"

static const struct trace_kind_info kinds[TRACE_KIND_LIMIT] = {
#define TRACE_RECORD(id, name, meaning) [id] = {#name, meaning, fields_##name},
#include "records.def"
};

const struct trace_kind_info *trace_kind_info(unsigned kind)
{
    return kind < TRACE_KIND_LIMIT && kinds[kind].name ? &kinds[kind] : NULL;
}

const struct trace_enum_info *trace_enums(void)
{
    return enums;
}

const char *trace_value_name(const struct trace_enum_info *enumeration, unsigned value)
{
    for (const struct trace_value_info *v = enumeration->values; v->name; v++)
        if (v->value == value)
            return v->name;
    return NULL;
}

const char *trace_error_text(int error)
{
    switch (error) {
    case TRACE_OK: return "no error";
    case TRACE_ERROR_SPACE: return "no room for the record";
    case TRACE_ERROR_SHORT: return "ends inside a record";
    case TRACE_ERROR_KIND: return "unknown record kind";
    case TRACE_ERROR_FIELD: return "field length contradicts the record";
    case TRACE_ERROR_MAGIC: return "not a trace packet";
    case TRACE_ERROR_SIZE: return "packet size contradicts the file";
    default: return "unknown error";
    }
}
