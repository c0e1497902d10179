/* SPDX-License-Identifier: MIT
 * Owns: the IMGBENCH_ environment variables, read once, and the environment handed on to children.
 * Must not know: records, hooks. Allocates only anonymous mappings. */
#include "preload/base/settings.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "preload/base/foreign.h"
#include "preload/base/system.h"
#include "preload/base/text.h"
#include "trace/size.h"
#include "trace/trace.h"

struct settings settings; /* defaults come with reading it: a page with values in it would be copied at each start */

static const char *value_of(const char *name)
{
    size_t length = strlen(name);
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, name, length) == 0 && (*e)[length] == '=')
            return *e + length + 1;
    return NULL;
}

static void ignore(const char *name)
{
    if (settings.bad_count < SETTINGS_BAD_MAX)
        settings.bad[settings.bad_count++] = name;
}

/* What is no number is ignored and noted. */
static void read_number(const char *name, uint64_t limit, uint64_t *out)
{
    const char *text = value_of(name);
    if (text && *text && !trace_size_parse(text, limit, out))
        ignore(name);
}

/* "YYYYMMDDThhmmss" in UTC, without the libc's time zone machinery. Source: days-from-civil, proleptic Gregorian. */
static void add_utc(struct text *out, uint64_t seconds)
{
    uint64_t days = seconds / 86400, rest = seconds % 86400;
    uint64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    uint64_t month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2);
    text_add_number(out, year, 4);
    text_add_number(out, month, 2);
    text_add_number(out, doy - (153 * mp + 2) / 5 + 1, 2);
    text_add(out, "T");
    text_add_number(out, rest / 3600, 2);
    text_add_number(out, rest / 60 % 60, 2);
    text_add_number(out, rest % 60, 2);
}

/* Can a directory be made there? Asked when the name is chosen: children are told it. */
static bool can_be_made(const struct text *path)
{
    long error = SYSTEM3(SYS_access, path->data, W_OK | X_OK, 0);
    for (size_t end = path->used; error == -ENOENT && end > 1;) { /* the nearest one that is there */
        while (end > 1 && path->data[--end] != '/') {
        }
        char cut = path->data[end];
        path->data[end] = '\0';
        error = SYSTEM3(SYS_access, path->data, W_OK | X_OK, 0);
        path->data[end] = cut;
    }
    return error == 0;
}

/* <state directory>/imgbench/<program>-<UTC time>-<pid>; where that cannot be made, or without a home:
 * /tmp/imgbench-<uid>/... */
static void default_directory(void)
{
    const char *state = value_of("XDG_STATE_HOME"), *home = value_of("HOME");
    struct text out = text_begin(settings.directory, sizeof settings.directory);
    if (state && state[0] == '/') {
        text_add(&out, state);
        text_add(&out, "/imgbench");
    } else if (home && home[0] == '/' && home[1]) {
        text_add(&out, home);
        text_add(&out, "/.local/state/imgbench");
    }
    if (!out.used || out.cut || !can_be_made(&out)) {
        out = text_begin(settings.directory, sizeof settings.directory);
        text_add(&out, "/tmp/imgbench-");
        text_add_number(&out, getuid(), 1);
    }
    const char *exe = (const char *)getauxval(AT_EXECFN), *slash = exe ? strrchr(exe, '/') : NULL;
    text_add(&out, "/");
    text_add(&out, slash ? slash + 1 : exe ? exe : "program");
    text_add(&out, "-");
    add_utc(&out, system_clock_ns(CLOCK_REALTIME) / 1000000000u);
    text_add(&out, "-");
    text_add_number(&out, (uint64_t)system_pid(), 1);
    if (out.cut)
        settings.directory[0] = '\0';
}

