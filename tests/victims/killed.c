/* SPDX-License-Identifier: MIT
 * Owns: a victim: one whole image, then one in whose encode it dies of SIGKILL.
 * Must not know: the profiler. */
#include "tests/victims/parts/pipeline.h"

int main(void)
{
    journal_begin("killed");
    for (unsigned n = 0; n < 2; n++) {
        struct image_plan plan = default_plan(n);
        if (n) {
            idle_us(50000);
            plan.kill_after = 4;
        }
        pipeline_image(&plan);
    }
    journal_end(0);
    return 0;
}
