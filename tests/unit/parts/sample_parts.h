/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the shared run have in common. For tests/unit/parts/sample_….c only.
 * Must not know: what is expected of the run. */
#ifndef TESTS_SAMPLE_PARTS_H
#define TESTS_SAMPLE_PARTS_H

#include "tests/unit/parts/sample_run.h"

/* An array of count elements with room for one more, which is zeroed. When memory ends, the test does. */
void *sample_grown(void *array, size_t count, size_t bytes);
char *sample_copy(const char *text);
/* A process that ended, about which nothing else is known. argv is ended by NULL. Appending may move the array. */
struct process *sample_process(struct run *run, uint32_t pid, uint32_t ppid, const char *const *argv);
/* A batch of three threads and a child of it that was killed. */
void sample_processes(struct run *run);

#endif