void settings_read(void)
{
    settings.sample_ns = 10000000;
    settings.alloc_threshold = 65536;
    settings.head_bytes = 1024;
    settings.quota_bytes = TRACE_QUOTA_DEFAULT;
    const char *text = value_of("IMGBENCH");
    if (text && strcmp(text, "off") == 0)
        settings.off = true;
    else if (text && *text && strcmp(text, "on") != 0)
        ignore("IMGBENCH");
    uint64_t number = settings.sample_ns / 1000000;
    read_number("IMGBENCH_SAMPLE_MS", 3600000, &number);
    settings.sample_ns = number * 1000000;
    read_number("IMGBENCH_ALLOC_THRESHOLD", UINT64_MAX / 2, &settings.alloc_threshold);
    number = settings.head_bytes;
    read_number("IMGBENCH_HEAD", TRACE_TEXT_MAX, &number);
    settings.head_bytes = (uint32_t)number;
    read_number("IMGBENCH_QUOTA", TRACE_QUOTA_MOST, &settings.quota_bytes);
    number = 0;
    read_number("IMGBENCH_STACKS", 1, &number);
    settings.stacks = number;
    number = 0;
    read_number("IMGBENCH_KEEP", 1, &number);
    settings.keep = number && !settings.off;

    text = value_of("IMGBENCH_START");
    if (text && strcmp(text, "paused") == 0)
        settings.paused = true;
    else if (text && *text && strcmp(text, "recording") != 0)
        ignore("IMGBENCH_START");

    /* Planned, and not to be taken for done. */
    static const char *const later[] = {"IMGBENCH_FOLLOW", "IMGBENCH_SAMPLER"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (value_of(later[i]))
            ignore(later[i]);

    const char *directory = value_of("IMGBENCH_DIR");
    if (directory && *directory) {
        struct text out = text_begin(settings.directory, sizeof settings.directory);
        if (directory[0] != '/') {
            long n = SYSTEM3(SYS_getcwd, out.data, out.capacity, 0);
            out.used = n > 0 && out.data[0] == '/' ? (size_t)n - 1 : 0;
            out.cut = out.used == 0;
            text_add(&out, "/");
        }
        text_add(&out, directory);
        if (!out.cut)
            return;
        ignore("IMGBENCH_DIR");
    }
    settings.default_directory = true;
    default_directory();
}

/* LD_PRELOAD with this library's entry replaced by its absolute path; returns bytes used, or 0 when nothing changes. */
static size_t absolute_preload(const char *value, const char *own_path, char *out, size_t capacity)
{
    if (!own_path || strpbrk(own_path, " :")) /* ld.so could not read such a path back */
        return 0;
    const char *base = strrchr(own_path, '/') + 1;
    bool changed = false;
    struct text text = text_begin(out, capacity);
    text_add(&text, "LD_PRELOAD=");
    for (const char *at = value; *at;) {
        size_t length = strcspn(at, " :");
        const char *slash = memrchr(at, '/', length);
        const char *name = slash ? slash + 1 : at;
        size_t name_length = (size_t)(at + length - name);
        bool ours = at[0] != '/' && slash && strlen(base) == name_length && memcmp(name, base, name_length) == 0;
        text_add_bytes(&text, ours ? own_path : at, ours ? strlen(own_path) : length);
        changed = changed || ours;
        at += length;
        if (*at)
            text_add_bytes(&text, at++, 1);
    }
    return changed && !text.cut ? text.used + 1 : 0;
}

void settings_prepare_children(const char *own_path)
{
    if (!settings.directory[0] || !environ)
        return;
    size_t count = 0;
    char **directory_entry = NULL, **preload = NULL;
    for (char **e = environ; *e; e++, count++) {
        if (strncmp(*e, "LD_PRELOAD=", 11) == 0)
            preload = e;
        if (strncmp(*e, "IMGBENCH_DIR=", 13) == 0)
            directory_entry = e;
    }
    static char ready[8192 + 256 * sizeof(char *)]
        __attribute__((aligned(16))); /* enough but for a large environment */
    size_t text_bytes = 8192, array_bytes = (count + 2) * sizeof(char *);
    char *memory = ready;
    if (text_bytes + array_bytes > sizeof ready)
        memory = system_map(text_bytes + array_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!memory)
        return;
    size_t used = preload ? absolute_preload(*preload + 11, own_path, memory, text_bytes / 2) : 0;
    if (used)
        *preload = memory;
    struct text directory = text_begin(memory + used, text_bytes - used);
    text_add(&directory, "IMGBENCH_DIR=");
    text_add(&directory, settings.directory);
    if (directory.cut)
        return;
    if (directory_entry) {
        *directory_entry = directory.data;
        return;
    }
    /* Right behind the texts: each page that is touched costs a fault. */
    char **array = (char **)(memory + ((used + directory.used + sizeof *array) & ~(sizeof *array - 1)));
    memcpy(array, environ, count * sizeof *array);
    array[count] = directory.data;
    array[count + 1] = NULL;
    environ = array;
}

bool settings_environment_keeps_us(char *const *environment, char *buffer, size_t capacity)
{
    static const char name[] = "LD_PRELOAD=";
    enum { ENTRIES_MAX = 100000 };
    char *entry;
    for (int i = 0; i < ENTRIES_MAX && foreign_read(environment + i, &entry, sizeof entry) && entry; i++)
        if (foreign_text(entry, buffer, sizeof name) == sizeof name - 1 && memcmp(buffer, name, sizeof name - 1) == 0) {
            foreign_text(entry, buffer, capacity);
            return strstr(buffer, "imgbench") != NULL;
        }
    return false;
}
