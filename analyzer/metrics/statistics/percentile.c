/* SPDX-License-Identifier: MIT
 * Owns: percentiles, by selecting the two order statistics that they need instead of sorting.
 * Must not know: what the values are. */
#include "analyzer/metrics/statistics/percentile.h"

#include <math.h>
#include <stdlib.h>

#define SELECT_ROUNDS 64 /* then the rest is sorted: a hundred thousand values take about 20 */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double middle_of(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* The value that would be at this place if they were in order: it is there then, no larger one before it, no smaller
 * one behind. Only a part is gone through again each time; who invents values can make it a large one, but not often.
 */
static double order_statistic(double *values, size_t count, size_t place)
{
    double *low = values, *high = values + count - 1, *at = values + place;
    for (unsigned round = 0; low < high; round++) {
        if (round == SELECT_ROUNDS) {
            qsort(low, (size_t)(high - low) + 1, sizeof *low, compare_doubles);
            break;
        }
        double pivot = middle_of(*low, low[(high - low) / 2], *high), *left = low, *right = high + 1;
        while (left < right) { /* not above the pivot from low on, not below it up to high */
            while (*left < pivot)
                left++;
            while (right[-1] > pivot)
                right--;
            if (left >= right)
                break;
            double swapped = *left;
            *left++ = *--right;
            *right = swapped;
        }
        if (at < right)
            high = right - 1;
        else if (at >= left)
            low = left;
        else
            break;
    }
    return *at;
}

double percentile(double *values, size_t count, double p)
{
    double position = (double)(count - 1) * p;
    size_t below = (size_t)position;
    double low = order_statistic(values, count, below), high = low;
    if (below + 1 < count) {
        high = values[below + 1];
        for (size_t i = below + 2; i < count; i++)
            high = values[i] < high ? values[i] : high;
    }
    return low + (high - low) * (position - (double)below);
}
