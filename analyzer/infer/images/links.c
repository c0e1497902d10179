/* SPDX-License-Identifier: MIT
 * Owns: what a codec session is told beside its calls: files, other sessions, settings, tables.
 * Must not know: figures, formatting. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/images/settings.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/state/state.h"

/* A session of no image (an encoder of libheif, the threads of libjxl) lends what was set on it by then. */
static void lend_settings(struct session *session, const struct session *source)
{
    double value;
    for (unsigned key = 1; key < SETTING_COUNT; key++)
        if (infer_setting_known(source, key, &value))
            infer_setting_keep(session, key, value);
}

static bool opened_for_writing(const struct description *d)
{
    return (d->flags & O_ACCMODE) != O_RDONLY && !d->stream;
}

/* A file that the program named to a codec: it is open, or will be, or has been read by now. Some libraries take
 * options behind the name, in brackets. */
static void named_file(struct event *event, struct session *session)
{
    const struct trace_session_link *link = &event->record->session_link;
    struct process_state *process = event->process;
    struct trace_text text = link->path;
    const char *bracket = text.bytes && text.data[text.bytes - 1] == ']' ? memchr(text.data, '[', text.bytes) : NULL;
    if (bracket)
        text.bytes = (size_t)(bracket - (const char *)text.data);
    char *path = infer_absolute(event, &text, AT_FDCWD);
    if (session)
        session->tid = event->thread->tid;
    if (link->direction == trace_direction_IN || !path) {
        if (session)
            session->loads = true;
        free(path);
        return;
    }
    struct description *d;
    for (size_t at = 0; (d = id_map_next(&process->descriptions, &at));)
        if (opened_for_writing(d) && !d->out_job && d->path && strcmp(d->path, path) == 0) {
            d->link_session = link->session;
            d->link = LINKED_BY_PATH;
            free(path);
            return;
        }
    struct named_output *named = NULL;
    for (unsigned i = 0; i < NAMED_OUTPUTS && !named; i++) /* once more: who named it before has not made it */
        if (process->named[i].path && strcmp(process->named[i].path, path) == 0)
            named = &process->named[i];
    if (!named)
        named = &process->named[process->named_next++ % NAMED_OUTPUTS];
    free(named->path);
    *named = (struct named_output){path, link->session, NULL};
    if (!link->session && event->thread->current && !event->thread->current->output_closed)
        named->job = event->thread->current;
}

void infer_link_record(struct event *event)
{
    const struct trace_session_link *link = &event->record->session_link;
    struct session *session = infer_session(event->process, link->session);
    struct description *d = infer_description(event->process, link->file);
    struct session *source = infer_session(event->process, link->source_session);
    if (link->path.bytes)
        named_file(event, session);
    if (!session)
        return;
    if (source && source->job) {
        session->job = source->job;
        session->rule = LINK_PATH;
    } else if (source) {
        lend_settings(session, source);
    }
    if (!d)
        return;
    if (d->in_job && !session->job && link->direction != trace_direction_OUT) {
        session->job = d->in_job;
        session->rule = LINK_PATH;
    } else if (link->direction != trace_direction_IN) {
        d->link_session = link->session;
        d->link = LINKED_BY_STREAM;
    }
}

void infer_setting_record(struct event *event)
{
    const struct trace_codec_setting *setting = &event->record->codec_setting;
    struct session *session = infer_session(event->process, setting->session);
    if (!session || setting->key >= SETTING_COUNT)
        return;
    session->codec = session->codec ? session->codec : setting->codec;
    infer_setting_keep(session, setting->key, setting->value);
    if (setting->key == SETTING_METADATA && setting->value == 0 && session->job)
        session->job->stripped = true;
}

/* The one with these values; a new one if there is none. */
static const struct quantization_table *shared_table(struct infer *infer, const void *values)
{
    struct quantization_table table = {.next = NULL};
    memcpy(table.values, values, sizeof table.values);
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof table.values / sizeof *table.values; i++)
        hash = (hash ^ table.values[i]) * 16777619u;
    hash |= 1; /* a map has no place for 0 */
    struct quantization_table *first = id_map_get(&infer->tables, hash);
    for (const struct quantization_table *known = first; known; known = known->next)
        if (memcmp(known->values, table.values, sizeof table.values) == 0)
            return known;
    table.next = first;
    struct quantization_table *new = memory_zeroed(1, sizeof *new);
    *new = table;
    id_map_put(&infer->tables, hash, new);
    return new;
}

void infer_tables_release(struct infer *infer)
{
    struct quantization_table *table;
    for (size_t at = 0; (table = id_map_next(&infer->tables, &at));)
        for (struct quantization_table *next; table; table = next) {
            next = table->next;
            free(table);
        }
    id_map_release(&infer->tables);
}

void infer_quantization_record(struct event *event)
{
    const struct trace_quantization *table = &event->record->quantization;
    struct session *session = infer_session(event->process, table->session);
    if (session && table->slot < 2 && table->values.bytes == sizeof session->tables[0]->values)
        session->tables[table->slot] = shared_table(event->infer, table->values.data);
}
