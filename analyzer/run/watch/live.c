/* SPDX-License-Identifier: MIT
 * Owns: looking on while a target runs: samples of its processes, and the line that tells on a terminal how far it is.
 * Must not know: how runs are made; figures of reports. */
#include "analyzer/run/watch/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/render/format_units.h"
#include "analyzer/run/watch/follow.h"
#include "analyzer/run/watch/samples.h"
#include "analyzer/run/watch/tree.h"
#include "analyzer/render/format_text.h"

#define TICK_MS      100 /* least time between two looks */
#define COST_PERMILL 5   /* of one CPU that looking may take: then it is stretched */
#define TICK_MOST_MS 10000
#define SHOW_AFTER_S 1.0 /* short runs end before anybody has read it */

static struct {
    bool terminal, ascii;
    unsigned rows; /* of the terminal while the line is shown, else 0 */
    struct follow *follow;
    struct timespec start;
    struct tree tree;
    char trace[PATH_MAX]; /* "" = a run without the library */
    unsigned run, runs;   /* 1 of 20 */
} live;

static double seconds_since(const struct timespec *from, clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

/* The line has the terminal's last row for itself, and what the target prints scrolls above it (DECSTBM): else each
 * would write over the other. */
static void take_row(unsigned rows)
{
    /* If the cursor is in the last row, scroll; then save it, set the region (which moves it), and bring it back. */
    fprintf(stderr, "\n\0337\033[1;%ur\0338\033[1A", rows - 1);
    live.rows = rows;
}

static void give_row_back(void)
{
    if (live.rows)
        fprintf(stderr, "\0337\033[r\033[%u;1H\033[K\0338", live.rows);
    live.rows = 0;
    fflush(stderr);
}

/* A background job that writes may be stopped for it. */
static bool in_foreground(void)
{
    return live.terminal && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

static size_t columns_of(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* Cut at the terminal's width: a line that wraps cannot be taken back. */
static void print_cut(const char *text, size_t width)
{
    size_t columns = 0;
    for (; *text; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80 && ++columns > width)
            break;
        fputc(*text, stderr);
    }
}

static void show(const struct follow_glance *glance, double elapsed_s)
{
    struct winsize size;
    char line[512], name[1024] = "";
    unsigned elapsed = (unsigned)elapsed_s;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4 || size.ws_col < 20)
        return;
    if (live.rows && live.rows != size.ws_row)
        give_row_back();
    if (!live.rows)
        take_row(size.ws_row);
    size_t width = size.ws_col;
    uint64_t memory = live.tree.pss_bytes != UINT64_MAX ? live.tree.pss_bytes : live.tree.rss_bytes;
    int bytes = snprintf(line, sizeof line, "imgbench: ");
    if (live.runs > 1)
        bytes += snprintf(line + bytes, sizeof line - (size_t)bytes, "run %u of %u, ", live.run, live.runs);
    snprintf(line + bytes, sizeof line - (size_t)bytes, "%s %s, %s %s %s, %u working, %s, %u:%02u ",
             format_count(glance->written).text, glance->written == 1 ? "image" : "images",
             format_bytes((double)glance->bytes_in).text, live.ascii ? "->" : "→",
             format_bytes((double)glance->bytes_out).text, glance->working, format_bytes((double)memory).text,
             elapsed / 60, elapsed % 60);
    FILE *out = fmemopen(name, sizeof name, "w"); /* a name from outside must not steer the terminal */
    if (out) {
        format_text(out, glance->current, live.ascii);
        fclose(out);
    }
    fprintf(stderr, "\0337\033[%u;1H\033[K", live.rows);
    print_cut(line, width - 1);
    if (width > columns_of(line) + 1)
        print_cut(name, width - 1 - columns_of(line));
    fputs("\0338", stderr);
    fflush(stderr);
}

static unsigned tick(void *context, pid_t pid)
{
    struct timespec from;
    struct follow_glance glance;
    (void)context;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    tree_ask(&live.tree, pid);
    if (live.trace[0])
        samples_add(&live.tree, pid);
    if (live.terminal && live.follow) {
        double elapsed_s = seconds_since(&live.start, CLOCK_MONOTONIC);
        follow_read(live.follow, &glance);
        if (elapsed_s >= SHOW_AFTER_S && in_foreground())
            show(&glance, elapsed_s);
    }
    double wait_ms = seconds_since(&from, CLOCK_THREAD_CPUTIME_ID) * 1e3 * 1000 / COST_PERMILL;
    return wait_ms < TICK_MS ? TICK_MS : wait_ms > TICK_MOST_MS ? TICK_MOST_MS : (unsigned)wait_ms;
}

static void stops(void *context)
{
    (void)context;
    give_row_back();
}

static void begins(void *context, const char *trace)
{
    (void)context;
    live.run++;
    follow_end(live.follow);
    live.follow = trace ? follow_begin(trace) : NULL;
    snprintf(live.trace, sizeof live.trace, "%s", trace ? trace : "");
    live.tree = (struct tree){0};
    samples_clear();
    clock_gettime(CLOCK_MONOTONIC, &live.start);
}

static void ended(void *context, const struct target_end *end)
{
    (void)context;
    (void)end;
    give_row_back();
    if (live.trace[0])
        samples_write(live.trace);
}

void live_follow(struct series *series)
{
    const char *terminal = getenv("TERM");
    live.terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    live.ascii = message_locale_is_ascii();
    live.runs = (unsigned)((series->warmup + series->rounds * (series->bare ? 2 : 1)) * series->variant_count);
    series->tick = tick;
    series->stops = stops;
    series->begins = begins;
    series->ended = ended;
}

void live_end(void)
{
    give_row_back();
    follow_end(live.follow);
    live.follow = NULL;
}
