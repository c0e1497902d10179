/* SPDX-License-Identifier: MIT
 * Owns: the grammar of --fail-if: [any|all] PATH OPERATOR VALUE.
 * Must not know: reports, what paths there are. */
#include "analyzer/gate/expression.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

static const struct {
    const char *text;
    enum expression_operator comparison;
} operators[] = {{">=", OPERATOR_AT_LEAST}, {"<=", OPERATOR_AT_MOST}, {"==", OPERATOR_EQUAL}, {"!=", OPERATOR_UNEQUAL},
                 {">", OPERATOR_ABOVE},     {"<", OPERATOR_BELOW},    {"=", OPERATOR_EQUAL}};

/* Figures are in seconds, bytes and ratios. */
static const struct {
    const char *name;
    double factor;
} units[] = {{"", 1},
             {"%", 0.01},
             {"ns", 1e-9},
             {"us", 1e-6},
             {"µs", 1e-6},
             {"ms", 1e-3},
             {"s", 1},
             {"min", 60},
             {"h", 3600},
             {"B", 1},
             {"kB", 1e3},
             {"KB", 1e3},
             {"MB", 1e6},
             {"GB", 1e9},
             {"TB", 1e12},
             {"KiB", 1024},
             {"MiB", 1024 * 1024},
             {"GiB", 1073741824},
             {"TiB", 1099511627776}};

struct cursor {
    const char *text, *at;
};

static void skip_blanks(struct cursor *cursor)
{
    while (isspace((unsigned char)*cursor->at))
        cursor->at++;
}

static bool take(struct cursor *cursor, const char *word)
{
    size_t bytes = strlen(word);
    if (strncmp(cursor->at, word, bytes) != 0)
        return false;
    cursor->at += bytes;
    return true;
}

static void parse_scope(struct cursor *cursor, struct expression *expression)
{
    static const struct {
        const char *word;
        enum expression_scope scope;
    } scopes[] = {{"any", SCOPE_ANY}, {"all", SCOPE_ALL}};
    for (size_t i = 0; i < 2; i++)
        if (!strncmp(cursor->at, scopes[i].word, 3) && isspace((unsigned char)cursor->at[3])) {
            expression->scope = scopes[i].scope;
            cursor->at += 3;
            break;
        }
    skip_blanks(cursor);
}

/* Names with dots between them; what stands between brackets may be anything. */
static size_t path_bytes(const char *text)
{
    size_t bytes = 0;
    for (bool inside = false; text[bytes]; bytes++) {
        unsigned char byte = (unsigned char)text[bytes];
        if (!inside && !isalnum(byte) && !strchr("_.-[", byte))
            break;
        inside = byte == '[' || (inside && byte != ']');
    }
    return bytes;
}

static bool parse_operator(struct cursor *cursor, struct expression *expression)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (take(cursor, operators[i].text)) {
            expression->comparison = operators[i].comparison;
            return true;
        }
    return false;
}

static bool unit_of(const char *text, size_t bytes, double *factor)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == bytes && !memcmp(units[i].name, text, bytes)) {
            *factor = units[i].factor;
            return true;
        }
    return false;
}

/* A number, or false with the cursor where it was: then it is a text. */
static bool parse_number(struct cursor *cursor, size_t bytes, struct expression *expression, const char **bad_unit)
{
    const char *start = cursor->at, *digits = start;
    double factor = 1;
    char *end;
    bool spread = !strncmp(digits, "±", strlen("±")), sign = *digits == '+' || *digits == '-';
    digits += spread ? strlen("±") : sign;
    *bad_unit = NULL;
    if (!isdigit((unsigned char)*digits) && !(*digits == '.' && isdigit((unsigned char)digits[1])))
        return false;
    errno = 0;
    double number = strtod(digits, &end);
    const char *unit = end, *last = start + bytes; /* behind it are blanks, too */
    while (unit < last && *unit == ' ')
        unit++;
    size_t left = (size_t)(last - unit);
    if (errno || !unit_of(unit, left, &factor)) {
        *bad_unit = unit;
        return false;
    }
    bool relative = (sign || spread) && *unit == '%';
    if (spread && !relative) {
        *bad_unit = unit;
        return false;
    }
    expression->value = !relative ? VALUE_NUMBER : spread ? VALUE_SPREAD : VALUE_CHANGE;
    expression->number = number * factor * (*start == '-' ? -1 : 1);
    return true;
}

static bool parse_value(struct cursor *cursor, struct expression *expression, char *why, size_t capacity)
{
    size_t bytes = strlen(cursor->at);
    const char *bad_unit;
    while (bytes && isspace((unsigned char)cursor->at[bytes - 1]))
        bytes--;
    if (!bytes) {
        snprintf(why, capacity, "a value is missing behind the operator, as in >512MB or >+5%%");
        return false;
    }
    if (parse_number(cursor, bytes, expression, &bad_unit))
        return true;
    if (bad_unit) {
        cursor->at = bad_unit;
        snprintf(
            why, capacity,
            "no unit that is known (ns, us, ms, s, min, h, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, %%); ± goes with %%");
        return false;
    }
    bool quoted = bytes > 1 && (*cursor->at == '\'' || *cursor->at == '"') && cursor->at[bytes - 1] == *cursor->at;
    expression->value = VALUE_TEXT;
    expression->text = memory_text(cursor->at + quoted, bytes - 2 * (size_t)quoted);
    if (expression->comparison == OPERATOR_EQUAL || expression->comparison == OPERATOR_UNEQUAL)
        return true;
    snprintf(why, capacity, "neither a number nor a change such as +5%%; texts can only be compared with == and !=");
    return false;
}

/* Characters, not bytes: people count those. */
static size_t column_of(const char *text, const char *at)
{
    size_t column = 1;
    for (; text < at; text++)
        column += ((unsigned char)*text & 0xc0) != 0x80;
    return column;
}

bool expression_parse(struct expression *expression, const char *text, size_t *column, char *why, size_t capacity)
{
    struct cursor cursor = {text, text};
    *expression = (struct expression){0};
    skip_blanks(&cursor);
    parse_scope(&cursor, expression);
    size_t bytes = path_bytes(cursor.at);
    expression->path_column = (size_t)(cursor.at - text) + 1;
    expression->path = memory_text(cursor.at, bytes);
    bool good = bytes > 0;
    if (!good)
        snprintf(why, capacity, "the path of a figure is missing, as in memory.peak_rss_bytes>512MB");
    if (good) {
        cursor.at += bytes;
        skip_blanks(&cursor);
        expression->limit = memory_text(cursor.at, strlen(cursor.at));
        good = parse_operator(&cursor, expression);
        if (!good)
            snprintf(why, capacity, "an operator is missing behind the path: > >= < <= == !=");
    }
    if (good) {
        skip_blanks(&cursor);
        good = parse_value(&cursor, expression, why, capacity);
    }
    *column = column_of(text, cursor.at);
    return good;
}

void expression_release(struct expression *expression)
{
    free(expression->path);
    free(expression->text);
    free(expression->limit);
    *expression = (struct expression){0};
}

bool expression_holds(enum expression_operator comparison, double value, double limit)
{
    switch (comparison) {
    case OPERATOR_ABOVE: return value > limit;
    case OPERATOR_AT_LEAST: return value >= limit;
    case OPERATOR_BELOW: return value < limit;
    case OPERATOR_AT_MOST: return value <= limit;
    case OPERATOR_EQUAL: return value == limit;
    case OPERATOR_UNEQUAL: return value != limit;
    }
    return false;
}
