/* SPDX-License-Identifier: MIT
 * Owns: a run and its figures as a SQLite database: rows are elements of the JSON report, so both say the same.
 * Must not know: records, how figures come about; what a table holds stands in tables.def, what is asked of them in
 * views.def. */
#include "analyzer/export/sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/json/json.h"
#include "analyzer/render/json/json_images.h"
#include "analyzer/render/json/json_marks.h"
#include "analyzer/render/json/json_run.h"
#include "analyzer/render/json/json_value.h"
#include "analyzer/render/render.h"

struct column {
    const char *name, *type, *source;
};
#define TABLE(name, constraint, meaning)           static const struct column columns_##name[] = {
#define COLUMN(table, name, type, source, meaning) {#name, type, source},
#define TABLE_END(name)                                                                                                \
    {                                                                                                                  \
        NULL, NULL, NULL                                                                                               \
    }                                                                                                                  \
    }                                                                                                                  \
    ;
#include "analyzer/export/tables.def"

enum table {
#define TABLE(name, constraint, meaning) TABLE_##name,
#include "analyzer/export/tables.def"
    TABLES
};
static const struct {
    const char *name, *constraint;
    const struct column *columns;
} tables[TABLES] = {
#define TABLE(name, constraint, meaning) {#name, constraint, columns_##name},
#include "analyzer/export/tables.def"
};

/* Made when the rows are in: sorting once is cheaper than keeping sorted. */
static const char *const afterwards[] = {
#define INDEX(table, columns) "CREATE INDEX \"" #table " by " columns "\" ON " #table " (" columns ")",
#include "analyzer/export/tables.def"
#define VIEW(name, columns, query, meaning) "CREATE VIEW " #name " (" columns ") AS " query,
#include "analyzer/export/views.def"
};

struct database {
    sqlite3 *handle;
    sqlite3_stmt *insert[TABLES];
    int64_t rows[TABLES];
    const struct metrics *metrics;
    bool failed;
};

/* What a row is made of. Negative numbers are unknown. */
struct row {
    const json_t *json;
    const char *key;
    int64_t parent, ordinal, link;
};

static void execute(struct database *database, const char *sql)
{
    database->failed = database->failed || sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK;
}

static void make_table(struct database *database, enum table table)
{
    char create[8192], insert[8192];
    size_t a = (size_t)snprintf(create, sizeof create, "CREATE TABLE %s (", tables[table].name);
    size_t b = (size_t)snprintf(insert, sizeof insert, "INSERT INTO %s VALUES (", tables[table].name);
    for (const struct column *column = tables[table].columns; column->name; column++) {
        const char *comma = column == tables[table].columns ? "" : ", ";
        a += (size_t)snprintf(create + a, sizeof create - a, "%s%s %s", comma, column->name, column->type);
        b += (size_t)snprintf(insert + b, sizeof insert - b, "%s?", comma);
    }
    const char *constraint = tables[table].constraint;
    snprintf(create + a, sizeof create - a, "%s%s)", *constraint ? ", " : "", constraint);
    snprintf(insert + b, sizeof insert - b, ")");
    execute(database, create);
    database->failed = database->failed || sqlite3_prepare_v3(database->handle, insert, -1, SQLITE_PREPARE_PERSISTENT,
                                                              &database->insert[table], NULL) != SQLITE_OK;
}

static const json_t *at(const json_t *json, const char *path)
{
    char key[64];
    while (json && *path) {
        size_t bytes = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)bytes, path);
        json = json_object_get(json, key);
        path += bytes + (path[bytes] == '.');
    }
    return json;
}

static int bind_number(sqlite3_stmt *insert, int column, int64_t number)
{
    return number < 0 ? sqlite3_bind_null(insert, column) : sqlite3_bind_int64(insert, column, number);
}

static int bind_json(sqlite3_stmt *insert, int column, const json_t *json)
{
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_INTEGER: return sqlite3_bind_int64(insert, column, json_integer_value(json));
    case JSON_REAL: return sqlite3_bind_double(insert, column, json_real_value(json));
    case JSON_TRUE: return sqlite3_bind_int64(insert, column, 1);
    case JSON_FALSE: return sqlite3_bind_int64(insert, column, 0);
    case JSON_STRING:
        return sqlite3_bind_text(insert, column, json_string_value(json), (int)json_string_length(json),
                                 SQLITE_TRANSIENT);
    case JSON_OBJECT:
    case JSON_ARRAY: return sqlite3_bind_text(insert, column, json_dumps(json, JSON_COMPACT), -1, free);
    default: return sqlite3_bind_null(insert, column);
    }
}

