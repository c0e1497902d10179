/* SPDX-License-Identifier: MIT
 * Owns: a finding's title and remedy as sentences: evidence put into the templates of findings.def, with its units, and
 * words that follow a number: {files|file|files}.
 * Must not know: which findings there are, how a report looks. */
#include "analyzer/render/finding_text.h"

#include <math.h>
#include <string.h>

struct formatted render_finding_evidence(const struct finding_evidence *evidence)
{
    struct formatted result = {"n/a"};
    switch (evidence->unit) {
    case UNIT_COUNT: return isnan(evidence->value) ? result : format_count((uint64_t)evidence->value);
    case UNIT_SECONDS: return format_duration(evidence->value);
    case UNIT_BYTES: return format_bytes(evidence->value);
    case UNIT_RATIO: return format_percent(evidence->value);
    case UNIT_NUMBER: return format_number(evidence->value);
    case UNIT_TEXT: break;
    }
    return result;
}

const char *render_finding_unit(enum finding_unit unit)
{
    static const char *const names[] = {"count", "s", "bytes", "ratio", "number", "text"};
    return names[unit];
}

static const struct finding_evidence *evidence_of(const struct finding *finding, const char *key, size_t length)
{
    for (size_t i = 0; i < finding->evidence_count; i++)
        if (strlen(finding->evidence[i].key) == length && !memcmp(finding->evidence[i].key, key, length))
            return &finding->evidence[i];
    return NULL;
}

void render_finding_text(const struct finding *finding, const char *template, char text[FINDING_TEXT])
{
    size_t used = 0;
    while (*template && used + 1 < FINDING_TEXT) {
        const char *end = *template == '{' ? strchr(template, '}') : NULL;
        const char *bar = end ? memchr(template, '|', (size_t)(end - template)) : NULL;
        const struct finding_evidence *evidence =
            end ? evidence_of(finding, template + 1, (size_t)((bar ? bar : end) - template - 1)) : NULL;
        if (!evidence) {
            text[used++] = *template ++;
            continue;
        }
        struct formatted number = render_finding_evidence(evidence);
        const char *put = evidence->unit == UNIT_TEXT ? evidence->text : number.text, *put_end = put + strlen(put);
        if (bar) { /* by what is read: 1.04 CPUs are shown as "1" */
            const char *second = memchr(bar + 1, '|', (size_t)(end - bar - 1));
            bool one = !strcmp(number.text, "1");
            put = one || !second ? bar + 1 : second + 1;
            put_end = one && second ? second : end;
        }
        while (put < put_end && used + 1 < FINDING_TEXT)
            text[used++] = *put++;
        template = end + 1;
    }
    text[used] = '\0';
}
