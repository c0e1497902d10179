/* SPDX-License-Identifier: MIT
 * Owns: the columns that every table of images is made of: their keys, titles, definitions, units and values.
 * Must not know: how a table is written, how figures come about. */
#include "analyzer/render/image_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/render/format_units.h"
#include "analyzer/metrics/quality/pairs.h"
#include "analyzer/metrics/quality/quality.h"

const char *image_column_unit_name(enum column_unit unit)
{
    static const char *const names[] = {"id",    "text",  "list",  "moment_s", "s",
                                        "bytes", "ratio", "count", "number",   "bool"};
    return names[unit];
}

#define IMAGE  (&metrics->run->images[index])
#define FIGURE (&metrics->images[index])
#define NUMBER(name, value)                                                                                            \
    static double name(const struct metrics *metrics, size_t index)                                                    \
    {                                                                                                                  \
        return value;                                                                                                  \
    }
#define TEXT(name, value)                                                                                              \
    static const char *name(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])                 \
    {                                                                                                                  \
        (void)room;                                                                                                    \
        return value;                                                                                                  \
    }

enum score_figure {
    SCORE_RETAINED,
    SCORE_SSIMULACRA2,
    SCORE_PSNR,
    SCORE_SSIM,
    SCORE_MS_SSIM,
    SCORE_IDENTICAL,
    SCORE_RESIZED,
    SCORE_LOSSY_INPUT
};

static double seconds(uint64_t ns)
{
    return ns == UNKNOWN ? (double)NAN : (double)ns / 1e9;
}

static double moment(const struct metrics *metrics, uint64_t ns)
{
    return ns == UNKNOWN ? (double)NAN : (double)(int64_t)(ns - metrics->run->start_ns) / 1e9;
}

static double index_number(uint32_t index)
{
    return index == NO_ID ? (double)NAN : index;
}

static double flag(int value)
{
    return value < 0 ? (double)NAN : value;
}

static double stage(const struct image *image, enum stage stage)
{
    return image->stage_known[stage] ? seconds(image->stage_ns[stage]) : (double)NAN;
}

static double setting(const struct image *image, enum setting_key key)
{
    return image->settings->known[key] ? image->settings->value[key] : (double)NAN;
}

static const struct image_file *first(const struct run *run, const uint32_t *files, size_t count)
{
    return count ? &run->files[files[0]] : NULL;
}

static const char *path(const struct image_file *file)
{
    return file ? file->path : NULL;
}

static const char *format(const struct image_file *file)
{
    return file && file->facts.format != FORMAT_UNKNOWN ? format_key(file->facts.format) : NULL;
}

static const struct image_file *input(const struct metrics *metrics, size_t index)
{
    return first(metrics->run, IMAGE->inputs, IMAGE->input_count);
}

static const struct image_file *output(const struct metrics *metrics, size_t index)
{
    return first(metrics->run, IMAGE->outputs, IMAGE->output_count);
}

static double side(const struct image_file *file, bool height)
{
    int64_t pixels = !file ? -1 : height ? file->facts.height : file->facts.width;
    return pixels < 0 ? (double)NAN : (double)pixels;
}

static double pid(const struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    return IMAGE->process < run->process_count ? run->processes[IMAGE->process].pid : (double)NAN;
}

static const char *setting_label(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])
{
    metrics_setting_label(metrics->run, IMAGE, room);
    return *room ? room : NULL;
}

static const char *lost(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])
{
    const struct image_check *check = &metrics->checks[index];
    size_t used = 0;
    *room = '\0';
    if (!check->compared)
        return NULL;
    for (int i = 0; i < LOSS_COUNT; i++)
        if (check->lost[i] == 1)
            used += (size_t)snprintf(room + used, IMAGE_COLUMN_TEXT - used, "%s%s", used ? " " : "",
                                     loss_name((enum loss)i));
    return room;
}

static const char *disagreements(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])
{
    const struct image_check *check = &metrics->checks[index];
    size_t used = 0;
    *room = '\0';
    for (size_t i = 0; i < check->disagreement_count && used < IMAGE_COLUMN_TEXT; i++) {
        const struct disagreement *one = &check->disagreements[i];
        used += (size_t)snprintf(room + used, IMAGE_COLUMN_TEXT - used, "%s%s:%g/%g", used ? " " : "",
                                 format_setting(one->setting), one->asked, one->file);
    }
    return room;
}

