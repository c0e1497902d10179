#include "analyzer/run/live.h"
void live_follow(struct series *series)
{
    (void)series;
}
void live_end(void)
{
}
