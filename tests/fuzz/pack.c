/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the reader of packs. Input: a pack.ndjson. What is understood is written, read and
 * written again: both are the same.
 * Must not know: what is in a pack. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/anonymize/anonymize.h"
#include "analyzer/pack/pack.h"
#include "tests/fuzz/json.h"
#include "tests/fuzz/report.h"
#include "analyzer/pack/pack_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned seed)
{
    return json_mutate(data, bytes, capacity, seed);
}

/* The trace is whichever the pack says. */
static struct pack *read_pack(void)
{
    char error[5000];
    struct pack_trace any = {.boot_id = NULL, .realtime_offset_ns = 5, .start_ns = 7};
    struct pack *pack = pack_read(fuzz_directory(1), &any, error, sizeof error);
    if (!pack != (*error != '\0'))
        abort(); /* there is one in any case */
    return pack;
}

static void write_pack(const struct pack *pack, struct fuzz_output *output)
{
    if (pack_write(pack, fuzz_output(output)) || fflush(output->stream))
        abort();
    fuzz_file(PACK_NAME, output->text, output->bytes);
}

static void look_up(const struct pack *pack)
{
    for (size_t i = 0; i < pack->files_count; i++)
        if (pack_find_file(pack, pack->files[i].path, &pack->files[i].state) != &pack->files[i])
            abort();
    for (size_t i = 0; i < pack->modules_count; i++) {
        const struct pack_module *module = pack->modules[i];
        if (pack_find_module(pack, module->path, module->build_id, module->build_id_bytes) != module)
            abort();
        for (size_t k = 0; k < module->symbols_count; k++)
            if (pack_find_symbol(module, module->symbols[k].address) != &module->symbols[k])
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct names names;
    static bool has_names;
    fuzz_directory(1);
    has_names = has_names || names_init(&names);
    fuzz_file(PACK_NAME, bytes ? data : (const uint8_t *)"", bytes);
    struct pack *pack = read_pack();
    if (!pack)
        return 0;
    look_up(pack);
    pack_free(anonymize_pack(&names, pack));
    struct fuzz_output first, second;
    write_pack(pack, &first);
    struct pack *again = read_pack();
    if (!again)
        abort();
    write_pack(again, &second);
    if (first.bytes != second.bytes || memcmp(first.text, second.text, first.bytes) != 0)
        abort();
    fuzz_lines(&first);
    fuzz_lines(&second);
    pack_free(pack);
    pack_free(again);
    return 0;
}
