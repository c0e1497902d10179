/* SPDX-License-Identifier: MIT
 * Owns: libunwind inside the program. Must not know: records, what stacks are for.
 *
 * libunwind is no guest. Left alone, version 1.6 keeps a pipe open and writes bytes of the stack into it to find out
 * whether they can be read: when the program closes that descriptor and gets its number again for an output file, they
 * land there. It maps memory and lets ld.so allocate its thread-local storage from the program's heap. So the functions
 * that it imports for these ends are replaced, in its own slots, by ours.
 *
 * Its fast walk keeps what it learned of each return address per thread. Once an object was loaded after another had
 * been unloaded, such knowledge may be of other code: from then on stacks are walked step by step, without any memory.
 * Its caches that are shared by all threads stay off: they hold a lock while they wait for ld.so's. */
#include "preload/memory/unwinder.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "preload/base/system.h"
#include "preload/state/arena.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/base/foreign.h"
#include "preload/base/symbols.h"

#define SONAME        "libunwind.so.8"
#define CONTEXT_BYTES 2048 /* room for a unw_context_t (968 bytes in version 1.6) and for a unw_cursor_t (1016) */
#define REGISTER_IP   16   /* UNW_X86_64_RIP, and UNW_REG_IP */
#define CACHE_NONE    0    /* UNW_CACHE_NONE */

static struct {
    int (*take)(void **addresses, int size);
    int (*context)(void *context);
    int (*init)(void *cursor, void *context);
    int (*step)(void *cursor);
    int (*get_register)(void *cursor, int number, uintptr_t *value);
    int (*set_policy)(void *address_space, int policy);
    void **address_space;
    void *(*real_tls)(const uintptr_t index[2]);
    int (*real_specific)(pthread_key_t key, const void *value);
    const void *tls_image; /* what its thread-local storage begins as */
    size_t tls_image_bytes, tls_bytes;
    unsigned long long removed; /* objects unloaded before it came */
} unwind;

static _Atomic unsigned long long added; /* objects loaded, when none more was unloaded */

static _Atomic bool ready;

/* ---- what libunwind gets instead of libc's functions ---- */

static bool is_for_us(void)
{
    const struct thread *self = thread_local_state.self;
    return self && self->unwinding;
}

static long result_of(long result)
{
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

/* It writes a byte from an address into its pipe to find out whether the address can be read. */
static long validate(const void *address)
{
    char byte;
    if (foreign_read(address, &byte, 1))
        return 1;
    errno = EFAULT;
    return -1;
}

static int no_pipe(int descriptors[2], ...)
{
    descriptors[0] = descriptors[1] = -1;
    return 0;
}

static ssize_t read_instead(int fd, void *buffer, size_t size)
{
    if (fd >= 0)
        return result_of(system_read(fd, buffer, size));
    errno = EAGAIN; /* the pipe is there, and empty */
    return -1;
}

static ssize_t write_instead(int fd, const void *buffer, size_t size)
{
    return fd >= 0 ? result_of(system_write(fd, buffer, size)) : validate(buffer);
}

static int close_instead(int fd)
{
    return fd >= 0 ? (int)result_of(system_close(fd)) : 0;
}

static int is_there(void *address, size_t bytes, ...)
{
    (void)address, (void)bytes;
    return 0; /* validate() has the last word */
}

static long syscall_instead(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_write && (int)a < 0)
        return validate((const void *)b);
    long result = result_of(arch_syscall(number, a, b, c, d, e, f));
    if (number == SYS_mmap && result != -1 && is_for_us())
        atomic_fetch_add_explicit(&arena_mapped_bytes, (uint64_t)b, memory_order_relaxed);
    if (number == SYS_munmap && result == 0 && is_for_us())
        atomic_fetch_sub_explicit(&arena_mapped_bytes, (uint64_t)b, memory_order_relaxed);
    return result;
}

static void *map_instead(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return (void *)syscall_instead(SYS_mmap, (long)address, (long)bytes, protection, flags, fd, offset);
}

static int unmap_instead(void *address, size_t bytes)
{
    return (int)syscall_instead(SYS_munmap, (long)address, (long)bytes, 0, 0, 0, 0);
}

static void *tls_instead(const uintptr_t index[2]) /* tls_index: module, offset */
{
    return is_for_us() ? (char *)thread_local_state.self->unwinder_tls + index[1] : unwind.real_tls(index);
}

