#include "fit/fitted.h"

#include <stdlib.h>

void pulse_final_put(struct pulse_final *out, int64_t c, int64_t d, int64_t target,
                     const double *coefficients, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < d; i++) {
        out->coefficients[(c * d + i) * out->targets + target] = coefficients[i];
        sum += x[i] * coefficients[i];
    }
    out->next[c * out->targets + target] = sum;
}

void pulse_final_clear(struct pulse_final *final)
{
    free(final->coefficients);
    free(final->next);
    *final = (struct pulse_final){0};
}

void pulse_fitted_clear(struct pulse_fitted *fitted)
{
    pulse_candidates_clear(&fitted->candidates);
    pulse_final_clear(&fitted->final);
    pulse_granger_clear(&fitted->granger);
}
