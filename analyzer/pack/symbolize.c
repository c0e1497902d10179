/* SPDX-License-Identifier: MIT
 * Owns: names of addresses in ELF files. Must not know: traces, processes. */
#include "analyzer/pack/symbolize.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

struct symbolizer {
    Dwfl *session;
    Dwfl_Module *module;
};

/* A path comes from a trace: what is no plain file is not opened for good. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct symbolizer *symbolize_open(const char *path, const void *build_id, size_t build_id_bytes,
                                  enum symbolize_error *error)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address};
    unsetenv("DEBUGINFOD_URLS"); /* elfutils would ask servers */
    *error = SYMBOLIZE_UNREADABLE;
    int fd = path[0] == '/' ? open_file(path) : -1;
    if (fd < 0)
        return NULL;
    struct symbolizer *symbolizer = memory_zeroed(1, sizeof *symbolizer);
    symbolizer->session = dwfl_begin(&callbacks);
    if (symbolizer->session) {
        dwfl_report_begin(symbolizer->session);
        symbolizer->module = dwfl_report_elf(symbolizer->session, path, path, fd, 0, true);
        dwfl_report_end(symbolizer->session, NULL, NULL);
    }
    if (!symbolizer->module) { /* else the descriptor is elfutils' */
        close(fd);
        symbolize_close(symbolizer);
        return NULL;
    }
    const unsigned char *found;
    GElf_Addr unused;
    int found_bytes = dwfl_module_build_id(symbolizer->module, &found, &unused);
    found_bytes = found_bytes > 0 ? found_bytes : 0;
    if ((size_t)found_bytes != build_id_bytes || (found_bytes && memcmp(found, build_id, build_id_bytes) != 0)) {
        *error = SYMBOLIZE_OTHER_BUILD;
        symbolize_close(symbolizer);
        return NULL;
    }
    *error = SYMBOLIZE_OK;
    return symbolizer;
}

void symbolize_address(struct symbolizer *symbolizer, uint64_t address, char **function, char **location)
{
    *function = *location = NULL;
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(symbolizer->module, address, &offset, &symbol, NULL, NULL, NULL);
    if (name && offset < symbol.st_size) /* the nearest symbol below says nothing of a stripped function */
        *function = memory_text(name, strcspn(name, "@")); /* without the symbol's version */
    Dwfl_Line *line = dwfl_module_getsrc(symbolizer->module, address);
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    if (!file)
        return;
    char text[4200];
    snprintf(text, sizeof text, "%s:%d", file, number);
    *location = memory_text(text, strlen(text));
}

void symbolize_close(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    if (symbolizer->session)
        dwfl_end(symbolizer->session);
    free(symbolizer);
}
