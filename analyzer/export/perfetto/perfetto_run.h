/* SPDX-License-Identifier: MIT
 * Owns: what a run tells of its processes, workers, images and resources, as tracks.
 * Must not know: records. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_RUN_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_RUN_H

#include "analyzer/export/perfetto/perfetto_events.h"

void perfetto_run(struct perfetto *perfetto);

#endif
