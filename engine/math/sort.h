/* The order of many numbers, in time proportional to how many they are. Knows nothing of what they
 * mean. */
#ifndef PULSE_MATH_SORT_H
#define PULSE_MATH_SORT_H

#include <stdint.h>

#include "base/error.h"

struct pulse_sort_entry {
    double x; /* no NaN */
    int64_t at;
};

/* The least x comes first; equal ones stay in their order. PULSE_E_MEMORY: for as many entries
 * more. */
int pulse_sort(struct pulse_sort_entry *entries, int64_t n, struct pulse_err *err);

#endif
