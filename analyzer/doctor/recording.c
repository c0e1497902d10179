/* SPDX-License-Identifier: MIT
 * Owns: the check that matters: the library is loaded into a program that reads an image, and a trace comes of it.
 * Must not know: figures. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/version.h"
#include "analyzer/doctor/doctor.h"
#include "analyzer/base/memory.h"
#include "analyzer/reader/reader.h"
#include "analyzer/run/program.h"

#define PATIENCE_MS 20000

/* A PNG of one grey pixel. */
static const unsigned char image[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
    0xda, 0x45, 0x08, 0x3b, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

struct probe {
    char program[PROGRAM_PATH];
    char image[PATH_MAX + 32], out[PATH_MAX + 32], error[PATH_MAX + 32], trace[PATH_MAX + 32];
    int status;           /* of waitpid; -1: could not be started (errno), -2: did not end */
    char maps_library;    /* 1 = the program had the library mapped */
    char complaint[1024]; /* the first line that it printed on standard error */
};

static bool names_one_of(const char *variable)
{
    static const char *const names[] = {"LD_PRELOAD=", "IMGBENCH=", "IMGBENCH_DIR="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(variable, names[i], strlen(names[i])))
            return true;
    return false;
}

/* Our environment with the library in front of what is preloaded; free [0] and [1] and itself. */
static char **environment(const char *library, const char *trace)
{
    const char *preloaded = getenv("LD_PRELOAD");
    size_t count = 0, used = 2;
    while (environ[count])
        count++;
    char **variables = memory_zeroed(count + 3, sizeof *variables);
    if (asprintf(&variables[0], "LD_PRELOAD=%s%s%s", library, preloaded && *preloaded ? ":" : "",
                 preloaded ? preloaded : "") < 0 ||
        asprintf(&variables[1], "IMGBENCH_DIR=%s", trace) < 0)
        memory_checked(NULL);
    for (size_t i = 0; i < count; i++)
        if (!names_one_of(environ[i]))
            variables[used++] = environ[i];
    return variables;
}

static void start_and_wait(struct probe *probe, const char *library)
{
    char *arguments[] = {probe->program, (char *)"/proc/self/maps", probe->image, NULL};
    char **variables = environment(library, probe->trace);
    posix_spawn_file_actions_t files;
    pid_t pid;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, probe->out, O_WRONLY | O_CREAT | O_EXCL, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, probe->error, O_WRONLY | O_CREAT | O_EXCL, 0600);
    int error = posix_spawn(&pid, probe->program, &files, NULL, arguments, variables);
    posix_spawn_file_actions_destroy(&files);
    free(variables[0]);
    free(variables[1]);
    free(variables);
    probe->status = -1;
    if (error) {
        errno = error;
        return;
    }
    for (unsigned waited_ms = 0; !waitpid(pid, &probe->status, WNOHANG); waited_ms += 5) {
        if (waited_ms >= PATIENCE_MS) {
            kill(pid, SIGKILL);
            waitpid(pid, &probe->status, 0);
            probe->status = -2;
            return;
        }
        poll(NULL, 0, 5);
    }
}

static void look_at_output(struct probe *probe)
{
    char line[PATH_MAX + 128];
    FILE *out = fopen(probe->out, "re"), *error = fopen(probe->error, "re");
    while (out && fgets(line, sizeof line, out))
        if (strstr(line, "/libimgbench.so"))
            probe->maps_library = 1;
    if (error && fgets(probe->complaint, sizeof probe->complaint, error))
        probe->complaint[strcspn(probe->complaint, "\n")] = '\0';
    if (out)
        fclose(out);
    if (error)
        fclose(error);
}

static bool write_image(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = file >= 0 && write(file, image, sizeof image) == (ssize_t)sizeof image;
    if (file >= 0)
        good &= !close(file);
    return good;
}

