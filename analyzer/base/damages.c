/* SPDX-License-Identifier: MIT
 * Owns: the first damages of a trace as lines, and what is said of them on standard error.
 * Must not know: traces. */
#include "analyzer/base/damages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"

void damages_add(void *context, const char *path, uint64_t offset, const char *what)
{
    struct damages *damages = context;
    if (damages->count++ < DAMAGES_MAX &&
        asprintf(&damages->lines[damages->count - 1], "%s: byte %" PRIu64 ": %s", path, offset, what) < 0)
        damages->lines[damages->count - 1] = NULL;
}

void damages_drop(struct damages *damages)
{
    for (size_t i = 0; i < DAMAGES_MAX; i++)
        free(damages->lines[i]);
    *damages = (struct damages){0};
}

void damages_print(struct damages *damages)
{
    for (size_t i = 0; i < DAMAGES_MAX; i++)
        if (damages->lines[i])
            message_error("%s", damages->lines[i]);
    if (damages->count > DAMAGES_MAX)
        message_error("and %" PRIu64 " more; 'imgbench verify' lists all", damages->count - DAMAGES_MAX);
    damages_drop(damages);
}

void damages_nothing_read(struct damages *damages, const char *path)
{
    if (damages->lines[0])
        message_error("%s: not one record could be read; record the run again (%s)", path, damages->lines[0]);
    else
        message_error("%s: not one record could be read; record the run again", path);
    damages_drop(damages);
}
