/* SPDX-License-Identifier: MIT
 * Owns: recognising marks, and their records. Must not know: signatures of libc, what marks mean.
 *
 * imgbench:mark:NAME, imgbench:begin:NAME and imgbench:end:NAME, each with ?DATA behind it or not. NAME has neither
 * control characters nor question marks. Whatever else begins like one is a file that was not found. */
#include "preload/files/marks.h"

#include <string.h>

#include "preload/base/hook.h"
#include "preload/codecs/calls/rows.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/record/packet.h"
#include "preload/samples/sample.h"

/* The path behind "<word>:", or NULL. */
static const char *behind(const char *path, const char *word)
{
    size_t length = strlen(word);
    return strncmp(path, word, length) == 0 && path[length] == ':' ? path + length + 1 : NULL;
}

/* Where the name begins, or NULL. */
static const char *name_of(const char *path, enum trace_moment *what)
{
    static const char words[][6] = {"mark", "begin", "end"};
    static const uint8_t moments[] = {trace_moment_MARK, trace_moment_BEGIN, trace_moment_END};
    if (strncmp(path, TRACE_MARK_PREFIX, sizeof TRACE_MARK_PREFIX - 1) != 0)
        return NULL;
    path += sizeof TRACE_MARK_PREFIX - 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *name = behind(path, words[i]);
        *what = moments[i];
        if (name)
            return name;
    }
    return NULL;
}

/* Bytes of the name, or 0 where it is none. */
static size_t name_length(const char *name)
{
    size_t length = 0;
    for (; name[length] && name[length] != '?'; length++)
        if (length == TRACE_MARK_NAME || (unsigned char)name[length] < ' ' || name[length] == 0x7f)
            return 0;
    return length;
}

void marks_put(uint64_t start_ns, const char *path, enum hook hook)
{
    enum trace_moment what;
    const char *name = name_of(path, &what);
    size_t length = name ? name_length(name) : 0;
    if (!start_ns || !length)
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        uint64_t end_ns = thread_now_ns();
        const char *data = name[length] ? name + length + 1 : "";
        size_t bytes = strnlen(data, TRACE_MARK_DATA + 1);
        struct trace_mark record = {
            .what = (uint8_t)what,
            .hook = (uint16_t)hook,
            .session = codec_call_session(self),
            .name = {name, length},
            .data = {data, bytes > TRACE_MARK_DATA ? 0 : bytes}, /* half of it would be no JSON */
        };
        if (!record.session)
            codec_call_flush(self); /* what went before the mark stands before it */
        define_hook(self, hook, 0, 0, NULL);
        packet_put(self, TRACE_KIND_mark, end_ns, &record);
        packet_need_disk(self); /* afterwards: what it takes to go there is not the program's */
        sample_maybe(self, SAMPLE_ANYWHERE);
        thread_leave();
    }
    errno = saved;
}
