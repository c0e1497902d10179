/* SPDX-License-Identifier: MIT
 * Owns: the version of this imgbench, from the Makefile.
 * Must not know: anything else. */
#ifndef ANALYZER_BASE_VERSION_H
#define ANALYZER_BASE_VERSION_H

extern const char version_text[];

#endif
