/* SPDX-License-Identifier: MIT
 * Owns: how durations, sizes, shares and counts are written for people. Every renderer uses it.
 * Must not know: figures, reports. NAN and UNKNOWN are written "n/a". */
#ifndef ANALYZER_FORMAT_UNITS_H
#define ANALYZER_FORMAT_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/model/model.h"

/* One formatted figure, returned by value so that a line can use as many as it needs. */
struct formatted {
    char text[40];
};

/* "0.45s", "1234.50s"; what would read 0.00s is written "1.8 ms". */
struct formatted format_duration(double seconds);
/* Decimal units and three digits: "64 B", "812 kB", "45.6 MB". */
struct formatted format_bytes(double bytes);
/* "78.5%". */
struct formatted format_percent(double ratio);
/* Signed difference of a ratio from 1: "-32.0%" (with a true minus sign unless ascii), "+3.1%", "0.0%". */
struct formatted format_change(double ratio, bool ascii);
/* At most one decimal, none where it is 0: "4", "1.5". */
struct formatted format_number(double value);
/* A score cut to one decimal, as it is to be written with %.1f: rounded up it would stand in the band above its own. */
double format_score(double score);
/* "3,214". */
struct formatted format_count(uint64_t count);

/* "quality", "quantizer_min", …: NULL for SETTING_NONE. */
const char *format_setting(enum setting_key key);

/* UNKNOWN becomes NAN, so that one writer serves both. */
double format_known(uint64_t value);

#endif
