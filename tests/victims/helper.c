/* SPDX-License-Identifier: MIT
 * Owns: a victim: two images whose decode waits for a helper thread that does the work, and sleeps a little.
 * Must not know: the profiler. */
#include "tests/victims/parts/pipeline.h"

int main(void)
{
    journal_begin("helper");
    for (unsigned n = 0; n < 2; n++) {
        struct image_plan plan = default_plan(n);
        plan.decode = (struct fake_work){.spin_us = 10000, .sleep_us = 8000, .helper_spin_us = 40000};
        if (n)
            idle_us(40000);
        pipeline_image(&plan);
    }
    say("2 images\n");
    journal_end(0);
    return 0;
}
