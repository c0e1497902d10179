/* SPDX-License-Identifier: MIT
 * Owns: one run of the target: environment, start, signals and job control on the way, end.
 * Must not know: what is recorded, reports, how many runs there are. */
#ifndef ANALYZER_RUN_TARGET_H
#define ANALYZER_RUN_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct target {
    const char *program; /* file, as program_find() names it */
    char **arguments;    /* ended by NULL; the first is the name it is called by */
    const char *preload; /* put in front of what LD_PRELOAD holds; NULL: run without the library */
    const char *trace;   /* IMGBENCH_DIR, an absolute path; NULL without the library */
    bool keep;           /* IMGBENCH_KEEP=1; else as the caller has it */
    /* Called while the target runs; returns after how many ms it wants to be called again. May be NULL. */
    unsigned (*tick)(void *context, pid_t pid);
    /* Called before we stop together with the target. May be NULL. */
    void (*stops)(void *context);
    void *context;
};

struct target_end {
    int error;           /* errno where it could not be started, else 0 */
    int exit_code;       /* or -1: ended by a signal */
    int signal;          /* or 0 */
    int interrupted;     /* SIGINT, SIGTERM or the like that came while it ran, or 0: no further run is wanted */
    int64_t started_ns;  /* CLOCK_REALTIME */
    uint64_t wall_ns;    /* from before the start to after the end, stopped time included */
    uint64_t stopped_ns; /* job control had it stopped */
    uint64_t cpu_ns;     /* user and system, with its waited-for children's */
};

/* From now on the signals that target_run() passes on wait for it. Before target_signals_give_back() only. */
void target_signals_take(void);
/* Ends that. One that is still waiting then ends imgbench, as it would have. */
void target_signals_give_back(void);

/* Starts the target with our standard input, output and error, in our process group, and waits for its end. What the
 * terminal sends (Ctrl-C, Ctrl-Z) reaches it without us; what kill(1) sends us is passed on. When it is stopped, we
 * stop as well, so that the shell takes the terminal back. */
void target_run(const struct target *target, struct target_end *end);

/* Ends imgbench as the target ended: its code, or the signal that killed it. Does not return. */
_Noreturn void target_end_likewise(const struct target_end *end);

#endif
