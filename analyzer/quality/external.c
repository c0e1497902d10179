/* SPDX-License-Identifier: MIT
 * Owns: running a program that compares two pictures, and reading its number.
 * Must not know: traces, what the number means. Whatever the program does, it ends within its time,
 * with its process group. */
#include "analyzer/quality/external.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/monotonic.h"
#include "analyzer/quality/decode.h"

#define OUTPUT_BYTES 65536 /* what a program prints beyond them is not looked at */
#define WAIT_STEP_MS 20
#define COMPLAINT    100 /* bytes of what it says on standard error */

/* What has to go when this process is ended: only one is there at a time. */
static struct {
    char directory[PATH_MAX - 16], reference[PATH_MAX], distorted[PATH_MAX];
    volatile pid_t running;
} place;

static void remove_place(void)
{
    unlink(place.reference);
    unlink(place.distorted);
    rmdir(place.directory);
}

static void end(int signal)
{
    if (place.running > 0)
        kill(-place.running, SIGKILL);
    remove_place();
    _exit(128 + signal);
}

bool external_parse(const char *text, struct external_metric *metric, char problem[PAIR_SCORE_REASON_BYTES])
{
    const char *colon = strchr(text, ':');
    size_t bytes = colon ? (size_t)(colon - text) : 0;
    bool named = bytes > 0 && bytes <= 40;
    for (size_t i = 0; i < bytes; i++)
        named &= (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                 (text[i] >= '0' && text[i] <= '9') || text[i] == '_' || text[i] == '-' || text[i] == '.';
    if (!named) {
        snprintf(problem, PAIR_SCORE_REASON_BYTES,
                 "needs NAME:COMMAND, the name of letters, digits, '.', '_' and '-', not '%.80s'", text);
        return false;
    }
    if (!strstr(colon, "{out}")) { /* some metrics look at the output alone */
        snprintf(problem, PAIR_SCORE_REASON_BYTES, "%.*s: the command must have {out} in it, and {ref} if it compares",
                 (int)bytes, text);
        return false;
    }
    metric->name = memory_text(text, bytes);
    metric->command = colon + 1;
    return true;
}

/* A path as a word of the shell: in quotes only where it needs them, for the user may have put some around it. */
static void append_word(FILE *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
    if (!path[strspn(path, plain)]) {
        fputs(path, out);
        return;
    }
    fputc('\'', out);
    for (; *path; path++)
        if (*path == '\'')
            fputs("'\\''", out);
        else
            fputc(*path, out);
    fputc('\'', out);
}

static char *command_line(const char *command)
{
    char *line = NULL;
    size_t bytes;
    FILE *out = memory_checked(open_memstream(&line, &bytes));
    while (*command) {
        bool reference = !strncmp(command, "{ref}", 5), distorted = !strncmp(command, "{out}", 5);
        if (reference || distorted) {
            append_word(out, reference ? place.reference : place.distorted);
            command += 5;
        } else {
            fputc(*command++, out);
        }
    }
    fclose(out);
    return memory_checked(line);
}

/* The first word that is a number. */
static double first_number(char *text)
{
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t\r\n,;=:", &rest); word; word = strtok_r(NULL, " \t\r\n,;=:", &rest)) {
        char *stop;
        double value = strtod(word, &stop);
        if (stop != word && !*stop && isfinite(value))
            return value;
    }
    return (double)NAN;
}

struct answer {
    char text[OUTPUT_BYTES];
    size_t bytes;
    int status; /* of wait; valid unless timed_out */
    bool timed_out;
};

static void take(int from, struct answer *answer)
{
    char rest[4096];
    for (;;) {
        size_t room = sizeof answer->text - 1 - answer->bytes;
        ssize_t n = room ? read(from, answer->text + answer->bytes, room) : read(from, rest, sizeof rest);
        if (n <= 0)
            return;
        if (room)
            answer->bytes += (size_t)n;
    }
}

/* Ends when the program has ended, whoever still holds its output open. */
static void wait_for(pid_t pid, int from, double timeout_s, struct answer *answer)
{
    uint64_t deadline_ns = monotonic_ns() + (uint64_t)(timeout_s * 1e9);
    struct pollfd fd = {.fd = from, .events = POLLIN};
    for (;;) {
        pid_t ended = waitpid(pid, &answer->status, WNOHANG);
        take(from, answer);
        if (ended == pid || (ended < 0 && errno != EINTR))
            break;
        if (monotonic_ns() > deadline_ns) {
            answer->timed_out = true;
            break;
        }
        if (poll(&fd, 1, WAIT_STEP_MS) > 0 && !(fd.revents & POLLIN))
            fd.fd = -1; /* it has closed its output, and goes on */
    }
    kill(-pid, SIGKILL); /* and what it left behind */
    if (answer->timed_out)
        waitpid(pid, &answer->status, 0);
}

