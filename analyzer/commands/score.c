/* SPDX-License-Identifier: MIT
 * Owns: `imgbench score`: two image files to what one keeps of the other.
 * Must not know: how they are compared. */
#include <argp.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/base/message.h"
#include "analyzer/quality/quality.h"
#include "analyzer/render/json_values.h"
#include "analyzer/base/usage.h"

enum { KEY_JSON = 256 };

struct score_arguments {
    const char *files[2];
    int count;
    bool json;
    struct pair_settings settings;
};

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "One JSON object instead of a line per metric", 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct score_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->settings; return 0;
    case KEY_JSON: arguments->json = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            return usage_error(state, "two files are compared, the original and what became of it; '%s' is one more",
                               argument);
        arguments->files[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        return arguments->count == 2 ? 0 : usage_error(state, "name two files: the original and what became of it");
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_line(const char *name, double value, const char *form)
{
    printf("%s\t", name);
    if (isnan(value))
        fputs("n/a", stdout);
    else
        printf(form, value);
    putchar('\n');
}

static void print_lines(const struct pair_settings *settings, const struct pair_score *score)
{
    print_line("ssimulacra2", score->ssimulacra2, "%.4f");
    print_line("psnr_db", score->psnr_db, "%.4f");
    print_line("ssim", score->ssim, "%.6f");
    print_line("ms_ssim", score->ms_ssim, "%.6f");
    for (size_t i = 0; i < settings->external_count; i++)
        print_line(settings->externals[i].name, score->externals[i], "%.10g");
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static bool print_json(const struct pair_settings *settings, const struct pair_score *score)
{
    char room[PAIR_SCORE_NOTE_BYTES];
    json_t *metrics = json_object();
    for (size_t i = 0; i < settings->external_count; i++)
        json_object_set_new(metrics, settings->externals[i].name, number(score->externals[i]));
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:i, s:o, s:o}", "ssimulacra2", number(score->ssimulacra2),
                  "psnr_db", number(score->psnr_db), "ssim", number(score->ssim), "ms_ssim", number(score->ms_ssim),
                  "identical", score->identical, "resized", score->resized, "alpha", score->alpha, "frames",
                  (int)score->frames, "reason", render_json_text(pair_score_note(score, room)), "metrics", metrics);
    bool good = json && json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0;
    putchar('\n');
    json_decref(json);
    return good;
}

static int score(const struct score_arguments *arguments)
{
    struct pair_score score;
    quality_of_files(arguments->files[0], arguments->files[1], &arguments->settings, &score);
    bool complete = score.frames > 0 && !isnan(score.ssimulacra2);
    for (size_t i = 0; i < arguments->settings.external_count; i++)
        complete &= !isnan(score.externals[i]);
    char room[PAIR_SCORE_NOTE_BYTES];
    if (pair_score_note(&score, room))
        message_error("%s against %s: %s", arguments->files[1], arguments->files[0], room);
    if (arguments->json)
        complete &= print_json(&arguments->settings, &score);
    else if (score.frames)
        print_lines(&arguments->settings, &score);
    return complete ? CMD_OK : CMD_FAILURE;
}

static int run_score(int argc, char **argv)
{
    static const struct argp_child children[] = {{&quality_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "ORIGINAL OUTPUT",
        "Compare an image with what became of it.\v"
        "One line per metric, its name and its value with a tab between them: ssimulacra2 (100 = identical, 90 "
        "visually "
        "lossless, 80 very high, 70 high, 50 medium, 30 low quality), psnr_db, ssim, ms_ssim. An OUTPUT of another "
        "size "
        "is compared with the ORIGINAL resized to it. Exit code 1 when a value is missing; a line says why.",
        children,
        NULL,
        NULL};
    struct score_arguments arguments = {.settings = quality_settings()};
    int result = usage_parse(&argp, argc, argv, &arguments) ? CMD_USAGE : score(&arguments);
    quality_settings_release(&arguments.settings);
    return result;
}

const struct command cmd_score = {"score", "compare an image with what became of it",
                                  "ORIGINAL OUTPUT [--metric NAME:CMD] [--json]", run_score};
