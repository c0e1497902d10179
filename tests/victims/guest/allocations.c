/* SPDX-License-Identifier: MIT
 * Owns: a program that calls every allocating function with good, odd and refused arguments; argv[1] says which:
 * functions of its own calls, whose sums it says on descriptor 3; libc, which allocates inside other functions and
 * releases all but what is said; loader, where libraries come and go. Must not know: the profiler. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "tests/victims/parts/sums.h"

#define ROUNDS   100
#define TOO_MUCH (SIZE_MAX - 4096)

static void *kept[8 * ROUNDS];
static int keeps;

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

/* Half of the blocks live to the end, or are released by other means than free. */
static void keep(void *block)
{
    check(block != NULL, "allocation");
    if (keeps % 2) {
        goes(block);
        free(block);
    } else {
        kept[keeps / 2] = block;
    }
    keeps++;
}

/* jemalloc's. */
extern int mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes) __attribute__((weak));

static void every_function(size_t size)
{
    void *block = NULL;
    keep(came(malloc(size)));
    keep(came(calloc(3, size)));
    keep(came(realloc(NULL, size)));
    keep(came(reallocarray(NULL, 5, size)));
    check(posix_memalign(&block, 128, size) == 0, "posix_memalign");
    keep(came(block));
    keep(came(aligned_alloc(32, (size + 31) & ~(size_t)31)));
    keep(came(memalign(512, size)));
    keep(came(valloc(size)));
    if (!mallctl) /* jemalloc has none: the block would be glibc's */
        keep(came(pvalloc(size)));
    free(NULL);
    block = came(malloc(size));
    goes(block);
    block = came(realloc(block, size * 2));
    goes(block);
    block = came(reallocarray(block, 2, size + 3));
    goes(block);
    errno = 0;
    check(realloc(block, 0) == NULL && errno == 0, "realloc to nothing"); /* which releases it */
}

static void refused(void)
{
    void *untouched = &keeps, *block = came(malloc(100));
    check(!malloc(TOO_MUCH) && errno == ENOMEM, "malloc");
    check(!calloc(TOO_MUCH, 1) && !calloc(SIZE_MAX / 2, 3) && errno == ENOMEM, "calloc");
    check(!realloc(block, TOO_MUCH) && !realloc(NULL, TOO_MUCH) && errno == ENOMEM, "realloc");
    errno = 0;
    check(!reallocarray(block, SIZE_MAX / 2, 3) && !reallocarray(NULL, TOO_MUCH, 1) && errno == ENOMEM, "reallocarray");
    check(posix_memalign(&untouched, 3, 8) == EINVAL && posix_memalign(&untouched, 64, TOO_MUCH) == ENOMEM, "memalign");
    check(untouched == &keeps, "posix_memalign stored");
    check(!aligned_alloc(64, TOO_MUCH) && !memalign(64, TOO_MUCH), "aligned");
    check(!valloc(TOO_MUCH) && !pvalloc(SIZE_MAX - 4), "valloc");
    memset(block, 'x', 100); /* still ours */
    goes(block);
    free(block);
}

static void functions(void)
{
    for (size_t i = 0; i < ROUNDS; i++)
        every_function(i % 10 == 9 ? 70000 + i * 777 : i == 0 ? 1 : i * 13);
    refused();
    for (int i = 0; i < ROUNDS; i += 2) {
        goes(kept[i]);
        if (i % 4)
            free(kept[i]);
        else
            kept[i] = came(realloc(kept[i], 5000));
    }
    sums_tell("process", &sums);
}

static int by_length(const void *a, const void *b)
{
    return (int)(strlen(*(char *const *)a) - strlen(*(char *const *)b));
}

static void inside_libc(void)
{
    static char *words[300], text[1000];
    char *line = NULL, *formatted = NULL;
    size_t room = 0, memory_bytes = 0;
    int words_read = 0;
    FILE *file = fopen("allocations.txt", "w+");
    check(file != NULL, "fopen");
    fputs("GIF89a", file);
    for (int i = 0; i < 300; i++)
        fprintf(file, "%d %.*s\n", i, i * 3, memset(text, 'a' + i % 26, sizeof text));
    rewind(file);
    while (getline(&line, &room, file) > 0)
        words[words_read++ % 300] = strndup(line, 100 + words_read);
    qsort(words, 300, sizeof *words, by_length);
    for (int i = 0; i < 300; i++)
        free(words[i]);
    for (int i = 0; i < 50; i++) {
        check(asprintf(&formatted, "%*d", i * 20, i) >= 0, "asprintf");
        free(formatted);
        free(strdup(line));
    }
    free(line);
    FILE *memory = open_memstream(&formatted, &memory_bytes);
    for (int i = 0; i < 500; i++)
        fprintf(memory, "%d,", i);
    fclose(memory);
    free(formatted);
    free(realpath(".", NULL));
    struct dirent **names;
    int count = scandir("/etc/dpkg", &names, NULL, alphasort);
    for (int i = 0; i < count; i++)
        free(names[i]);
    if (count >= 0)
        free(names);
    regex_t pattern;
    check(regcomp(&pattern, "(a|b)*c[0-9]+", REG_EXTENDED) == 0, "regcomp");
    check(regexec(&pattern, "ababc12", 0, NULL, 0) == 0, "regexec");
    regfree(&pattern);
    fclose(file);
    unlink("allocations.txt");
    struct sums left = {0};
    void *last = malloc(100000);
    left.live = sums.live + (long long)malloc_usable_size(last);
    sums_tell("live", &left);
}

/* The loader allocates inside dlopen; operator new of the C++ library comes to malloc. */
static void loader(void)
{
    for (int i = 0; i < 5; i++) {
        void *handle = dlopen("libjpeg.so.62", RTLD_NOW | RTLD_LOCAL);
        check(handle != NULL, "dlopen");
        dlclose(handle);
        check(dlopen("/missing/library.so", RTLD_NOW) == NULL && dlerror() != NULL, "dlopen of nothing");
    }
    void *handle = dlopen("libstdc++.so.6", RTLD_NOW);
    check(handle != NULL, "libstdc++");
    void *(*new)(size_t) = (void *(*)(size_t))dlsym(handle, "_Znwm");
    void (*delete)(void *) = (void (*)(void *))dlsym(handle, "_ZdlPv");
    check(new &&delete, "operator new");
    for (size_t i = 0; i < 200; i++)
        delete (new (i * 11));
    delete (new (100000));
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    sums_before_main();
    if (strcmp(how, "functions") == 0)
        functions();
    if (strcmp(how, "libc") == 0)
        inside_libc();
    if (strcmp(how, "loader") == 0)
        loader();
    return 5;
}
