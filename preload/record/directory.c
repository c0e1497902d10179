/* SPDX-License-Identifier: MIT
 * Owns: the trace directory on disk. Must not know: records, threads.
 * Rules (each with a reproduced failure behind it): no byte of a visible packet without a header, so prepare hidden and
 * rename; write zeros before any store through a mapping, or a full disk kills the program with SIGBUS; keep no fd. */
#include "preload/record/directory.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "preload/record/control.h"
#include "preload/state/arena.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/guard/descriptors.h"
#include "preload/record/quota.h"
#include "preload/base/settings.h"
#include "preload/base/system.h"
#include "preload/base/text.h"
#include "preload/guard/thread.h"
#include "trace/place.h"
#include "trace/trace.h"

#define PATH_BYTES     THREAD_PATH_BYTES
#define METADATA_BYTES 32768

static char process_directory[PATH_BYTES];
bool directory_made_trace;
static _Atomic int map_safe; /* 0 = not asked yet, 1 = yes, -1 = no */

/* Path buffers of the calling thread: hooks run on stacks as small as 16 KiB. */
static char *buffer(unsigned which)
{
    return thread_local_state.self->paths[which];
}

static struct text join(char *out, const char *directory, const char *name)
{
    struct text path = text_begin(out, PATH_BYTES);
    text_add(&path, directory);
    text_add(&path, "/");
    text_add(&path, name);
    return path;
}

/* Growing a file past RLIMIT_FSIZE would raise SIGXFSZ in the program. */
bool directory_allows(uint64_t bytes)
{
    struct rlimit limit;
    return SYSTEM6(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit, 0, 0) != 0 || limit.rlim_cur >= bytes;
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        long n = system_write(fd, data + done, bytes - done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    atomic_fetch_add_explicit(&process.own_wchar, bytes, memory_order_relaxed);
    return true;
}

/* A new file of the trace. The program's mask must not close it to its owner; changing the mask would change it for
 * what other threads make meanwhile. */
int directory_create_file(const char *path, int flags)
{
    int fd = descriptors_open(path, O_CREAT | O_EXCL | O_NOFOLLOW | flags, 0600);
    if (fd == -EBADF)
        system_unlink(path);
    else if (fd >= 0 && (descriptors_opened_as(fd)->st_mode & 0777) != 0600 && descriptors_is_ours(fd))
        system_set_mode_fd(fd, 0600);
    return fd;
}

/* A new directory, 0700 whatever the mask; by descriptor, for its name could be another's by now. Returns mkdir's. */
int directory_create(const char *path)
{
    int error = system_make_directory(path, 0700);
    struct stat status;
    if (error || system_stat(path, &status) || (status.st_mode & 0777) == 0700)
        return error;
    uint64_t signals = system_hold_signals();
    int fd = descriptors_open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd >= 0 && system_stat_fd(fd, &status) == 0 && status.st_uid == geteuid()) {
        char name[48];
        struct text text = text_begin(name, sizeof name);
        text_add(&text, "/proc/self/fd/");
        text_add_number(&text, (uint64_t)fd, 1);
        system_set_mode(name, 0700);
    }
    descriptors_close(fd);
    system_give_signals(signals);
    return 0;
}

static bool write_file(const char *path, const char *data, size_t bytes)
{
    int fd = directory_create_file(path, O_WRONLY);
    if (fd < 0)
        return false;
    bool ours = descriptors_is_ours(fd), written = ours && directory_allows(bytes) && write_all(fd, data, bytes);
    descriptors_end(fd, ours);
    if (!written)
        system_unlink(path);
    return written;
}

/* Makes the directory and its parents, 0700. An existing directory of somebody else under the temp directory could be
 * a trap: only the caller-named or home paths are trusted without asking. */
static bool make_directories(const char *path)
{
    char *copy = buffer(0);
    struct text text = text_begin(copy, PATH_BYTES);
    text_add(&text, path);
    if (text.cut || copy[0] != '/')
        return false;
    for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        directory_create(copy);
        *slash = '/';
    }
    if (settings.default_directory && strncmp(copy, "/tmp/", 5) == 0) {
        char *last = strrchr(copy, '/');
        struct stat status;
        *last = '\0';
        bool ours = system_stat(copy, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
                    !(status.st_mode & 077);
        *last = '/';
        if (!ours)
            return false;
    }
    directory_made_trace = directory_create(copy) == 0;
    struct stat status;
    return directory_made_trace || (system_stat(copy, &status) == 0 && !S_ISREG(status.st_mode));
}

