/* SPDX-License-Identifier: MIT
 * Owns: what inference remembers of the places in the code that large blocks come from.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_STATE_SITES_H
#define ANALYZER_INFER_STATE_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/infer/state/id_map.h"

struct job;
struct outside_module;

/* Where large blocks of a process come from: see sites.c. */
struct site_content {
    uint64_t bytes, blocks;
    struct job *job; /* that the newest of them was for, or NULL; gone when the images are made */
};
struct site {
    uint64_t key; /* its stack, or return address */
    uint64_t epoch;
    uint64_t job_start_ns; /* of at_peak.job once that is gone; UNKNOWN: there was none */
    uint32_t job_tid;
    struct site_content now, at_peak; /* at_peak: when epoch is the process's; else it holds now what it held then */
};
struct stack_frame {
    uint32_t parent;
    uint64_t address;
};
struct module {
    uint64_t base, bytes, time_ns;
    char *path;
    unsigned char build_id[64];
    unsigned build_id_bytes;
    bool tried;
    struct outside_module *outside;
};
struct process_sites {
    struct site *sites;
    size_t sites_count, sites_capacity;
    uint32_t *places; /* open addressing by key: index + 1 */
    size_t place_count;
    struct site_content now, at_peak; /* all sites together */
    uint64_t epoch, peak_ns;
    struct stack_frame *frames;
    size_t frames_count, frames_capacity;
    struct id_map frame_at; /* by number: index + 1 */
    struct module *modules;
    size_t modules_count, modules_capacity;
};

#endif
