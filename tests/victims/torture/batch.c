/* SPDX-License-Identifier: MIT
 * Owns: a program whose threads convert in-<thread>.ppm (24 by 24) with the real libwebp until it ends as argv says,
 * and a journal of the calls that came back, which outlives it. Must not know: the profiler. Usage: batch JOURNAL
 * THREADS IMAGES END; IMAGES is per thread, 0: until it is killed. END: return, exit, _exit, leave (main ends by
 * pthread_exit), abort, segv, kill; early: it returns while its threads work. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

size_t WebPEncodeRGB(const uint8_t *rgb, int width, int height, int stride, float quality, uint8_t **output);
void WebPFree(void *block);

enum { SIDE = 24, THREADS = 64 };
/* Of each thread: how many calls came back; `writing` is 1 + the image of which a part is in its file. */
static struct lane {
    _Atomic uint64_t opens, transfers, closes, encodes, images, writing;
} * lanes;
static unsigned images_each;
static _Atomic unsigned failed;

static void image(struct lane *lane, unsigned number)
{
    static const char head[] = "P6\n24 24\n255\n";
    uint8_t file[sizeof head - 1 + SIDE * SIDE * 3], *output = NULL;
    char name[64];
    snprintf(name, sizeof name, "in-%u.ppm", (unsigned)(lane - lanes));
    int fd = open(name, O_RDONLY);
    lane->opens++;
    for (size_t at = 0; at < sizeof file;) {
        ssize_t got = read(fd, file + at, sizeof file - at < 1000 ? sizeof file - at : 1000);
        if (got <= 0)
            break;
        at += (size_t)got;
        lane->transfers++;
    }
    close(fd);
    lane->closes++;
    memcpy(file + sizeof head - 1, &number, sizeof number);
    size_t bytes = WebPEncodeRGB(file + sizeof head - 1, SIDE, SIDE, SIDE * 3, 70, &output);
    lane->encodes++;
    snprintf(name, sizeof name, "out-%u-%u.webp", (unsigned)(lane - lanes), number);
    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    lane->opens++;
    for (size_t at = 0; at < bytes;) {
        ssize_t put = write(fd, output + at, bytes - at < 100 ? bytes - at : 100);
        if (put <= 0) {
            failed++;
            break;
        }
        at += (size_t)put;
        lane->transfers++;
        lane->writing = number + 1;
    }
    lane->writing = 0;
    if (close(fd))
        failed++;
    lane->closes++;
    WebPFree(output);
    lane->images++;
}

static void *work(void *lane)
{
    for (unsigned n = 0; !images_each || n < images_each; n++)
        image(lane, n);
    return NULL;
}

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    unsigned threads = (unsigned)atoi(arguments[2]);
    const char *end = arguments[4];
    images_each = (unsigned)atoi(arguments[3]);
    int journal = open(arguments[1], O_RDWR | O_CREAT, 0600);
    if (threads > THREADS || ftruncate(journal, (off_t)(THREADS * sizeof *lanes)))
        return 2;
    lanes = mmap(NULL, THREADS * sizeof *lanes, PROT_READ | PROT_WRITE, MAP_SHARED, journal, 0);
    close(journal);
    pthread_t ids[THREADS];
    for (unsigned n = 0; n < threads; n++)
        pthread_create(&ids[n], NULL, work, &lanes[n]);
    if (strcmp(end, "leave") == 0)
        pthread_exit(NULL);
    for (unsigned n = 0; n < threads && images_each && strcmp(end, "early") != 0; n++)
        pthread_join(ids[n], NULL);
    while (!images_each)
        pause();
    printf("%u failed\n", failed);
    fflush(stdout);
    if (strcmp(end, "abort") == 0)
        abort();
    if (strcmp(end, "segv") == 0)
        *(volatile int *)(uintptr_t)16 = 1;
    if (strcmp(end, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(end, "_exit") == 0)
        _exit(3);
    if (strcmp(end, "exit") == 0)
        exit(4);
    return 5;
}
