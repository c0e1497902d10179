/* SPDX-License-Identifier: MIT
 * Owns: a program that calls codecs in rough ways: under a filter that kills, with pointers that lead nowhere,
 * functions that only have a codec's name, handles that come back at once; argv[1] says which. With -DLIBRARY the
 * stand-in library whose functions it calls. Must not know: the profiler. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void *TIFFOpen(const char *path, const char *mode);
void TIFFClose(void *tiff);
int TIFFRGBAImageGet(void *image, uint32_t *pixels, uint32_t width, uint32_t height);
void png_init_io(void *png, FILE *stream);
void png_read_info(void *png, void *information);
/* Not zlib's: it has a name that anybody may use. */
long compress(long a, long b, long c, long d, long e, long f, long g, double h);
/* vips::VImage::write_to_buffer */
void _ZNK4vips6VImage15write_to_bufferEPKcPPvPmPNS_7VOptionE(const void *image, const char *suffix, void **data,
                                                             size_t *bytes, void *options);
/* vips::VOption::set, vips::VImage::jpegsave */
void *_ZN4vips7VOption3setEPKci(void *options, const char *name, int value);
void _ZNK4vips6VImage8jpegsaveEPKcPNS_7VOptionE(const void *image, const char *path, void *options);
/* Called by png_read_info, TIFFClose and jpegsave. */
extern void (*stand_in_calls)(void);

#ifdef LIBRARY

void (*stand_in_calls)(void);
static char only_one[64];

void *TIFFOpen(const char *path, const char *mode)
{
    return path && mode ? only_one : NULL;
}

void TIFFClose(void *tiff)
{
    if (tiff && stand_in_calls)
        stand_in_calls();
}

int TIFFRGBAImageGet(void *image, uint32_t *pixels, uint32_t width, uint32_t height)
{
    return image && pixels && width && height;
}

void png_init_io(void *png, FILE *stream)
{
    *(FILE **)png = stream;
}

void png_read_info(void *png, void *information)
{
    if (png && information && stand_in_calls)
        stand_in_calls();
}

long compress(long a, long b, long c, long d, long e, long f, long g, double h)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + (long)(8 * h);
}

void _ZNK4vips6VImage15write_to_bufferEPKcPPvPmPNS_7VOptionE(const void *image, const char *suffix, void **data,
                                                             size_t *bytes, void *options)
{
    static char written[] = "written";
    (void)image, (void)suffix, (void)options;
    if (data)
        *data = written;
    if (bytes)
        *bytes = sizeof written;
}

void *_ZN4vips7VOption3setEPKci(void *options, const char *name, int value)
{
    (void)name, (void)value;
    return options;
}

void _ZNK4vips6VImage8jpegsaveEPKcPNS_7VOptionE(const void *image, const char *path, void *options)
{
    if (image && path && options && stand_in_calls)
        stand_in_calls();
}

#else

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void seal(void)
{
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_write),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    static struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void say(const char *text)
{
    if (write(1, text, strlen(text)) < 0)
        _exit(3);
}

static void sealed(void)
{
    void *tiff = TIFFOpen("a.tif", "w");
    uint32_t pixel;
    seal();
    void *image = TIFFOpen("b.tif", "r");
    say(TIFFRGBAImageGet(&image, &pixel, 1, 1) ? "read\n" : "not read\n");
    TIFFClose(tiff);
    say("closed\n");
}

static void sealed_inside(void)
{
    char png[64] = "", information[64] = "";
    stand_in_calls = seal;
    png_read_info(png, information);
    say("returned\n");
}

/* What png_init_io is given is the program's own business: here 8 bytes before memory that is not there. */
static void stream(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    void *png = NULL;
    memset(pages, 0xff, 4096);
    png_init_io(&png, (FILE *)(pages + 4088));
    png_init_io(&png, (FILE *)(uintptr_t)4711);
    printf("%d\n", png == (void *)(uintptr_t)4711);
}

static void nowhere(void)
{
    size_t bytes = 0;
    void *data = NULL;
    char options[16];
    _ZNK4vips6VImage15write_to_bufferEPKcPPvPmPNS_7VOptionE(options, ".png", NULL, &bytes, options);
    _ZNK4vips6VImage15write_to_bufferEPKcPPvPmPNS_7VOptionE(options, ".png", &data, NULL, options);
    printf("%zu %s\n", bytes, (char *)data);
}

static void words(void)
{
    printf("%ld\n", compress(1, 20, 300, 4000, 50000, 600000, 7000000, 0.5));
}

/* Another thread opens the next file, which gets the same handle, before the wrapper of the first close is through. */
static void *opens(void *unused)
{
    TIFFOpen("second.tif", "w");
    return unused;
}

static void reopen(void)
{
    pthread_t thread;
    stand_in_calls = NULL;
    pthread_create(&thread, NULL, opens, NULL);
    pthread_join(thread, NULL);
}

static void again(void)
{
    uint32_t pixel;
    void *tiff = TIFFOpen("first.tif", "w"), *image = tiff;
    stand_in_calls = reopen;
    TIFFClose(tiff);
    TIFFRGBAImageGet(&image, &pixel, 1, 1);
    TIFFClose(tiff);
    puts("done");
}

/* A save that fails leaves its options to whoever comes next at their address. */
static jmp_buf out;
static void fails(void)
{
    stand_in_calls = NULL;
    longjmp(out, 1);
}

static void thrown(void)
{
    static char options[16];
    stand_in_calls = fails;
    if (!setjmp(out)) {
        _ZN4vips7VOption3setEPKci(options, "Q", 50);
        _ZNK4vips6VImage8jpegsaveEPKcPNS_7VOptionE(options, "first.jpg", options);
    }
    _ZN4vips7VOption3setEPKci(options, "Q", 80);
    _ZNK4vips6VImage8jpegsaveEPKcPNS_7VOptionE(options, "second.jpg", options);
    puts("saved");
}

/* A child that is made without libc's knowledge returns from the call that it was made in. */
static pid_t child;
static void forks(void)
{
    stand_in_calls = NULL;
    child = (pid_t)syscall(SYS_fork);
    if (child == 0)
        usleep(30000);
}

static void forked(void)
{
    char png[64] = "", information[64] = "";
    int status = 0;
    stand_in_calls = forks;
    png_read_info(png, information);
    for (int i = 0; i < 300; i++)
        png_read_info(png, information);
    if (child == 0)
        _exit(7);
    waitpid(child, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {{"sealed", sealed}, {"inside", sealed_inside}, {"stream", stream}, {"nowhere", nowhere},
                {"words", words},   {"again", again},          {"thrown", thrown}, {"forked", forked}};
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[1], ways[i].name) == 0)
            ways[i].run();
    fflush(stdout);
    _exit(0);
}
#endif
