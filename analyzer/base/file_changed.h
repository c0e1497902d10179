/* SPDX-License-Identifier: MIT
 * Owns: when a file's content was last changed, as a number that can be compared.
 * Must not know: which file it is. */
#ifndef ANALYZER_BASE_FILE_CHANGED_H
#define ANALYZER_BASE_FILE_CHANGED_H

#include <stdint.h>
#include <sys/stat.h>

#define FILE_CHANGED_UNKNOWN UINT64_MAX

/* ns of CLOCK_REALTIME; FILE_CHANGED_UNKNOWN before 1970. */
static inline uint64_t file_changed_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec < 0
               ? FILE_CHANGED_UNKNOWN
               : (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
}

#endif
