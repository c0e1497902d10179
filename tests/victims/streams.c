/* SPDX-License-Identifier: MIT
 * Owns: a victim: images through socket pairs and pipes, cut in every way, among bytes that only look like images. It
 * says on stdout what an observer has to find: "kind format bytes" for each image at each end of a socket and each
 * image of a pipe, then "IN n" and "OUT n". Ends with code 0. Must not know: the profiler. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum format { JPEG, PNG, WEBP, GIF, AVIF, JXL, PPM, FORMATS };
static const char *const names[] = {"jpeg", "png", "webp", "gif", "avif", "jxl", "pnm"};
static int ends[2]; /* [0] asks, [1] answers; of a pipe: writes, reads */
static int is_pipe;
static unsigned ins, outs;

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void channel(int as_pipe)
{
    if (ends[1]) {
        close(ends[0]);
        close(ends[1]);
    }
    is_pipe = as_pipe;
    int pair[2];
    check((as_pipe ? pipe(pair) : socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) == 0, "pipe, socketpair");
    ends[0] = pair[1];
    ends[1] = pair[0];
}

static void expect(enum format format, size_t bytes)
{
    for (int end = is_pipe; end < 2; end++)
        printf("%s %s %zu\n", is_pipe ? "pipe" : "socket", names[format], bytes);
    ins++;
    outs++;
}

struct message {
    size_t bytes;
    char data[20000];
};

static void add(struct message *message, const void *data, size_t bytes)
{
    memcpy(message->data + message->bytes, data, bytes);
    message->bytes += bytes;
}

static void add_text(struct message *message, const char *text)
{
    add(message, text, strlen(text));
}

static void add_filling(struct message *message, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        message->data[message->bytes++] = (char)('a' + i % 23);
}

#define FRONT_BYTES 24

static void add_image(struct message *message, enum format format, size_t bytes)
{
    static const char fronts[FORMATS][FRONT_BYTES + 1] = {
        [JPEG] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1",
        [PNG] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08",
        [WEBP] = "RIFF\0\1\0\0WEBPVP8X\n\0\0\0\0\0\0\0",
        [GIF] = "GIF89a\x08\0\x08\0\x80",
        [AVIF] = "\0\0\0\x18\146typavif\0\0\0\0mif1avif",
        [JXL] = "\xff\x0a\x78\x80\x84\x08\2\1",
        [PPM] = "P6\n8 8\n255\n",
    };
    add(message, fronts[format], FRONT_BYTES);
    add_filling(message, bytes - FRONT_BYTES);
}

static void add_head(struct message *message, const char *first, size_t length)
{
    char text[200];
    snprintf(text, sizeof text, "%s\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n", first,
             length);
    add_text(message, text);
}

#define POST "POST /convert HTTP/1.1\r\nHost: a"
#define OK   "HTTP/1.1 200 OK"

static void put(int from, const struct message *message, size_t start, size_t bytes)
{
    check(write(ends[from], message->data + start, bytes) == (ssize_t)bytes, "write");
}

static void get(int to, size_t bytes)
{
    static char data[20000];
    while (bytes) {
        ssize_t got = read(ends[to], data, bytes);
        check(got > 0, "read");
        bytes -= (size_t)got;
    }
}

static void whole(int from, const struct message *message)
{
    put(from, message, 0, message->bytes);
    get(!from, message->bytes);
}

/* Cut at `at` on the way in and at `out` on the way out. */
static void cut(int from, const struct message *message, size_t at, size_t out)
{
    put(from, message, 0, at);
    put(from, message, at, message->bytes - at);
    get(!from, out);
    get(!from, message->bytes - out);
}

static void in_pieces(int from, const struct message *message, size_t piece)
{
    for (size_t at = 0; at < message->bytes; at += piece) {
        size_t bytes = message->bytes - at < piece ? message->bytes - at : piece;
        put(from, message, at, bytes);
        get(!from, bytes);
    }
}

/* The other side says something: the direction turns. */
static void turn(int from)
{
    struct message message = {0};
    add_text(&message, "HTTP/1.1 204 No Content\r\n\r\n");
    whole(from, &message);
}

static struct message request(enum format format, size_t bytes)
{
    struct message message = {0};
    add_head(&message, POST, bytes);
    add_image(&message, format, bytes);
    return message;
}

static struct message bare(enum format format, size_t bytes)
{
    struct message message = {0};
    add_image(&message, format, bytes);
    return message;
}

