/* SPDX-License-Identifier: MIT
 * Owns: the moments that programs named: which begin an end belongs to.
 * Must not know: what a name stands for, statistics.
 *
 * An end ends the newest begin of its name that is open on its thread; without one, in its process (callbacks run on
 * other threads); without one, in the run (a shell script's two marks may be made by two commands). Begins and ends
 * whose data is a JSON object with an "id" belong together only when it is the same: work that overlaps on one thread
 * is told apart by it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/marks.h"
#include "analyzer/infer/state/state.h"

#define PLACES   4096 /* of the hash table: more than names */
#define OPEN_MAX 4096 /* open begins of one name; then the oldest is given up */

struct open_span {
    uint64_t start_ns, id; /* id: hash of the data's "id", or 0 */
    uint32_t process, tid;
    char *data;
};
struct open_spans {
    struct open_span *spans;
    size_t spans_count, spans_capacity;
};
struct mark_state {
    uint32_t places[PLACES];  /* by hash of the name: index + 1, or 0 */
    struct open_spans *open;  /* by name */
    size_t *lengths_capacity; /* by name */
    size_t names_capacity, open_capacity, lengths_capacity_capacity, marks_capacity, spans_capacity;
    uint64_t measured;
};

static uint64_t hash_of(const char *text, size_t bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

/* The index of a name; NO_ID where there are too many already. */
static uint32_t name_of(struct infer *infer, const struct trace_text *name)
{
    struct mark_state *state = infer->marks;
    struct run *run = infer->run;
    size_t place = hash_of(name->data, name->bytes) % PLACES;
    for (; state->places[place]; place = (place + 1) % PLACES) {
        const char *known = run->mark_names[state->places[place] - 1].name;
        if (strlen(known) == name->bytes && memcmp(known, name->data, name->bytes) == 0)
            return state->places[place] - 1;
    }
    if (run->mark_name_count == MARK_NAMES_MAX)
        return NO_ID;
    void *names = run->mark_names, *open = state->open, *lengths = state->lengths_capacity;
    memory_grow(&names, &state->names_capacity, run->mark_name_count, sizeof *run->mark_names);
    memory_grow(&open, &state->open_capacity, run->mark_name_count, sizeof *state->open);
    memory_grow(&lengths, &state->lengths_capacity_capacity, run->mark_name_count, sizeof *state->lengths_capacity);
    run->mark_names = names;
    state->open = open;
    state->lengths_capacity = lengths;
    run->mark_names[run->mark_name_count++].name = memory_text(name->data, name->bytes);
    state->places[place] = (uint32_t)run->mark_name_count;
    return (uint32_t)run->mark_name_count - 1;
}

static char *data_of(const struct trace_mark *mark)
{
    return mark->data.bytes ? memory_text(mark->data.data, mark->data.bytes) : NULL;
}

static uint64_t id_of(const struct trace_mark *mark)
{
    uint64_t id = 0;
    if (!memmem(mark->data.data, mark->data.bytes, "\"id\"", 4))
        return 0;
    json_t *data = json_loadb(mark->data.data, mark->data.bytes, 0, NULL);
    char *text = json_dumps(json_object_get(data, "id"), JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    if (text)
        id = hash_of(text, strlen(text)) | 1;
    free(text);
    json_decref(data);
    return id;
}

static void list(struct event *event, uint32_t name, enum mark_kind kind)
{
    struct run *run = event->infer->run;
    if (run->mark_count == MARKS_LISTED)
        return;
    void *marks = run->marks;
    memory_grow(&marks, &event->infer->marks->marks_capacity, run->mark_count, sizeof *run->marks);
    run->marks = marks;
    run->marks[run->mark_count++] = (struct mark){
        .time_ns = event->end_ns,
        .name = name,
        .process = event->process->index,
        .tid = event->thread->tid,
        .kind = kind,
        .data = data_of(&event->record->mark),
    };
}

static void give_up(struct infer *infer, uint32_t name, size_t place)
{
    struct open_spans *open = &infer->marks->open[name];
    free(open->spans[place].data);
    memmove(open->spans + place, open->spans + place + 1, (--open->spans_count - place) * sizeof *open->spans);
}

static void begin(struct event *event, uint32_t name)
{
    struct infer *infer = event->infer;
    struct open_spans *open = &infer->marks->open[name];
    if (open->spans_count == OPEN_MAX) {
        infer->run->mark_names[name].begins_left++;
        give_up(infer, name, 0);
    }
    *MEMORY_APPEND(open, spans) = (struct open_span){
        .start_ns = event->end_ns,
        .id = id_of(&event->record->mark),
        .process = event->process->index,
        .tid = event->thread->tid,
        .data = data_of(&event->record->mark),
    };
}

static enum span_rule rule_of(const struct event *event, const struct open_span *span)
{
    if (span->process != event->process->index)
        return SPAN_SAME_RUN;
    return span->tid == event->thread->tid ? SPAN_SAME_THREAD : SPAN_SAME_PROCESS;
}

static void measure(struct infer *infer, uint32_t name, uint64_t length_ns)
{
    struct mark_name *model = &infer->run->mark_names[name];
    model->spans++;
    infer->run->spans_total++;
    if (infer->marks->measured == SPANS_MEASURED)
        return;
    infer->marks->measured++;
    void *lengths = model->lengths_ns;
    memory_grow(&lengths, &infer->marks->lengths_capacity[name], model->length_count, sizeof *model->lengths_ns);
    model->lengths_ns = lengths;
    model->lengths_ns[model->length_count++] = length_ns;
}

static void list_span(struct event *event, uint32_t name, struct open_span *span, enum span_rule rule)
{
    struct run *run = event->infer->run;
    if (run->span_count == SPANS_LISTED)
        return;
    void *spans = run->spans;
    memory_grow(&spans, &event->infer->marks->spans_capacity, run->span_count, sizeof *run->spans);
    run->spans = spans;
    run->spans[run->span_count++] = (struct span){
        .start_ns = span->start_ns,
        .end_ns = event->end_ns,
        .name = name,
        .process = span->process,
        .tid = span->tid,
        .rule = rule,
        .data = span->data ? span->data : data_of(&event->record->mark),
    };
    span->data = NULL;
}

static void end(struct event *event, uint32_t name)
{
    struct infer *infer = event->infer;
    struct open_spans *open = &infer->marks->open[name];
    uint64_t id = id_of(&event->record->mark);
    size_t found = open->spans_count;
    enum span_rule rule = SPAN_SAME_RUN;
    for (size_t i = open->spans_count; i-- > 0;) {
        enum span_rule at = rule_of(event, &open->spans[i]);
        if (open->spans[i].id != id || (found != open->spans_count && at >= rule))
            continue;
        found = i;
        rule = at;
        if (rule == SPAN_SAME_THREAD)
            break;
    }
    if (found == open->spans_count) {
        infer->run->mark_names[name].ends_left++;
        return;
    }
    struct open_span *span = &open->spans[found];
    measure(infer, name, event->end_ns - span->start_ns);
    list_span(event, name, span, rule);
    give_up(infer, name, found);
}

void infer_mark_record(struct event *event)
{
    const struct trace_mark *mark = &event->record->mark;
    struct infer *infer = event->infer;
    if (!mark->name.bytes || memchr(mark->name.data, '\0', mark->name.bytes))
        return;
    if (!infer->marks)
        infer->marks = memory_zeroed(1, sizeof *infer->marks);
    infer->run->marks_total++;
    uint32_t name = name_of(infer, &mark->name);
    if (name == NO_ID) {
        infer->run->marks_unnamed++;
        return;
    }
    switch (mark->what) {
    case trace_moment_MARK:
        infer->run->mark_names[name].points++;
        list(event, name, MARK_POINT);
        break;
    case trace_moment_BEGIN:
        list(event, name, MARK_BEGIN);
        begin(event, name);
        break;
    case trace_moment_END:
        list(event, name, MARK_END);
        end(event, name);
        break;
    default: break;
    }
}

void infer_marks_finish(struct infer *infer)
{
    struct mark_state *state = infer->marks;
    if (!state)
        return;
    for (uint32_t name = 0; name < infer->run->mark_name_count; name++) {
        struct open_spans *open = &state->open[name];
        infer->run->mark_names[name].begins_left += open->spans_count;
        for (size_t i = 0; i < open->spans_count; i++)
            free(open->spans[i].data);
        free(open->spans);
    }
    free(state->open);
    free(state->lengths_capacity);
    free(state);
    infer->marks = NULL;
}
