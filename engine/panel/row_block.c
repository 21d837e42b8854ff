#include "panel/row_block.h"

#include <assert.h>
#include <string.h>

void pulse_row_block_features(const struct pulse_row_block *rows, int64_t p, int64_t t, double *out)
{
    assert(t - p >= rows->first && t - 1 < rows->end);
    out[0] = 1;
    for (int64_t lag = 1; lag <= p; lag++)
        memcpy(out + 1 + (lag - 1) * rows->E, pulse_row_block_at(rows, t - lag),
               (size_t)rows->E * sizeof *out);
}
