/* SPDX-License-Identifier: MIT
 * Owns: which version a codec library is, as it says itself. Must not know: what a version means. */
#ifndef PRELOAD_CODEC_VERSIONS_H
#define PRELOAD_CODEC_VERSIONS_H

#include <stdint.h>

#define CODEC_VERSION_MAJOR 1000000u /* 1.2.3 is 1002003 */
#define CODEC_VERSION_MINOR 1000u
/* Address of the function that tells the version of a family's library, in a loaded object, or NULL. */
void *codec_version_function(unsigned family, uintptr_t base, const void *dynamic);
/* Version of the library behind a wrapper instance whose function has just returned, or 0. Guard set. */
unsigned codec_version(unsigned row, unsigned instance);

#endif
