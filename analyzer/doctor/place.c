/* SPDX-License-Identifier: MIT
 * Owns: checks of where traces go: directory, file system, room.
 * Must not know: what a trace holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "analyzer/doctor/doctor.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/run/set.h"
#include "trace/place.h"

static const char *file_system(long type)
{
    static const struct {
        long type;
        const char *name;
    } known[] = {{0xEF53, "ext4"},      {0x58465342, "xfs"}, {0x01021994, "tmpfs"}, {0x794c7630, "overlay"},
                 {0x9123683E, "btrfs"}, {0x6969, "nfs"},     {0x65735546, "FUSE"},  {0x01021997, "9p"},
                 {0xFF534D42, "cifs"},  {0x2fc12fc1, "zfs"}, {0x858458f6, "ramfs"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == type)
            return known[i].name;
    return "another file system";
}

static bool make_place(struct doctor *doctor, char *why, size_t capacity)
{
    const char *given = getenv("IMGBENCH_DIR");
    char wanted[PATH_MAX];
    bool is_default;
    if (given && *given) {
        if (snprintf(wanted, sizeof wanted, "%s/.doctor-%d", given, (int)getpid()) >= (int)sizeof wanted) {
            snprintf(why, capacity, "IMGBENCH_DIR is too long");
            return false;
        }
        doctor->parent_is_ours = access(given, F_OK) != 0;
    } else {
        char state[PATH_MAX];
        find_trace_directory(state, sizeof state);
        doctor->parent_is_ours = access(state, F_OK) != 0;
    }
    if (!set_directory(given && *given ? wanted : NULL, "doctor", doctor->place, &is_default, why, capacity)) {
        doctor->place[0] = '\0';
        return false;
    }
    snprintf(doctor->parent, sizeof doctor->parent, "%s", doctor->place);
    *strrchr(doctor->parent, '/') = '\0';
    return true;
}

void doctor_check_place(struct doctor *doctor)
{
    char why[2 * PATH_MAX], state[PATH_MAX];
    const char *given = getenv("IMGBENCH_DIR");
    struct statfs place;
    struct statvfs room;
    if (!make_place(doctor, why, sizeof why)) {
        doctor_say(doctor, DOCTOR_FAILED, "directory",
                   given && *given ? "%s; set it to another directory" : "%s, or by IMGBENCH_DIR", why);
        return;
    }
    find_trace_directory(state, sizeof state);
    if (!(given && *given) && strcmp(state, doctor->parent) != 0)
        doctor_say(doctor, DOCTOR_NOTE, "directory", "%s cannot be made or written to: traces go to %s", state,
                   doctor->parent);
    else
        doctor_say(doctor, DOCTOR_OK, "directory", "%s", doctor->parent);
    if (!statfs(doctor->place, &place)) {
        bool maps = trace_place_maps((long)place.f_type);
        doctor_say(doctor, maps ? DOCTOR_OK : DOCTOR_NOTE, "file system", "%s%s", file_system((long)place.f_type),
                   maps ? ""
                        : ": packets are written there, not mapped, so recording costs more than on ext4, xfs, "
                          "tmpfs or overlay");
    }
    if (!set_has_room(doctor->place, why, sizeof why))
        doctor_say(doctor, DOCTOR_FAILED, "room", "%s", why);
    else if (!statvfs(doctor->place, &room) && room.f_blocks)
        doctor_say(doctor, DOCTOR_OK, "room", "%llu MB are free, enough for a trace of IMGBENCH_QUOTA",
                   (unsigned long long)room.f_bavail * room.f_frsize / 1000000);
}

void doctor_leave_place(struct doctor *doctor)
{
    if (!doctor->place[0])
        return;
    set_remove(doctor->place);
    if (doctor->parent_is_ours)
        rmdir(doctor->parent);
}
