/* SPDX-License-Identifier: MIT
 * Owns: loops over one libc call each, and what they take.
 * Must not know: the profiler.
 * Usage: loop NAME DIRECTORY [DIVISOR]: files are made in DIRECTORY; DIVISOR shortens the loop for slow company.
 * Prints the time of one operation, the least of many batches: whatever else the machine does can only add to a batch.
 * A batch is short enough for some to run undisturbed between two turns of the scheduler, and long enough to contain
 * all that recorders do now and then, such as beginning a new file every 4,000 records. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/victims/parts/clock.h"

#define BATCHES     40 /* the first one warms up */
#define SMALL       64 /* bytes of a block, a read, a write */
#define CHUNK       16 /* bytes of a buffered write */
#define LIVE_BLOCKS 1024
#define FILE_BYTES  (2 << 20)

struct worker {
    unsigned number;
    uint32_t random;
    void *blocks[LIVE_BLOCKS];
};

static int fd;
static FILE *stream;
static char data[FILE_BYTES];

static void need(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void run_malloc(struct worker *self, unsigned operations)
{
    (void)self;
    for (unsigned i = 0; i < operations; i++) {
        void *block = malloc(SMALL);
        __asm__ volatile("" : "+r"(block) : : "memory"); /* or the compiler drops the pair */
        free(block);
    }
}

/* Log-uniform sizes from 16 bytes to 8 KiB. */
static void run_malloc_random(struct worker *self, unsigned operations)
{
    for (unsigned i = 0; i < operations; i++) {
        self->random = self->random * 1664525u + 1013904223u;
        void **block = &self->blocks[self->random >> 8 & (LIVE_BLOCKS - 1)];
        unsigned scale = 16u << (self->random >> 18 & 7);
        free(*block);
        *block = malloc(scale + (scale * (self->random >> 24) >> 8));
    }
}

static void run_read(struct worker *self, unsigned operations)
{
    (void)self;
    need(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    for (unsigned i = 0; i < operations; i++)
        need(read(fd, data, SMALL) == SMALL, "read");
}

static void run_pread(struct worker *self, unsigned operations)
{
    (void)self;
    for (unsigned i = 0; i < operations; i++)
        need(pread(fd, data, SMALL, (off_t)i * SMALL) == SMALL, "pread");
}

static void run_write(struct worker *self, unsigned operations)
{
    (void)self;
    need(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    for (unsigned i = 0; i < operations; i++)
        need(write(fd, data, SMALL) == SMALL, "write");
}

static void run_fwrite(struct worker *self, unsigned operations)
{
    (void)self;
    rewind(stream);
    for (unsigned i = 0; i < operations; i++)
        need(fwrite(data, 1, CHUNK, stream) == CHUNK, "fwrite");
}

static void run_getc(struct worker *self, unsigned operations)
{
    (void)self;
    rewind(stream);
    for (unsigned i = 0; i < operations; i++)
        need(getc(stream) != EOF, "getc");
}

static void run_putc(struct worker *self, unsigned operations)
{
    (void)self;
    rewind(stream);
    for (unsigned i = 0; i < operations; i++)
        need(putc('x', stream) != EOF, "putc");
}

static void *nothing(void *argument)
{
    return argument;
}

static void run_thread(struct worker *self, unsigned operations)
{
    (void)self;
    for (unsigned i = 0; i < operations; i++) {
        pthread_t thread;
        need(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0, "pthread_create");
    }
}

static void run_fork(struct worker *self, unsigned operations)
{
    (void)self;
    for (unsigned i = 0; i < operations; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        need(pid > 0 && waitpid(pid, NULL, 0) == pid, "fork");
    }
}

static const struct loop {
    const char *name;
    void (*run)(struct worker *, unsigned operations);
    unsigned operations; /* of a batch, which takes one to three milliseconds */
    unsigned threads;
} loops[] = {
    {"malloc", run_malloc, 80000, 1},
    {"malloc-2", run_malloc, 150000, 2},
    {"malloc-random", run_malloc_random, 20000, 1},
    {"malloc-random-2", run_malloc_random, 40000, 2},
    {"read", run_read, 4500, 1},
    {"pread", run_pread, 4500, 1},
    {"write", run_write, 4500, 1},
    {"fwrite", run_fwrite, 50000, 1},
    {"getc", run_getc, 300000, 1},
    {"putc", run_putc, 300000, 1},
    {"thread", run_thread, 60, 1},
    {"fork", run_fork, 6, 1},
    {"memory", NULL, 0, 0},
};

static const struct loop *loop;
static unsigned operations;
static pthread_barrier_t barrier;
static cpu_set_t allowed;
static int first_cpu;

/* Each thread to a CPU of its own, the first to where it is: being moved takes time that is not the loop's. */
static void pin(unsigned number)
{
    int cpu = first_cpu;
    for (; number; number--)
        do
            cpu = (cpu + 1) % CPU_SETSIZE;
        while (!CPU_ISSET(cpu, &allowed));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one); /* where that is refused, the loop runs as it is */
}

/* All threads run a batch together; it ends with the last of them. Returns the least that one took. */
static uint64_t run_batches(struct worker *self)
{
    uint64_t least_ns = UINT64_MAX;
    pin(self->number);
    for (unsigned i = 0; i < BATCHES; i++) {
        pthread_barrier_wait(&barrier);
        uint64_t start_ns = wall_now();
        loop->run(self, operations);
        pthread_barrier_wait(&barrier);
        uint64_t took_ns = wall_now() - start_ns;
        if (i && took_ns < least_ns)
            least_ns = took_ns;
    }
    return least_ns;
}

static void *run_worker(void *worker)
{
    run_batches(worker);
    return NULL;
}

/* A recorder of images may wait for one before it really records. */
static void make_image(void)
{
    static const char signature[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    int image = open("image.png", O_CREAT | O_WRONLY | O_TRUNC, 0600);
    need(write(image, signature, sizeof signature - 1) > 0 && close(image) == 0, "image.png");
}

/* As an exit handler from before any library's constructor, this runs after all that libraries do at exit. */
static void print_memory(void)
{
    static char status[8192];
    int file = open("/proc/self/status", O_RDONLY);
    need(read(file, status, sizeof status - 1) > 0, "/proc/self/status");
    const char *peak = strstr(status, "VmHWM:");
    need(peak && dprintf(STDOUT_FILENO, "value %ld\n", atol(peak + 6) * 1024) > 0, "VmHWM");
}

static void register_memory(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "memory") == 0)
        atexit(print_memory);
}
__attribute__((section(".preinit_array"), used)) static void (*const at_first)(int, char **) = register_memory;

static double run(void)
{
    static struct worker workers[2];
    pthread_t thread;
    first_cpu = sched_getcpu();
    sched_getaffinity(0, sizeof allowed, &allowed);
    pthread_barrier_init(&barrier, NULL, loop->threads);
    for (unsigned i = 1; i < loop->threads; i++) {
        workers[i].number = workers[i].random = i;
        need(pthread_create(&thread, NULL, run_worker, &workers[i]) == 0, "pthread_create");
    }
    uint64_t least_ns = run_batches(&workers[0]);
    for (unsigned i = 1; i < loop->threads; i++)
        pthread_join(thread, NULL);
    return (double)least_ns / operations;
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 2 && i < sizeof loops / sizeof *loops; i++)
        if (strcmp(argv[1], loops[i].name) == 0)
            loop = &loops[i];
    if (!loop || chdir(argv[2]) != 0) {
        fprintf(stderr, "usage: loop NAME DIRECTORY [DIVISOR]\n");
        return 2;
    }
    make_image();
    if (!loop->run)
        return 0;
    unsigned divisor = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
    operations = loop->operations / (divisor ? divisor : 1);
    fd = open("plain", O_CREAT | O_RDWR | O_TRUNC, 0600);
    need(write(fd, data, sizeof data) == (ssize_t)sizeof data, "plain");
    stream = fdopen(dup(fd), "r+");
    need(stream != NULL, "fdopen");
    double value = run();
    printf("value %.3f\ncalls %lu\n", value, (unsigned long)operations * BATCHES * loop->threads);
    fclose(stream);
    close(fd);
    return 0;
}
