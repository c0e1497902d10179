/* SPDX-License-Identifier: MIT
 * Owns: what commands say on standard error, how texts from a trace reach a terminal, and how output ends.
 * Must not know: traces. */
#include "analyzer/base/message.h"

#include <errno.h>
#include <stdint.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/base/monotonic.h"

void message_error(const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    flockfile(stderr);
    fputs("imgbench: ", stderr);
    message_escaped(stderr, line, strlen(line), message_locale_is_ascii());
    putc('\n', stderr);
    funlockfile(stderr);
}

#define PROGRESS_AFTER_NS UINT64_C(1000000000)
#define PROGRESS_EVERY_NS UINT64_C(100000000)
static struct {
    bool begun, quiet, shown;
    uint64_t start_ns, last_ns;
} progress;

void message_progress(const char *what, double done_ratio)
{
    if (!progress.begun) {
        progress.begun = true;
        const char *terminal = getenv("TERM");
        progress.quiet = !isatty(STDERR_FILENO) || !terminal || !strcmp(terminal, "dumb"); /* that shows \033[K */
        progress.start_ns = monotonic_ns();
    }
    uint64_t at_ns = progress.quiet ? 0 : monotonic_ns();
    if (progress.quiet || at_ns - progress.start_ns < PROGRESS_AFTER_NS || at_ns - progress.last_ns < PROGRESS_EVERY_NS)
        return;
    progress.last_ns = at_ns;
    progress.shown = true;
    fprintf(stderr, "\rimgbench: %s: %3.0f %%", what, done_ratio * 100);
    fflush(stderr);
}

void message_progress_end(void)
{
    if (progress.shown)
        fputs("\r\033[K", stderr); /* to the beginning, and nothing behind it */
    progress.begun = progress.shown = false;
}

/* Length of the UTF-8 character at text, or 0 when it is not a whole and shortest one. */
static unsigned character(const unsigned char *text, size_t bytes, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned length = *text < 0xc0 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : *text < 0xf8 ? 4 : 0;
    if (!length || length > bytes)
        return 0;
    *code = *text & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    return *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff) ? 0 : length;
}

/* Characters that show nothing, change the direction of what follows, or break the line. */
static bool is_hidden(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},
                                         {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
                                         {0xfff9, 0xfffb}, {0xe000, 0xf8ff}, {0xfffe, 0xffff}, {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

static void escaped_byte(FILE *out, unsigned char byte)
{
    static const char named[] = "\a\b\t\n\v\f\r";
    const char *found = byte ? strchr(named, byte) : NULL;
    if (found)
        fprintf(out, "\\%c", "abtnvfr"[found - named]);
    else if (byte == '"' || byte == '\\')
        fprintf(out, "\\%c", byte);
    else if (byte < 0x20 || byte > 0x7e)
        fprintf(out, "\\%03o", byte);
    else
        putc(byte, out);
}

void message_escaped(FILE *out, const char *text, size_t bytes, bool ascii)
{
    const unsigned char *at = (const unsigned char *)text;
    while (bytes) {
        uint32_t code = 0;
        unsigned length = *at < 0x80 || ascii ? 0 : character(at, bytes, &code);
        if (length && !is_hidden(code)) {
            fwrite(at, 1, length, out);
        } else {
            length = 1;
            escaped_byte(out, *at);
        }
        at += length;
        bytes -= length;
    }
}

bool message_locale_is_ascii(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static int output_error;

void message_output_failed(void)
{
    if (!output_error)
        output_error = errno;
}

int message_end_output(int status)
{
    /* A failed write may have left its bytes in the buffer: writing them again tells the reason again. */
    bool failed = ferror(stdout);
    errno = 0;
    if (fflush(stdout))
        failed = true;
    int error = output_error ? output_error : errno;
    if (fclose(stdout) && !failed) {
        failed = true;
        error = errno;
    }
    if (!failed)
        return status;
    if (error != EPIPE)
        message_error("standard output cannot be written: %s", strerror(error ? error : EIO));
    return CMD_FAILURE;
}