static int bind(sqlite3_stmt *insert, int column, const char *source, const struct row *row, int64_t id)
{
    if (*source != '@')
        return bind_json(insert, column, at(row->json, source));
    switch (source[1]) {
    case 'i': return bind_number(insert, column, id);
    case 'p': return bind_number(insert, column, row->parent);
    case 'o': return bind_number(insert, column, row->ordinal);
    case 'l': return bind_number(insert, column, row->link);
    case 'k': return sqlite3_bind_text(insert, column, row->key, -1, SQLITE_TRANSIENT);
    default: return bind_json(insert, column, row->json);
    }
}

/* Returns the row's number in its table. */
static int64_t add(struct database *database, enum table table, const struct row *row)
{
    sqlite3_stmt *insert = database->insert[table];
    int64_t id = database->rows[table]++;
    int number = 1;
    for (const struct column *column = tables[table].columns; column->name && !database->failed; column++)
        database->failed = bind(insert, number++, column->source, row, id) != SQLITE_OK;
    database->failed = database->failed || sqlite3_step(insert) != SQLITE_DONE || sqlite3_reset(insert) != SQLITE_OK;
    return id;
}

static void add_all(struct database *database, enum table table, const json_t *array, int64_t parent, const char *key)
{
    for (size_t i = 0; i < json_array_size(array) && !database->failed; i++)
        add(database, table,
            &(struct row){.json = json_array_get(array, i), .key = key, .parent = parent, .ordinal = (int64_t)i});
}

static void add_processes(struct database *database)
{
    const struct run *run = database->metrics->run;
    for (size_t i = 0; i < run->process_count && !database->failed; i++) {
        json_t *json = render_json_process(database->metrics, i);
        uint32_t parent = run->processes[i].parent;
        add(database, TABLE_processes, &(struct row){.json = json, .link = parent == NO_ID ? -1 : (int64_t)parent});
        add_all(database, TABLE_threads, at(json, "threads"), (int64_t)i, NULL);
        json_decref(json);
    }
}

static void add_files(struct database *database)
{
    for (size_t i = 0; i < database->metrics->run->file_count && !database->failed; i++) {
        json_t *json = render_json_file(database->metrics, i);
        add(database, TABLE_files, &(struct row){.json = json});
        json_decref(json);
    }
}

static void add_stages(struct database *database, const json_t *image, int64_t parent)
{
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        const char *name = stage_name((enum stage)stage);
        char time[64], first[64];
        snprintf(time, sizeof time, "stages.%s_s", name);
        snprintf(first, sizeof first, "phases.%s_s", name);
        if (!at(image, time) || json_is_null(at(image, time)))
            continue;
        json_t *json = json_pack("{s:O, s:O, s:O}", "time_s", at(image, time), "first_s", at(image, first), "source",
                                 at(at(image, "source"), name));
        add(database, TABLE_stages, &(struct row){.json = json, .key = name, .parent = parent});
        json_decref(json);
    }
}

static void add_scores(struct database *database, const json_t *image, int64_t id)
{
    json_t *quality = json_object_get(image, "quality"), *value;
    const char *name;
    if (!json_is_object(quality))
        return;
    add(database, TABLE_scores, &(struct row){.json = quality, .parent = id});
    json_object_foreach(json_object_get(quality, "metrics"), name, value)
    {
        add(database, TABLE_metrics, &(struct row){.json = value, .key = name, .parent = id});
    }
}

static void add_images(struct database *database)
{
    const struct run *run = database->metrics->run;
    for (size_t i = 0; i < run->image_count && !database->failed; i++) {
        json_t *json = render_json_image(database->metrics, i);
        uint32_t process = run->images[i].process;
        int64_t link = process < run->process_count ? (int64_t)process : -1;
        int64_t id = add(database, TABLE_images, &(struct row){.json = json, .link = link});
        add_all(database, TABLE_image_files, at(json, "inputs"), id, "input");
        add_all(database, TABLE_image_files, at(json, "outputs"), id, "output");
        add_stages(database, json, id);
        add_scores(database, json, id);
        json_decref(json);
    }
}

static void add_curves(struct database *database, const json_t *curves)
{
    for (size_t i = 0; i < json_array_size(curves) && !database->failed; i++) {
        const json_t *curve = json_array_get(curves, i);
        int64_t id = add(database, TABLE_curves, &(struct row){.json = curve});
        add_all(database, TABLE_curve_points, at(curve, "points"), id, NULL);
        add_all(database, TABLE_equal_quality, at(curve, "at"), id, NULL);
    }
}

/* Every value that is no list, by the names that lead to it. */
static void add_figures(struct database *database, const char *prefix, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char key[256];
        snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? "." : "", name);
        if (json_is_object(value))
            add_figures(database, key, value);
        else if (!json_is_array(value) && strcmp(prefix, "file_paths") != 0)
            add(database, TABLE_figures, &(struct row){.json = value, .key = key});
    }
}

