/* SPDX-License-Identifier: MIT
 * Owns: the marks and spans that programs named, as tracks.
 * Must not know: records. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_MARKS_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_MARKS_H

#include "analyzer/export/perfetto/perfetto_events.h"

void perfetto_marks(struct perfetto *perfetto);

#endif
