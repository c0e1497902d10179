/* SPDX-License-Identifier: MIT
 * Owns: the options about metrics, which several commands have.
 * Must not know: what is compared. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/quality/external.h"
#include "analyzer/quality/quality.h"
#include "analyzer/base/usage.h"

#define TIMEOUT_S     300.
#define TIMEOUT_MAX_S 86400.

enum { KEY_METRIC = 1000, KEY_TIMEOUT, KEY_QUALITY };

struct pair_settings quality_settings(void)
{
    return (struct pair_settings){.external_timeout_s = TIMEOUT_S, .memory_bytes = UINT64_MAX};
}

void quality_settings_release(struct pair_settings *settings)
{
    for (size_t i = 0; i < settings->external_count; i++)
        free((char *)settings->externals[i].name);
    settings->external_count = 0;
}

static error_t add_metric(struct argp_state *state, struct pair_settings *settings, const char *text)
{
    static const char *const own[] = {"ssimulacra2", "psnr_db", "ssim", "ms_ssim"};
    char problem[PAIR_SCORE_REASON_BYTES];
    struct external_metric metric;
    if (settings->external_count == EXTERNAL_METRICS_MAX)
        return usage_error(state, "--metric: at most %d of them", EXTERNAL_METRICS_MAX);
    if (!external_parse(text, &metric, problem))
        return usage_error(state, "--metric %s", problem);
    bool taken = false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        taken |= !strcmp(metric.name, own[i]);
    for (size_t i = 0; i < settings->external_count; i++)
        taken |= !strcmp(metric.name, settings->externals[i].name);
    settings->externals[settings->external_count++] = metric;
    return taken ? usage_error(state, "--metric: there is one named '%s' already", metric.name) : 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct pair_settings *settings = state->input;
    char *end;
    switch (key) {
    case KEY_METRIC: return add_metric(state, settings, argument);
    case KEY_TIMEOUT:
        settings->external_timeout_s = strtod(argument, &end);
        if (end == argument || *end || !(settings->external_timeout_s > 0) ||
            settings->external_timeout_s > TIMEOUT_MAX_S)
            return usage_error(state, "--metric-timeout takes seconds above 0, not '%s'", argument);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"metric", KEY_METRIC, "NAME:CMD", 0,
     "Also run this metric: a shell command in which {ref} and {out} stand for two PNG files, and which prints a "
     "number",
     0},
    {"metric-timeout", KEY_TIMEOUT, "S", 0, "Seconds that such a command may take for one image (300)", 0},
    {0}};
const struct argp quality_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

bool quality_is_wanted(const struct quality_request *request)
{
    return request->quality || request->settings.external_count;
}

static error_t parse_request(int key, char *argument, struct argp_state *state)
{
    struct quality_request *request = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->settings; return 0;
    case KEY_QUALITY: request->quality = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option request_options[] = {
    {"quality", KEY_QUALITY, NULL, 0,
     "Compare each output with its input: what the saving cost the eye (a CPU does about 4 megapixels a second)", 0},
    {0}};
static const struct argp_child request_children[] = {{&quality_argp, 0, NULL, 0}, {0}};
const struct argp quality_request_argp = {request_options, parse_request, NULL, NULL, request_children, NULL, NULL};
