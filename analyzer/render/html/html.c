/* SPDX-License-Identifier: MIT
 * Owns: the HTML report: one file, made of the page that was built in (analyzer/page/) and of the data it shows.
 * Must not know: how the page shows them, how figures come about. */
#include "analyzer/render/html/html_parts.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/render/json/json.h"
#include "analyzer/render/render.h"

/* page.S */
extern const char render_page_head[], render_page_head_end[], render_page_middle[], render_page_middle_end[],
    render_page_tail[], render_page_tail_end[];

/* What stands for a byte sequence in JSON between script tags. */
static const struct escape {
    const char *bytes, *instead;
} escapes[] = {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}};

/* Bytes of a sequence that the end of one write left open: its first one or two. */
struct escaper {
    FILE *out;
    char open[4];
    size_t open_bytes;
};

static const struct escape *escape_at(const char *text, size_t bytes, bool *may_follow)
{
    *may_follow = false;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        size_t length = strlen(escapes[i].bytes);
        if (bytes >= length && !memcmp(text, escapes[i].bytes, length))
            return &escapes[i];
        if (bytes < length && !memcmp(text, escapes[i].bytes, bytes))
            *may_follow = true;
    }
    return NULL;
}

static size_t plain_bytes(const char *text, size_t bytes)
{
    size_t length = 0;
    while (length < bytes && text[length] != '<' && text[length] != '>' && text[length] != '&' &&
           text[length] != '\xe2')
        length++;
    return length;
}

/* Returns how much of the text was written: all but a sequence that may go on. */
static size_t escape(FILE *out, const char *text, size_t bytes)
{
    size_t at = 0;
    while (at < bytes) {
        size_t plain = plain_bytes(text + at, bytes - at);
        fwrite(text + at, 1, plain, out);
        at += plain;
        if (at == bytes)
            break;
        bool may_follow;
        const struct escape *found = escape_at(text + at, bytes - at, &may_follow);
        if (!found && may_follow)
            break;
        fputs(found ? found->instead : (char[]){text[at], '\0'}, out);
        at += found ? strlen(found->bytes) : 1;
    }
    return at;
}

static ssize_t escaper_write(void *cookie, const char *text, size_t bytes)
{
    struct escaper *escaper = cookie;
    size_t taken = 0;
    while (escaper->open_bytes && taken < bytes) {
        escaper->open[escaper->open_bytes++] = text[taken++];
        size_t written = escape(escaper->out, escaper->open, escaper->open_bytes);
        memmove(escaper->open, escaper->open + written, escaper->open_bytes - written);
        escaper->open_bytes -= written;
    }
    taken += escape(escaper->out, text + taken, bytes - taken);
    while (taken < bytes)
        escaper->open[escaper->open_bytes++] = text[taken++];
    return ferror(escaper->out) ? 0 : (ssize_t)bytes;
}

static int escaper_close(void *cookie)
{
    struct escaper *escaper = cookie;
    fwrite(escaper->open, 1, escaper->open_bytes, escaper->out);
    int result = ferror(escaper->out) ? -1 : 0;
    free(escaper);
    return result;
}

FILE *html_escaping(FILE *out)
{
    struct escaper *escaper = calloc(1, sizeof *escaper);
    if (!escaper)
        return NULL;
    escaper->out = out;
    FILE *stream = fopencookie(escaper, "w", (cookie_io_functions_t){.write = escaper_write, .close = escaper_close});
    if (!stream)
        free(escaper);
    else
        setvbuf(stream, NULL, _IOFBF, 1 << 16);
    return stream;
}

static void part(FILE *out, const char *from, const char *to)
{
    fwrite(from, 1, (size_t)(to - from), out);
}

static int block(FILE *out, const char *id, const struct metrics *metrics, const struct render_options *options)
{
    fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
    FILE *json = html_escaping(out);
    if (!json)
        return -1;
    int result = options ? render_json_for_page(metrics, options, json) : html_images(metrics, json);
    if (fclose(json))
        result = -1;
    fputs("</script>\n", out);
    return result;
}

/* The page draws its summary before the images, which may be many, have been read. */
static int report(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    part(out, render_page_head, render_page_head_end);
    int result = block(out, "report", metrics, options);
    part(out, render_page_middle, render_page_middle_end);
    if (block(out, "images", metrics, NULL))
        result = -1;
    part(out, render_page_tail, render_page_tail_end);
    return result || fflush(out) || ferror(out) ? -1 : 0;
}

const struct renderer render_html = {"html", "one page that needs nothing else, for a browser", report};