static void pipes(void)
{
    for (enum format format = 0; format < FORMATS; format++) {
        struct message image = bare(format, 400 + format);
        channel(1);
        whole(0, &image);
        expect(format, image.bytes);
        for (size_t piece = 1; piece < 40; piece += 6) {
            channel(1);
            in_pieces(0, &image, piece);
            expect(format, image.bytes);
        }
    }
}

static void every_cut(void)
{
    struct message message = request(JPEG, 500);
    size_t head = message.bytes - 500;
    channel(0);
    for (size_t at = 1; at < head + 40; at++) {
        cut(0, &message, at, head + 40 - at);
        expect(JPEG, 500);
        turn(1);
    }
    for (size_t piece = 1; piece < 200; piece += 11) {
        in_pieces(0, &message, piece);
        expect(JPEG, 500);
        turn(1);
    }
}

/* Requests and answers, all of them images, on one connection. */
static void kept_alive(void)
{
    channel(0);
    for (enum format format = 0; format < FORMATS; format++) {
        struct message message = request(format, 300 + format);
        whole(0, &message);
        expect(format, 300 + format);
        struct message head = {0}, image = bare(WEBP, 600 + format), end = {0};
        add_head(&head, OK, image.bytes);
        struct iovec parts[] = {
            {NULL, 0},    {head.data, head.bytes}, {NULL, 0}, {image.data, 20}, {image.data + 20, image.bytes - 20},
            {end.data, 0}};
        check(writev(ends[1], parts, 6) == (ssize_t)(head.bytes + image.bytes), "writev");
        get(0, head.bytes + image.bytes);
        expect(WEBP, image.bytes);
    }
    /* Answers without a request in between: each begins with its call. */
    struct message first = {0}, second = {0}, nothing = {0};
    add_head(&first, OK, 100);
    add_image(&first, GIF, 100);
    add_head(&second, OK, 200);
    add_image(&second, PNG, 200);
    add_text(&nothing, "HTTP/1.1 204 No Content\r\n\r\n");
    turn(0);
    whole(1, &first);
    whole(1, &nothing);
    expect(GIF, 100 + nothing.bytes); /* up to the next image: nobody said that it ended before */
    whole(1, &second);
    expect(PNG, 200);
}

static void other_calls(void)
{
    struct message image = bare(PNG, 5000), head = {0};
    char data[20000];
    channel(0);
    for (int round = 0; round < 2; round++) {
        head.bytes = 0;
        add_head(&head, POST, image.bytes);
        struct iovec parts[] = {{head.data, head.bytes}, {image.data, image.bytes}};
        struct msghdr gathered = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t bytes = (ssize_t)(head.bytes + image.bytes);
        check(sendmsg(ends[0], &gathered, 0) == bytes, "sendmsg");
        check(recv(ends[1], data, sizeof data, MSG_PEEK) == bytes, "recv, to look");
        struct iovec places[400];
        for (int i = 0; i < 400; i++)
            places[i] = (struct iovec){data + i * 9, i < 399 ? 9 : 10000};
        struct msghdr scattered = {.msg_iov = places, .msg_iovlen = 400};
        check((round ? readv(ends[1], places, 400) : recvmsg(ends[1], &scattered, 0)) == bytes, "recvmsg, readv");
        expect(PNG, image.bytes);
        check(send(ends[1], image.data, image.bytes, 0) == (ssize_t)image.bytes, "send");
        check(recv(ends[0], data, sizeof data, 0) == (ssize_t)image.bytes, "recv");
        expect(PNG, image.bytes);
    }
    /* Through a second descriptor it is the same stream. */
    turn(0);
    turn(1);
    head.bytes = 0;
    add_head(&head, POST, image.bytes);
    int second = dup(ends[0]);
    put(0, &head, 0, head.bytes);
    check(write(second, image.data, image.bytes) == (ssize_t)image.bytes, "write");
    close(second);
    get(1, head.bytes + image.bytes);
    expect(PNG, image.bytes);
}

