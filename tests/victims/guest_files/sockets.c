/* SPDX-License-Identifier: MIT
 * Owns: a program that sends images to itself through every call for sockets, prints what each returned, and says on
 * descriptor 3 how many bytes it sent and received. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[3000] = "GIF89a to be echoed", buffer[9000];
static long sent, received;

static long show(const char *what, long result)
{
    printf("%s %ld %d\n", what, result, result < 0 ? errno : 0);
    errno = 77;
    return result < 0 ? 0 : result;
}

static void out(const char *what, long result)
{
    sent += show(what, result);
}

static void in(const char *what, long result)
{
    received += show(what, result);
}

static void messages(int a, int b)
{
    struct iovec from[3] = {{text, 6}, {NULL, 0}, {text + 100, 2000}}, to[2] = {{buffer, 10}, {buffer + 10, 5000}};
    struct msghdr one = {.msg_iov = from, .msg_iovlen = 3}, other = {.msg_iov = to, .msg_iovlen = 2};
    out("sendmsg", sendmsg(a, &one, 0));
    show("peek", recvmsg(b, &other, MSG_PEEK));
    in("recvmsg", recvmsg(b, &other, 0));
    struct mmsghdr many[4], taken[4];
    for (int i = 0; i < 4; i++) {
        many[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = from, .msg_iovlen = (size_t)i}};
        taken[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = to, .msg_iovlen = 2}};
    }
    show("sendmmsg", sendmmsg(a, many + 1, 3, 0));
    for (int i = 1; i < 4; i++)
        out("sent", many[i].msg_len);
    show("peek", recvmmsg(b, taken, 4, MSG_PEEK | MSG_DONTWAIT, NULL));
    int count = recvmmsg(b, taken, 4, MSG_DONTWAIT, NULL);
    show("recvmmsg", count);
    for (int i = 0; i < count; i++)
        in("received", taken[i].msg_len);
    in("recvmmsg", recvmmsg(b, taken, 4, MSG_DONTWAIT, NULL));
}

/* A descriptor goes along with a message. */
static void descriptor(int a, int b)
{
    char room[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd = open("passed", O_RDWR | O_CREAT, 0600);
    *header = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    out("sendmsg", sendmsg(a, &message, 0));
    close(fd);
    in("recvmsg", recvmsg(b, &message, 0));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    show("write", write(fd, text, 50));
    close(fd);
}

static void served(int domain, void *address, socklen_t bytes)
{
    int listener = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(domain, SOCK_STREAM, 0);
    show("bind", bind(listener, address, bytes));
    show("listen", listen(listener, 4));
    getsockname(listener, address, &bytes);
    for (int i = 0; i < 2; i++) {
        show("connect", connect(client, address, bytes));
        int server = i ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : accept(listener, NULL, NULL);
        show("server", server);
        out("send", send(client, text, sizeof text, MSG_NOSIGNAL));
        show("peek", recv(server, buffer, 20, MSG_PEEK));
        in("recv", recv(server, buffer, sizeof buffer, MSG_WAITALL | MSG_DONTWAIT));
        out("write", write(server, buffer, 2000)); /* the echo */
        in("read", read(client, buffer, sizeof buffer));
        out("sendto", sendto(server, buffer, 100, 0, NULL, 0));
        in("recvfrom", recvfrom(client, buffer, sizeof buffer, 0, NULL, NULL));
        show("shutdown", shutdown(server, SHUT_RDWR));
        in("end", recv(client, buffer, 10, 0));
        close(client), close(server);
        client = socket(domain, SOCK_STREAM, 0);
    }
    close(listener);
    show("send", send(client, text, 10, MSG_NOSIGNAL));
    show("accept", accept(listener, NULL, NULL));
    close(client);
}

int main(void)
{
    int pair[2];
    void *bad = (void *)8;
    show("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    messages(pair[0], pair[1]);
    descriptor(pair[0], pair[1]);
    show("send", send(pair[0], bad, 10, 0));
    show("sendmsg", sendmsg(pair[0], bad, 0));
    show("recv", recv(pair[1], bad, 10, MSG_DONTWAIT));
    show("recvmsg", recvmsg(pair[1], bad, MSG_DONTWAIT));
    show("sendmmsg", sendmmsg(pair[0], bad, 3, 0));
    show("recvmmsg", recvmmsg(pair[1], bad, 3, MSG_DONTWAIT, NULL));
    show("recvfrom", recvfrom(-1, buffer, 10, 0, bad, bad));
    show("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, bad));
    show("socket", socket(12345, 0, 0));
    struct sockaddr_un here = {.sun_family = AF_UNIX, .sun_path = "socket"};
    struct sockaddr_in net = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    served(AF_UNIX, &here, sizeof here);
    unlink("socket");
    served(AF_INET, &net, sizeof net);
    dprintf(3, "sent %ld\nreceived %ld\n", sent, received);
    return 5;
}
