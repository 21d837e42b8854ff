/* Points of a search space: of a grid, or of a low-discrepancy sequence. Pure: point k follows from
 * the space, its seed and k alone. */
#ifndef PULSE_TUNE_SAMPLE_H
#define PULSE_TUNE_SAMPLE_H

#include <stdint.h>

#include "base/error.h"
#include "tune/space/space.h"

/* Coordinate `dimension` (0 … PULSE_MOST_SEARCHED − 1) of point k: the radical inverse of k in the
 * dimension-th prime b, each digit a replaced by (m a + s) mod b, with m and s drawn by seed,
 * dimension and digit (Halton 1960; scrambled linearly, Matoušek 1998). In [0, 1). */
double pulse_sample_halton(uint64_t seed, int dimension, int64_t k);

/* How many points the grid of a space has; INT64_MAX where they are more than PULSE_MOST_TRIALS. */
int64_t pulse_sample_grid_points(const struct pulse_space *space);

/* The values (n_search texts, each to be freed) of point k of the space's strategy; of a grid the
 * last option changes fastest. PULSE_E_MEMORY, and then none is left. */
int pulse_sample_point(const struct pulse_space *space, int64_t k, char **value,
                       struct pulse_err *err);

#endif
