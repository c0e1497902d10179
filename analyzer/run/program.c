/* SPDX-License-Identifier: MIT
 * Owns: which file a command is, and whether the library can be loaded into it.
 * Must not know: how it is started, traces. */
#include "analyzer/run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INTERPRETERS_MAX 5   /* as many as the kernel follows */
#define HASH_LINE        256 /* bytes of a script's first line that the kernel looks at (BINPRM_BUF_SIZE) */

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#else
#error "name the ELF machine of this architecture"
#endif

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_file(const char *path, struct stat *status)
{
    return !stat(path, status) && !S_ISDIR(status->st_mode);
}

/* The first file of that name in PATH that may be executed, else the first one that may not. */
static bool search(const char *command, char path[PROGRAM_PATH])
{
    const char *list = getenv("PATH");
    char fallback[PROGRAM_PATH] = "";
    struct stat status;
    if (!list)
        list = "/bin:/usr/bin"; /* execvp's */
    for (;;) {
        size_t bytes = strcspn(list, ":");
        bool fits =
            snprintf(path, PROGRAM_PATH, "%.*s%s%s", (int)bytes, list, bytes ? "/" : "./", command) < PROGRAM_PATH;
        if (fits && is_file(path, &status)) {
            if (!faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
                return true;
            if (!*fallback)
                memcpy(fallback, path, sizeof fallback);
        }
        if (!list[bytes])
            break;
        list += bytes + 1;
    }
    memcpy(path, fallback, sizeof fallback);
    return *path != '\0';
}

static enum program_problem locate(const char *command, char path[PROGRAM_PATH], char *why, size_t capacity)
{
    struct stat status;
    if (!strchr(command, '/')) {
        if (!*command || !search(command, path)) {
            snprintf(why, capacity, "%s: command not found in PATH", *command ? command : "''");
            return PROGRAM_NOT_FOUND;
        }
    } else if (snprintf(path, PROGRAM_PATH, "%s", command) >= PROGRAM_PATH) {
        snprintf(why, capacity, "%.40s…: %s", command, strerror(ENAMETOOLONG));
        return PROGRAM_NOT_FOUND;
    }
    if (stat(path, &status)) {
        snprintf(why, capacity, "%s: %s", path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? PROGRAM_NOT_FOUND : PROGRAM_NOT_EXECUTABLE;
    }
    if (S_ISDIR(status.st_mode)) {
        snprintf(why, capacity, "%s is a directory, not a command", path);
        return PROGRAM_NOT_EXECUTABLE;
    }
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS)) {
        snprintf(why, capacity, "%s may not be executed (%s); if it is meant to be a program: chmod +x", path,
                 strerror(errno));
        return PROGRAM_NOT_EXECUTABLE;
    }
    return PROGRAM_FINE;
}

/* The loader ignores LD_PRELOAD where the kernel says that the program gets more rights than who starts it. */
static bool gains_rights(const char *path, const char **how)
{
    struct stat status;
    struct statvfs place;
    char capability[64];
    if (stat(path, &status) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
        (!statvfs(path, &place) && (place.f_flag & ST_NOSUID)))
        return false;
    *how = "is setuid";
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return true;
    *how = "is setgid";
    if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getgid())
        return true;
    *how = "has file capabilities";
    return getuid() != 0 && getxattr(path, "security.capability", capability, sizeof capability) > 0;
}