static double score(const struct metrics *metrics, size_t index, enum score_figure figure)
{
    const struct quality_pair *pair = metrics_pair_of(metrics, index);
    if (!pair)
        return (double)NAN;
    const struct pair_score *score = &pair->score;
    switch (figure) {
    case SCORE_RETAINED: return quality_retained(score);
    case SCORE_SSIMULACRA2: return score->ssimulacra2;
    case SCORE_PSNR: return score->psnr_db;
    case SCORE_SSIM: return score->ssim;
    case SCORE_MS_SSIM: return score->ms_ssim;
    case SCORE_IDENTICAL: return score->frames ? score->identical : (double)NAN;
    case SCORE_RESIZED: return score->frames ? score->resized : (double)NAN;
    case SCORE_LOSSY_INPUT: return pair->lossy_source;
    }
    return (double)NAN;
}

static const char *score_note(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])
{
    const struct quality_pair *pair = metrics_pair_of(metrics, index);
    _Static_assert(PAIR_SCORE_NOTE_BYTES <= IMAGE_COLUMN_TEXT, "a note fits");
    return pair ? pair_score_note(&pair->score, room) : NULL;
}

static const char *externals(const struct metrics *metrics, size_t index, char room[IMAGE_COLUMN_TEXT])
{
    const struct quality_pair *pair = metrics_pair_of(metrics, index);
    size_t used = 0;
    for (size_t i = 0; pair && i < metrics->retained.metric_count && used < IMAGE_COLUMN_TEXT; i++)
        if (!isnan(pair->score.externals[i]))
            used += (size_t)snprintf(room + used, IMAGE_COLUMN_TEXT - used, "%s%s:%.6g", used ? " " : "",
                                     metrics->retained.metrics[i].name, pair->score.externals[i]);
    return used ? room : NULL;
}

static double id(const struct metrics *metrics, size_t index)
{
    (void)metrics;
    return (double)index;
}

NUMBER(chain, index_number(IMAGE->chain))
NUMBER(read_with, index_number(IMAGE->read_with))
TEXT(status, image_status_name(IMAGE->status))
TEXT(link_rule, link_rule_name(IMAGE->link_rule))
TEXT(input_path, path(input(metrics, index)))
TEXT(output_path, path(output(metrics, index)))
NUMBER(input_count, (double)IMAGE->input_count)
NUMBER(output_count, (double)IMAGE->output_count)
TEXT(input_format, format(input(metrics, index)))
TEXT(output_format, format(output(metrics, index)))
NUMBER(bytes_in, format_known(FIGURE->bytes_in))
NUMBER(bytes_out, format_known(FIGURE->bytes_out))
NUMBER(size_ratio, FIGURE->size_ratio)
NUMBER(width, side(input(metrics, index), false))
NUMBER(height, side(input(metrics, index), true))
NUMBER(pixels, format_known(FIGURE->pixels))
TEXT(decoder, IMAGE->settings->decoder)
TEXT(encoder, IMAGE->settings->encoder)
NUMBER(quality, setting(IMAGE, SETTING_QUALITY))
NUMBER(effort, setting(IMAGE, SETTING_EFFORT))
NUMBER(subsampling, setting(IMAGE, SETTING_SUBSAMPLING))
NUMBER(attempts, IMAGE->attempts)
NUMBER(worker, index_number(IMAGE->worker))
NUMBER(start, moment(metrics, IMAGE->start_ns))
NUMBER(span, seconds(IMAGE->end_ns - IMAGE->start_ns))
NUMBER(busy, seconds(IMAGE->busy_ns))
NUMBER(waiting, (double)(int64_t)(IMAGE->end_ns - IMAGE->start_ns - IMAGE->busy_ns) / 1e9)
NUMBER(validation_at, moment(metrics, IMAGE->phase_start_ns[STAGE_VALIDATION]))
NUMBER(image_read_at, moment(metrics, IMAGE->phase_start_ns[STAGE_IMAGE_READ]))
NUMBER(decode_at, moment(metrics, IMAGE->phase_start_ns[STAGE_DECODE]))
NUMBER(transform_at, moment(metrics, IMAGE->phase_start_ns[STAGE_TRANSFORM]))
NUMBER(encode_at, moment(metrics, IMAGE->phase_start_ns[STAGE_ENCODE]))
NUMBER(optimization_at, moment(metrics, IMAGE->phase_start_ns[STAGE_OPTIMIZATION]))
NUMBER(image_write_at, moment(metrics, IMAGE->phase_start_ns[STAGE_IMAGE_WRITE]))
NUMBER(cleanup_at, moment(metrics, IMAGE->phase_start_ns[STAGE_CLEANUP]))
NUMBER(validation, stage(IMAGE, STAGE_VALIDATION))
NUMBER(image_read, stage(IMAGE, STAGE_IMAGE_READ))
NUMBER(decode, stage(IMAGE, STAGE_DECODE))
NUMBER(transform, stage(IMAGE, STAGE_TRANSFORM))
NUMBER(encode, stage(IMAGE, STAGE_ENCODE))
NUMBER(optimization, stage(IMAGE, STAGE_OPTIMIZATION))
NUMBER(image_write, stage(IMAGE, STAGE_IMAGE_WRITE))
NUMBER(cleanup, stage(IMAGE, STAGE_CLEANUP))
NUMBER(unattributed, seconds(IMAGE->unattributed_ns))
NUMBER(cpu, FIGURE->cpu_s)
NUMBER(peak_bytes, format_known(FIGURE->peak_bytes))
TEXT(memory_scope, IMAGE->heap_scope)
NUMBER(bytes_per_pixel, FIGURE->bytes_per_pixel)
NUMBER(read_ops, format_known(IMAGE->read_ops))
NUMBER(write_ops, format_known(IMAGE->write_ops))
NUMBER(small_ops, format_known(IMAGE->small_ops))
NUMBER(cpu_per_mb, FIGURE->cpu_s_per_mb_saved)
NUMBER(reencoded, flag(FIGURE->reencoded))
NUMBER(retained, score(metrics, index, SCORE_RETAINED))
NUMBER(ssimulacra2, score(metrics, index, SCORE_SSIMULACRA2))
NUMBER(psnr, score(metrics, index, SCORE_PSNR))
NUMBER(ssim, score(metrics, index, SCORE_SSIM))
NUMBER(ms_ssim, score(metrics, index, SCORE_MS_SSIM))
NUMBER(identical, score(metrics, index, SCORE_IDENTICAL))
NUMBER(resized, score(metrics, index, SCORE_RESIZED))
NUMBER(lossy_input, score(metrics, index, SCORE_LOSSY_INPUT))

