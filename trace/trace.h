/* SPDX-License-Identifier: MIT
 * Owns: the shapes that both sides of a trace share: records, packets, control page, limits and errors.
 * Must not know: files, memory allocation, threads, or what records mean together. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TRACE_VERSION      6           /* raised when an old reader would misread a new trace */
#define TRACE_MAGIC        0xC1FC1FC1u /* CTF 1.8 packet magic */
#define TRACE_UNKNOWN      UINT64_MAX  /* a figure that could not be read */
#define TRACE_TEXT_MAX     8192u       /* longest text or byte field, bytes; longer ones are cut */
#define TRACE_RECORD_MAX   49152u      /* longest record, bytes */
#define TRACE_MARK_PREFIX  "imgbench:" /* a path that begins so is a mark: imgbench:<moment>:<name>[?<data>] */
#define TRACE_MARK_NAME    200u        /* longest name of a mark, bytes */
#define TRACE_MARK_DATA    1024u       /* longest data of a mark, bytes */
#define TRACE_HEADER_BYTES 8u          /* event header: id in the low 8 bits, 56-bit timestamp above */
#define TRACE_TIME_MAX     ((UINT64_C(1) << 56) - 1)

/* Names inside a trace directory. Packet files are "<stream>.<sequence>" in decimal; names that begin with '.' are
 * being prepared and are not part of the trace. */
#define TRACE_CONTROL_NAME    "control"
#define TRACE_METADATA_NAME   "metadata"
#define TRACE_METADATA_SOURCE ".metadata"
#define TRACE_ORIGINALS_NAME  "originals" /* a directory of files named by original_name.h; see the record original */

/* Functions return 0 or one of these. */
enum trace_error {
    TRACE_OK = 0,
    TRACE_ERROR_SPACE = -1, /* the output buffer is too small */
    TRACE_ERROR_SHORT = -2, /* the input ends inside a record or packet header */
    TRACE_ERROR_KIND = -3,  /* record id 0, or one that this version does not know */
    TRACE_ERROR_FIELD = -4, /* a length field that contradicts the bytes there are */
    TRACE_ERROR_MAGIC = -5, /* not a packet */
    TRACE_ERROR_SIZE = -6,  /* packet or content size that contradicts the file */
};
const char *trace_error_text(int error);

/* Text or bytes of a record. Not terminated; decoded ones point into the decoder's input. */
struct trace_text {
    const char *data;
    uint64_t bytes;
};

typedef uint8_t trace_u8;
typedef uint16_t trace_u16;
typedef uint32_t trace_u32;
typedef uint64_t trace_u64;
typedef int32_t trace_i32;
typedef int64_t trace_i64;
typedef double trace_f64;

/* enum trace_<name> with constants trace_<name>_<CONSTANT>, e.g. trace_role_DECODE. */
#define TRACE_ENUM(name, meaning)                                                                                      \
    enum trace_##name                                                                                                  \
    {
#define TRACE_VALUE(name, constant, value, meaning) trace_##name##_##constant = (value),
#define TRACE_ENUM_END(name)                                                                                           \
    }                                                                                                                  \
    ;
#include "records.def"

/* struct trace_<record>: fixed fields exactly as on disk, then the text fields. */
#define TRACE_RECORD(id, name, meaning)                      struct trace_##name {
#define TRACE_FIELD(record, type, name, unit, meaning)       trace_##type name;
#define TRACE_FIELD_ENUM(record, enumeration, name, meaning) uint8_t name;
#define TRACE_TEXT(record, name, meaning)                    struct trace_text name;
#define TRACE_RECORD_END(record)                                                                                       \
    }                                                                                                                  \
    ;
#include "records.def"

/* enum trace_kind: TRACE_KIND_<record>. */
enum trace_kind {
    TRACE_KIND_none = 0,
#define TRACE_RECORD(id, name, meaning) TRACE_KIND_##name = (id),
#include "records.def"
    TRACE_KIND_LIMIT
};

/* A decoded record. */
struct trace_record {
    uint64_t time_ns; /* CLOCK_MONOTONIC, end of what is described */
    enum trace_kind kind;
    union {
#define TRACE_RECORD(id, name, meaning) struct trace_##name name;
#include "records.def"
    };
};

