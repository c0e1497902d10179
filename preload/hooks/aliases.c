/* SPDX-License-Identifier: MIT
 * Owns: the second names of libc.def: jumps, since on this architecture the 64-bit variants are the same functions.
 * Must not know: what the wrappers do. */
#include "preload/arch/x86_64.h"

#define LIBC_ALIAS(name, of, meaning)                                                                                  \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ": " ARCH_JUMP " own_" #of "\n.size " #name  \
            ", .-" #name "\n");
#include "preload/libc.def"
