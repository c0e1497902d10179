/* SPDX-License-Identifier: MIT
 * Owns: images, files and formats in the JSON report.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_IMAGES_H
#define ANALYZER_RENDER_JSON_JSON_IMAGES_H

#include "analyzer/render/json/json_element.h"

render_json_element render_json_file, render_json_image;

#endif