static struct trace_control *map_control(const char *path)
{
    uint64_t signals = system_hold_signals();
    int fd = descriptors_open(path, O_RDWR | O_NOFOLLOW, 0);
    struct stat status;
    struct trace_control *page = NULL;
    if (fd >= 0 && system_stat_fd(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= TRACE_CONTROL_BYTES)
        page = system_map(TRACE_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    descriptors_close(fd);
    system_give_signals(signals);
    if (page && (page->magic != TRACE_CONTROL_MAGIC || page->version != TRACE_VERSION)) {
        system_unmap(page, TRACE_CONTROL_BYTES);
        page = NULL;
    }
    if (page)
        atomic_fetch_add(&arena_mapped_bytes, TRACE_CONTROL_BYTES);
    return page;
}

static void temporary_name(char *out, size_t capacity, const char *name)
{
    struct text text = text_begin(out, capacity);
    text_add(&text, ".");
    text_add(&text, name);
    text_add(&text, "-");
    text_add_number(&text, process.pid, 1);
    text_add(&text, "-");
    text_add_number(&text, system_thread_id(), 1);
}

/* Puts a complete file into place without ever replacing another process's. */
static bool place_file(const char *name, const char *data, size_t bytes, bool *placed)
{
    char temporary[64], *from = buffer(0), *to = buffer(1);
    temporary_name(temporary, sizeof temporary, name);
    if (join(from, settings.directory, temporary).cut || join(to, settings.directory, name).cut)
        return false;
    if (!write_file(from, data, bytes))
        return false;
    int error = system_link(from, to);
    if (error == -EPERM || error == -EOPNOTSUPP) /* a file system without hard links */
        error = system_rename(from, to);
    else
        system_unlink(from);
    *placed = error == 0;
    return error == 0 || error == -EEXIST;
}

/* Maps the control page if there is one. */
static bool join_trace(void)
{
    char *path = buffer(0);
    if (atomic_load(&control_page))
        return true;
    if (!settings.directory[0] || join(path, settings.directory, TRACE_CONTROL_NAME).cut)
        return false;
    struct trace_control *page = map_control(path);
    struct trace_control *expected = NULL;
    if (page && !atomic_compare_exchange_strong(&control_page, &expected, page))
        system_unmap(page, TRACE_CONTROL_BYTES);
    else if (page)
        thread_wish_is(&page->state);
    return page != NULL;
}

bool directory_trace_exists(void)
{
    /* Nobody but this process, and those it starts once it has made it, knows the name of a default one. */
    return atomic_load(&control_page) || (!settings.default_directory && join_trace());
}

bool directory_open_trace(bool *first)
{
    *first = false;
    if (join_trace())
        return true;
    if (!settings.directory[0] || !make_directories(settings.directory))
        return false;
    char *text = system_map(METADATA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!text)
        return false;
    bool placed;
    int64_t offset_ns = system_realtime_offset_ns();
    size_t bytes = trace_metadata(offset_ns, text, METADATA_BYTES);
    bool done = bytes && place_file(TRACE_METADATA_SOURCE, text, bytes, &placed);
    if (done) {
        struct trace_control *page = (void *)text; /* a page is too much for small signal stacks */
        memset(text, 0, TRACE_CONTROL_BYTES);
        page->magic = TRACE_CONTROL_MAGIC;
        page->version = TRACE_VERSION;
        page->state = settings.paused ? TRACE_STATE_PAUSED : TRACE_STATE_RECORDING;
        page->quota_bytes = settings.quota_bytes;
        page->start_ns = process.start_ns;
        page->realtime_offset_ns = offset_ns;
        page->keeps = settings.keep;
        done = place_file(TRACE_CONTROL_NAME, text, TRACE_CONTROL_BYTES, first);
    }
    system_unmap(text, METADATA_BYTES);
    return done && join_trace();
}

bool directory_open_process(uint32_t pid, uint64_t start_ns)
{
    char name[48], *from = buffer(0), *to = buffer(1);
    struct text text = text_begin(name, sizeof name);
    text_add_number(&text, pid, 1);
    text_add(&text, "-");
    text_add_number(&text, start_ns, 1);
    if (join(process_directory, settings.directory, name).cut)
        return false;
    int error = directory_create(process_directory);
    if (error && error != -EEXIST)
        return false;
    if (join(from, settings.directory, TRACE_METADATA_SOURCE).cut ||
        join(to, process_directory, TRACE_METADATA_NAME).cut)
        return false;
    error = system_link(from, to);
    if (error == 0 || error == -EEXIST)
        return true;
    /* No hard links here: an own copy, complete before it has its name. */
    char *temporary = buffer(2),
         *data = system_map(METADATA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    int fd = data ? descriptors_open(from, O_RDONLY | O_NOFOLLOW, 0) : -1;
    long bytes = fd >= 0 ? system_read(fd, data, METADATA_BYTES) : -1;
    descriptors_close(fd);
    bool done = bytes > 0 && !join(temporary, process_directory, ".metadata").cut &&
                write_file(temporary, data, (size_t)bytes) && system_rename(temporary, to) == 0;
    if (data)
        system_unmap(data, METADATA_BYTES);
    return done;
}

void directory_remove_if_empty(void)
{
    /* Fails harmlessly while the directory holds anything. */
    if (directory_made_trace && settings.default_directory && !atomic_load(&control_page))
        system_remove_directory(settings.directory);
}

void directory_reset_after_fork(void)
{
    process_directory[0] = '\0';
    directory_made_trace = false;
}

bool directory_can_map(void)
{
    int known = atomic_load(&map_safe);
    if (known == 0) {
        struct statfs fs;
        bool good = SYSTEM3(SYS_statfs, settings.directory, &fs, 0) == 0 && trace_place_maps((long)fs.f_type);
        atomic_store(&map_safe, known = good ? 1 : -1);
    }
    return known > 0;
}

static struct text packet_path(char *out, const char *hidden, uint32_t stream, uint32_t sequence)
{
    struct text path = join(out, process_directory, hidden);
    text_add_number(&path, stream, 1);
    text_add(&path, ".");
    text_add_number(&path, sequence, 1);
    return path;
}

/* Zeros, in as few calls as possible: the file system lays one large write out better than many small ones. */
static bool fill(int fd, size_t bytes)
{
    enum { PIECES = 16 };
    static const char zeros[16384];
    struct iovec parts[PIECES];
    for (size_t done = 0; done < bytes;) {
        size_t wanted = 0;
        int count = 0;
        for (; count < PIECES && done + wanted < bytes; count++) {
            size_t left = bytes - done - wanted;
            parts[count] = (struct iovec){(void *)(uintptr_t)zeros, left < sizeof zeros ? left : sizeof zeros};
            wanted += parts[count].iov_len;
        }
        long n = SYSTEM3(SYS_writev, fd, parts, count);
        if (n != (long)wanted)
            return false;
        atomic_fetch_add_explicit(&process.own_wchar, wanted, memory_order_relaxed);
        done += wanted;
    }
    return true;
}

void *directory_create_packet(uint32_t stream, uint32_t sequence, size_t bytes)
{
    char *path = buffer(0);
    if (!process_directory[0] || packet_path(path, ".", stream, sequence).cut || !directory_allows(bytes) ||
        !quota_reserve(bytes))
        return NULL;
    int fd = directory_create_file(path, O_RDWR);
    /* Zeros go into no file of the program's, and neither do records: it was ours before it was mapped, and is yet. */
    bool ours = descriptors_is_ours(fd), filled = ours && fill(fd, bytes);
    void *memory = filled ? system_map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd) : NULL;
    if (ours && !(ours = descriptors_is_ours(fd)) && memory) {
        system_unmap(memory, bytes);
        memory = NULL;
    }
    descriptors_end(fd, ours);
    if (!memory) {
        if (fd >= 0)
            system_unlink(path);
        quota_give_back(bytes);
    }
    return memory;
}

bool directory_show_packet(uint32_t stream, uint32_t sequence)
{
    char *hidden = buffer(0), *visible = buffer(1);
    return !packet_path(hidden, ".", stream, sequence).cut && !packet_path(visible, "", stream, sequence).cut &&
           system_rename(hidden, visible) == 0;
}

bool directory_write_packet(uint32_t stream, uint32_t sequence, const void *data, size_t bytes)
{
    char *path = buffer(0);
    if (!process_directory[0] || packet_path(path, ".", stream, sequence).cut || !quota_reserve(bytes))
        return false;
    if (write_file(path, data, bytes) && directory_show_packet(stream, sequence))
        return true;
    quota_give_back(bytes);
    return false;
}

void directory_trim_packet(uint32_t stream, uint32_t sequence, size_t from, size_t to)
{
    char *path = buffer(0);
    if (!process_directory[0] || packet_path(path, "", stream, sequence).cut)
        return;
    if (system_truncate(path, to) == 0)
        quota_give_back(from - to);
}
