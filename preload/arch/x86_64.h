/* SPDX-License-Identifier: MIT
 * Owns: what differs per architecture: raw system calls, cycle counter, relocation type. x86-64.
 * Must not know: anything else of the library. */
#ifndef PRELOAD_ARCH_X86_64_H
#define PRELOAD_ARCH_X86_64_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#define ARCH_JUMP_SLOT R_X86_64_JUMP_SLOT
#define ARCH_DATA_SLOT R_X86_64_GLOB_DAT
#define ARCH_JUMP      "jmp" /* tail-jump to a function of this library */

/* All of a stub of preload/codecs/wrappers.c: its number, operand 0, goes to codec_entry_stub. */
#define ARCH_ENTRY_STUB "movl %0, %%r11d\n\tjmp codec_entry_stub"

/* Start of 2 TB where neither the kernel nor a sanitizer's runtime puts anything by itself. */
#define ARCH_OWN_PLACE UINT64_C(0x7c0000000000)

/* Names of libunwind's functions for this architecture. */
#define ARCH_UNWIND_CONTEXT "_Ux86_64_getcontext"
#define ARCH_UNWIND_LOCAL   "_ULx86_64_"

/* Raw system call: result or -errno. Never touches errno, never a cancellation point, never seen by our own hooks. */
static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Without a call, which could be to another's function of libc's name. */
static inline void arch_copy(void *to, const void *from, uint64_t bytes)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}
static inline void arch_fill(void *to, int value, uint64_t bytes)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}

/* Time stamp counter, unordered: 11 ns where a clock read costs 28. Only meaningful where facts_cycles_are_time. */
static inline uint64_t arch_cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* CPUID 80000007h, EDX bit 8: the counter runs at one rate in all power states. */
static inline bool arch_cycles_are_steady(void)
{
    uint32_t eax = 0x80000000u, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (eax < 0x80000007u)
        return false;
    eax = 0x80000007u;
    ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return edx >> 8 & 1;
}

/* One instruction, so that a signal handler finds the sum before or after it; not atomic between threads. */
static inline void arch_add(void *sum, int64_t value)
{
    __asm__("addq %1, %0" : "+m"(*(int64_t *)sum) : "er"(value) : "cc");
}
/* The same for a difference; true when it became negative. */
static inline int arch_subtract(void *sum, int64_t value)
{
    int negative;
    __asm__("subq %2, %0" : "+m"(*(int64_t *)sum), "=@ccs"(negative) : "er"(value) : "cc");
    return negative;
}

#endif
