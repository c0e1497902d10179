/* SPDX-License-Identifier: MIT
 * Owns: changing JSON so that it stays JSON: byte by byte nearly every change is one that the parser refuses.
 * Must not know: what it stands for. */
#include "tests/fuzz/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static unsigned draw(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1664525 + 1013904223;
    return limit ? (*seed >> 8) % limit : 0;
}

static json_t *changed_text(const json_t *json, unsigned *seed)
{
    char text[300] = "";
    size_t bytes = json_string_length(json) < 200 ? json_string_length(json) : 200;
    memcpy(text, json_string_value(json), bytes);
    bytes = LLVMFuzzerMutate((uint8_t *)text, bytes, draw(seed, 2) ? sizeof text : bytes + 1);
    return json_stringn(text, bytes);
}

static json_t *another(const json_t *json, unsigned *seed)
{
    static const json_int_t integers[] = {0, 1, -1, 2147483647, -2147483648LL, 4294967296LL, INT64_MAX, INT64_MIN};
    static const double reals[] = {0.0, -0.0, 1e308, -1e308, 5e-324, 0.5, -1.5, 9.3e18};
    static const char *const texts[] = {"",
                                        "0",
                                        "-1",
                                        "18446744073709551615",
                                        "99999999999999999999",
                                        "</script>",
                                        "file",
                                        "png",
                                        "\x1b[2J",
                                        "\xe2\x80\xae",
                                        "=1+1",
                                        "a\nb|c"};
    switch (draw(seed, 9)) {
    case 0: return json_null();
    case 1: return json_integer(integers[draw(seed, 8)]);
    case 2: return json_real(reals[draw(seed, 8)]);
    case 3: return json_string(texts[draw(seed, 12)]);
    case 4: return json_array();
    case 5: return json_object();
    case 6: return json_boolean(draw(seed, 2));
    case 7: return json_is_string(json) ? changed_text(json, seed) : json_pack("[O]", json);
    default:
        return json_is_integer(json)
                   ? json_integer((json_int_t)((uint64_t)json_integer_value(json) ^ (UINT64_C(1) << draw(seed, 64))))
                   : json_pack("{s:O}", "type", json);
    }
}

/* The n-th value below one, counted as they are met; then *n is what is left. parent and key: where it hangs. */
struct place {
    json_t *parent;
    const char *key;
    size_t index;
};

static json_t *find(json_t *json, unsigned *n, struct place *place)
{
    const char *key;
    size_t index;
    json_t *value, *found;
    json_object_foreach(json, key, value)
    {
        *place = (struct place){json, key, 0};
        if (!(*n)--)
            return value;
        if ((found = find(value, n, place)))
            return found;
    }
    json_array_foreach(json, index, value)
    {
        *place = (struct place){json, NULL, index};
        if (!(*n)--)
            return value;
        if ((found = find(value, n, place)))
            return found;
    }
    return NULL;
}

static unsigned count(json_t *json)
{
    struct place place;
    unsigned n = 1 << 20;
    find(json, &n, &place);
    return (1 << 20) - n;
}

static void change(json_t *json, unsigned *seed)
{
    struct place place;
    unsigned n = draw(seed, count(json));
    json_t *value = find(json, &n, &place);
    if (!value)
        return;
    char key[64] = "";
    switch (draw(seed, 8)) {
    case 0:
        if (place.key)
            json_object_del(place.parent, place.key);
        else
            json_array_remove(place.parent, place.index);
        return;
    case 1: /* once more */
        snprintf(key, sizeof key, "%.40s%u", place.key ? place.key : "", draw(seed, 4));
        if (place.key)
            json_object_set_new(place.parent, key, json_deep_copy(value));
        else
            json_array_insert_new(place.parent, place.index, json_deep_copy(value));
        return;
    default: {
        json_t *new = another(value, seed);
        if (new &&place.key)
            json_object_set_new(place.parent, place.key, new);
        else if (new)
            json_array_set_new(place.parent, place.index, new);
    }
    }
}

size_t json_mutate(uint8_t *data, size_t bytes, size_t capacity, unsigned seed)
{
    size_t from = 0, to = bytes;
    if (!draw(&seed, 8))
        return LLVMFuzzerMutate(data, bytes, capacity);
    if (bytes) { /* the line that holds some byte */
        from = to = draw(&seed, (unsigned)bytes);
        while (from && data[from - 1] != '\n')
            from--;
        while (to < bytes && data[to] != '\n')
            to++;
    }
    json_t *json = json_loadb((const char *)data + from, to - from, 0, NULL);
    for (unsigned times = draw(&seed, 3) + 1; json && times; times--)
        change(json, &seed);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    size_t length = text ? strlen(text) : 0;
    json_decref(json);
    if (!length || from + length + (bytes - to) > capacity) {
        free(text);
        return LLVMFuzzerMutate(data, bytes, capacity);
    }
    memmove(data + from + length, data + to, bytes - to);
    memcpy(data + from, text, length);
    free(text);
    return from + length + (bytes - to);
}
