/* SPDX-License-Identifier: MIT
 * Owns: which trace a command means: the operand, or the user's newest.
 * Must not know: what is done with it. */
#ifndef ANALYZER_FIND_TRACE_H
#define ANALYZER_FIND_TRACE_H

#include <argp.h>
#include <stdbool.h>

/* Operand [TRACE], as a child parser of every command; its input is a const char ** that was set to NULL. For
 * usage_parse. */
extern const struct argp find_trace_argp;
/* The parser of a command without options of its own: hands its input to find_trace_argp, its only child. */
error_t find_trace_parse(int key, char *argument, struct argp_state *state);

/* The operand, or without one the newest trace below ${XDG_STATE_HOME:-~/.local/state}/imgbench and
 * /tmp/imgbench-<uid> that saw an image; when none did: with any, the newest one that can be read. The caller frees
 * it. NULL after having said why there is none. */
char *find_trace(const char *operand, bool any);
/* The same for a trace that need not hold anything yet: without an operand the newest one that has a control page. */
char *find_trace_to_control(const char *operand);

/* ${XDG_STATE_HOME:-~/.local/state}/imgbench, where traces lie that nobody named a place for. */
void find_trace_directory(char *path, size_t capacity);
/* /tmp/imgbench-<uid>, where they lie when no home can hold them, made where it is not there. False where it cannot be
 * trusted: anybody can make a directory in /tmp, and only one that is the user's alone counts. */
bool find_trace_temporary(char path[64], bool make);

#endif