/* CTF packet header and context, exactly as on disk. Sizes are in bits, as CTF wants them. */
struct trace_packet_header {
    uint32_t magic;
    uint32_t stream_id; /* 0 */
    uint64_t stream_instance_id;
    uint64_t timestamp_begin;
    uint64_t timestamp_end;
    uint64_t content_size;
    uint64_t packet_size;
    uint64_t packet_seq_num;
    uint64_t events_discarded;
    uint64_t in_flight_since_ns; /* start of the outermost call in progress, or 0 */
    uint32_t in_flight_hook;     /* its hook number, or 0 */
    uint32_t pid;
};
_Static_assert(sizeof(struct trace_packet_header) == 80, "the packet header has no gaps");

/* The control page: one per trace, mapped shared by every process of it. */
#define TRACE_CONTROL_BYTES 4096u
#define TRACE_STATES        400u                       /* that a trace may have: so often it is stopped and started */
#define TRACE_IDLE_CHILDREN 96u                        /* places for those that have ended and were not collected yet */
#define TRACE_CONTROL_MAGIC UINT64_C(0x686e6562676d69) /* "imgbenh" */
_Static_assert(sizeof(struct trace_text) == 16, "text fields keep records aligned");
struct trace_control {
    uint64_t magic;
    uint32_t version;
    uint32_t state; /* grows by 1 whenever the recording is stopped or started: odd = it goes on, even = it is paused */
    uint64_t bytes_used;
    uint64_t quota_bytes;
    int64_t realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC when the trace began */
    uint64_t start_ns;
    uint32_t host_claimed;           /* 1 from when a process is about to write the host record: the others need not */
    uint32_t lost_processes;         /* that ended and of which not one packet could be written */
    uint32_t quota_refused;          /* 1 once a packet was refused because of quota_bytes */
    uint32_t keeps;                  /* 1 = the process that made the trace had IMGBENCH_KEEP set */
    uint64_t since_ns[TRACE_STATES]; /* by state: when it came, CLOCK_MONOTONIC; 0 = it has been so from the start */
    uint64_t idle_children[TRACE_IDLE_CHILDREN]; /* see struct trace_idle, at the place of their pid */
};
_Static_assert(sizeof(struct trace_control) <= TRACE_CONTROL_BYTES, "the control page is one page");
enum trace_state { TRACE_STATE_RECORDING = 1, TRACE_STATE_PAUSED = 2 }; /* that a trace begins with */
static inline int trace_state_records(uint32_t state)
{
    return (state & 1) != 0;
}

/* A forked child that ended with _exit and had made no call that is recorded leaves one word, and whoever finds it, as
 * a rule its parent, an idle_child record. Of pids 22 bits are Linux's most; 0 = no child. */
#define TRACE_IDLE_CPU_NS 65536u   /* a step; 8 bits of them are used */
#define TRACE_IDLE_END_NS 1048576u /* a step; 34 bits of them are half a year */
struct trace_idle {
    uint32_t pid;
    uint64_t cpu_ns;   /* user and system */
    uint64_t ended_ns; /* since the trace began, at least and at most a step less */
};
static inline uint64_t trace_idle_pack(struct trace_idle idle)
{
    uint64_t cpu = idle.cpu_ns / TRACE_IDLE_CPU_NS & 0xff, ended = idle.ended_ns / TRACE_IDLE_END_NS & 0x3ffffffff;
    return (uint64_t)idle.pid << 42 | cpu << 34 | ended;
}
static inline struct trace_idle trace_idle_unpack(uint64_t word)
{
    return (struct trace_idle){(uint32_t)(word >> 42), (word >> 34 & 0xff) * TRACE_IDLE_CPU_NS,
                               (word & 0x3ffffffff) * TRACE_IDLE_END_NS};
}
static inline uint32_t trace_idle_place(uint32_t pid)
{
    return pid % TRACE_IDLE_CHILDREN;
}

/* ---- descriptions, for dump, metadata and documentation ---- */

