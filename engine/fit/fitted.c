#include "fit/fitted.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          struct pulse_err *err)
{
    const struct pulse_plan *plan = input->plan;
    *out = (struct pulse_candidates){0};
    for (int64_t s = input->first_span; s < input->end_span; s++) {
        if (s == input->first_span)
            out->first_row = plan->spans[s].first_row;
        out->rows += plan->spans[s].rows;
    }
    out->targets = input->n_targets;
    int64_t n = plan->sizes.C * out->targets * out->rows;
    out->value = pulse_alloc_aligned(n, sizeof *out->value, "the candidates", err);
    out->failed = pulse_calloc(plan->n_windows, sizeof *out->failed, "the windows", err);
    if (out->value == NULL || out->failed == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        out->value[i] = NAN;
    for (int64_t w = 0; w < plan->n_windows; w++)
        out->failed[w] = -1;
    return 0;
}

void pulse_candidates_clear(struct pulse_candidates *candidates)
{
    free(candidates->value);
    free(candidates->failed);
    *candidates = (struct pulse_candidates){0};
}

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
