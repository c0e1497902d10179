/* SPDX-License-Identifier: MIT
 * Owns: docs/report.schema.json as bytes of the program. REPORT_SCHEMA: its path, from the Makefile.
 * Must not know: what is in it. */
    .section .rodata
    .global gate_schema_text, gate_schema_end
gate_schema_text:
    .incbin REPORT_SCHEMA
gate_schema_end:
    .section .note.GNU-stack, "", @progbits
