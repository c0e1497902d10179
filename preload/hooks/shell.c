/* SPDX-License-Identifier: MIT
 * Owns: wrappers of system, popen and pclose, which start and collect their children inside libc.
 * Must not know: packets, codecs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "preload/base/hook.h"
#include "preload/files/files.h"
#include "preload/process/process.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/hooks/child_call.h"
#include "preload/hooks_io/io_call.h"

static void start(void)
{
    OWN_CODE(process_before_start(); (void)self);
}

EXPORT int system(const char *command)
{
    struct child_wait wait = {0};
    if (command && thread_may_record()) {
        start();
        wait = child_wait_begin();
    }
    int status = REAL(system)(command);
    if (wait.start_ns) {
        OWN_CODE(child_put_spawn(self, trace_spawn_op_SPAWN, wait.start_ns, 0, status == -1 ? errno : 0,
                                 status == -1 ? NULL : command, false));
        child_wait_end(&wait, 0, status, NULL);
    }
    return status;
}

EXPORT FILE *popen(const char *command, const char *mode)
{
    uint64_t start_ns = thread_hook_start();
    if (start_ns)
        start();
    FILE *stream = REAL(popen)(command, mode);
    if (!stream || !start_ns)
        return stream;
    OWN_CODE(child_put_spawn(self, trace_spawn_op_SPAWN, start_ns, 0, 0, command, false));
    io_call_opened(&(struct files_opening){start_ns, stream->_fileno, 0, AT_FDCWD, mode[0] == 'r' ? O_RDONLY : O_WRONLY,
                                           "", HOOK_popen, stream});
    return stream;
}

EXPORT int pclose(FILE *stream)
{
    int fd = stream->_fileno;
    struct child_wait wait = child_wait_begin();
    struct files_closing closing = {0};
    if (wait.start_ns && fd >= 0 && files_peek(fd)) {
        OWN_CODE(files_before_close(self, fd, &closing));
        closing.start_ns = thread_now_ns();
    }
    int status = REAL(pclose)(stream);
    if (closing.description)
        OWN_CODE(files_closed(self, fd, &closing, status == -1 ? errno : 0, HOOK_pclose));
    child_wait_end(&wait, 0, status, NULL);
    return status;
}

#define OWN_shell(name) OWN_NAME(name)
#include "preload/base/own_names.h"