/* The destructor of what it keeps per thread: that lives as long as our state of the thread, which others take over. */
static int specific_instead(pthread_key_t key, const void *value)
{
    return is_for_us() ? 0 : unwind.real_specific(key, value);
}

#define INSTEAD(name, function)                                                                                        \
    {                                                                                                                  \
        name, (void (*)(void))(function), NULL                                                                         \
    }
#define KEPT(name, function, kept)                                                                                     \
    {                                                                                                                  \
        name, (void (*)(void))(function), (void *)&(kept)                                                              \
    }
static const struct {
    const char *name;
    void (*function)(void);
    void *original; /* where to keep the function that was there, or NULL */
} replaced[] = {
    INSTEAD("pipe", no_pipe),
    INSTEAD("pipe2", no_pipe),
    INSTEAD("read", read_instead),
    INSTEAD("write", write_instead),
    INSTEAD("close", close_instead),
    INSTEAD("mincore", is_there),
    INSTEAD("msync", is_there),
    INSTEAD("syscall", syscall_instead),
    INSTEAD("mmap", map_instead),
    INSTEAD("mmap64", map_instead),
    INSTEAD("munmap", unmap_instead),
    KEPT("__tls_get_addr", tls_instead, unwind.real_tls),
    KEPT("pthread_setspecific", specific_instead, unwind.real_specific),
};

static void replace_slots(const struct object *object, const ElfW(Rela) * relocation, size_t count)
{
    for (; count--; relocation++) {
        if (ELF64_R_TYPE(relocation->r_info) != ARCH_JUMP_SLOT && ELF64_R_TYPE(relocation->r_info) != ARCH_DATA_SLOT)
            continue;
        const char *name = object->strings + object->symbols[ELF64_R_SYM(relocation->r_info)].st_name;
        void **slot = (void **)(object->base + relocation->r_offset);
        for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
            if (strcmp(name, replaced[i].name) != 0)
                continue;
            if (replaced[i].original)
                memcpy(replaced[i].original, slot, sizeof *slot);
            memcpy(slot, &replaced[i].function, sizeof *slot);
        }
    }
}

/* ---- loading ---- */

static bool find_functions(const struct object *object)
{
    struct {
        const char *name;
        void *to;
    } wanted[] = {
        {"unw_backtrace", &unwind.take},
        {ARCH_UNWIND_CONTEXT, &unwind.context},
        {ARCH_UNWIND_LOCAL "init_local", &unwind.init},
        {ARCH_UNWIND_LOCAL "step", &unwind.step},
        {ARCH_UNWIND_LOCAL "get_reg", &unwind.get_register},
        {ARCH_UNWIND_LOCAL "set_caching_policy", &unwind.set_policy},
        {ARCH_UNWIND_LOCAL "local_addr_space", &unwind.address_space},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *found = object_find(object, wanted[i].name);
        if (!found)
            return false;
        memcpy(wanted[i].to, &found, sizeof found);
    }
    return true;
}

/* Called for each loaded object under ld.so's lock. Returns 1 when libunwind is found and ready. */
static int adopt(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strncmp(info->dlpi_name, "linux-", 6) == 0)
        return 0; /* the vDSO */
    struct object object = {.soname = ""};
    uintptr_t guarded = 0, guarded_end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_DYNAMIC && !object_from_dynamic(info->dlpi_addr, (const void *)start, &object))
            return 0;
        if (segment->p_type == PT_GNU_RELRO) {
            guarded = start & ~(uintptr_t)4095;
            guarded_end = (start + segment->p_memsz) & ~(uintptr_t)4095;
        }
    }
    if (strcmp(object.soname, SONAME) != 0)
        return 0;
    if (!find_functions(&object))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS) {
            unwind.tls_image = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
            unwind.tls_image_bytes = info->dlpi_phdr[i].p_filesz;
            unwind.tls_bytes = info->dlpi_phdr[i].p_memsz;
        }
    unwind.removed = info->dlpi_subs;
    if (guarded_end > guarded && SYSTEM3(SYS_mprotect, guarded, guarded_end - guarded, PROT_READ | PROT_WRITE) != 0)
        return 0;
    const ElfW(Rela) *relocations = NULL;
    size_t relocation_bytes = 0;
    for (const ElfW(Dyn) *d = object.dynamic; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_RELA)
            relocations = (const void *)d->d_un.d_ptr;
        if (d->d_tag == DT_RELASZ)
            relocation_bytes = d->d_un.d_val;
    }
    replace_slots(&object, object.jump_slots, object.jump_slot_count);
    if (relocations)
        replace_slots(&object, relocations, relocation_bytes / sizeof *relocations);
    if (guarded_end > guarded)
        (void)SYSTEM3(SYS_mprotect, guarded, guarded_end - guarded, PROT_READ);
    return 1;
}

