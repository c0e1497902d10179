/* SPDX-License-Identifier: MIT
 * Owns: the shape of a finding: what to do about what was measured.
 * Must not know: rules, formatting: titles and remedies are templates, and numbers travel with their units. */
#ifndef ANALYZER_METRICS_FIGURES_FINDING_H
#define ANALYZER_METRICS_FIGURES_FINDING_H
#include "analyzer/model/model.h"

enum finding_unit {
    UNIT_COUNT,
    UNIT_SECONDS,
    UNIT_BYTES,
    UNIT_RATIO,  /* shown in percent */
    UNIT_NUMBER, /* shown with one decimal */
    UNIT_TEXT
};
#define FINDINGS_MAX       10
#define FINDING_EVIDENCE   8
#define FINDING_IMAGES_MAX 5
enum finding_severity { SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW };
const char *finding_severity_name(enum finding_severity severity); /* "high", "medium", "low" */

struct finding_evidence {
    const char *key; /* as in the templates: {key} */
    enum finding_unit unit;
    double value;
    const char *text; /* UNIT_TEXT: lives as long as the run */
};
struct finding {
    const char *id;       /* "pool-too-small": stable */
    const char *measured; /* what its threshold is about, in words */
    const char *title;    /* template */
    const char *remedy;   /* template */
    enum finding_severity severity;
    double cost; /* share of the run's time, memory or bytes that it is about, 0 to 1: worst first */
    struct finding_evidence evidence[FINDING_EVIDENCE];
    size_t evidence_count;
    uint32_t images[FINDING_IMAGES_MAX]; /* examples, worst first */
    size_t image_count;
};

#endif
