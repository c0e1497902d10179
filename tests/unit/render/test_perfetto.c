/* SPDX-License-Identifier: MIT
 * Owns: claims about the Perfetto export: whatever order calls come in, the slices that a reader makes of begins and
 * ends are these calls. The bytes are read by a decoder of its own. Must not know: how calls are made to nest. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/export/perfetto/perfetto.h"
#include "analyzer/export/perfetto/perfetto_nest.h"
#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

/* ---- a reader of the wire format ---- */

struct bytes {
    const unsigned char *at, *end;
};

/* ck_assert writes to a pipe each time. */
static void need(bool true_one, const char *otherwise)
{
    if (!true_one)
        ck_abort_msg("%s", otherwise);
}

static uint64_t varint(struct bytes *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        need(in->at < in->end && shift < 70, "a number that does not end");
        value |= (uint64_t)(*in->at & 0x7f) << shift;
        if (!(*in->at++ & 0x80))
            return value;
    }
}

/* The next field: its number, and its value or what is within. 0 = the message ends. */
static unsigned field(struct bytes *in, uint64_t *value, struct bytes *within)
{
    if (in->at == in->end)
        return 0;
    uint64_t tag = varint(in);
    *value = 0;
    switch (tag & 7) {
    case 0: *value = varint(in); break;
    case 1: within->at = in->at, within->end = in->at += 8; break;
    case 2:
        *value = varint(in);
        within->at = in->at;
        within->end = in->at += *value;
        break;
    default: ck_abort_msg("wire type %u", (unsigned)(tag & 7));
    }
    need(in->at <= in->end, "a field longer than its message");
    return (unsigned)(tag >> 3);
}

enum { BEGIN = 1, END = 2 };
struct event {
    uint64_t time_ns, track, type, category, place;
};
static struct event *events;
static size_t event_count;

static void read_packet(struct bytes packet)
{
    struct event event = {.place = event_count};
    struct bytes within, inner;
    uint64_t value;
    for (unsigned number; (number = field(&packet, &value, &within));) {
        if (number == 8)
            event.time_ns = value;
        if (number != 11)
            continue;
        for (unsigned part; (part = field(&within, &value, &inner));) {
            event.type = part == 9 ? value : event.type;
            event.category = part == 3 ? value : event.category;
            event.track = part == 11 ? value : event.track;
        }
    }
    if (event.type != BEGIN && event.type != END)
        return;
    events = realloc(events, (event_count + 1) * sizeof *events);
    need(events != NULL, "memory");
    events[event_count++] = event;
}

static int by_track_and_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->track != y->track)
        return x->track < y->track ? -1 : 1;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* ---- calls in, slices out ---- */

struct slice {
    uint64_t start_ns, end_ns, track;
};
static struct slice *wanted, *found;
static size_t wanted_count, found_count;
static struct perfetto *perfetto;
static struct run *run;
static struct metrics *metrics;
static FILE *out;
static char *text;
static size_t text_bytes;

#define PID          4000
#define TID          4001
#define THREAD_TRACK ((UINT64_C(1) << 32) | TID)

