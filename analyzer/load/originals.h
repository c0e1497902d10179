/* SPDX-License-Identifier: MIT
 * Owns: the originals that a trace kept of files which were overwritten, replaced or removed in the run: which is
 * whose, why one is not there, and which are thrown away after the run. Must not know: records, how they are kept, what
 * somebody wants them for. */
#ifndef ANALYZER_ORIGINALS_H
#define ANALYZER_ORIGINALS_H

#include "analyzer/headers/image_file.h"
#include "analyzer/model/model.h"

enum originals_answer {
    ORIGINALS_FOUND,
    ORIGINALS_NOT_WANTED, /* the trace was made without --keep-originals */
    ORIGINALS_NO_ROOM,    /* IMGBENCH_QUOTA */
    ORIGINALS_LOCKED,     /* reading it might have ended a lock of the program's */
    ORIGINALS_FAILED,     /* could not be read, or its copy not be written */
    ORIGINALS_CHANGED,    /* what is kept was changed since, by a program that still had the file open */
    ORIGINALS_NOT_SEEN /* nothing is known: made in the run, overwritten by who was not recorded, or not taken along */
};

/* The path of the kept file of exactly this content, to be freed, or NULL. trace: the trace's directory. */
char *originals_find(const char *trace, const struct image_file *file);
/* The same with the answer; *path may be NULL: not wanted. Of a file that still is there nobody needs to ask. */
enum originals_answer originals_ask(const struct run *run, const struct image_file *file, char **path);
/* What image_file_open() is to hold a kept file against: it has an identity of its own. False: it is gone. */
bool originals_state(const char *path, struct image_file_state *state);
/* What is behind "n/a: " in a report; NULL for ORIGINALS_FOUND. */
const char *originals_reason(enum originals_answer answer);

/* After a run that kept originals: files in it that surely are no images, or not what they were kept as, are removed,
 * and parts of copies whose process is gone. Surely: of no format that has a parser here, text, and not the start of an
 * image that is written as text. Adds up those that stay. */
struct originals_sum {
    uint64_t count, bytes;
};
void originals_prune(const char *trace, struct originals_sum *sum);

#endif
