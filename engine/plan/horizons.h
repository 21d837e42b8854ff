/* How far ahead the model predicts (DEFINITIONS §3.9). Pure. */
#ifndef PULSE_PLAN_HORIZONS_H
#define PULSE_PLAN_HORIZONS_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_MOST_HORIZONS = 32, PULSE_LONGEST_HORIZON = 250 };

/* Steps ahead, ascending and each once; the first is the main one. Horizon h of row s predicts row
 * s + h − 1 from what is known before row s. Plain data. */
struct pulse_horizons {
    int64_t n;
    int64_t step[PULSE_MOST_HORIZONS];
};

/* Whether the next row is predicted, and nothing else: the model's targets are u itself. */
static inline bool pulse_horizons_are_next(const struct pulse_horizons *horizons)
{
    return horizons->n == 1 && horizons->step[0] == 1;
}

#endif
