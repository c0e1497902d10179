/* SPDX-License-Identifier: MIT
 * Owns: a victim: two images on one thread whose steps alternate, tied together only by their buffers. Leaves by
 * _exit.
 * Must not know: the profiler. */
#include <unistd.h>

#include "tests/victims/parts/pipeline.h"

int main(void)
{
    struct pipeline images[2];
    struct image_plan plans[2];
    void (*const steps[])(struct pipeline *) = {pipeline_decode, pipeline_encode, pipeline_write, pipeline_finish};
    journal_begin("interleaved");
    for (unsigned n = 0; n < 2; n++) {
        plans[n] = default_plan(n);
        plans[n].validation_us = plans[n].transform_us = plans[n].sleep_us = plans[n].cleanup_us = 0;
        plans[n].decode.spin_us = n ? 20000 : 35000;
        plans[n].encode.spin_us = n ? 60000 : 25000;
        pipeline_read(&images[n], &plans[n]);
    }
    for (unsigned step = 0; step < sizeof steps / sizeof *steps; step++)
        for (unsigned n = 0; n < 2; n++)
            steps[step](&images[n]);
    say("2 images\n");
    journal_end(3);
    _exit(3);
}
