/* SPDX-License-Identifier: MIT
 * Owns: whether a run left its inputs as they were, so that another one would do the same work.
 * Must not know: how runs are made. */
#include "analyzer/run/changed.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "analyzer/load/load_run.h"
#include "analyzer/base/message.h"
#include "analyzer/reader/reader.h"

/* What happened to it, or NULL. Another file's content under its path: it was rewritten, or another one renamed to it.
 */
static const char *what_happened(const struct image_file *file)
{
    struct stat now;
    if (stat(file->path, &now))
        return "removed";
    if (file->inode && (now.st_ino != file->inode || now.st_dev != file->device))
        return "replaced";
    if (file->bytes != UNKNOWN && (uint64_t)now.st_size != file->bytes)
        return "changed";
    return NULL;
}

/* Rewritten with the same length: the run has it as an output as well. */
static bool is_output(const struct run *run, const char *path)
{
    for (size_t i = 0; i < run->image_count; i++)
        for (size_t k = 0; k < run->images[i].output_count; k++) {
            const struct image_file *output = &run->files[run->images[i].outputs[k]];
            if (output->kind == FILE_KIND_FILE && output->path && !strcmp(output->path, path))
                return true;
        }
    return false;
}

bool changed_not(const char *trace)
{
    struct stat status;
    char control[4200];
    snprintf(control, sizeof control, "%s/%s", trace, TRACE_CONTROL_NAME);
    if (stat(control, &status))
        return true; /* nothing was recorded: no image was read */
    struct run *run = load_run(trace);
    bool good = true;
    for (size_t i = 0; run && i < run->file_count && good; i++) {
        const struct image_file *file = &run->files[i];
        if (file->kind != FILE_KIND_FILE || file->role != FILE_ROLE_SOURCE || !file->path)
            continue;
        const char *happened = what_happened(file);
        if (!happened && is_output(run, file->path))
            happened = "written over";
        if (happened) {
            message_error(
                "%s: the run %s this input, so a further run would do other work; put the inputs back with --prepare "
                "(--prepare 'cp originals/* work/')",
                file->path, happened);
            good = false;
        }
    }
    if (run)
        run_free(run);
    return good;
}
