/* SPDX-License-Identifier: MIT
 * Owns: the hash of an image file's content (nettle). Must not know: traces. */
#include "analyzer/pack/content_hash.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

#define BLOCK_BYTES ((size_t)1 << 18)

bool content_hash(const char *path, const struct image_file_state *state, unsigned char hash[PACK_HASH_BYTES])
{
    _Static_assert(PACK_HASH_BYTES == SHA256_DIGEST_SIZE, "SHA-256");
    int fd = image_file_open(path, state);
    if (fd < 0)
        return false;
    struct sha256_ctx sha;
    sha256_init(&sha);
    uint8_t *block = memory_checked(malloc(BLOCK_BYTES));
    uint64_t done = 0;
    ssize_t n;
    while (done <= state->bytes && ((n = read(fd, block, BLOCK_BYTES)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) {
            sha256_update(&sha, (size_t)n, block);
            done += (uint64_t)n;
        }
    bool good = done == state->bytes && image_file_is_same(fd, state);
    sha256_digest(&sha, PACK_HASH_BYTES, hash);
    free(block);
    close(fd);
    return good;
}
