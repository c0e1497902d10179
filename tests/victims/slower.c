/* SPDX-License-Identifier: MIT
 * Owns: a victim: one image, of which one step takes a given part longer than it should.
 *   slower decode|transform|encode PERCENT
 * Must not know: the profiler. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/victims/parts/pipeline.h"

int main(int argc, char **argv)
{
    struct image_plan plan = default_plan(0);
    if (argc != 3) {
        fputs("slower decode|transform|encode PERCENT\n", stderr);
        return 2;
    }
    unsigned percent = 100 + (unsigned)atoi(argv[2]);
    plan.sleep_us = 0;
    plan.validation_us = plan.cleanup_us = 1000;
    if (!strcmp(argv[1], "decode"))
        plan.decode.spin_us = plan.decode.spin_us * percent / 100;
    else if (!strcmp(argv[1], "transform"))
        plan.transform_us = plan.transform_us * percent / 100;
    else
        plan.encode.spin_us = plan.encode.spin_us * percent / 100;
    journal_begin("slower");
    pipeline_image(&plan);
    journal_end(0);
    return 0;
}
