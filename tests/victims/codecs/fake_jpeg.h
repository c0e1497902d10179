/* SPDX-License-Identifier: MIT
 * Owns: the part of libjpeg's public interface that the victims use, with the signatures and layouts of libjpeg-turbo
 * 2.1 at version 62, and the script that says how long each row of a thread takes.
 * Must not know: the profiler, the journal. */
#ifndef VICTIMS_FAKE_JPEG_H
#define VICTIMS_FAKE_JPEG_H

#include <stddef.h>
#include <stdint.h>

#define JPEG_LIB_VERSION 62

typedef struct {
    uint16_t quantval[64]; /* natural order */
    int sent_table;
} JQUANT_TBL;

struct jpeg_compress_struct;
struct jpeg_decompress_struct;

struct jpeg_destination_mgr {
    uint8_t *next_output_byte;
    size_t free_in_buffer;
    void (*init_destination)(struct jpeg_compress_struct *);
    int (*empty_output_buffer)(struct jpeg_compress_struct *);
    void (*term_destination)(struct jpeg_compress_struct *);
};

struct jpeg_source_mgr {
    const uint8_t *next_input_byte;
    size_t bytes_in_buffer;
    void (*init_source)(struct jpeg_decompress_struct *);
    int (*fill_input_buffer)(struct jpeg_decompress_struct *);
    void (*skip_input_data)(struct jpeg_decompress_struct *, long);
    int (*resync_to_restart)(struct jpeg_decompress_struct *, int);
    void (*term_source)(struct jpeg_decompress_struct *);
};

struct jpeg_compress_struct {
    void *err, *mem, *progress, *client_data;
    int is_decompressor, global_state;
    struct jpeg_destination_mgr *dest;
    unsigned image_width, image_height;
    int input_components, in_color_space;
    double input_gamma;
    int data_precision, num_components, jpeg_color_space;
    void *comp_info;
    JQUANT_TBL *quant_tbl_ptrs[4];
    uint8_t rest[520 - 128];
};
_Static_assert(offsetof(struct jpeg_compress_struct, dest) == 40, "dest");
_Static_assert(offsetof(struct jpeg_compress_struct, image_width) == 48, "image_width");
_Static_assert(offsetof(struct jpeg_compress_struct, quant_tbl_ptrs) == 96, "quant_tbl_ptrs");
_Static_assert(sizeof(struct jpeg_compress_struct) == 520, "jpeg_compress_struct");

struct jpeg_decompress_struct {
    void *err, *mem, *progress, *client_data;
    int is_decompressor, global_state;
    struct jpeg_source_mgr *src;
    unsigned image_width, image_height;
    int num_components, jpeg_color_space, out_color_space;
    unsigned scale_num, scale_denom;
    double output_gamma;
    uint8_t options[136 - 88];
    unsigned output_width, output_height;
    int out_color_components, output_components;
    uint8_t rest[656 - 152];
};
_Static_assert(offsetof(struct jpeg_decompress_struct, src) == 40, "src");
_Static_assert(offsetof(struct jpeg_decompress_struct, output_width) == 136, "output_width");
_Static_assert(sizeof(struct jpeg_decompress_struct) == 656, "jpeg_decompress_struct");

void jpeg_CreateCompress(struct jpeg_compress_struct *cinfo, int version, size_t structsize);
void jpeg_set_quality(struct jpeg_compress_struct *cinfo, int quality, int force_baseline);
void jpeg_start_compress(struct jpeg_compress_struct *cinfo, int write_all_tables);
unsigned jpeg_write_scanlines(struct jpeg_compress_struct *cinfo, uint8_t **rows, unsigned count);
void jpeg_finish_compress(struct jpeg_compress_struct *cinfo);
void jpeg_destroy_compress(struct jpeg_compress_struct *cinfo);

void jpeg_CreateDecompress(struct jpeg_decompress_struct *cinfo, int version, size_t structsize);
int jpeg_read_header(struct jpeg_decompress_struct *cinfo, int require_image);
int jpeg_start_decompress(struct jpeg_decompress_struct *cinfo);
unsigned jpeg_read_scanlines(struct jpeg_decompress_struct *cinfo, uint8_t **rows, unsigned count);
int jpeg_finish_decompress(struct jpeg_decompress_struct *cinfo);
void jpeg_destroy_decompress(struct jpeg_decompress_struct *cinfo);

struct fake_jpeg_script {
    uint32_t read_row_us, write_row_us; /* CPU time of one row */
    unsigned rows_per_buffer;           /* the destination's empty_output_buffer is called after so many rows */
};

/* The calling thread's script. */
struct fake_jpeg_script *fake_jpeg_script(void);

#endif