/* What keeps the library out of an ELF file, as the end of a sentence, or NULL. */
static const char *elf_obstacle(Elf *elf, const char *path)
{
    GElf_Ehdr header;
    size_t count, bytes;
    const char *image = elf_rawfile(elf, &bytes);
    if (!gelf_getehdr(elf, &header))
        return NULL; /* damaged: exec will say so */
    if (header.e_machine != OUR_MACHINE)
        return header.e_machine == EM_386
                   ? "is a 32-bit program, and libimgbench.so is not: use a 64-bit build of it"
                   : "is for another kind of processor than libimgbench.so: use a build for this machine";
    if (gelf_getclass(elf) != ELFCLASS64)
        return "is a 32-bit program, and libimgbench.so is not: use a 64-bit build of it";
    if (elf_getphdrnum(elf, &count))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_INTERP)
            continue;
        if (!image || segment.p_offset >= bytes || segment.p_filesz > bytes - segment.p_offset)
            return NULL;
        char loader[256];
        snprintf(loader, sizeof loader, "%.*s", (int)(segment.p_filesz < 255 ? segment.p_filesz : 255),
                 image + segment.p_offset);
        return strncmp(base_name(loader), "ld-musl", 7)
                   ? NULL
                   : "is linked with musl, and libimgbench.so needs glibc: use a build for glibc";
    }
    /* A loader that is called by its name has no loader and loads what LD_PRELOAD says. */
    return strncmp(base_name(path), "ld-", 3) && strncmp(base_name(path), "ld.so", 5)
               ? "is statically linked: no library can be loaded into it; use a dynamically linked build"
               : NULL;
}

/* The interpreter that a script's first line names; env(1) is asked for its argument. False where it is no script. */
static bool interpreter(const char *start, ssize_t bytes, char name[HASH_LINE])
{
    char line[HASH_LINE], *rest = NULL;
    if (bytes < 3 || start[0] != '#' || start[1] != '!')
        return false;
    snprintf(line, sizeof line, "%.*s", (int)(bytes - 2), start + 2);
    line[strcspn(line, "\n")] = '\0';
    const char *word = strtok_r(line, " \t", &rest);
    if (!word)
        return false;
    const char *argument = strcmp(base_name(word), "env") ? NULL : strtok_r(NULL, " \t", &rest);
    while (argument && (*argument == '-' || strchr(argument, '=')))
        argument = strtok_r(NULL, " \t", &rest);
    snprintf(name, HASH_LINE, "%s", argument ? argument : word);
    return true;
}

static enum program_problem untraceable(char *why, size_t capacity, const char *command, const char *path,
                                        const char *what)
{
    snprintf(why, capacity, "%s%s%s %s", command, strcmp(command, path) ? ", that is " : "",
             strcmp(command, path) ? path : "", what);
    return PROGRAM_UNTRACEABLE;
}

/* Looks into the file, and for a script into what interprets it. */
static enum program_problem examine(const char *command, const char *path, int depth, char *why, size_t capacity)
{
    char start[HASH_LINE], name[HASH_LINE], inner[PROGRAM_PATH];
    const char *what = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return PROGRAM_FINE; /* may be executed but not read: nothing can be said */
    ssize_t bytes = pread(file, start, sizeof start - 1, 0);
    bool is_elf = bytes > 4 && !memcmp(start, ELFMAG, SELFMAG);
    if (is_elf && elf_version(EV_CURRENT) != EV_NONE) {
        Elf *elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
        what = elf ? elf_obstacle(elf, path) : NULL;
        elf_end(elf);
    }
    close(file);
    if (what)
        return untraceable(why, capacity, command, path, what);
    if (is_elf && gains_rights(path, &what)) {
        char reason[160];
        snprintf(reason, sizeof reason,
                 "%s: the loader ignores LD_PRELOAD for it; run it as its owner, or a copy of it", what);
        return untraceable(why, capacity, command, path, reason);
    }
    if (is_elf || depth >= INTERPRETERS_MAX || !interpreter(start, bytes, name))
        return PROGRAM_FINE;
    if (locate(name, inner, why, capacity) != PROGRAM_FINE) {
        if (strchr(name, '/') && depth == 0) {
            char reason[512];
            snprintf(reason, sizeof reason, "%s", why);
            snprintf(why, capacity, "%s: its first line names an interpreter that cannot be run (%s)", path, reason);
            return PROGRAM_NOT_EXECUTABLE;
        }
        return PROGRAM_FINE; /* what env cannot find, env says */
    }
    return examine(command, inner, depth + 1, why, capacity);
}

enum program_problem program_find(const char *command, char path[PROGRAM_PATH], char *why, size_t capacity)
{
    enum program_problem problem = locate(command, path, why, capacity);
    return problem ? problem : examine(command, path, 0, why, capacity);
}
