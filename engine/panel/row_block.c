#include "panel/row_block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const double *pulse_row_block_family(const struct pulse_row_block *rows, int64_t family, int64_t t)
{
    const int64_t lag = rows->features->family[family].lag;
    int64_t average = 0;
    if (lag > 0) {
        assert(t - lag >= rows->first && t - lag < rows->end);
        return pulse_row_block_at(rows, t - lag);
    }
    assert(t >= rows->first && t <= rows->end);
    for (int64_t i = 0; i < family; i++)
        average += rows->features->family[i].lag == 0;
    return rows->average + ((t - rows->first) * rows->averages + average) * rows->E;
}

void pulse_row_block_features(const struct pulse_row_block *rows, int64_t t, double *out)
{
    *out++ = 1;
    for (int64_t i = 0; i < rows->columns; i++)
        *out++ = rows->calendar[t * rows->columns + i];
    for (int64_t i = 0; i < rows->features->n; i++, out += rows->E)
        memcpy(out, pulse_row_block_family(rows, i, t), (size_t)rows->E * sizeof *out);
}

void pulse_row_block_average(struct pulse_row_block *rows)
{
    const int64_t E = rows->E, step = rows->averages * E;
    for (int64_t t = rows->first; t < rows->end; t++) {
        const double *u = pulse_row_block_at(rows, t);
        double *f = rows->average + (t - rows->first) * step;
        for (int64_t i = 0; i < rows->features->n; i++) {
            const struct pulse_family *family = &rows->features->family[i];
            if (family->lag > 0)
                continue;
            const double decay = pulse_family_decay(family), gain = pulse_family_gain(family);
            for (int64_t e = 0; e < E; e++)
                f[step + e] = decay * f[e] + gain * u[e];
            f += E;
        }
    }
}

void pulse_row_block_clear(struct pulse_row_block *rows)
{
    free(rows->u);
    free(rows->y);
    free(rows->average);
    *rows = (struct pulse_row_block){0};
}
