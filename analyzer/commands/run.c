/* SPDX-License-Identifier: MIT
 * Owns: `imgbench run`: its options, what is checked before anything starts, how it ends.
 * Must not know: how targets are started, figures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/run/library.h"
#include "analyzer/run/watch/live.h"
#include "analyzer/run/outcome.h"
#include "analyzer/run/series.h"
#include "analyzer/base/usage.h"

enum {
    KEY_WARMUP = 256,
    KEY_RUNS,
    KEY_PREPARE,
    KEY_OUT,
    KEY_REPORT,
    KEY_ALLOCATOR,
    KEY_KEEP_ORIGINALS,
    KEY_IGNORE_FAILURE,
    KEY_VERIFY_OVERHEAD,
    KEY_VERSUS
};

#define ROUNDS_TO_COMPARE 10 /* where --runs does not say how many */
#define RUNS_MAX          999
#define ALLOCATORS_MAX    8

struct run_arguments {
    unsigned warmup, runs; /* runs: 0 = not said */
    const char *prepare, *out, *report;
    char *allocators[ALLOCATORS_MAX];
    size_t allocator_count;
    bool keep_originals, ignore_failure, verify_overhead;
    char **commands[2]; /* each ended by NULL; the second of --versus, or NULL */
};

static const struct argp_option options[] = {
    {"warmup", KEY_WARMUP, "N", 0, "First N runs that do not count", 0},
    {"runs", KEY_RUNS, "N", 0, "N runs (rounds, where variants are compared); default 1, to compare 10", 0},
    {"prepare", KEY_PREPARE, "CMD", 0, "Shell command before every run, neither recorded nor timed", 0},
    {"out", KEY_OUT, "DIR", 0, "Directory of the trace, or of the set of runs", 0},
    {"report", KEY_REPORT, "FILE", 0,
     "Write the report there instead of to standard error, in the form that its name ends with: .html, .json, .md, "
     ".csv or text",
     0},
    {"allocator", KEY_ALLOCATOR, "LIST", 0,
     "Compare allocators, as in libc,jemalloc: names, or paths of libraries; with one, run with it", 0},
    {"keep-originals", KEY_KEEP_ORIGINALS, NULL, 0, "Keep images in the trace that the command overwrites or removes",
     0},
    {"ignore-failure", KEY_IGNORE_FAILURE, NULL, 0, "Go on behind a run that fails", 0},
    {"verify-overhead", KEY_VERIFY_OVERHEAD, NULL, 0, "Measure what recording costs: run without it in turn", 0},
    {"versus", KEY_VERSUS, NULL, OPTION_HIDDEN, NULL, 0}, /* no option of ours, but written as one by mistake */
    {0}};

static error_t set_number(struct argp_state *state, const char *name, const char *text, unsigned least,
                          unsigned *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > RUNS_MAX)
        return usage_error(state, "--%s takes a number from %u to %d, not '%s'", name, least, RUNS_MAX, text);
    *number = (unsigned)value;
    return 0;
}

static error_t set_allocators(struct argp_state *state, struct run_arguments *arguments, const char *text)
{
    while (*text) {
        size_t bytes = strcspn(text, ",");
        if (!bytes || arguments->allocator_count == ALLOCATORS_MAX)
            return usage_error(state, "--allocator takes at most %d names, as in libc,jemalloc", ALLOCATORS_MAX);
        arguments->allocators[arguments->allocator_count++] = memory_text(text, bytes);
        text += bytes + (text[bytes] == ',');
    }
    return arguments->allocator_count ? 0 : usage_error(state, "--allocator takes names, as in libc,jemalloc");
}

static error_t misplaced_versus(struct argp_state *state)
{
    return usage_error(state, "--versus stands between two commands: -- OLD... --versus NEW...");
}

