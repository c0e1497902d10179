/* SPDX-License-Identifier: MIT
 * Owns: the control page of a trace, in which one says what is to be recorded while programs run.
 * Must not know: records, commands. */
#include "analyzer/load/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/monotonic.h"

struct trace_control *control_open(const char *path, bool to_change)
{
    char name[4400];
    struct stat status;
    snprintf(name, sizeof name, "%s/%s", path, TRACE_CONTROL_NAME);
    int fd = open(name, (to_change ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        message_error(errno == ENOENT
                          ? "%s: no trace there: programs make it when they start with IMGBENCH_START=paused, else "
                            "when they have something to record"
                          : "%s: the control page cannot be opened: %s",
                      path, strerror(errno));
        return NULL;
    }
    struct trace_control *page = MAP_FAILED;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= TRACE_CONTROL_BYTES)
        page = mmap(NULL, TRACE_CONTROL_BYTES, PROT_READ | (to_change ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED || page->magic != TRACE_CONTROL_MAGIC) {
        message_error("%s: not the control page of a trace", name);
        return NULL;
    }
    if (page->version != TRACE_VERSION) {
        message_error("%s: made by a trace format %u, this imgbench controls %d", path, page->version, TRACE_VERSION);
        return NULL;
    }
    return page;
}

struct control_pauses control_pauses(const struct trace_control *control)
{
    struct control_pauses pauses = {0, 0};
    uint32_t state = __atomic_load_n(&control->state, __ATOMIC_ACQUIRE);
    for (uint32_t i = TRACE_STATE_PAUSED; i <= state && i < TRACE_STATES - 1; i += 2) {
        uint64_t from_ns = control->since_ns[i] ? control->since_ns[i] : control->start_ns;
        uint64_t to_ns = i == state ? monotonic_ns() : control->since_ns[i + 1];
        pauses.count++;
        pauses.seconds += to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
    }
    return pauses;
}

enum control_result control_set(struct trace_control *control, bool record)
{
    for (;;) {
        uint32_t state = __atomic_load_n(&control->state, __ATOMIC_ACQUIRE);
        if ((trace_state_records(state) != 0) == record)
            return CONTROL_IS_SO;
        /* One that stops must always be possible: the last place is for it. */
        if (state >= TRACE_STATES - 1 - (uint32_t)record) /* of a damaged page it may be any number */
            return CONTROL_TOO_OFTEN;
        control->since_ns[state + 1] = monotonic_ns();
        if (__atomic_compare_exchange_n(&control->state, &state, state + 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return CONTROL_DONE;
    }
}
