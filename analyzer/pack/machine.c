/* SPDX-License-Identifier: MIT
 * Owns: whether a trace was recorded on this machine. Must not know: traces. */
#include "analyzer/pack/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void read_line(const char *path, char *out, size_t capacity)
{
    FILE *file = fopen(path, "re");
    if (!file || !fgets(out, (int)capacity, file))
        out[0] = '\0';
    if (file)
        fclose(file);
    out[strcspn(out, "\n")] = '\0';
}

static void read_cpu_model(char *out, size_t capacity)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    out[0] = '\0';
    for (int lines = 0; file && lines < 16 && !*out && fgets(line, sizeof line, file); lines++) {
        const char *colon = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
        if (colon && colon[1] == ' ')
            snprintf(out, capacity, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (file)
        fclose(file);
}

void machine_describe(struct machine *machine)
{
    struct utsname names;
    *machine = (struct machine){.name = ""};
    if (uname(&names) == 0)
        snprintf(machine->name, sizeof machine->name, "%s %s", names.nodename, names.machine);
    read_line("/proc/sys/kernel/random/boot_id", machine->boot_id, sizeof machine->boot_id);
    read_cpu_model(machine->cpu_model, sizeof machine->cpu_model);
}

static bool same(const char *recorded, const char *here)
{
    return recorded && *recorded && strcmp(recorded, here) == 0;
}

bool machine_is_this(const char *name, const char *boot_id, const char *cpu_model)
{
    struct machine here;
    machine_describe(&here);
    return same(name, here.name) && (same(boot_id, here.boot_id) || same(cpu_model, here.cpu_model));
}