#define N(key, title, unit, getter, definition)                                                                        \
    {                                                                                                                  \
        key, title, definition, COLUMN_##unit, getter, NULL                                                            \
    }
#define T(key, title, unit, getter, definition)                                                                        \
    {                                                                                                                  \
        key, title, definition, COLUMN_##unit, NULL, getter                                                            \
    }
const struct image_column image_columns[] = {
    N("image", "Number", ID, id, "Its number, counted from 0 in the order in which images began."),
    N("chain", "Chain", ID, chain, "Images that an intermediate file joins have the same number and count as one."),
    T("status", "Status", TEXT, status, "ok, failed, discarded (the encode was thrown away) or unfinished."),
    N("read_with", "Read with", ID, read_with,
      "Image that read and decoded the source for this one, too: none of that time is in this one's stages."),
    T("link_rule", "Link", TEXT, link_rule,
      "What tied the output to the input, strongest first: path, nesting, "
      "buffer, connection, size, adjacency; or none."),
    T("input", "Input", TEXT, input_path, "Path of the first input, where it ended up."),
    T("output", "Output", TEXT, output_path, "Path of the first output, where it ended up."),
    N("input_count", "Inputs", COUNT, input_count, "Files, pipes or buffers that it was made from."),
    N("output_count", "Outputs", COUNT, output_count, "Files, pipes or buffers that it was written to."),
    T("input_format", "From", TEXT, input_format, "Format of the first input, by its first bytes."),
    T("output_format", "To", TEXT, output_format, "Format of the first output, by its first bytes."),
    N("bytes_in", "Before", BYTES, bytes_in, "Bytes of its inputs."),
    N("bytes_out", "After", BYTES, bytes_out, "Bytes of its outputs."),
    N("size_ratio", "Size ratio", RATIO, size_ratio, "Bytes after ÷ bytes before, of an ok image."),
    N("width", "Width", COUNT, width, "Pixels across of the first input."),
    N("height", "Height", COUNT, height, "Pixels down of the first input."),
    N("pixels", "Pixels", COUNT, pixels, "Width × height × frames of its largest input."),
    T("decoder", "Decoder", TEXT, decoder, "Library that was seen to read the input."),
    T("encoder", "Encoder", TEXT, encoder, "Library that was seen to write the output."),
    T("setting", "Setting", TEXT, setting_label,
      "The quality setting that made the first output, on its encoder's own "
      "scale."),
    N("quality", "Quality", NUMBER, quality, "The number that the encoder was given, on its own scale."),
    N("effort", "Effort", NUMBER, effort, "Effort, speed or compression level, on the encoder's own scale."),
    N("subsampling", "Subsampling", NUMBER, subsampling, "Chroma subsampling asked for: 444, 422, 420."),
    N("attempts", "Attempts", COUNT, attempts, "Encodes that it took."),
    N("worker", "Worker", ID, worker, "Number of the lane that it ran in."),
    N("pid", "Process", ID, pid, "Process that owned it."),
    N("start_s", "Start", MOMENT, start, "First event of the image, from the start of the run."),
    N("span_s", "Span", SECONDS, span, "First to last event of the image."),
    N("busy_s", "Busy", SECONDS, busy, "Its calls and the CPU time of its thread in the gaps between them."),
    N("wait_s", "Waiting", SECONDS, waiting, "Span less busy time."),
    N("validation_s", "Validation", SECONDS, validation, "Input open to first pixel decoded, less reads."),
    N("image_read_s", "Image read", SECONDS, image_read, "Time in reads and maps of the inputs."),
    N("decode_s", "Decode", SECONDS, decode, "Time in the decoder, less the input and output in it."),
    N("transform_s", "Transform", SECONDS, transform, "CPU time between decode and encode."),
    N("encode_s", "Encode", SECONDS, encode, "Time in the encoder, less the input and output in it."),
    N("optimization_s", "Processing", SECONDS, optimization,
      "Decode, transform, encode, and what could not be told "
      "apart of them."),
    N("image_write_s", "Image write", SECONDS, image_write, "Time in writes of the outputs."),
    N("cleanup_s", "Cleanup", SECONDS, cleanup, "Output done to the last close, rename or unlink of the image."),
    N("unattributed_s", "Unattributed", SECONDS, unattributed, "Busy time in no stage."),
    N("validation_at_s", "Validation at", MOMENT, validation_at,
      "When its input was first seen, from the start of the run."),
    N("image_read_at_s", "Read at", MOMENT, image_read_at, "When its input was first read."),
    N("decode_at_s", "Decode at", MOMENT, decode_at, "When decoding was first seen."),
    N("transform_at_s", "Transform at", MOMENT, transform_at, "When a transformation was first seen."),
    N("encode_at_s", "Encode at", MOMENT, encode_at, "When encoding was first seen."),
    N("optimization_at_s", "Processing at", MOMENT, optimization_at, "The first of decode, transform and encode."),
    N("image_write_at_s", "Write at", MOMENT, image_write_at, "When its output was first written."),
    N("cleanup_at_s", "Cleanup at", MOMENT, cleanup_at, "When cleanup was first seen."),
    N("cpu_s", "CPU", SECONDS, cpu,
      "CPU time of its thread and helpers when it was alone in its process, else of its "
      "thread."),
    N("peak_bytes", "Peak memory", BYTES, peak_bytes,
      "Most heap that it added; of several at once in a process, most "
      "large blocks."),
    T("memory_scope", "Memory of", TEXT, memory_scope,
      "What the peak counts: the process's heap, or large blocks "
      "only."),
    N("bytes_per_pixel", "Bytes per pixel", NUMBER, bytes_per_pixel, "Peak memory ÷ pixels."),
    N("read_ops", "Reads", COUNT, read_ops, "Calls that read its inputs."),
    N("write_ops", "Writes", COUNT, write_ops, "Calls that wrote its outputs."),
    N("small_ops", "Small calls", COUNT, small_ops, "Of its reads and writes, those below 4 KiB."),
    N("cpu_s_per_mb_saved", "CPU per MB saved", SECONDS, cpu_per_mb,
      "CPU time ÷ megabytes saved; unknown where "
      "nothing was."),
    N("reencoded", "Lossy again", BOOL, reencoded, "A lossy input was decoded and coded lossily again."),
    T("lost", "Lost", LIST, lost, "What its output lacks that its input had."),
    T("disagreements", "Disagreements", LIST, disagreements, "Settings that the file contradicts: setting:asked/file."),
    N("quality_retained", "Retained", NUMBER, retained,
      "Quality of its output against this run's input: SSIMULACRA 2 from 0 to 100 (90 visually lossless, 80 very high, "
      "70 "
      "high, 50 medium, 30 low)."),
    N("ssimulacra2", "SSIMULACRA 2", NUMBER, ssimulacra2, "The same, not cut off at 0."),
    N("psnr_db", "PSNR", NUMBER, psnr,
      "Peak signal-to-noise ratio of red, green and blue, in dB; unknown of identical pictures."),
    N("ssim", "SSIM", NUMBER, ssim, "Structural similarity of luma, 1 = identical."),
    N("ms_ssim", "MS-SSIM", NUMBER, ms_ssim, "The same on five scales."),
    N("identical", "Identical", BOOL, identical, "Every pixel that was compared is the same."),
    N("resized", "Resized", BOOL, resized, "Compared with the input resized the same way."),
    N("lossy_input", "Lossy input", BOOL, lossy_input, "The input had lost something before this run."),
    T("metrics", "Other metrics", LIST, externals, "What --metric programs printed: name:value."),
    T("quality_note", "Quality note", TEXT, score_note, "Why a score is missing, or what it leaves out."),
};
const size_t image_column_count = sizeof image_columns / sizeof *image_columns;
