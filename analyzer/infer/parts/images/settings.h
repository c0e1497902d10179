/* SPDX-License-Identifier: MIT
 * Owns: what a session was told: links, settings, tables.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_SETTINGS_H
#define ANALYZER_INFER_PARTS_IMAGES_SETTINGS_H

#include "analyzer/infer/state/state.h"

void infer_link_record(struct event *event);
void infer_setting_record(struct event *event);
void infer_quantization_record(struct event *event);
void infer_tables_release(struct infer *infer);
/* Whether the session was told this setting, and then its value; value may be NULL. */
bool infer_setting_known(const struct session *session, unsigned key, double *value);
void infer_setting_keep(struct session *session, unsigned key, double value);
/* The run's own copy of them, the same one for the same settings. Padding counts: they must have been zeroed first. */
struct image_settings *infer_settings_shared(struct infer *infer, const struct image_settings *settings);
/* What was asked of libvips, which uses a name for several things, as settings of this format. */
void infer_settings_of_vips(struct image_settings *settings, enum image_format format);

#endif
