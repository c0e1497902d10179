/* SPDX-License-Identifier: MIT
 * Owns: changing JSON so that it stays JSON: byte by byte nearly every change is one that the parser refuses.
 * Must not know: what it stands for. */
#ifndef TESTS_FUZZ_JSON_H
#define TESTS_FUZZ_JSON_H

#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t bytes, size_t capacity);

/* In place of LLVMFuzzerMutate(): changes one value of one line, or a few bytes where that cannot be done. */
size_t json_mutate(uint8_t *data, size_t bytes, size_t capacity, unsigned seed);

#endif
