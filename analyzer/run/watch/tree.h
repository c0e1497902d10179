/* SPDX-License-Identifier: MIT
 * Owns: what a process and all its descendants use, as the kernel tells it from outside.
 * Must not know: traces, images. */
#ifndef ANALYZER_RUN_TREE_H
#define ANALYZER_RUN_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TREE_PROCESSES_MAX 4096

struct tree {
    pid_t pids[TREE_PROCESSES_MAX];
    uint32_t processes, threads;
    bool whole;           /* false: there were more than TREE_PROCESSES_MAX, or some could not be asked */
    uint64_t rss_bytes;   /* sum: shared pages count once per process */
    uint64_t pss_bytes;   /* sum: shared pages count once in all; UINT64_MAX where the kernel did not say it of each */
    uint64_t cpu_ns;      /* of the living, and of their children that ended and were waited for */
    uint64_t read_bytes;  /* rchar, likewise */
    uint64_t write_bytes; /* wchar, likewise */
};

/* Asks for pid and its descendants. Those whose parent ended belong to somebody else and are not among them. pss_bytes
 * costs the more the more memory they have: it is asked for several processes only; of one, the kernel has the peak. */
void tree_ask(struct tree *tree, pid_t pid);

#endif
