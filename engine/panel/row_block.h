/* Rows of the scaled panel, and the lag features of DEFINITIONS §3.5 made from them. Pure. */
#ifndef PULSE_PANEL_ROW_BLOCK_H
#define PULSE_PANEL_ROW_BLOCK_H

#include <stdint.h>

/* Calendar rows [first, end) of the E variables that enter, row-major: ẑ(t, e) at
 * z[(t − first)·E + e]. Owned by whoever made it. */
struct pulse_row_block {
    int64_t first;
    int64_t end;
    int64_t E;
    double *z;
};

/* ẑ of row t. */
static inline const double *pulse_row_block_at(const struct pulse_row_block *rows, int64_t t)
{
    return rows->z + (t - rows->first) * rows->E;
}

/* x_t = [1, ẑ(t−1), …, ẑ(t−p)] into out[0 … p·E]. Rows t−p … t−1 must be held. */
void pulse_row_block_features(const struct pulse_row_block *rows, int64_t p, int64_t t,
                              double *out);

#endif
