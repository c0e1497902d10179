// SPDX-License-Identifier: MIT
// Owns: a program that reaches codecs in every way that the loader knows, and says what it got. arguments: how, files.
// Must not know: the profiler.
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>

#include "tests/victims/codecs/loading.h"

using ask = int (*)(const uint8_t *, size_t, int *, int *);
static const uint8_t *const number = reinterpret_cast<const uint8_t *>("number");

static void *open_object(const char *path, int flags)
{
    void *object = dlopen(path, flags);
    if (!object) {
        std::puts(dlerror());
        std::exit(3);
    }
    return object;
}

static int ask_through(void *object)
{
    int width = 0, height;
    return reinterpret_cast<ask>(dlsym(object, "WebPGetInfo"))(number, 6, &width, &height) * 100 + width;
}

static int plugin_answer(void *object)
{
    return reinterpret_cast<int (*)()>(dlsym(object, "plugin_number"))();
}

#if defined(LINKED)
// The linked library, a plug-in with a library of the same name but another path, and a third through its handle.
static void versions(char **files)
{
    int width = 0, height;
    void *plugin = open_object(files[0], RTLD_NOW | RTLD_LOCAL);
    void *deep = open_object(files[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    for (int i = 0; i < 5; i++)
        std::printf("%d %d %d %d\n", WebPGetInfo(number, 6, &width, &height), plugin_answer(plugin),
                    plugin_answer(deep), ask_through(deep));
    std::printf("%d\n", ask_through(RTLD_DEFAULT));
}

static void thrown()
{
    int width = 0, height, caught = 0;
    for (int i = 1; i <= 100; i++)
        try {
            WebPGetInfo(reinterpret_cast<const uint8_t *>("throw"), static_cast<size_t>(i), &width, &height);
        } catch (int value) {
            caught += value;
        }
    std::printf("caught %d, then %d\n", caught, WebPGetInfo(number, 6, &width, &height));
}

static void jumped()
{
    static jmp_buf back;
    int width = 0, height;
    volatile int count = 0;
    if (setjmp(back) == 7)
        count = count + 1;
    if (count < 100)
        WebPGetInfo(reinterpret_cast<const uint8_t *>("jump"), reinterpret_cast<size_t>(&back), &width, &height);
    std::printf("came back %d times, then %d\n", count, WebPGetInfo(number, 6, &width, &height));
}

static void errors()
{
    int width = 0, height;
    errno = 42;
    WebPGetInfo(number, 6, &width, &height);
    std::printf("inside %d, behind %d\n", height, errno);
    WebPGetInfo(reinterpret_cast<const uint8_t *>("errno"), 17, &width, &height);
    std::printf("set inside %d, behind %d\n", height, errno);
}

static void variadic()
{
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum += gdk_pixbuf_save(&sum, "path", "type", nullptr, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8,
                               8.5, 9, 9.5, 10, 10.5, 11, 11.5, 12, 12.5);
    std::printf("%d\n", sum);
}
#endif

#if defined(MAGICK)
static void print_given()
{
    const given *given = last_given();
    for (uintptr_t value : given->integers)
        std::printf("%lx ", value);
    for (double value : given->doubles)
        std::printf("%g ", value);
    std::puts("");
}

static void magick()
{
    ReadImage(reinterpret_cast<void *>(0x1234567890), reinterpret_cast<void *>(0x2345678901));
    print_given();
    CompositeImage(0x1111111111, 0x2222222222, 3, 4, -5, -6, 0x7777777777);
    print_given();
    ResizeImage(0x1111111111, 0x2222222222, 0x3333333333, 4, 0.75, 0x5555555555);
    print_given();
    UnsharpMaskImageChannel(0x1111111111, 2, 0.25, 0.5, 1.5, 2.5, 0x3333333333);
    print_given();
}
#endif

#if defined(OWN)
// Of the same name as a codec's function, which is none.
extern "C" given *ReadImage(const void *info, void *)
{
    static given own;
    own.integers[0] = std::strlen(static_cast<const char *>(info));
    return &own;
}

static void own(char **files)
{
    void *plugin = open_object(files[0], RTLD_NOW | RTLD_LOCAL), *self = dlopen(nullptr, RTLD_NOW);
    const void *from_plugin = reinterpret_cast<const void *(*)()>(dlsym(plugin, "plugin_read"))();
    std::printf("%lu %d\n", static_cast<const given *>(from_plugin)->integers[0],
                dlsym(self, "ReadImage") == reinterpret_cast<void *>(&ReadImage));
}
#endif

// Nobody defines it: the program sees that, and goes without.
extern "C" __attribute__((weak)) int WebPEncode(const void *, void *);
static void absent()
{
    if (WebPEncode)
        WebPEncode(nullptr, nullptr);
    std::printf("weak %d, default %d\n", WebPEncode != nullptr, dlsym(RTLD_DEFAULT, "WebPEncode") != nullptr);
    std::printf("next %d, self %d\n", dlsym(RTLD_NEXT, "jpeg_read_header") != nullptr,
                dlsym(dlopen(nullptr, RTLD_NOW), "WebPEncode") != nullptr);
    std::puts(dlerror() ? "dlerror speaks" : "dlerror is silent");
}

// One plug-in after the other, each at an address of its own; more of them than there are wrappers of a kind.
static void again(int count, char **files)
{
    for (int round = 0; round < 40; round++) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            void *plugin = open_object(files[i], RTLD_NOW | RTLD_LOCAL);
            sum = sum * 10 + plugin_answer(plugin) % 100;
            dlclose(plugin);
            for (int page = 0; page < 12; page++) // the next one does not fit into where this one was
                if (mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
                    std::exit(4);
        }
        std::printf("%d\n", sum);
    }
}

// Fetched by name from a handle, as ctypes does: once before, once after a plug-in with the same library is there.
static void fetched(char **files)
{
    void *library = open_object(files[0], RTLD_NOW | RTLD_LOCAL);
    int before = ask_through(library);
    ask kept = reinterpret_cast<ask>(dlsym(library, "WebPGetInfo"));
    void *plugin = open_object(files[1], RTLD_LAZY | RTLD_LOCAL);
    int width = 0, height, later = kept(number, 6, &width, &height);
    std::printf("%d %d %d %d\n", before, later, plugin_answer(plugin), ask_through(library));
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    char **files = arguments + 2;
    if (!std::strcmp(how, "absent"))
        absent();
    else if (!std::strcmp(how, "again"))
        again(count - 2, files);
    else if (!std::strcmp(how, "fetched"))
        fetched(files);
#if defined(LINKED)
    else if (!std::strcmp(how, "versions"))
        versions(files);
    else if (!std::strcmp(how, "thrown"))
        thrown();
    else if (!std::strcmp(how, "jumped"))
        jumped();
    else if (!std::strcmp(how, "errors"))
        errors();
    else if (!std::strcmp(how, "variadic"))
        variadic();
#endif
#if defined(MAGICK)
    else if (!std::strcmp(how, "magick"))
        magick();
#endif
#if defined(OWN)
    else if (!std::strcmp(how, "own"))
        own(files);
#endif
    else
        return 2;
    return 5;
}
