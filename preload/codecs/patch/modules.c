/* SPDX-License-Identifier: MIT
 * Owns: where loaded objects lie and what they are called: their module records.
 * Must not know: slots, wrappers. */
#include "preload/codecs/patch/modules.h"

#include <string.h>

#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"

#define TEXTS        65536 /* bytes of copies; a program that loads more names than fit is told by fewer modules */
#define BUILD_ID_MAX 64

static char *texts;
static size_t texts_used;

/* Names repeat when objects are loaded again and again: each is there once. An entry is name, 0, length, build id. */
static void keep(struct module *module)
{
    size_t name = strlen(module->name) + 1, bytes = module->build_id.bytes, at = 0;
    const char *kept = module->kept_name;
    module->kept_name = NULL;
    if (module->at_start || bytes > BUILD_ID_MAX)
        return;
    if (!texts && !(texts = arena_allocate(TEXTS)))
        return;
    for (; at < texts_used; at += strlen(texts + at) + 1, at += 1 + (unsigned char)texts[at]) {
        const char *id = texts + at + strlen(texts + at) + 1;
        if (strcmp(texts + at, module->name) == 0 && (unsigned char)*id == bytes &&
            (!bytes || memcmp(id + 1, module->build_id.data, bytes) == 0))
            break;
    }
    if (at == texts_used) {
        if (name + 1 + bytes > TEXTS - texts_used)
            return;
        memcpy(texts + at, module->name, name);
        texts[at + name] = (char)bytes;
        if (bytes)
            memcpy(texts + at + name + 1, module->build_id.data, bytes);
        texts_used += name + 1 + bytes;
    }
    if (kept && kept != texts + at)
        module->recorded_for = 0; /* another object, which came to lie where one was unloaded */
    module->kept_name = texts + at;
    module->kept_build_id = (struct trace_text){texts + at + name + 1, bytes};
}

void module_describe(struct module *module, const struct dl_phdr_info *info)
{
    module->bytes = 0;
    module->build_id = (struct trace_text){NULL, 0};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > module->bytes)
            module->bytes = segment->p_vaddr + segment->p_memsz;
        if (segment->p_type != PT_NOTE)
            continue;
        /* The build id lies in the object itself. */
        const char *note = (const char *)(info->dlpi_addr + segment->p_vaddr), *end = note + segment->p_memsz;
        while (end - note >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
            const ElfW(Nhdr) *header = (const void *)note;
            const char *name = note + sizeof *header, *value = name + ((header->n_namesz + 3) & ~3u);
            if (value + header->n_descsz > end)
                break;
            if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
                module->build_id = (struct trace_text){value, header->n_descsz};
            note = value + ((header->n_descsz + 3) & ~3u);
        }
    }
    keep(module);
}

static void put(struct thread *self, struct module *module, const char *name, const struct trace_text *build_id)
{
    struct trace_module record = {
        .base = module->base,
        .bytes = module->bytes,
        .path = {name, strlen(name)},
        .build_id = *build_id,
    };
    packet_put(self, TRACE_KIND_module, thread_now_ns(), &record);
    module->recorded_for = process.start_ns;
}

void module_put(struct thread *self, struct module *module)
{
    if (module->recorded_for != process.start_ns)
        put(self, module, module->name, &module->build_id);
}

void module_put_known(struct thread *self, struct module *module)
{
    if (module->recorded_for == process.start_ns)
        return;
    if (module->at_start)
        put(self, module, module->name, &module->build_id);
    else if (module->kept_name)
        put(self, module, module->kept_name, &module->kept_build_id);
}
