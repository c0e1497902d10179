/* SPDX-License-Identifier: MIT
 * Owns: the way from a file on disk to the header parsers: is it the same file, and the bytes that they ask for.
 * Must not know: formats, traces. */
#include "analyzer/headers/image_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/file_changed.h"
#include "analyzer/headers/image_header.h"

#define BLOCK_BYTES ((size_t)1 << 14)
#define VIEW_MAX    ((uint64_t)1 << 36) /* what lies further behind is not looked at */

/* Address space as long as the file; blocks are read into it as the parsers come to them. A mapping of the file itself
 * would end this program if somebody cut the file off meanwhile. */
struct view {
    struct header_source source;
    int fd;
    uint8_t *base;
    size_t bytes, read_bytes;
    uint8_t *present; /* one bit per block */
    bool failed;
};

static bool read_block(struct view *view, size_t block)
{
    size_t from = block * BLOCK_BYTES, left = view->bytes - from < BLOCK_BYTES ? view->bytes - from : BLOCK_BYTES;
    view->read_bytes += left;
    if (view->read_bytes > IMAGE_FILE_READ_MAX)
        return false;
    while (left) {
        ssize_t n = pread(view->fd, view->base + from, left, (off_t)from);
        if (n <= 0)
            return false;
        from += (size_t)n;
        left -= (size_t)n;
    }
    view->present[block / 8] |= (uint8_t)(1u << block % 8);
    return true;
}

static bool fetch(struct header_source *source, const uint8_t *data, size_t need)
{
    struct view *view = (struct view *)(void *)source;
    size_t from = (size_t)(data - view->base);
    for (size_t block = from / BLOCK_BYTES; !view->failed && block <= (from + need - 1) / BLOCK_BYTES; block++)
        if (!(view->present[block / 8] >> block % 8 & 1))
            view->failed = !read_block(view, block);
    return !view->failed;
}

static bool parse(int fd, uint64_t bytes, struct image_facts *facts)
{
    struct view view = {.source = {fetch}, .fd = fd, .bytes = (size_t)(bytes < VIEW_MAX ? bytes : VIEW_MAX)};
    void *base = mmap(NULL, view.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    view.base = base;
    struct image_facts found;
    view.present = calloc(view.bytes / BLOCK_BYTES / 8 + 1, 1);
    bool good = view.present && header_parse((struct header_bytes){view.base, view.bytes, &view.source}, &found) &&
                !view.failed; /* what could not be read looks as if it were not there */
    if (good)
        *facts = found;
    free(view.present);
    munmap(base, view.bytes);
    return good;
}

bool image_file_is_same(int fd, const struct image_file_state *state)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    uint64_t changed_ns = file_changed_ns(&status);
    return changed_ns != FILE_CHANGED_UNKNOWN && status.st_dev == state->device && status.st_ino == state->inode &&
           status.st_size > 0 && (uint64_t)status.st_size == state->bytes && changed_ns >= state->changed_from_ns &&
           changed_ns <= state->changed_to_ns;
}

/* The first descriptor only names the file: nothing is opened in the sense of its driver, whatever the path is now. */
int image_file_open(const char *path, const struct image_file_state *state)
{
    char name[40];
    int handle = open(path, O_PATH | O_CLOEXEC), fd = -1;
    if (handle < 0)
        return -1;
    if (image_file_is_same(handle, state)) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", handle);
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOATIME);
        if (fd < 0) /* only the owner may leave the time of the last access alone */
            fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    close(handle);
    return fd;
}

bool image_file_parse(const char *path, const struct image_file_state *state, struct image_facts *facts)
{
    int fd = image_file_open(path, state);
    if (fd < 0)
        return false;
    struct image_facts found;
    bool good = parse(fd, state->bytes, &found) && image_file_is_same(fd, state); /* still, after it was read */
    if (good)
        *facts = found;
    close(fd);
    return good;
}
