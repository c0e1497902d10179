/* SPDX-License-Identifier: MIT
 * Owns: libraries that have functions of the same names, and a program that loads them, lazily and each for itself.
 * With -DLIBRARY=n a library that calls ReadImage, which it defines, and inflate; with -DZLIB=n one that has inflate;
 * otherwise the program, which with -DZLIB=n, too, has its own. Must not know: the profiler. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int inflate(void *stream, int flush);
const char *zlibVersion(void);
void *ReadImage(const void *information, void *exception);
int answer(void);

#ifdef ZLIB
int inflate(void *stream, int flush)
{
    return stream && flush ? ZLIB : 0;
}

const char *zlibVersion(void)
{
    return "1.2.3";
}
#endif

#ifdef LIBRARY
void *ReadImage(const void *information, void *exception)
{
    return information && exception ? (void *)(uintptr_t)LIBRARY : NULL;
}

int answer(void)
{
    char stream[200] = "";
    return inflate(stream, 1) * 10 + (int)(uintptr_t)ReadImage(stream, stream);
}
#elif !defined ZLIB || defined PROGRAM
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        void *library = dlopen(argv[i], RTLD_LAZY);
        int (*ask)(void) = (int (*)(void))dlsym(library, "answer");
        printf("%d ", ask ? ask() : -1);
    }
    puts("");
    return 0;
}
#endif
