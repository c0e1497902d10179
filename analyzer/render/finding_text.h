/* SPDX-License-Identifier: MIT
 * Owns: a finding's title and remedy as sentences: evidence put into the templates of findings.def, with its units.
 * Must not know: which findings there are, how a report looks. */
#ifndef ANALYZER_RENDER_FINDING_TEXT_H
#define ANALYZER_RENDER_FINDING_TEXT_H

#include "analyzer/metrics/figures/finding.h"
#include "analyzer/render/format_units.h"

#define FINDING_TEXT 512

/* Writes the sentence to text, cut off where it is longer. Evidence that is a text of the trace goes in as it is:
 * whoever prints the sentence escapes it as foreign. */
void render_finding_text(const struct finding *finding, const char *template, char text[FINDING_TEXT]);
/* One number of evidence as people read it; not for UNIT_TEXT. */
struct formatted render_finding_evidence(const struct finding_evidence *evidence);
/* "count", "s", "bytes", "ratio", "number", "text". */
const char *render_finding_unit(enum finding_unit unit);

#endif
