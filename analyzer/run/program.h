/* SPDX-License-Identifier: MIT
 * Owns: which file a command is, and whether the library can be loaded into it.
 * Must not know: how it is started, traces. */
#ifndef ANALYZER_RUN_PROGRAM_H
#define ANALYZER_RUN_PROGRAM_H

#include <stddef.h>

/* Exit codes of `imgbench run` beside the target's own: those of env(1) and timeout(1). */
enum program_problem {
    PROGRAM_FINE = 0,
    PROGRAM_UNTRACEABLE = 125, /* it would run, but not with the library */
    PROGRAM_NOT_EXECUTABLE = 126,
    PROGRAM_NOT_FOUND = 127
};

/* Longest path of a program, bytes. */
#define PROGRAM_PATH 4096

/* Looks a command up as execvp(3) does and writes the file's path. Otherwise `why` (capacity bytes) is one line: what,
 * where, what to do. A script is as good as its interpreter. */
enum program_problem program_find(const char *command, char path[PROGRAM_PATH], char *why, size_t capacity);

#endif
