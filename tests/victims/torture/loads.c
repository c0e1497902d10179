/* SPDX-License-Identifier: MIT
 * Owns: a program that loads a plug-in, encodes with it and unloads it, over and over, while another thread allocates
 * and a third does the same with a library of its own. Usage: loads local|lazy|deep PLUGIN ROUNDS
 * Must not know: the profiler. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int stop;
static const char *path;
static int flags, rounds;

static void *allocates(void *unused)
{
    void *blocks[64] = {0};
    for (unsigned i = 0; !stop; i++) {
        free(blocks[i % 64]);
        blocks[i % 64] = i % 11 ? malloc(i % 5000) : calloc(1, 100000);
        if (i % 13 == 0)
            blocks[i % 64] = realloc(blocks[i % 64], i % 200000 + 1);
    }
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    return unused;
}

static void *loads_others(void *unused)
{
    while (!stop) {
        void *library = dlopen("libpng16.so.16", RTLD_LAZY | RTLD_LOCAL);
        if (library && dlsym(library, "png_create_read_struct"))
            dlclose(library);
    }
    return unused;
}

static int use(void)
{
    void *plugin = dlopen(path, flags);
    int (*encode)(void) = NULL;
    if (plugin)
        *(void **)&encode = dlsym(plugin, "plugin_encode");
    int bytes = encode ? encode() : -1;
    if (plugin)
        dlclose(plugin);
    return bytes;
}

int main(int count, char **arguments)
{
    if (count < 4)
        return 2;
    path = arguments[2];
    rounds = atoi(arguments[3]);
    flags = strcmp(arguments[1], "deep") == 0   ? RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND
            : strcmp(arguments[1], "lazy") == 0 ? RTLD_LAZY | RTLD_LOCAL
                                                : RTLD_NOW | RTLD_LOCAL;
    pthread_t allocator, loader;
    pthread_create(&allocator, NULL, allocates, NULL);
    pthread_create(&loader, NULL, loads_others, NULL);
    int wrong = 0, first = use();
    for (int i = 1; i < rounds; i++)
        wrong += use() != first;
    stop = 1;
    pthread_join(allocator, NULL);
    pthread_join(loader, NULL);
    printf("%d bytes %d wrong\n", first, wrong);
    return 5;
}