static void http_bodies(void)
{
    channel(0);
    struct message form = {0};
    add_head(&form, POST, 1000);
    add_text(&form,
             "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nP6 is no image\r\n--b\r\n"
             "Content-Disposition: form-data; name=\"a\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\n");
    size_t front = form.bytes;
    add_image(&form, GIF, 300);
    add_text(&form, "\r\n--b--\r\n");
    whole(0, &form);
    expect(GIF, form.bytes - front);
    turn(1);
    cut(0, &form, front - 3, front - 60);
    expect(GIF, form.bytes - front);
    turn(1);

    struct message chunks = {0};
    add_text(&chunks, OK "\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n");
    front = chunks.bytes;
    add_image(&chunks, AVIF, 500);
    add_text(&chunks, "\r\n0\r\n\r\n");
    whole(1, &chunks);
    expect(AVIF, chunks.bytes - front);
    turn(0);
    cut(1, &chunks, front - 2, front - 5);
    expect(AVIF, chunks.bytes - front);
    turn(0);

    /* The other side has a word between a message's head and its body. */
    struct message expecting = {0}, go_on = {0};
    add_text(&expecting, POST "\r\nExpect: 100-continue\r\nContent-Length: 700\r\n\r\n");
    add_text(&go_on, "HTTP/1.1 100 Continue\r\n\r\n");
    struct message image = bare(JPEG, 700);
    whole(0, &expecting);
    whole(1, &go_on);
    whole(0, &image);
    expect(JPEG, 700);
    add_head(&go_on, OK, 500);
    add_image(&go_on, PNG, 500);
    whole(1, &go_on);
    expect(PNG, 500);
}

/* A length, then the image: two calls, or one with two buffers. */
static void framed(void)
{
    struct message image = bare(WEBP, 800), length = {4, {0, 0, 3, 32}};
    for (int as_pipe = 0; as_pipe < 2; as_pipe++) {
        channel(as_pipe);
        whole(0, &length);
        whole(0, &image);
        expect(WEBP, image.bytes);
        channel(as_pipe);
        struct iovec parts[] = {{length.data, 4}, {image.data, image.bytes}};
        check(writev(ends[0], parts, 2) == (ssize_t)image.bytes + 4, "writev");
        get(1, 4);
        get(1, image.bytes);
        expect(WEBP, image.bytes);
    }
}

/* Bytes that look like an image where none begins. */
static void no_images(void)
{
    static const char *const bodies[] = {
        "BM is no image, and neither is what follows after it",
        "\xff\x0a too, when nothing says that a message begins here",
        "P5 is a word of two letters and nothing else, whoever reads it",
        "\xff\xd8\xff\x41 with a marker that comes first in no picture at all",
        "GIF89 was a year, and this is a text that is long enough",
        "RIFF....WAVEfmt 1234567890123456789012345678901234567890",
        "II*\0\1\0\0\0 whose directory would lie inside of its own header",
    };
    struct message image = bare(PNG, 200);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        channel(0);
        turn(0);
        turn(1);
        turn(0); /* the stream's very beginning is over */
        struct message body = {0};
        add(&body, bodies[i], 48);
        whole(1, &body);
        if (i == 1)
            continue;
        struct message message = {0};
        add_head(&message, POST, 48);
        add(&message, bodies[i], 48);
        whole(0, &message);
    }
    /* In the middle of another body. */
    channel(0);
    struct message message = {0};
    add_head(&message, POST, 5000);
    add_filling(&message, 500);
    whole(0, &message);
    for (int i = 0; i < 20; i++)
        whole(0, &image);
    turn(1);
    /* In the middle of an image. */
    message = request(WEBP, 400);
    whole(0, &message);
    for (int i = 0; i < 20; i++)
        whole(0, &image);
    expect(WEBP, 400 + 20 * image.bytes);
    turn(1);
    /* Far behind the beginning of something else. */
    message.bytes = 0;
    add_filling(&message, 9000);
    whole(0, &message);
    whole(0, &image);
    turn(1);
    /* Behind an empty line that ends no head, and behind a head without an end. */
    message.bytes = 0;
    add_filling(&message, 100);
    add_text(&message, "\r\n\r\n");
    add_image(&message, PNG, 200);
    whole(0, &message);
    turn(1);
    message.bytes = 0;
    add_text(&message, POST "\r\nX: ");
    add_filling(&message, 9000);
    add_text(&message, "\r\n\r\n");
    add_image(&message, PNG, 200);
    whole(0, &message);
}

int main(void)
{
    pipes();
    every_cut();
    kept_alive();
    other_calls();
    http_bodies();
    framed();
    no_images();
    printf("IN %u\nOUT %u\n", ins, outs);
    return 0;
}
