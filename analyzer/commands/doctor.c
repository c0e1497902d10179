/* SPDX-License-Identifier: MIT
 * Owns: `imgbench doctor`: does recording work here, and what is missing?
 * Must not know: how that is found out. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/doctor/doctor.h"
#include "analyzer/base/message.h"
#include "analyzer/run/program.h"
#include "analyzer/base/usage.h"

#define PROGRAMS_MAX 64

struct arguments {
    const char *programs[PROGRAMS_MAX];
    size_t program_count;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (arguments->program_count == PROGRAMS_MAX)
        return usage_error(state, "at most %d programs", PROGRAMS_MAX);
    arguments->programs[arguments->program_count++] = argument;
    return 0;
}

static void print(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *text)
{
    static const char *const words[] = {"ok", "note", "FAILED"};
    (void)doctor;
    printf("%-7s %-14s ", words[grade], what);
    message_escaped(stdout, text, strlen(text), message_locale_is_ascii());
    putchar('\n');
}

static void check_programs(struct doctor *doctor, const struct arguments *arguments)
{
    char path[PROGRAM_PATH], why[2 * PROGRAM_PATH + 512];
    for (size_t i = 0; i < arguments->program_count; i++)
        if (program_find(arguments->programs[i], path, why, sizeof why))
            doctor_say(doctor, DOCTOR_FAILED, "program", "%s", why);
        else
            doctor_say(doctor, DOCTOR_OK, "program", "%s", path);
}

static int run_doctor(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse,
        "[CMD...]",
        "Check this installation: does recording work here, and what is missing?\v"
        "Each check is a line: ok; note, where recording works without, and what is then "
        "not known; FAILED, where it does not work, and what to do. The library is really "
        "loaded into a program that reads an image. Each CMD is a program of which is said "
        "whether it can be recorded. Exit code 0: recording works; 1: it does not, or not of a "
        "CMD.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {.program_count = 0};
    if (usage_parse(&argp, argc, argv, &arguments))
        return CMD_USAGE;
    struct doctor doctor = {.tell = print};
    doctor_check_place(&doctor);
    doctor_check_recording(&doctor);
    doctor_leave_place(&doctor);
    doctor_check_machine(&doctor);
    unsigned failed = doctor.counts[DOCTOR_FAILED], notes = doctor.counts[DOCTOR_NOTE];
    check_programs(&doctor, &arguments);
    unsigned programs = doctor.counts[DOCTOR_FAILED] - failed;
    if (!failed && programs)
        printf("\nRecording works, but not of %u program%s.\n", programs, programs == 1 ? "" : "s");
    else if (failed)
        printf("\nRecording does not work: %u check%s failed.\n", failed, failed == 1 ? "" : "s");
    else if (notes)
        printf("\nRecording works; what is not known is in %u note%s.\n", notes, notes == 1 ? "" : "s");
    else
        printf("\nRecording works, and nothing is missing.\n");
    return failed || programs ? CMD_FAILURE : CMD_OK;
}

const struct command cmd_doctor = {"doctor", "check whether recording works here, and what is missing", "[CMD...]",
                                   run_doctor};
