/* SPDX-License-Identifier: MIT
 * Owns: entry stubs that must leave the caller's frame as it is: vfork returns twice through it, dlsym judges by its
 * return address. Each calls C with all argument registers saved, then jumps to the real function. x86-64. */
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

        .section .note.GNU-stack, "", @progbits
