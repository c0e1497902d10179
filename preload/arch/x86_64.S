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

        .section .note.GNU-stack, "", @progbits
