/* SPDX-License-Identifier: MIT
 * Owns: which runs there are and in which order: warm-up, rounds, variants there and back again, bare ones beside.
 * Must not know: options, reports. */
#ifndef ANALYZER_RUN_SERIES_H
#define ANALYZER_RUN_SERIES_H

#include "analyzer/load/originals.h"
#include "analyzer/run/program.h"
#include "analyzer/run/set.h"
#include "analyzer/run/target.h"

/* One way of running: a command with an allocator. */
struct variant {
    char name[64]; /* its directory and label where there are several */
    char **arguments;
    char program[PROGRAM_PATH];
    char *preload; /* LD_PRELOAD of its recorded runs, the library first */
    char *extra;   /* the same of its bare runs: the allocator, or NULL */
    char directory[PATH_MAX];
    struct set_run *runs; /* those that ended, recorded and bare ones, as they came */
    size_t runs_count, runs_capacity;
};

struct series {
    struct variant *variants;
    size_t variant_count;
    unsigned warmup, rounds;
    const char *prepare; /* for /bin/sh, before every run, or NULL */
    bool ignore_failure;
    bool bare; /* each recorded run has a bare one beside it */
    bool keep; /* originals that runs overwrite */
    struct originals_sum kept;
    bool single;      /* one run of one variant: its directory is the trace */
    char session[40]; /* names this call: sides of a comparison that share it were interleaved */
    /* As in struct target; told which trace is being written (NULL: none). May be NULL. */
    unsigned (*tick)(void *context, pid_t pid);
    void (*stops)(void *context);
    void (*begins)(void *context, const char *trace);
    void (*ended)(void *context, const struct target_end *end);
    void *context;
};

/* Runs all of it. Returns true when every run was made; else what went wrong was said, unless a target failed or was
 * interrupted: *last says how it ended. Sets are written as they grow. */
bool series_run(struct series *series, struct target_end *last);

#endif
