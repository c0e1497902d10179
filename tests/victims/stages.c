/* SPDX-License-Identifier: MIT
 * Owns: a victim: three images one after another on one thread, asleep between them.
 * Must not know: the profiler. */
#include "tests/victims/parts/pipeline.h"

int main(void)
{
    journal_begin("stages");
    idle_us(30000);
    for (unsigned n = 0; n < 3; n++) {
        struct image_plan plan = default_plan(n);
        if (n)
            idle_us(50000);
        pipeline_image(&plan);
    }
    say("3 images\n");
    journal_end(0);
    return 0;
}