enum trace_type {
    TRACE_TYPE_u8,
    TRACE_TYPE_u16,
    TRACE_TYPE_u32,
    TRACE_TYPE_u64,
    TRACE_TYPE_i32,
    TRACE_TYPE_i64,
    TRACE_TYPE_f64,
    TRACE_TYPE_enum,
    TRACE_TYPE_text,
    TRACE_TYPE_bytes
};

struct trace_value_info {
    const char *name;
    const char *meaning;
    unsigned value;
};
struct trace_enum_info {
    const char *name;
    const char *meaning;
    const struct trace_value_info *values; /* ended by name == NULL */
};
struct trace_field_info {
    const char *name;
    const char *unit;
    const char *meaning;
    const struct trace_enum_info *enumeration; /* for TRACE_TYPE_enum */
    enum trace_type type;
    unsigned offset; /* in struct trace_<record> */
};
struct trace_kind_info {
    const char *name;
    const char *meaning;
    const struct trace_field_info *fields; /* ended by name == NULL */
};

/* Description of a kind, or NULL for an id that no record has. */
const struct trace_kind_info *trace_kind_info(unsigned kind);
/* All enumerations, ended by name == NULL. */
const struct trace_enum_info *trace_enums(void);
/* Name of a value as `dump` prints it, or NULL. */
const char *trace_value_name(const struct trace_enum_info *enumeration, unsigned value);
extern const struct trace_enum_info trace_enum_codec, trace_enum_setting, trace_enum_role, trace_enum_note,
    trace_enum_outcome, trace_enum_ending;

/* ---- bytes ---- */

/* Length of a kind of record; all zeros for an id that no record has. */
struct trace_shape {
    uint16_t fixed_bytes; /* of the fixed fields, on disk and in the struct */
    uint8_t texts;        /* number of text and byte fields that follow */
    uint8_t known;
};
extern const struct trace_shape trace_shapes[TRACE_KIND_LIMIT];

/* Bytes that a record will take, header included; a multiple of 8. Text fields are counted as they are. */
size_t trace_encoded_bytes(enum trace_kind kind, const void *record);

/* Writes a record (struct trace_<kind>) to out, which is 8-byte aligned. Returns its bytes, or 0 when capacity is too
 * small. Async-signal-safe: no allocation, locks or library calls but memcpy and memset. */
size_t trace_encode(enum trace_kind kind, uint64_t time_ns, const void *record, void *out, size_t capacity);

/* The same for a kind without texts, inline and without a look at capacity: out has room for all of shape. */
static inline size_t trace_encode_fixed(struct trace_shape shape, enum trace_kind kind, uint64_t time_ns,
                                        const void *record, void *out)
{
    uint64_t header = (uint64_t)kind | (time_ns & TRACE_TIME_MAX) << 8;
    memcpy(out, &header, TRACE_HEADER_BYTES);
    for (unsigned at = 0; at < shape.fixed_bytes; at += 8) /* one move each, no call */
        memcpy((char *)out + TRACE_HEADER_BYTES + at, (const char *)record + at, 8);
    return TRACE_HEADER_BYTES + shape.fixed_bytes;
}

/* Reads one record from in. On success *used is its length. Trusts nothing; never reads past bytes. */
int trace_decode(const void *in, size_t bytes, struct trace_record *record, size_t *used);
/* Passes over all records that trace_decode would read one after the other: adds how many to *records; *used is where
 * it stopped: at the end, or at the one that the error is about. */
int trace_count(const void *in, size_t bytes, uint64_t *records, size_t *used);

/* Checks the header of a packet in a file of file_bytes bytes (from the packet's start) and returns the content's
 * length in bytes, header included, in *content_bytes. content_bytes is clipped to the file with TRACE_ERROR_SIZE. */
int trace_check_packet(const void *in, size_t file_bytes, size_t *content_bytes);

/* CTF metadata (TSDL) for a trace whose clock offset from the epoch is realtime_offset_ns. Writes at most capacity
 * bytes and returns the length, or 0 when capacity is too small. No allocation; async-signal-safe. */
size_t trace_metadata(int64_t realtime_offset_ns, char *out, size_t capacity);

#endif
