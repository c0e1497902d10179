/* SPDX-License-Identifier: MIT
 * Owns: a pack as a file: a line of JSON that says how many follow, one per image file, one per program or library. So
 * 100,000 files are never all in memory as JSON. Trusts no byte of one that is read.
 * Must not know: where what it holds comes from.
 *
 * Numbers of 64 bits are texts: JSON's are doubles to most who read them. A text that is not UTF-8, as paths may be, is
 * hexadecimal under the key with "_hex". */
#include "analyzer/pack/pack_json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

static const char schema[] = "imgbench-pack/1";
#define FILE_MAX       ((off_t)1 << 30)   /* 3 million image files */
#define LINE_MAX_BYTES ((size_t)64 << 20) /* a program with all its functions */

static const char *const errors[] = {
    [SYMBOLIZE_OK] = "ok", [SYMBOLIZE_UNREADABLE] = "unreadable", [SYMBOLIZE_OTHER_BUILD] = "other build"};
#define ERRORS (sizeof errors / sizeof *errors)

/* ---- writing ---- */

static json_t *hexadecimal(const void *data, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = memory_zeroed(bytes * 2 + 1, 1);
    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = digits[((const unsigned char *)data)[i] >> 4];
        text[2 * i + 1] = digits[((const unsigned char *)data)[i] & 15];
    }
    json_t *json = json_string(text);
    free(text);
    return json;
}

static void put_text(json_t *object, const char *key, const char *text)
{
    char hex_key[32];
    json_t *json = text ? json_string(text) : json_null();
    if (json) {
        json_object_set_new(object, key, json);
        return;
    }
    snprintf(hex_key, sizeof hex_key, "%s_hex", key);
    json_object_set_new(object, hex_key, hexadecimal(text, strlen(text)));
}

static void put_number(json_t *object, const char *key, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    json_object_set_new(object, key, json_string(text));
}

