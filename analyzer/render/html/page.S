/* SPDX-License-Identifier: MIT
 * Owns: the HTML report's page in the program: the three parts that analyzer/page/build.mjs wrote. Data stand between
 * them. Must not know: what is in the parts. */
        .section .rodata
        .macro part name, file
        .global \name, \name\()_end
\name:
        .incbin "\file"
\name\()_end:
        .endm

        part render_page_head, PAGE_HEAD
        part render_page_middle, PAGE_MIDDLE
        part render_page_tail, PAGE_TAIL
        .section .note.GNU-stack, "", @progbits
