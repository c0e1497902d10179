/* SPDX-License-Identifier: MIT
 * Owns: words that say nothing about whoever recorded a trace: names of directories, extensions, codec libraries, image
 * tools, their flags and the values of those. What is in no list is not known.
 * Must not know: what is done with what is not known. */
#ifndef ANALYZER_ANONYMIZE_KNOWN_H
#define ANALYZER_ANONYMIZE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

bool known_directory(const char *name, size_t bytes);
bool known_extension(const char *name, size_t bytes); /* without the dot, in any case */
bool known_library(const char *name, size_t bytes);   /* a codec's or an allocator's, wherever it lies */
bool known_anonymous(const char *name, size_t bytes); /* a descriptor that is no file: "eventpoll" */
bool known_program(const char *name, size_t bytes);
bool known_thread(const char *name, size_t bytes);
bool known_mark(const char *step,
                size_t bytes); /* a part between dots of a mark's name that docs/report.md gives a meaning */
bool known_flag(const char *name, size_t bytes); /* with its dashes, without a value */
bool known_value(const char *name, size_t bytes);
/* Numbers and what stands between them in qualities, sizes and ratios: "80", "1.5", "50%", "800x600", "4:2:0". */
bool known_number(const char *text, size_t bytes);

#endif