/* What ld.so allocates is no block of the program's: this frame counts as one of the real allocator. */
static bool load_library(void)
{
    void *(*open_object)(const char *, int);
    char *(*last_error)(void);
    void *found = symbols_next("dlopen"), *error = symbols_next("dlerror");
    if (!found || !error)
        return false;
    memcpy(&open_object, &found, sizeof found);
    memcpy(&last_error, &error, sizeof error);
    uintptr_t outer = thread_local_state.allocator_frame;
    thread_local_state.allocator_frame = (uintptr_t)__builtin_frame_address(0);
    bool loaded = open_object(SONAME, RTLD_NOW | RTLD_LOCAL) != NULL;
    if (!loaded)
        (void)last_error(); /* the program's first dlerror() is not about us */
    thread_local_state.allocator_frame = outer;
    return loaded;
}

static bool is_loaded(void)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (strcmp(strrchr(map->l_name, '/') ? strrchr(map->l_name, '/') + 1 : map->l_name, SONAME) == 0)
            return true;
    return false;
}

bool unwinder_load(struct thread *self)
{
    bool shared = is_loaded(); /* then its caches are the program's to choose */
    if (!load_library() || dl_iterate_phdr(adopt, NULL) != 1)
        return false;
    if (!shared)
        unwind.set_policy(*unwind.address_space, CACHE_NONE);
    atomic_store(&ready, true);
    return unwinder_take(self) > 0; /* what it sets up at its first call, it sets up now */
}

/* ---- walking ---- */

/* True while no object can lie where another was. */
static bool knowledge_holds(void)
{
    unsigned long long changes[2] = {0, 0};
    dl_iterate_phdr(symbols_count_changes, changes);
    if (changes[1] != unwind.removed)
        return changes[0] == atomic_load_explicit(&added, memory_order_relaxed);
    atomic_store_explicit(&added, changes[0], memory_order_relaxed);
    return true;
}

/* Not inlined: the context is of this frame. */
__attribute__((noinline)) static size_t walk_slowly(struct thread *self)
{
    char *context = (char *)(((uintptr_t)self->scratch + 63) & ~(uintptr_t)63), *cursor = context + CONTEXT_BYTES;
    size_t count = 0;
    if (unwind.context(context) < 0 || unwind.init(cursor, context) < 0)
        return 0;
    while (count < THREAD_STACK && unwind.step(cursor) > 0) {
        uintptr_t address;
        if (unwind.get_register(cursor, REGISTER_IP, &address) < 0)
            break;
        self->stack[count++] = (void *)address;
    }
    return count;
}

static size_t without_ours(void **stack, size_t count)
{
    extern const char __ehdr_start[] __attribute__((visibility("hidden")));
    extern const char etext[] __attribute__((visibility("hidden")));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if ((const char *)stack[i] < __ehdr_start || (const char *)stack[i] >= etext)
            stack[kept++] = stack[i];
    return kept;
}

size_t unwinder_take(struct thread *self)
{
    if (!atomic_load_explicit(&ready, memory_order_acquire))
        return 0;
    if (unlikely(!self->unwinder_tls)) {
        self->unwinder_tls = arena_allocate(unwind.tls_bytes ? unwind.tls_bytes : 1);
        if (!self->unwinder_tls)
            return 0;
        if (unwind.tls_image_bytes)
            memcpy(self->unwinder_tls, unwind.tls_image, unwind.tls_image_bytes);
    }
    int saved = errno;
    uintptr_t outer = thread_local_state.allocator_frame;
    thread_local_state.allocator_frame = (uintptr_t)__builtin_frame_address(0);
    self->unwinding = true;
    int taken = knowledge_holds() ? unwind.take(self->stack, THREAD_STACK) : 0;
    size_t count = taken > 0 ? (size_t)taken : walk_slowly(self);
    self->unwinding = false;
    thread_local_state.allocator_frame = outer;
    errno = saved;
    return without_ours(self->stack, count);
}

void unwinder_reset_after_fork(void)
{
    for (const struct thread *state = thread_list(); state; state = state->next)
        if (state != thread_local_state.self && atomic_load(&state->in_use))
            atomic_store(&ready, false);
}
