/* SPDX-License-Identifier: MIT
 * Owns: a trace without what would tell whose it is: records and pack, with the same figures.
 * Must not know: files, commands. fields.def says what becomes of each field. */
#ifndef ANALYZER_ANONYMIZE_H
#define ANALYZER_ANONYMIZE_H

#include "analyzer/anonymize/names.h"
#include "analyzer/pack/pack.h"

/* Texts of one record while it is rewritten. */
struct anonymize_texts {
    struct name_text at[8];
};

/* Replaces the texts of a record by others, which lie in texts. */
void anonymize_record(const struct names *names, struct trace_record *record, struct anonymize_texts *texts);

/* The same pack for the anonymized trace, settled; free with pack_free(). Without hashes of content: they would tell
 * which file it is to whoever has it. */
struct pack *anonymize_pack(const struct names *names, const struct pack *pack);

#endif