static json_t *facts_json(const struct image_facts *facts)
{
    json_t *json = json_object();
    json_object_set_new(json, "format", json_string(format_key(facts->format)));
#define IMAGE_FACT_INTEGER(type, name)                                                                                 \
    if (facts->name != -1)                                                                                             \
        json_object_set_new(json, #name, json_integer(facts->name));
#define IMAGE_FACT_REAL(name)                                                                                          \
    if (!isnan(facts->name))                                                                                           \
        json_object_set_new(json, #name, json_real(facts->name));
#include "analyzer/headers/facts/image_facts.def"
    return json;
}

static json_t *file_json(const struct pack_file *file)
{
    json_t *json = json_object();
    put_text(json, "path", file->path);
    put_number(json, "device", file->state.device);
    put_number(json, "inode", file->state.inode);
    put_number(json, "bytes", file->state.bytes);
    put_number(json, "changed_from_ns", file->state.changed_from_ns);
    put_number(json, "changed_to_ns", file->state.changed_to_ns);
    json_object_set_new(json, "sha256", file->hashed ? hexadecimal(file->hash, sizeof file->hash) : json_null());
    json_object_set_new(json, "facts", facts_json(&file->facts));
    return json;
}

static json_t *module_json(const struct pack_module *module)
{
    json_t *json = json_object(), *symbols = json_array();
    put_text(json, "path", module->path);
    json_object_set_new(json, "build_id", hexadecimal(module->build_id, module->build_id_bytes));
    json_object_set_new(json, "state", json_string(errors[module->error]));
    for (size_t i = 0; i < module->symbols_count; i++) {
        json_t *symbol = json_object();
        put_number(symbol, "address", module->symbols[i].address);
        put_text(symbol, "function", module->symbols[i].function);
        put_text(symbol, "location", module->symbols[i].location);
        json_array_append_new(symbols, symbol);
    }
    json_object_set_new(json, "symbols", symbols);
    return json;
}

/* Takes the reference. */
static bool put_line(json_t *json, FILE *out)
{
    bool good = json && json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 && fputc('\n', out) != EOF;
    json_decref(json);
    return good;
}

static json_t *first_json(const struct pack *pack)
{
    char offset[24];
    json_t *json = json_object(), *trace = json_object();
    snprintf(offset, sizeof offset, "%" PRId64, pack->trace.realtime_offset_ns);
    put_text(trace, "boot_id", pack->trace.boot_id);
    json_object_set_new(trace, "realtime_offset_ns", json_string(offset));
    put_number(trace, "start_ns", pack->trace.start_ns);
    json_object_set_new(json, "schema", json_string(schema));
    json_object_set_new(json, "trace", trace);
    json_object_set_new(json, "files", json_integer((json_int_t)pack->files_count));
    json_object_set_new(json, "modules", json_integer((json_int_t)pack->modules_count));
    return json;
}

int pack_write(const struct pack *pack, FILE *out)
{
    errno = 0;
    bool good = put_line(first_json(pack), out);
    for (size_t i = 0; good && i < pack->files_count; i++)
        good = put_line(file_json(&pack->files[i]), out);
    for (size_t i = 0; good && i < pack->modules_count; i++)
        good = put_line(module_json(pack->modules[i]), out);
    return good ? 0 : errno ? -errno : -EIO;
}

/* ---- reading ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns how many bytes there were, or -1. */
static int bytes_of(const json_t *json, unsigned char *out, size_t capacity)
{
    const char *text = json_string_value(json);
    size_t length = text ? json_string_length(json) : 1;
    if (length % 2 || length / 2 > capacity)
        return -1;
    for (size_t i = 0; i < length / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return (int)(length / 2);
}

/* Allocated; NULL where there is none. */
static char *text_of(const json_t *object, const char *key)
{
    char hex_key[32];
    const json_t *json = json_object_get(object, key);
    if (json_is_string(json))
        return memory_text(json_string_value(json), json_string_length(json));
    snprintf(hex_key, sizeof hex_key, "%s_hex", key);
    json = json_object_get(object, hex_key);
    if (!json_is_string(json))
        return NULL;
    size_t capacity = json_string_length(json) / 2;
    char *text = memory_zeroed(capacity + 1, 1);
    if (bytes_of(json, (unsigned char *)text, capacity) >= 0)
        return text;
    free(text);
    return NULL;
}

static bool number_of(const json_t *object, const char *key, uint64_t *number)
{
    const char *text = json_string_value(json_object_get(object, key));
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !*end && !errno;
}

static void read_facts(const json_t *json, struct image_facts *facts)
{
    const json_t *format = json_object_get(json, "format"), *value;
    *facts = image_facts_unknown;
    if (json_is_string(format))
        facts->format = format_of_key(json_string_value(format), json_string_length(format));
#define IMAGE_FACT_INTEGER(type, name)                                                                                 \
    value = json_object_get(json, #name);                                                                              \
    if (json_is_integer(value) && json_integer_value(value) >= 0 &&                                                    \
        json_integer_value(value) <= (sizeof(type) == 8 ? INT64_MAX : INT_MAX))                                        \
        facts->name = (type)json_integer_value(value);
#define IMAGE_FACT_REAL(name)                                                                                          \
    value = json_object_get(json, #name);                                                                              \
    if (json_is_number(value) && isfinite(json_number_value(value)))                                                   \
        facts->name = json_number_value(value);
#include "analyzer/headers/facts/image_facts.def"
}

static bool read_file(struct pack *pack, const json_t *json)
{
    char *path = text_of(json, "path");
    if (!path)
        return false;
    struct pack_file *file = pack_add_file(pack, path);
    free(path);
    file->hashed = bytes_of(json_object_get(json, "sha256"), file->hash, sizeof file->hash) == PACK_HASH_BYTES;
    read_facts(json_object_get(json, "facts"), &file->facts);
    return number_of(json, "device", &file->state.device) && number_of(json, "inode", &file->state.inode) &&
           number_of(json, "bytes", &file->state.bytes) &&
           number_of(json, "changed_from_ns", &file->state.changed_from_ns) &&
           number_of(json, "changed_to_ns", &file->state.changed_to_ns) && file->facts.format != FORMAT_UNKNOWN;
}

static bool read_module(struct pack *pack, const json_t *json)
{
    unsigned char build_id[PACK_BUILD_ID_MAX];
    int bytes = bytes_of(json_object_get(json, "build_id"), build_id, sizeof build_id);
    const char *state = json_string_value(json_object_get(json, "state"));
    char *path = text_of(json, "path");
    bool good = path && bytes >= 0 && state && json_is_array(json_object_get(json, "symbols"));
    struct pack_module *module = good ? pack_module(pack, path, build_id, (unsigned)bytes) : NULL;
    free(path);
    if (!good)
        return false;
    unsigned error = 0;
    while (error < ERRORS && strcmp(errors[error], state) != 0)
        error++;
    module->error = error < ERRORS ? (enum symbolize_error)error : SYMBOLIZE_UNREADABLE;
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(json, "symbols"), i, entry)
    {
        uint64_t address;
        if (!number_of(entry, "address", &address))
            return false;
        char *function = text_of(entry, "function"), *location = text_of(entry, "location");
        pack_add_symbol(module, address, function, location);
        free(function);
        free(location);
    }
    return error < ERRORS;
}

static bool read_trace(struct pack *pack, const json_t *json)
{
    const char *offset = json_string_value(json_object_get(json, "realtime_offset_ns"));
    pack->trace.boot_id = text_of(json, "boot_id");
    pack->trace.realtime_offset_ns = offset ? strtoll(offset, NULL, 10) : 0;
    return offset && number_of(json, "start_ns", &pack->trace.start_ns);
}

/* The next line of a pack; NULL: there is none, or it is no JSON. */
static json_t *next_line(FILE *file, char **line, size_t *capacity)
{
    ssize_t bytes = getline(line, capacity, file);
    return bytes > 0 && (size_t)bytes < LINE_MAX_BYTES ? json_loadb(*line, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL)
                                                       : NULL;
}

/* Returns the number of the first line that is damaged, or 0. first: the first one. */
static uint64_t read_all(struct pack *pack, const json_t *first, FILE *file)
{
    const json_t *files = json_object_get(first, "files"), *modules = json_object_get(first, "modules");
    if (!read_trace(pack, json_object_get(first, "trace")) || !json_is_integer(files) || !json_is_integer(modules))
        return 1;
    char *line = NULL;
    size_t capacity = 0;
    uint64_t number = 1;
    bool good = true;
    for (json_int_t left = json_integer_value(files); good && left > 0; left--, number++) {
        json_t *json = next_line(file, &line, &capacity);
        good = json && read_file(pack, json);
        json_decref(json);
    }
    for (json_int_t left = json_integer_value(modules); good && left > 0; left--, number++) {
        json_t *json = next_line(file, &line, &capacity);
        good = json && read_module(pack, json);
        json_decref(json);
    }
    free(line);
    return good ? 0 : number;
}

static bool known(const char *text)
{
    return text && *text;
}

static bool is_of(const struct pack_trace *pack, const struct pack_trace *wanted)
{
    return pack->start_ns == wanted->start_ns && pack->realtime_offset_ns == wanted->realtime_offset_ns &&
           (!known(pack->boot_id) || !known(wanted->boot_id) || strcmp(pack->boot_id, wanted->boot_id) == 0);
}

/* -1 with errno. */
static int open_pack(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int error = 0;
    if (fd < 0)
        return -1;
    if (fstat(fd, &status))
        error = errno;
    else if (!S_ISREG(status.st_mode))
        error = EINVAL;
    else if (status.st_size > FILE_MAX)
        error = EFBIG;
    if (!error)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

#define NOT_USED "it is not used; 'imgbench pack' where the trace was recorded makes it anew"

struct pack *pack_read(const char *directory, const struct pack_trace *wanted, char *error, size_t capacity)
{
    char path[PATH_MAX];
    *error = '\0';
    int length = snprintf(path, sizeof path, "%s/" PACK_NAME, directory);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    int fd = open_pack(path);
    if (fd < 0 && errno == ENOENT)
        return NULL;
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file) {
        snprintf(error, capacity, "%s: cannot be read: %s; " NOT_USED, path,
                 errno == ELOOP    ? "a symbolic link"
                 : errno == EINVAL ? "not a file"
                                   : strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    char *line = NULL;
    size_t line_bytes = 0;
    json_t *first = next_line(file, &line, &line_bytes);
    const char *version = json_string_value(json_object_get(first, "schema"));
    bool same_version = version && strcmp(version, schema) == 0;
    struct pack *pack = pack_new();
    uint64_t damaged = !first ? 1 : same_version ? read_all(pack, first, file) : 0;
    if (damaged)
        snprintf(error, capacity, "%s: damaged in line %" PRIu64 "; " NOT_USED, path, damaged);
    else if (!same_version)
        snprintf(error, capacity, "%s: not a pack of this version of imgbench; " NOT_USED, path);
    else if (!is_of(&pack->trace, wanted))
        snprintf(error, capacity, "%s: belongs to another trace; " NOT_USED, path);
    free(line);
    json_decref(first);
    fclose(file);
    if (*error) {
        pack_free(pack);
        return NULL;
    }
    pack_settle(pack);
    return pack;
}
