/* SPDX-License-Identifier: MIT
 * Owns: entry stubs that must leave the caller's frame as it is: vfork returns twice through it, dlsym judges by its
 * return address, a variadic function finds its arguments above it. Each calls C with all argument registers saved,
 * then jumps to the real function. x86-64. */
        .text

        .globl  vfork
        .type   vfork, @function
vfork:
        .cfi_startproc
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    process_before_vfork    /* returns the real vfork */
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
        .cfi_endproc
        .size   vfork, .-vfork

        .globl  dlsym
        .type   dlsym, @function
dlsym:
        .cfi_startproc
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        sub     $24, %rsp               /* a result slot; keeps the stack aligned */
        .cfi_adjust_cfa_offset 24
        movq    $0, (%rsp)
        mov     %rsp, %rdx
        call    loader_before_dlsym     /* (handle, name, &result): returns the real dlsym, or NULL when answered */
        mov     (%rsp), %rdx
        add     $24, %rsp
        .cfi_adjust_cfa_offset -24
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        test    %rax, %rax
        jz      1f
        jmp     *%rax
1:      mov     %rdx, %rax
        ret
        .cfi_endproc
        .size   dlsym, .-dlsym

/* Numbers that are decoded go to kernel_decoded, which has syscall's own arguments; all others to the real syscall. */
        .globl  syscall
        .type   syscall, @function
syscall:
        .cfi_startproc
        cmp     $0, %rdi                /* read */
        je      1f
        cmp     $1, %rdi                /* write */
        je      1f
        cmp     $3, %rdi                /* close */
        je      1f
        cmp     $33, %rdi               /* dup2 */
        je      1f
        cmp     $292, %rdi              /* dup3 */
        je      1f
        cmp     $436, %rdi              /* close_range */
        je      1f
        cmp     $257, %rdi              /* openat */
        je      1f
        cmp     $437, %rdi              /* openat2 */
        je      1f
        cmp     $326, %rdi              /* copy_file_range */
        je      1f
        cmp     $332, %rdi              /* statx */
        je      1f
        cmp     $317, %rdi              /* seccomp */
        je      1f
        cmp     $425, %rdi              /* io_uring_setup */
        je      1f
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        push    %rdx
        .cfi_adjust_cfa_offset 8
        push    %rcx
        .cfi_adjust_cfa_offset 8
        push    %r8
        .cfi_adjust_cfa_offset 8
        push    %r9
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp                /* keeps the stack aligned */
        .cfi_adjust_cfa_offset 8
        call    kernel_real_syscall
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pop     %r9
        .cfi_adjust_cfa_offset -8
        pop     %r8
        .cfi_adjust_cfa_offset -8
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        pop     %rdx
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
1:      jmp     kernel_decoded
        .cfi_endproc
        .size   syscall, .-syscall

/* Behind the stubs of variadic codec functions, which load their number into r11d: keeps every register that can hold an
 * argument (al: how many are in vector registers), and jumps to what codec_entry returns. */
        .globl  codec_entry_stub
        .hidden codec_entry_stub
        .type   codec_entry_stub, @function
codec_entry_stub:
        .cfi_startproc
        sub     $200, %rsp              /* 128 + 7 * 8, and 16 for alignment */
        .cfi_adjust_cfa_offset 200
        mov     %rdi, 128(%rsp)
        mov     %rsi, 136(%rsp)
        mov     %rdx, 144(%rsp)
        mov     %rcx, 152(%rsp)
        mov     %r8, 160(%rsp)
        mov     %r9, 168(%rsp)
        mov     %rax, 176(%rsp)
        movaps  %xmm0, (%rsp)
        movaps  %xmm1, 16(%rsp)
        movaps  %xmm2, 32(%rsp)
        movaps  %xmm3, 48(%rsp)
        movaps  %xmm4, 64(%rsp)
        movaps  %xmm5, 80(%rsp)
        movaps  %xmm6, 96(%rsp)
        movaps  %xmm7, 112(%rsp)
        mov     %rdx, %rcx
        mov     %rsi, %rdx
        mov     %rdi, %rsi
        mov     %r11d, %edi
        call    codec_entry
        mov     %rax, %r11
        movaps  (%rsp), %xmm0
        movaps  16(%rsp), %xmm1
        movaps  32(%rsp), %xmm2
        movaps  48(%rsp), %xmm3
        movaps  64(%rsp), %xmm4
        movaps  80(%rsp), %xmm5
        movaps  96(%rsp), %xmm6
        movaps  112(%rsp), %xmm7
        mov     128(%rsp), %rdi
        mov     136(%rsp), %rsi
        mov     144(%rsp), %rdx
        mov     152(%rsp), %rcx
        mov     160(%rsp), %r8
        mov     168(%rsp), %r9
        mov     176(%rsp), %rax
        add     $200, %rsp
        .cfi_adjust_cfa_offset -200
        jmp     *%r11
        .cfi_endproc
        .size   codec_entry_stub, .-codec_entry_stub

        .section .note.GNU-stack, "", @progbits
