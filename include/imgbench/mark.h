/* SPDX-License-Identifier: MIT
 * Owns: marks for programs in C and C++: moments and spans that `imgbench report` shows by the names they are given.
 * Must not know: libimgbench.so, which need not be there.
 *
 *     imgbench_begin("resize");
 *     resize(image);
 *     imgbench_end("resize");
 *     imgbench_mark_data("frontend.interaction.click", "{\"button\":\"start\"}");
 *
 * Each function asks the kernel once about a path that does not exist, in a microsecond, and leaves errno alone.
 * name: 1 to 200 bytes without control characters and '?'; data: a JSON text of at most 1024 bytes, or NULL. What is
 * longer is not recorded. An "id" in the data of a begin and of its end tells spans of one name that overlap on one
 * thread apart. All may be called from any thread and from signal handlers. */
#ifndef IMGBENCH_MARK_H
#define IMGBENCH_MARK_H

#include <errno.h>
#include <string.h>
#include <unistd.h>

static inline size_t imgbench_length(const char *text, size_t most)
{
    size_t length = 0;
    while (text && length <= most && text[length])
        length++;
    return length;
}

/* moment: "imgbench:mark:", "imgbench:begin:" or "imgbench:end:". */
static inline void imgbench_tell(const char *moment, const char *name, const char *data)
{
    char path[16 + 200 + 1 + 1024 + 1];
    size_t moment_bytes = strlen(moment), name_bytes = imgbench_length(name, 200),
           data_bytes = imgbench_length(data, 1024);
    int saved = errno;
    if (name_bytes > 200)
        return;
    if (data_bytes > 1024)
        data_bytes = 0;
    memcpy(path, moment, moment_bytes);
    memcpy(path + moment_bytes, name, name_bytes);
    moment_bytes += name_bytes;
    if (data_bytes) {
        path[moment_bytes++] = '?';
        memcpy(path + moment_bytes, data, data_bytes);
    }
    path[moment_bytes + data_bytes] = '\0';
    if (access(path, F_OK) != 0)
        errno = saved;
}

/* One moment. */
static inline void imgbench_mark(const char *name)
{
    imgbench_tell("imgbench:mark:", name, NULL);
}
static inline void imgbench_mark_data(const char *name, const char *data)
{
    imgbench_tell("imgbench:mark:", name, data);
}

/* The two ends of a span; spans may contain others. */
static inline void imgbench_begin(const char *name)
{
    imgbench_tell("imgbench:begin:", name, NULL);
}
static inline void imgbench_begin_data(const char *name, const char *data)
{
    imgbench_tell("imgbench:begin:", name, data);
}
static inline void imgbench_end(const char *name)
{
    imgbench_tell("imgbench:end:", name, NULL);
}
static inline void imgbench_end_data(const char *name, const char *data)
{
    imgbench_tell("imgbench:end:", name, data);
}

#endif
