/* SPDX-License-Identifier: MIT
 * Owns: the numbers of all wrapped functions and the pointers to the real libc ones, expanded from the tables.
 * Must not know: what wrappers do. */
#ifndef PRELOAD_HOOK_H
#define PRELOAD_HOOK_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <utime.h>

#include "preload/base/system.h"

struct termios;
struct winsize;

/* <stdio.h> has macros of these names under optimization. */
#undef getc
#undef putc
#undef getc_unlocked
#undef putc_unlocked
#undef fgetc_unlocked
#undef fputc_unlocked
#undef getchar_unlocked
#undef putchar_unlocked
#undef fread_unlocked
#undef fwrite_unlocked

/* Exported. Not "protected": ld.so warns on stderr about each such function whose address an executable takes (python3,
 * node, gcc). Our own code uses none of them by its exported name: the program may have a function of that name. */
#define EXPORT __attribute__((visibility("default")))

/* HOOK_<name>: the number a record names a function by. libc rows first, then codec rows. */
enum hook {
    HOOK_none,
#define LIBC(subject, returns, name, parameters, arguments, meaning) HOOK_##name,
#include "preload/libc.def"
    HOOK_libc_end,
    HOOK_codec_base = HOOK_libc_end,
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      HOOK_##name,
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) HOOK_##name,
#include "preload/codecs.def"
    HOOK_end
};

struct real {
#define LIBC(subject, returns, name, parameters, arguments, meaning) returns(*name) parameters;
#include "preload/libc.def"
};
extern struct real real;

/* Finds a real function, or all of them. Idempotent, callable before the constructor and from any hook; leaves NULL
 * where the libc at hand lacks one. */
void real_find(unsigned hook);
void real_find_all(void);

/* The real function; found on first use. */
#define REAL(name) (likely(real.name != NULL) ? real.name : (real_find(HOOK_##name), real.name))

/* Name of a hook, for its definition record. */
const char *hook_name(unsigned hook);

#endif
