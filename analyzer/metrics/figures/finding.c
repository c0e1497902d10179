/* SPDX-License-Identifier: MIT
 * Owns: the names of how severe a finding is.
 * Must not know: rules. */
#include "analyzer/metrics/figures/finding.h"

const char *finding_severity_name(enum finding_severity severity)
{
    static const char *const names[] = {"high", "medium", "low"};
    return names[severity];
}
