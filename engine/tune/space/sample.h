/* Points of a search space: of a grid, or of a low-discrepancy sequence. Pure: point k follows from
 * the space, its seed and k alone. */
#ifndef PULSE_TUNE_SAMPLE_H
#define PULSE_TUNE_SAMPLE_H

#include <stdint.h>

#include "base/error.h"
#include "tune/space/space.h"

/* How many points the grid of a space has; INT64_MAX where they are more than PULSE_MOST_TRIALS. */
int64_t pulse_sample_grid_points(const struct pulse_space *space);

/* The values (n_search texts, each to be freed) of point k of the space's strategy; of a grid the
 * last option changes fastest. PULSE_E_MEMORY, and then none is left. */
int pulse_sample_point(const struct pulse_space *space, int64_t k, char **value,
                       struct pulse_err *err);

#endif