static bool check_loading(struct doctor *doctor, const struct probe *probe)
{
    struct statvfs place;
    const char *name = probe->program;
    if (probe->status == -1) {
        doctor_say(doctor, DOCTOR_FAILED, "loading", "%s could not be started: %s", name, strerror(errno));
    } else if (probe->status == -2) {
        doctor_say(doctor, DOCTOR_FAILED, "loading", "%s did not end within %d s with the library in it", name,
                   PATIENCE_MS / 1000);
    } else if (strstr(probe->complaint, "cannot be preloaded")) {
        bool no_exec = !statvfs(doctor->library, &place) && (place.f_flag & ST_NOEXEC);
        doctor_say(doctor, DOCTOR_FAILED, "loading", "%s%s", probe->complaint,
                   no_exec ? " The file system is mounted noexec: install it elsewhere" : "");
    } else if (probe->status) {
        doctor_say(
            doctor, DOCTOR_FAILED, "loading",
            "%s ended with %s %d with the library in it%s%s; a library that is damaged does that: install it again",
            name, WIFSIGNALED(probe->status) ? "signal" : "exit code",
            WIFSIGNALED(probe->status) ? WTERMSIG(probe->status) : WEXITSTATUS(probe->status),
            *probe->complaint ? ": " : "", probe->complaint);
    } else if (!probe->maps_library) {
        doctor_say(doctor, DOCTOR_FAILED, "loading",
                   "the loader did not load it into %s, and did not say why: is LD_PRELOAD forbidden here?", name);
    } else {
        doctor_say(doctor, DOCTOR_OK, "loading", "LD_PRELOAD=%s works for %s", doctor->library, name);
        return true;
    }
    return false;
}

static void check_trace(struct doctor *doctor, const struct probe *probe)
{
    char why[4500], version[64] = "";
    struct trace_record record;
    struct reader_origin origin;
    uint64_t records = 0, heads = 0;
    struct reader *reader = reader_open(probe->trace, NULL, NULL, why, sizeof why);
    if (!reader) {
        doctor_say(doctor, DOCTOR_FAILED, "recording", "%s read an image and left no trace: %s", probe->program, why);
        return;
    }
    while (reader_next(reader, &record, &origin)) {
        records++;
        heads += record.kind == TRACE_KIND_head;
        if (record.kind == TRACE_KIND_notice && record.notice.what == trace_note_BAD_SETTING)
            doctor_say(doctor, DOCTOR_NOTE, "setting", "%.*s has a value that cannot be used and is ignored",
                       (int)record.notice.text.bytes, record.notice.text.data);
        if (record.kind == TRACE_KIND_process && !*version)
            snprintf(version, sizeof version, "%.*s", (int)(record.process.library_version.bytes & 63),
                     record.process.library_version.data);
    }
    uint64_t damages = reader_damages(reader);
    reader_close(reader);
    bool good = heads && !damages;
    doctor_say(doctor, good ? DOCTOR_OK : DOCTOR_FAILED, "recording", "%" PRIu64 " records of %s, %s of an image%s",
               records, probe->program, heads ? "with the head" : "none", damages ? ", and damaged" : "");
    bool same = !strcmp(version, version_text);
    doctor_say(doctor, same ? DOCTOR_OK : DOCTOR_NOTE, "version",
               same ? "%s, of command and library"
                    : "the library is of version %s, the command of %s: install both again",
               *version ? version : "unknown", version_text);
}

void doctor_check_recording(struct doctor *doctor)
{
    char why[LIBRARY_PATH + PROGRAM_PATH];
    struct probe probe = {.status = -1};
    const char *off = getenv("IMGBENCH");
    if (off && !strcmp(off, "off"))
        doctor_say(doctor, DOCTOR_FAILED, "setting", "IMGBENCH=off is set, so nothing is recorded: unset it");
    if (getauxval(AT_SECURE))
        doctor_say(doctor, DOCTOR_NOTE, "setting",
                   "imgbench itself is setuid, setgid or has capabilities: it needs none of that");
    if (!library_find(doctor->library, why, sizeof why)) {
        doctor->library[0] = '\0';
        doctor_say(doctor, DOCTOR_FAILED, "library", "%s", why);
        return;
    }
    doctor_say(doctor, DOCTOR_OK, "library", "%s", doctor->library);
    if (!doctor->place[0])
        return; /* has been told */
    if (program_find("cat", probe.program, why, sizeof why)) {
        doctor_say(doctor, DOCTOR_FAILED, "loading", "could not be tried: %s", why);
        return;
    }
    snprintf(probe.image, sizeof probe.image, "%s/image.png", doctor->place);
    snprintf(probe.out, sizeof probe.out, "%s/out", doctor->place);
    snprintf(probe.error, sizeof probe.error, "%s/error", doctor->place);
    snprintf(probe.trace, sizeof probe.trace, "%s/trace", doctor->place);
    if (!write_image(probe.image)) {
        doctor_say(doctor, DOCTOR_FAILED, "recording", "%s: %s", probe.image, strerror(errno));
        return;
    }
    start_and_wait(&probe, doctor->library);
    if (probe.status >= 0)
        look_at_output(&probe);
    if (check_loading(doctor, &probe))
        check_trace(doctor, &probe);
}
