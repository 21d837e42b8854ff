#include "fit/workbench.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/cholesky.h"
#include "math/signed_factor.h"

static int64_t widest_system(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = 0; s < input->n_systems; s++)
        most = input->systems[s].q > most ? input->systems[s].q : most;
    return most;
}

/* Rows that the form of a span works on at most. */
static int64_t longest_span(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = input->first_span; s < input->end_span; s++)
        most = pulse_plan_form_rows(input->plan, input->options, s) > most
                   ? pulse_plan_form_rows(input->plan, input->options, s)
                   : most;
    return most;
}

static int64_t most_windows(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = input->first_span; s < input->end_span; s++)
        most = input->plan->spans[s].windows > most ? input->plan->spans[s].windows : most;
    return most;
}

int pulse_workbench_init(struct pulse_workbench *bench, const struct pulse_fit_input *input,
                         struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t d = sizes->d, q = widest_system(input);
    const int64_t m = longest_span(input);
    const bool several = pulse_sizes_horizons(sizes) > 1;
    const bool rolling = input->options->history == PULSE_ROLLING;
    const int64_t order = d > m ? d : m;
    const int64_t steps = (rolling ? 2 : 1) * most_windows(input) + 1; /* one is the base's */
    struct {
        double **array;
        int64_t count;
    } wanted[] = {{&bench->G, d * (d + q)},
                  {&bench->H, several ? d * (d + q) : 0},
                  {&bench->A, d * d},
                  {&bench->B, d * (q + m)},
                  {&bench->C, d * q},
                  {&bench->K, input->plan->innovations ? m * m : 0},
                  {&bench->M, input->plan->innovations && sizes->B > 1 ? m * m : 0},
                  {&bench->Y, m * q},
                  {&bench->at_start, m * q},
                  {&bench->R, m * sizes->E},
                  {&bench->T, m * sizes->E},
                  {&bench->side, pulse_cholesky_side(order)},
                  {&bench->steps_side, pulse_cholesky_steps_side(m, steps)},
                  {&bench->sign, rolling ? m + pulse_signed_work(m) : 0},
                  {&bench->column_sizes, rolling ? 2 * (d + q) : 0},
                  {&bench->work, pulse_gram_work(sizes)}};
    bench->input = input;
    bench->rolled_system = -1;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array = pulse_alloc_aligned(wanted[i].count, sizeof(double), "the walk", err);
        if (*wanted[i].array == NULL)
            return -1;
    }
    bench->cut = pulse_calloc(2 * steps + 1, sizeof *bench->cut, "the walk", err);
    bench->known = bench->cut + steps + 1;
    return bench->cut == NULL ? -1 : 0;
}

void pulse_workbench_clear(struct pulse_workbench *bench)
{
    free(bench->G);
    free(bench->H);
    free(bench->A);
    free(bench->B);
    free(bench->C);
    free(bench->K);
    free(bench->M);
    free(bench->Y);
    free(bench->at_start);
    free(bench->R);
    free(bench->T);
    free(bench->cut);
    free(bench->side);
    free(bench->steps_side);
    free(bench->sign);
    free(bench->column_sizes);
    free(bench->work);
}

void pulse_workbench_penalise(int64_t d, const double *P, double scale, double lambda, double *A)
{
    for (int64_t j = 0; j < d; j++) {
        for (int64_t i = j; i < d; i++)
            A[j * d + i] = scale * P[j * d + i];
        if (j > 0)
            A[j * d + j] += lambda;
    }
}

void pulse_workbench_features(const struct pulse_fit_input *input,
                              const struct pulse_row_range *run, double *X)
{
    for (int64_t i = 0; i < run->n; i++)
        pulse_row_block_features(input->rows, pulse_row_range_at(run, i),
                                 X + i * input->plan->sizes.d);
}

/* Copies a column and says whether all of it is finite, without a branch a number. */
static bool put_column(const double *from, int64_t n, double *to)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n; i++) {
        to[i] = from[i];
        bad += !isfinite(from[i]);
    }
    return bad == 0;
}

bool pulse_workbench_put(struct pulse_workbench *bench, const struct pulse_system *system,
                         const struct pulse_target_group *group, int64_t c,
                         const struct pulse_row_range *run, const double *predicted, int64_t ld)
{
    bool finite = true;
    for (int64_t k = 0; k < group->n; k++, predicted += ld) {
        const int64_t target = bench->input->slot[system->target[group->first + k]];
        const int64_t first = pulse_row_range_at(run, 0);
        double *out = pulse_candidates_at(bench->out, c, target, first);
        if (run->row == NULL)
            finite = put_column(predicted, run->n, out) && finite;
        for (int64_t i = 0; run->row != NULL && i < run->n; i++)
            finite = put_column(predicted + i, 1, out + run->row[i] - first) && finite;
    }
    return finite;
}
