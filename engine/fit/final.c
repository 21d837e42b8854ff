#include "fit/final.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fit/refit.h"

/* Where the final fit of a system goes. */
struct final_context {
    struct pulse_final *out;
    const double *x; /* features of the next row */
};

/* Candidate c's coefficients, in B, and what they predict for the next row. */
static bool put_final(struct pulse_workbench *bench, const struct pulse_refit *refit, int64_t c,
                      void *context)
{
    const struct final_context *to = context;
    const struct pulse_fit_input *input = bench->input;
    const int64_t *target = input->systems[refit->system].target + refit->group.first;
    const int64_t d = input->plan->sizes.d;
    for (int64_t k = 0; k < refit->group.n; k++)
        pulse_final_put(to->out, c, d, input->slot[target[k]], bench->B + k * d, to->x);
    return true;
}

static void fit_final_system(struct pulse_workbench *bench, int64_t s,
                             const struct pulse_sums *sums, const double *x,
                             struct pulse_final *out)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const struct pulse_system *system = &bench->input->systems[s];
    struct final_context to = {out, x};
    for (int64_t j = 0; j < pulse_system_groups(system); j++) {
        struct pulse_refit refit = {
            .system = s, .group = pulse_system_group(sizes, system, j), .G = bench->G};
        refit.rows =
            pulse_sums_at_end(bench->input, sums, s, refit.group.ahead, bench->G, bench->work);
        for (int64_t l = 0; l < sizes->L; l++)
            if (!pulse_refit_solve(bench, &refit, l, put_final, &to))
                out->failed = (int32_t)(s * sizes->L + l);
    }
}

int pulse_final_fit(const struct pulse_fit_input *input, const struct pulse_sums *sums, bool here,
                    struct pulse_final *out, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t m = sizes->C * input->n_targets, n = here ? m * sizes->d : 0;
    struct pulse_workbench bench = {0};
    int status = -1;
    double *x = pulse_alloc_aligned(sizes->d, sizeof *x, "the next row's features", err);
    *out = (struct pulse_final){.targets = input->n_targets, .failed = -1};
    out->coefficients = pulse_alloc_aligned(n, sizeof(double), "the coefficients", err);
    out->next = pulse_alloc_aligned(m, sizeof(double), "the forecast", err);
    if (x == NULL || out->coefficients == NULL || out->next == NULL)
        goto done;
    /* Without a usable row nothing is learned: coefficients of 0, as those of such a window. */
    const double unfitted = sizes->T < sizes->p ? 0 : NAN;
    for (int64_t i = 0; i < n; i++)
        out->coefficients[i] = unfitted;
    for (int64_t i = 0; i < m; i++)
        out->next[i] = unfitted;
    if (here && sizes->T >= sizes->p && !input->plan->by_rows) {
        if (pulse_workbench_init(&bench, input, err) != 0)
            goto done;
        pulse_row_block_features(input->rows, sizes->T, x);
        for (int64_t s = 0; s < input->n_systems; s++)
            if (!input->systems[s].kernel_ridge)
                fit_final_system(&bench, s, sums, x, out);
    }
    status = 0;
done:
    free(x);
    pulse_workbench_clear(&bench);
    return status;
}