/* All that follows is the command's: the first bare --versus in it begins the second one. */
static error_t set_commands(struct argp_state *state, struct run_arguments *arguments)
{
    arguments->commands[0] = &state->argv[state->next - 1];
    state->next = state->argc;
    for (char **word = arguments->commands[0]; *word; word++)
        if (!strcmp(*word, "--versus")) {
            *word = NULL;
            arguments->commands[1] = word + 1;
            if (!word[1] || word == arguments->commands[0])
                return misplaced_versus(state);
            break;
        }
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run_arguments *arguments = state->input;
    switch (key) {
    case KEY_WARMUP: return set_number(state, "warmup", argument, 0, &arguments->warmup);
    case KEY_RUNS: return set_number(state, "runs", argument, 1, &arguments->runs);
    case KEY_PREPARE: arguments->prepare = argument; return 0;
    case KEY_OUT: arguments->out = argument; return 0;
    case KEY_REPORT: arguments->report = argument; return 0;
    case KEY_ALLOCATOR: return set_allocators(state, arguments, argument);
    case KEY_KEEP_ORIGINALS: arguments->keep_originals = true; return 0;
    case KEY_IGNORE_FAILURE: arguments->ignore_failure = true; return 0;
    case KEY_VERIFY_OVERHEAD: arguments->verify_overhead = true; return 0;
    case KEY_VERSUS: return misplaced_versus(state);
    case ARGP_KEY_ARG: return set_commands(state, arguments);
    case ARGP_KEY_END:
        return arguments->commands[0] ? 0 : usage_error(state, "a command is missing: imgbench run -- CMD...");
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- variants ---- */

static bool add_variant(struct series *series, const struct run_arguments *arguments, const char *library,
                        size_t command, const char *allocator, int *code)
{
    char why[2 * PROGRAM_PATH + 512], path[LIBRARY_PATH] = "";
    struct variant *variant = &series->variants[series->variant_count++];
    *variant = (struct variant){.arguments = arguments->commands[command]};
    const char *side = arguments->commands[1] ? command ? "new" : "old" : "",
               *slash = allocator ? strrchr(allocator, '/') : NULL;
    snprintf(variant->name, sizeof variant->name, "%s%s%.50s", side, *side && allocator ? "-" : "",
             slash       ? slash + 1
             : allocator ? allocator
                         : "");
    *code = (int)program_find(variant->arguments[0], variant->program, why, sizeof why);
    if (*code) {
        message_error("%s", why);
        return false;
    }
    if (allocator && strcmp(allocator, "libc") != 0 && !library_find_allocator(allocator, path, why, sizeof why)) {
        message_error("%s", why);
        *code = PROGRAM_UNTRACEABLE;
        return false;
    }
    char *both;
    if (asprintf(&both, "%s%s%s", library, *path ? ":" : "", path) < 0)
        both = NULL;
    variant->preload = memory_checked(both);
    variant->extra = *path ? memory_text(path, strlen(path)) : NULL;
    return true;
}

static bool make_variants(struct series *series, const struct run_arguments *arguments, int *code)
{
    char library[LIBRARY_PATH], why[LIBRARY_PATH + 256];
    *code = PROGRAM_UNTRACEABLE;
    if (!library_find(library, why, sizeof why)) {
        message_error("%s", why);
        return false;
    }
    series->variants = memory_zeroed(2 * ALLOCATORS_MAX, sizeof *series->variants);
    for (size_t command = 0; command < 2 && arguments->commands[command]; command++)
        for (size_t i = 0; i < (arguments->allocator_count ? arguments->allocator_count : 1); i++)
            if (!add_variant(series, arguments, library, command, arguments->allocators[i], code))
                return false;
    for (size_t i = 0; i < series->variant_count; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(series->variants[i].name, series->variants[k].name)) {
                message_error("--allocator names %s twice", series->variants[i].name);
                *code = CMD_USAGE;
                return false;
            }
    return true;
}

static void name_session(char session[40])
{
    FILE *file = fopen("/proc/sys/kernel/random/uuid", "re");
    if (!file || !fgets(session, 40, file))
        snprintf(session, 40, "%d", (int)getpid());
    session[strcspn(session, "\n")] = '\0';
    if (file)
        fclose(file);
}

static bool make_directories(struct series *series, const struct run_arguments *arguments, bool *is_default)
{
    char why[PATH_MAX + 512], top[PATH_MAX];
    struct variant *variants = series->variants;
    bool good = set_directory(arguments->out, variants[0].program, top, is_default, why, sizeof why) &&
                set_has_room(top, why, sizeof why);
    for (size_t i = 0; i < series->variant_count && good; i++) {
        if (series->variant_count > 1)
            good = set_subdirectory(top, variants[i].name, variants[i].directory, why, sizeof why);
        else
            memcpy(variants[i].directory, top, sizeof top);
    }
    if (!good)
        message_error("%s", why);
    return good;
}

/* ---- checks before anything starts ---- */

static bool check(const struct series *series, const struct run_arguments *arguments)
{
    char why[512];
    struct stat input;
    const char *off = getenv("IMGBENCH");
    size_t runs = series->warmup + series->rounds * series->variant_count * (series->bare ? 2 : 1);
    if (off && !strcmp(off, "off")) {
        message_error("IMGBENCH=off is set, so nothing would be recorded: unset it");
        return false;
    }
    if (!outcome_check(arguments->report, series->variant_count, why, sizeof why)) {
        message_error("%s", why);
        return false;
    }
    if (runs > 1 && !fstat(STDIN_FILENO, &input) && (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode))) {
        message_error("standard input is a pipe, which only the first of %zu runs could read: give a file (< FILE), or "
                      "< /dev/null "
                      "if the command reads nothing",
                      runs);
        return false;
    }
    return true;
}

static void say_how_it_stopped(const struct series *series, const struct target_end *last)
{
    size_t done = 0;
    for (size_t i = 0; i < series->variant_count; i++)
        done += series->variants[i].runs_count;
    if (series->single || series->ignore_failure || last->error || last->interrupted ||
        (!last->exit_code && !last->signal))
        return;
    message_error("%s %d after %zu %s: no further run is made (--ignore-failure goes on)",
                  last->signal ? "the command was ended by signal" : "the command failed with exit code",
                  last->signal ? last->signal : last->exit_code, done, done == 1 ? "run" : "runs");
}

static void release(struct series *series, struct run_arguments *arguments)
{
    for (size_t i = 0; i < series->variant_count; i++) {
        for (size_t k = 0; k < series->variants[i].runs_count; k++)
            free((char *)series->variants[i].runs[k].name);
        free(series->variants[i].runs);
        free(series->variants[i].preload);
        free(series->variants[i].extra);
    }
    free(series->variants);
    for (size_t i = 0; i < arguments->allocator_count; i++)
        free(arguments->allocators[i]);
}

static int run_series(struct series *series, const struct run_arguments *arguments)
{
    bool is_default = false;
    struct target_end last;
    if (!check(series, arguments) || !make_directories(series, arguments, &is_default))
        return PROGRAM_UNTRACEABLE;
    target_signals_take();
    live_follow(series);
    bool good = series_run(series, &last);
    live_end();
    say_how_it_stopped(series, &last);
    bool any = false;
    for (size_t i = 0; i < series->variant_count; i++)
        any |= series->variants[i].runs_count > 0;
    target_signals_give_back();
    bool printed = any && outcome_print(series, arguments->report, message_locale_is_ascii());
    if (is_default)
        rmdir(series->variants[0].directory); /* nothing came into it */
    if (!series->single && last.interrupted && !last.signal && !last.exit_code)
        last.signal = last.interrupted; /* the series was to end, whatever the target made of it */
    if (!last.error && (last.signal || last.exit_code) &&
        (series->single || !series->ignore_failure || last.interrupted)) {
        message_end_output(CMD_OK);
        target_end_likewise(&last);
    }
    if (last.error)
        return last.error == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_NOT_EXECUTABLE;
    return printed && (good || series->single) ? CMD_OK : PROGRAM_UNTRACEABLE;
}

static int run_run(int argc, char **argv)
{
    static const struct argp argp = {options,
                                     parse,
                                     "[--] CMD... [--versus CMD...]",
                                     "Record a command and report on it.\v"
                                     "The command runs as without imgbench: same input, output, errors and signals. "
                                     "The report goes to standard error when it "
                                     "has ended, and imgbench ends as the command did: with its code, or by its "
                                     "signal; 125 = imgbench itself failed, 126 = "
                                     "the command cannot be executed, 127 = it was not found. With --versus or several "
                                     "allocators, runs of all variants take "
                                     "turns, and what differs is tested over rounds.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct run_arguments arguments = {0};
    if (usage_parse_in_order(&argp, argc, argv, &arguments))
        return CMD_USAGE;
    bool compares = arguments.commands[1] || arguments.allocator_count > 1 || arguments.verify_overhead;
    struct series series = {.warmup = arguments.warmup,
                            .rounds = arguments.runs ? arguments.runs
                                      : compares     ? ROUNDS_TO_COMPARE
                                                     : 1,
                            .prepare = arguments.prepare,
                            .ignore_failure = arguments.ignore_failure,
                            .keep = arguments.keep_originals,
                            .bare = arguments.verify_overhead};
    int result;
    name_session(series.session);
    if (make_variants(&series, &arguments, &result)) {
        series.single = series.variant_count == 1 && series.rounds == 1 && !series.bare;
        result = run_series(&series, &arguments);
    }
    release(&series, &arguments);
    return result;
}

const struct command cmd_run = {"run", "record a command and report on it",
                                "[--runs N] [--out DIR] [--report FILE] -- CMD... [--versus CMD...]", run_run};
