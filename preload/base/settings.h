/* SPDX-License-Identifier: MIT
 * Owns: the IMGBENCH_ environment variables, read once, and the environment handed on to children.
 * Must not know: records, hooks. */
#ifndef PRELOAD_SETTINGS_H
#define PRELOAD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_BAD_MAX 10

struct settings {
    bool off;
    uint64_t sample_ns;       /* least time between samples; 0 = none */
    uint64_t alloc_threshold; /* bytes; blocks from this size on are recorded */
    uint32_t head_bytes;      /* 0 = the signature only */
    bool stacks;              /* call stacks of recorded blocks */
    bool keep;                /* originals that are about to be changed or removed */
    uint64_t quota_bytes;
    bool paused;          /* nothing is recorded before somebody says so */
    char directory[3072]; /* absolute path of the trace */
    bool default_directory;
    const char *bad[SETTINGS_BAD_MAX]; /* names of variables whose value was ignored */
    unsigned bad_count;
};
extern struct settings settings;

/* Reads the environment and settles the trace directory; creates nothing. */
void settings_read(void);

/* Makes LD_PRELOAD absolute and adds IMGBENCH_DIR in `environ`, by replacing pointers: setenv would use the program's
 * heap. own_path: absolute path of this library, or NULL. */
void settings_prepare_children(const char *own_path);

/* True when an environment that a program hands to exec still names this library. It may be a bad pointer: that is the
 * kernel's to refuse. */
bool settings_environment_keeps_us(char *const *environment, char *buffer, size_t capacity);

#endif