static void become(const char *line, int out, int complaints)
{
    int nothing = open("/dev/null", O_RDONLY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(complaints, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

/* False with a reason where it could not be started. */
static bool run(const char *line, double timeout_s, int complaints, struct answer *answer)
{
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return false;
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    pid_t pid = fork();
    if (pid == 0)
        become(line, out[1], complaints);
    close(out[1]);
    if (pid > 0) {
        setpgid(pid, pid);
        place.running = pid;
        wait_for(pid, out[0], timeout_s, answer);
        place.running = 0;
    }
    close(out[0]);
    return pid > 0;
}

static void complain(char *reason, const char *name, int complaints, const char *what)
{
    char text[COMPLAINT + 1] = "";
    ssize_t n = complaints < 0 ? 0 : pread(complaints, text, COMPLAINT, 0);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    for (size_t i = 0; text[i]; i++) /* bytes may be anything, and cut within a character */
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
            text[i] = '?';
    int used = snprintf(reason, PAIR_SCORE_REASON_BYTES, "%s %s", name, what);
    if (*text)
        snprintf(reason + used, PAIR_SCORE_REASON_BYTES - (size_t)used, " (%s)", text);
}

static double measure(const struct external_metric *metric, double timeout_s, char *reason)
{
    static struct answer answer;
    answer.bytes = 0;
    answer.timed_out = false;
    int complaints = memfd_create("imgbench-metric", MFD_CLOEXEC);
    char *line = command_line(metric->command);
    double value = (double)NAN;
    char what[64] = "printed no number";
    if (complaints < 0 || !run(line, timeout_s, complaints, &answer)) {
        snprintf(what, sizeof what, "could not be started");
    } else if (answer.timed_out) {
        snprintf(what, sizeof what, "had not ended after %g s", timeout_s);
    } else if (WIFSIGNALED(answer.status)) {
        snprintf(what, sizeof what, "ended with signal %d", WTERMSIG(answer.status));
    } else if (WEXITSTATUS(answer.status)) {
        snprintf(what, sizeof what, "ended with exit code %d", WEXITSTATUS(answer.status));
    } else {
        answer.text[answer.bytes] = '\0';
        value = first_number(answer.text);
    }
    if (isnan(value))
        complain(reason, metric->name, complaints, what);
    free(line);
    if (complaints >= 0)
        close(complaints);
    return value;
}

static bool make_place(void)
{
    const char *temporary = getenv("TMPDIR"), *chosen = temporary && *temporary == '/' ? temporary : "/tmp";
    snprintf(place.directory, sizeof place.directory, "%s/imgbench-score-XXXXXX", chosen);
    if (!mkdtemp(place.directory))
        return false;
    snprintf(place.reference, sizeof place.reference, "%s/ref.png", place.directory);
    snprintf(place.distorted, sizeof place.distorted, "%s/out.png", place.directory);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    return true;
}

void external_measure(const struct pixels *reference, const struct pixels *distorted,
                      const struct pair_settings *settings, double values[EXTERNAL_METRICS_MAX],
                      char reason[PAIR_SCORE_REASON_BYTES])
{
    *reason = '\0';
    for (size_t i = 0; i < EXTERNAL_METRICS_MAX; i++)
        values[i] = (double)NAN;
    if (!make_place()) {
        snprintf(reason, PAIR_SCORE_REASON_BYTES, "no directory for its pictures could be made: %s", strerror(errno));
        return;
    }
    if (decode_to_png(reference, place.reference) && decode_to_png(distorted, place.distorted)) {
        for (size_t i = 0; i < settings->external_count; i++) {
            char why[PAIR_SCORE_REASON_BYTES] = "";
            values[i] = measure(&settings->externals[i], settings->external_timeout_s, why);
            if (!*reason)
                memcpy(reason, why, sizeof why);
        }
    } else {
        snprintf(reason, PAIR_SCORE_REASON_BYTES, "pictures for %s could not be written to %.120s",
                 settings->externals[0].name, place.directory);
    }
    remove_place();
    signal(SIGTERM, SIG_DFL);
}
