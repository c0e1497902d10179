/* SPDX-License-Identifier: MIT
 * Owns: wrappers of what makes sockets and pipes, and of the calls that move bytes through sockets only. The kernel
 * counts those in neither rchar nor wchar. Must not know: packets' shape, codecs. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/files/files.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/guard/descriptors.h"
#include "preload/hooks_io/io_call.h"

#define LIBC_SOCKET(operation, returns, name, parameters, arguments, descriptor, buffer, flags, meaning)               \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        uint64_t start_ns = ((flags)&MSG_PEEK) ? 0 : io_call_begin(HOOK_##name, 0);                                    \
        if (!start_ns)                                                                                                 \
            return REAL(name) arguments;                                                                               \
        returns result = REAL(name) arguments;                                                                         \
        struct iovec one;                                                                                              \
        struct vector vector = {NULL, 0};                                                                              \
        if (result > 0 && !((flags)&MSG_TRUNC)) /* with it the bytes may be nowhere */                                 \
            vector = _Generic((buffer), struct vector                                                                  \
                              : io_call_vector, default                                                                \
                              : io_call_buffer)(buffer, &one, result);                                                 \
        io_call_end(&(struct io_call){trace_io_op_##operation, trace_io_layer_UNCOUNTED, HOOK_##name, descriptor,      \
                                      TRACE_UNKNOWN, start_ns, 0},                                                     \
                    result, vector);                                                                                   \
        return result;                                                                                                 \
    }
ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t limit, int flags);
ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t size, size_t limit, int flags, __SOCKADDR_ARG address,
                       socklen_t *restrict length);
#include "preload/libc.def"

static void came(int fd, uint64_t start_ns, enum hook hook)
{
    io_call_opened(
        &(struct files_opening){start_ns, fd, fd < 0 ? errno : 0, AT_FDCWD, O_RDWR, fd < 0 ? NULL : "", hook, NULL});
}

/* Two descriptors, or none: a failure is no open call's. */
static int pair_came(const int *pair, int result, uint64_t start_ns, bool is_pipe, enum hook hook)
{
    if (result != 0 || !start_ns)
        return result;
    for (int i = 0; i < 2; i++)
        io_call_opened(&(struct files_opening){start_ns, pair[i], 0, AT_FDCWD,
                                               !is_pipe ? O_RDWR
                                               : i      ? O_WRONLY
                                                        : O_RDONLY,
                                               "", hook, NULL});
    return result;
}

EXPORT int socket(int domain, int type, int protocol)
{
    uint64_t start_ns = thread_hook_start();
    int fd = DESCRIPTORS_CALL(int, -1, REAL(socket)(domain, type, protocol));
    came(fd, start_ns, HOOK_socket);
    return fd;
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict length)
{
    uint64_t start_ns = thread_hook_start();
    int taken = DESCRIPTORS_CALL(int, -1, REAL(accept)(fd, address, length));
    came(taken, start_ns, HOOK_accept);
    return taken;
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict length, int flags)
{
    uint64_t start_ns = thread_hook_start();
    int taken = DESCRIPTORS_CALL(int, -1, REAL(accept4)(fd, address, length, flags));
    came(taken, start_ns, HOOK_accept4);
    return taken;
}

EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
    uint64_t start_ns = thread_hook_start();
    return pair_came(pair, DESCRIPTORS_CALL(int, -1, REAL(socketpair)(domain, type, protocol, pair)), start_ns, false,
                     HOOK_socketpair);
}

EXPORT int pipe(int pair[2])
{
    uint64_t start_ns = thread_hook_start();
    return pair_came(pair, DESCRIPTORS_CALL(int, -1, REAL(pipe)(pair)), start_ns, true, HOOK_pipe);
}

EXPORT int pipe2(int pair[2], int flags)
{
    uint64_t start_ns = thread_hook_start();
    return pair_came(pair, DESCRIPTORS_CALL(int, -1, REAL(pipe2)(pair, flags)), start_ns, true, HOOK_pipe2);
}

/* Several messages in one call: the first of them is charged with its time. */
static int messages_moved(const struct mmsghdr *messages, int result, int fd, uint64_t start_ns, enum trace_io_op op,
                          enum hook hook, bool nowhere)
{
    int saved = errno;
    for (int i = 0; start_ns && i < result; i++) {
        const struct msghdr *message = &messages[i].msg_hdr;
        io_call_end(&(struct io_call){op, trace_io_layer_UNCOUNTED, hook, fd, TRACE_UNKNOWN, start_ns, 0},
                    messages[i].msg_len,
                    nowhere ? VECTOR(NULL, 0) : VECTOR(message->msg_iov, (int)message->msg_iovlen));
        start_ns = thread_now_ns();
    }
    if (start_ns && result <= 0)
        io_call_end(&(struct io_call){op, trace_io_layer_UNCOUNTED, hook, fd, TRACE_UNKNOWN, start_ns, 0}, result,
                    VECTOR(NULL, 0));
    errno = saved;
    return result;
}

EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    uint64_t start_ns = flags & MSG_PEEK ? 0 : io_call_begin(HOOK_recvmmsg, 0);
    int result = REAL(recvmmsg)(fd, messages, count, flags, timeout);
    return messages_moved(messages, result, fd, start_ns, trace_io_op_READ, HOOK_recvmmsg, flags & MSG_TRUNC);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    uint64_t start_ns = io_call_begin(HOOK_sendmmsg, 0);
    int result = REAL(sendmmsg)(fd, messages, count, flags);
    return messages_moved(messages, result, fd, start_ns, trace_io_op_WRITE, HOOK_sendmmsg, false);
}

#define OWN_socket(name) OWN_NAME(name)
#include "preload/base/own_names.h"
