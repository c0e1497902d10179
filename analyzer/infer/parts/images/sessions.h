/* SPDX-License-Identifier: MIT
 * Owns: codec sessions.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_SESSIONS_H
#define ANALYZER_INFER_PARTS_IMAGES_SESSIONS_H

#include "analyzer/infer/state/state.h"

void infer_codec_record(struct event *event);
void infer_rows_record(struct event *event);
struct session *infer_session(struct process_state *process, uint32_t number);
void infer_session_free(struct session *session);
/* A library that calls other libraries' encoders, or has some of its own. */
bool infer_is_container(unsigned codec);
/* Its images are known by the addresses of their descriptions, not of their pixels. */
bool infer_knows_by_address(unsigned codec);
/* Whether this call of zlib's belongs to an image, which then is the session's. buffer: where packed bytes lie;
 * at_once: the call is a stream of its own. */
bool infer_codes_png(struct event *event, struct session *session, unsigned role, uint64_t buffer, uint64_t bytes,
                     bool at_once);

#endif