static void add_report(struct database *database, json_t *report)
{
    const char *format;
    json_t *object;
    add_figures(database, "", report);
    add_all(database, TABLE_notes, at(report, "coverage.notes"), -1, NULL);
    add_all(database, TABLE_samples, at(report, "resources.samples"), -1, NULL);
    add_all(database, TABLE_libraries, at(report, "libraries"), -1, NULL);
    add_all(database, TABLE_conversions, at(report, "conversions"), -1, NULL);
    add_all(database, TABLE_findings, at(report, "findings"), -1, NULL);
    for (size_t i = 0; i < json_array_size(at(report, "findings")); i++)
        add_all(database, TABLE_finding_images, at(json_array_get(at(report, "findings"), i), "images"), (int64_t)i,
                NULL);
    add_all(database, TABLE_memory_sites, at(report, "memory.sites"), -1, NULL);
    for (size_t i = 0; i < json_array_size(at(report, "memory.sites")); i++)
        add_all(database, TABLE_memory_frames, at(json_array_get(at(report, "memory.sites"), i), "stack"), (int64_t)i,
                NULL);
    add_curves(database, at(report, "quality.curves"));
    json_object_foreach(json_object_get(report, "formats"), format, object)
    {
        add(database, TABLE_formats, &(struct row){.json = object, .key = format});
        add_all(database, TABLE_qualities, at(object, "qualities"), -1, format);
    }
}

static void add_marks(struct database *database, const json_t *report)
{
    const struct run *run = database->metrics->run;
    const char *name;
    json_t *json;
    for (size_t i = 0; i < run->mark_count && !database->failed; i++) {
        json = render_json_mark(database->metrics, i);
        add(database, TABLE_marks, &(struct row){.json = json, .link = run->marks[i].process});
        json_decref(json);
    }
    for (size_t i = 0; i < run->span_count && !database->failed; i++) {
        json = render_json_span(database->metrics, i);
        add(database, TABLE_span_list, &(struct row){.json = json, .link = run->spans[i].process});
        json_decref(json);
    }
    json_object_foreach(json_object_get(report, "spans"), name, json)
    {
        add(database, TABLE_spans, &(struct row){.json = json, .key = name});
    }
}

static void add_workers(struct database *database)
{
    for (size_t i = 0; i < database->metrics->run->worker_count && !database->failed; i++) {
        json_t *json = render_json_worker(database->metrics, i);
        int64_t id = add(database, TABLE_workers, &(struct row){.json = json});
        add_all(database, TABLE_worker_members, at(json, "members"), id, NULL);
        json_decref(json);
    }
}

/* The report without processes, files and images; NULL when memory ends. */
static json_t *report_of(const struct metrics *metrics, const char *tool_version)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    int failed = !out || render_json_for_page(metrics, &(struct render_options){.tool_version = tool_version}, out);
    if (out && fclose(out))
        failed = 1;
    json_t *report = failed ? NULL : json_loadb(text, bytes, 0, NULL);
    free(text);
    return report;
}

static void fill(struct database *database, json_t *report)
{
    execute(database, "PRAGMA journal_mode = OFF"); /* the file gets its name only when it is complete */
    execute(database, "PRAGMA synchronous = OFF");
    execute(database, "PRAGMA application_id = 0x696d6762"); /* "imgb" */
    execute(database, "PRAGMA user_version = 1");
    execute(database, "BEGIN");
    for (int table = 0; table < TABLES && !database->failed; table++)
        make_table(database, (enum table)table);
    if (!database->failed) {
        add_processes(database);
        add_files(database);
        add_workers(database);
        add_images(database);
        add_marks(database, report);
        add_report(database, report);
    }
    for (size_t i = 0; i < sizeof afterwards / sizeof *afterwards; i++)
        execute(database, afterwards[i]);
    execute(database, "COMMIT");
}

bool sqlite_write(const char *path, const struct metrics *metrics, const char *tool_version, char *error,
                  size_t capacity)
{
    struct database database = {.metrics = metrics};
    json_t *report = report_of(metrics, tool_version);
    if (!report) {
        snprintf(error, capacity, "not enough memory");
        return false;
    }
    database.failed = sqlite3_open_v2(path, &database.handle, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK;
    fill(&database, report);
    json_decref(report);
    if (database.failed) /* said by the call that failed: none came after it */
        snprintf(error, capacity, "%s", database.handle ? sqlite3_errmsg(database.handle) : "not enough memory");
    for (int table = 0; table < TABLES; table++)
        sqlite3_finalize(database.insert[table]);
    bool closed = sqlite3_close(database.handle) == SQLITE_OK;
    if (!database.failed && !closed)
        snprintf(error, capacity, "the database could not be closed");
    return !database.failed && closed;
}
