/* SPDX-License-Identifier: MIT
 * Owns: a program that reaches a codec only through a plug-in it loads, in several ways; argv[2] is the plug-in.
 * Must not know: the profiler. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int use(const char *path, int flags)
{
    void *plugin = dlopen(path, flags);
    if (!plugin) {
        puts(dlerror());
        return 0;
    }
    int (*encode)(void);
    *(void **)&encode = dlsym(plugin, "plugin_encode");
    int bytes = encode();
    dlclose(plugin);
    return bytes;
}

int main(int count, char **arguments)
{
    if (count < 3)
        return 2;
    const char *how = arguments[1], *path = arguments[2];
    int rounds = count > 3 ? atoi(arguments[3]) : 1;
    int flags = strcmp(how, "deep") == 0   ? RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND
                : strcmp(how, "lazy") == 0 ? RTLD_LAZY | RTLD_LOCAL
                                           : RTLD_NOW | RTLD_LOCAL;
    long sum = 0;
    for (int i = 0; i < rounds; i++)
        sum += use(path, flags);
    printf("%ld\n", sum);
    return 5;
}
