/* SPDX-License-Identifier: MIT
 * Owns: what commands say on standard error, how texts from a trace reach a terminal, and how output ends.
 * Must not know: traces. */
#ifndef ANALYZER_MESSAGE_H
#define ANALYZER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One line on standard error: "imgbench: …". Control bytes in it are escaped: texts of a trace may be in it. */
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How far a command is, 0 to 1, on one line of standard error that is written over: only where that is a terminal, and
 * only when the command has run for a second. To be called as often as one likes; message_progress_end() removes it. */
void message_progress(const char *what, double done_ratio);
void message_progress_end(void);

/* Writes text so that it stays on its line and cannot control a terminal: C escapes (\n, \033) for control bytes,
 * invalid UTF-8, invisible and direction-changing characters, and the quote; every non-ASCII byte with ascii. */
void message_escaped(FILE *out, const char *text, size_t bytes, bool ascii);

/* True when the locale (setlocale was called) cannot show UTF-8. */
bool message_locale_is_ascii(void);

/* Flushes and closes standard output. Returns status, or CMD_FAILURE when not all could be written: with one line, or
 * without when the reader of a pipe went away. Commands only stop and return CMD_FAILURE when writing fails. */
int message_end_output(int status);
/* Right after a write to standard output has failed: errno says why. */
void message_output_failed(void);
#endif
