/* SPDX-License-Identifier: MIT
 * Owns: what is checked of an installation, and what each answer says.
 * Must not know: how answers are printed. */
#ifndef ANALYZER_DOCTOR_H
#define ANALYZER_DOCTOR_H

#include <limits.h>
#include <stdbool.h>

#include "analyzer/run/library.h"

enum doctor_grade {
    DOCTOR_OK,
    DOCTOR_NOTE,  /* recording works, and something that it could do does not */
    DOCTOR_FAILED /* recording does not work */
};

struct doctor {
    /* Called once for each check. `text` is one line: what was found, and what to do where it is not good. It may hold
     * names of files, which are not to be trusted. */
    void (*tell)(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *text);
    unsigned counts[3];         /* by grade */
    char library[LIBRARY_PATH]; /* "" where it was not found */
    char place[PATH_MAX];       /* a directory of ours where traces go, or "" where none could be made */
    char parent[PATH_MAX];      /* the directory it is in, */
    bool parent_is_ours;        /* which was made for it */
};

/* Formats one answer and hands it on. */
void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Kernel, C library, clock, what /proc tells, libraries that are only needed for some figures. */
void doctor_check_machine(struct doctor *doctor);
/* Makes a directory where traces go: can it be written to, which file system, is there room? */
void doctor_check_place(struct doctor *doctor);
/* Removes it. */
void doctor_leave_place(struct doctor *doctor);
/* Finds the library, loads it into a program that reads an image, and reads the trace of that. After
 * doctor_check_place(). */
void doctor_check_recording(struct doctor *doctor);

#endif
