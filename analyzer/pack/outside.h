/* SPDX-License-Identifier: MIT
 * Owns: all that a report takes from outside of its trace: what images' files say, and names of functions. Whether it
 * comes from this machine or from the trace's pack is decided here.
 * Must not know: records, figures.
 *
 * Image files of this machine count only for a trace that was recorded on it; then they come first. Everywhere else
 * only the pack speaks for them. A program or library is the one that ran when its build id says so, wherever it lies.
 */
#ifndef ANALYZER_OUTSIDE_H
#define ANALYZER_OUTSIDE_H

#include "analyzer/pack/pack.h"

struct outside; /* opaque */

/* Whether all that was found is kept, for a new pack; with hashes of the files' content, which takes reading all of
 * them. */
enum outside_collect { OUTSIDE_COLLECT_NOTHING, OUTSIDE_COLLECT_ANSWERS, OUTSIDE_COLLECT_HASHES };
/* directory: of the trace, where its pack would lie. That is looked at when something is first wanted from it. */
struct outside *outside_open(const char *directory, int64_t realtime_offset_ns, uint64_t start_ns,
                             enum outside_collect collect);
void outside_close(struct outside *outside); /* NULL is allowed */

/* What the trace says of its machine, before anything is asked; NULL: it does not. */
void outside_host(struct outside *outside, const char *machine, const char *boot_id, const char *cpu_model);

/* What the file says of its image, when that is of the format: false when nobody knows, and *facts is as it was. */
bool outside_facts(struct outside *outside, const char *path, const struct image_file_state *state,
                   enum image_format format, struct image_facts *facts);

/* A program or library; the outside's. */
struct outside_module;
struct outside_module *outside_module(struct outside *outside, const char *path, const void *build_id,
                                      unsigned build_id_bytes, enum symbolize_error *error);
/* As symbolize_address(). */
void outside_symbol(struct outside_module *module, uint64_t address, char **function, char **location);

/* The trace is from elsewhere, and nobody here knows what its files said: how many were asked for. */
uint64_t outside_untrusted(const struct outside *outside);
/* Why the pack that is there is not used, as one line; NULL: it is, or there is none. */
const char *outside_complaint(const struct outside *outside);
/* As it was opened. */
const char *outside_directory(const struct outside *outside);
/* What was collected, settled; the caller's. asked: how many image files there were, known or not. */
struct pack *outside_collected(struct outside *outside, uint64_t *asked);

#endif