static void feed(enum trace_kind kind, uint64_t time_ns, const void *fields, size_t bytes)
{
    struct trace_record record = {.time_ns = time_ns, .kind = kind};
    memcpy(&record.process, fields, bytes);
    perfetto_record(perfetto, &record, &(struct reader_origin){.process = 0, .stream = 0, .pid = PID});
}
#define FEED(time_ns, kind, ...)                                                                                       \
    feed(TRACE_KIND_##kind, time_ns, &(struct trace_##kind){__VA_ARGS__}, sizeof(struct trace_##kind))

static void set_up(void)
{
    events = NULL;
    wanted = found = NULL;
    event_count = wanted_count = found_count = 0;
    text = NULL;
    run = sample_run();
    struct image *image = &run->images[1]; /* overlaps the first one, of the same worker */
    image->worker = run->images[0].worker;
    image->start_ns = run->images[0].start_ns + SAMPLE_MS;
    image->end_ns = run->images[0].end_ns + SAMPLE_MS;
    out = open_memstream(&text, &text_bytes);
    metrics = metrics_compute(run);
    perfetto = perfetto_begin(out, metrics);
    FEED(SAMPLE_START, thread, .tid = TID, .name = {"worker", 6});
}

static void tear_down(void)
{
    free(events);
    free(wanted);
    free(found);
    free(text);
    metrics_free(metrics);
    run_free(run);
}

/* depth < 0: an I/O call. */
static void call(uint64_t start_ns, uint64_t end_ns, int depth)
{
    wanted = realloc(wanted, (wanted_count + 1) * sizeof *wanted);
    need(wanted != NULL, "memory");
    wanted[wanted_count++] = (struct slice){SAMPLE_START + start_ns, SAMPLE_START + end_ns, 0};
    if (depth < 0)
        FEED(SAMPLE_START + end_ns, io, .duration_ns = end_ns - start_ns, .bytes = 1, .file = 1);
    else
        FEED(SAMPLE_START + end_ns, codec_call, .duration_ns = end_ns - start_ns, .depth = (uint8_t)depth,
             .role = trace_role_ENCODE, .session = 1);
}

static int by_times(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->end_ns < y->end_ns ? -1 : x->end_ns > y->end_ns;
}

/* Ends the export and makes slices of it; only those that are no image, stage or process. Returns the calls left out.
 */
static uint64_t finish(void)
{
    uint64_t left_out = perfetto_end(perfetto), value;
    fclose(out);
    struct bytes in = {(unsigned char *)text, (unsigned char *)text + text_bytes}, packet;
    for (unsigned number; (number = field(&in, &value, &packet));) {
        need(number == 1, "something that is no packet");
        read_packet(packet);
    }
    qsort(events, event_count, sizeof *events, by_track_and_time);
    struct event stack[128];
    size_t depth = 0;
    found = calloc(event_count + 1, sizeof *found);
    ck_assert_ptr_nonnull(found);
    for (size_t i = 0; i < event_count; i++) {
        need(!depth || stack[depth - 1].track == events[i].track, "a slice without an end");
        if (events[i].type == BEGIN) {
            need(depth < 128, "too deep");
            stack[depth++] = events[i];
            continue;
        }
        need(depth > 0, "an end without a begin");
        found[found_count++] = (struct slice){stack[--depth].time_ns, events[i].time_ns, events[i].track};
    }
    ck_assert_uint_eq(depth, 0);
    return left_out;
}

static void assert_calls_are_slices(bool all_on_the_thread)
{
    uint64_t left_out = finish();
    qsort(wanted, wanted_count, sizeof *wanted, by_times);
    qsort(found, found_count, sizeof *found, by_times);
    for (size_t i = 0, k = 0; i < wanted_count; i++, k++) {
        while (k < found_count && by_times(&found[k], &wanted[i]) < 0)
            k++;
        ck_assert_msg(k < found_count && !by_times(&found[k], &wanted[i]), "call %zu of %zu is no slice", i,
                      wanted_count);
    }
    ck_assert_uint_eq(left_out, 0);
    size_t on_thread = 0;
    for (size_t i = 0; i < found_count; i++)
        on_thread += found[i].track == THREAD_TRACK;
    if (all_on_the_thread)
        ck_assert_uint_eq(on_thread, wanted_count);
    else
        ck_assert_uint_lt(on_thread, wanted_count);
}

START_TEST(calls_in_calls_nest_although_inner_ones_come_first)
{
    call(10, 20, -1);
    call(30, 40, 2);
    call(5, 50, 1);
    call(60, 70, 1);
    call(1, 100, 0);
    call(101, 110, -1);
    call(100, 120, 0);
    assert_calls_are_slices(true);
}
END_TEST

START_TEST(calls_of_one_moment_nest)
{
    call(10, 20, 2);
    call(10, 30, 1);
    call(30, 30, 1);
    call(30, 40, 1);
    call(40, 40, -1);
    call(10, 40, 0);
    call(40, 40, 0);
    call(40, 50, -1);
    call(40, 60, 0);
    assert_calls_are_slices(true);
}
END_TEST

START_TEST(of_two_calls_of_one_length_the_later_one_is_around)
{
    call(10, 20, -1);
    call(10, 20, 0);
    finish();
    const struct event *first = NULL;
    for (size_t i = 0; i < event_count && !first; i++)
        first = events[i].track == THREAD_TRACK ? &events[i] : NULL;
    ck_assert(first && first[0].type == BEGIN && first[1].type == BEGIN);
    ck_assert_uint_eq(first[0].category, CATEGORY_CODEC);
    ck_assert_uint_eq(first[1].category, CATEGORY_IO);
}
END_TEST

START_TEST(a_call_around_more_than_wait_is_still_around_them)
{
    for (uint64_t i = 0; i < 5000; i++) /* before it */
        call(100 + i * 10, 105 + i * 10, -1);
    for (uint64_t i = 0; i < 20000; i++)
        FEED(SAMPLE_START + 100005 + i * 10, io, .duration_ns = 5, .session = 7);
    FEED(SAMPLE_START + 400000, codec_call, .duration_ns = 300001, .session = 7);
    finish();
    size_t outer = 0, inner = 0;
    for (size_t i = 0; i < found_count; i++) {
        outer += found[i].track == THREAD_TRACK && found[i].end_ns - found[i].start_ns == 300001;
        inner += found[i].track == THREAD_TRACK && found[i].end_ns - found[i].start_ns == 5;
    }
    ck_assert_uint_eq(outer, 1);
    ck_assert_uint_eq(inner, 25000);
}
END_TEST

START_TEST(calls_that_overlap_go_beside)
{
    call(10, 30, -1);
    call(20, 40, -1);
    call(50, 60, 0);
    call(55, 70, 0);
    assert_calls_are_slices(false);
}
END_TEST

/* Calls within [start, end), inner ones first; times are coarse, so that many are equal. */
static void calls_within(uint64_t start, uint64_t end, int depth, unsigned *seed)
{
    for (uint64_t at = start; at < end && wanted_count < 20000;) {
        uint64_t from = at + (uint64_t)rand_r(seed) % 3, to = from + (uint64_t)rand_r(seed) % (end - at);
        if (to > end || from > to)
            break;
        bool leaf = depth == 6 || rand_r(seed) % 3 == 0;
        if (!leaf)
            calls_within(from, to, depth + 1, seed);
        call(from, to, leaf && depth ? -1 : depth);
        at = to + (uint64_t)rand_r(seed) % 2;
        if (to == from)
            at++;
    }
}

START_TEST(whatever_nests_comes_out_as_it_was)
{
    unsigned seed = (unsigned)_i + 1;
    calls_within(0, 3000, 0, &seed);
    ck_assert_uint_gt(wanted_count, 10);
    assert_calls_are_slices(true);
}
END_TEST

START_TEST(images_of_a_worker_and_their_stages_nest)
{
    finish();
    size_t images = 0, stages = 0;
    for (size_t i = 0; i < run->image_count; i++)
        for (size_t k = 0; k < found_count; k++)
            if (found[k].start_ns == run->images[i].start_ns && found[k].end_ns == run->images[i].end_ns)
                images++;
            else if (found[k].start_ns >= run->images[i].start_ns && found[k].end_ns <= run->images[i].end_ns)
                stages++;
    ck_assert_uint_eq(images, SAMPLE_IMAGES);
    ck_assert_uint_ge(stages, (size_t)SAMPLE_IMAGES * 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("perfetto");
    TCase *group = tcase_create("slices");
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, calls_in_calls_nest_although_inner_ones_come_first);
    tcase_add_test(group, calls_of_one_moment_nest);
    tcase_add_test(group, of_two_calls_of_one_length_the_later_one_is_around);
    tcase_add_test(group, a_call_around_more_than_wait_is_still_around_them);
    tcase_add_test(group, calls_that_overlap_go_beside);
    tcase_add_loop_test(group, whatever_nests_comes_out_as_it_was, 0, 40);
    tcase_add_test(group, images_of_a_worker_and_their_stages_nest);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
