#include "fit/granger.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

int pulse_granger_init(struct pulse_granger *granger, int64_t E, int64_t targets,
                       struct pulse_err *err)
{
    double **const matrix[] = {&granger->f, &granger->p_value, &granger->p_adjusted,
                               &granger->partial_r2};
    double **const vector[] = {&granger->ridge, &granger->freedom};
    *granger = (struct pulse_granger){.E = E, .targets = targets, .inflation = 1};
    granger->method = pulse_calloc(targets, sizeof *granger->method, "the Granger tests", err);
    if (granger->method == NULL)
        return -1;
    for (size_t i = 0; i < 6; i++) {
        double **array = i < 4 ? matrix[i] : vector[i - 4];
        const int64_t n = i < 4 ? E * targets : targets;
        *array = pulse_alloc_aligned(n, sizeof(double), "the Granger tests", err);
        if (*array == NULL)
            return -1;
        for (int64_t k = 0; k < n; k++)
            (*array)[k] = NAN;
    }
    return 0;
}

void pulse_granger_clear(struct pulse_granger *granger)
{
    free(granger->f);
    free(granger->p_value);
    free(granger->p_adjusted);
    free(granger->partial_r2);
    free(granger->method);
    free(granger->ridge);
    free(granger->freedom);
    *granger = (struct pulse_granger){0};
}
