/* SPDX-License-Identifier: MIT
 * Owns: the version, as the Makefile says it.
 * Must not know: anything else. */
#include "analyzer/base/version.h"

#ifndef IMGBENCH_VERSION
#error "give the version: -DIMGBENCH_VERSION='\"0.1.0\"'"
#endif
const char version_text[] = IMGBENCH_VERSION;
