#include "estimate.h"

#include "gram.h"
#include "la.h"
#include "systems.h"

/* The walk reaches about that share of dgemm's speed. */
#define SHARE_OF_DGEMM 0.75

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Doubles of the walk's workspaces and sums on a rank with these spans. */
static int64_t walk_doubles(const struct pulse_plan *plan, const struct pulse_options *options,
                            const struct pulse_system *systems, int64_t n_systems,
                            int64_t first_span, int64_t end_span)
{
    const int64_t d = plan->sizes.d;
    int64_t q = 1, m = 1, sums = 0, dual = 0;
    for (int64_t s = 0; s < n_systems; s++) {
        const bool by_totals = plan->innovations && systems[s].row == NULL;
        if (systems[s].dual) {
            dual = larger(dual, pulse_system_dual_doubles(&plan->sizes, &systems[s]));
            continue;
        }
        q = larger(q, systems[s].q);
        if (by_totals)
            sums += (end_span - first_span + 1) * pulse_gram_total_size(&plan->sizes);
        else if (options->history != PULSE_ROLLING)
            sums += 2 * d * (d + systems[s].q);
    }
    for (int64_t s = first_span; s < end_span; s++)
        m = larger(m, plan->spans[s].rows);
    const int64_t walking = d * (d + q) + d * d + d * (q + m) + (plan->innovations ? m * m : 0) +
                            4 * m * q + pulse_la_side(larger(d, m)) + pulse_gram_work(&plan->sizes);
    return sums + larger(walking, dual); /* one after the other */
}

int64_t pulse_estimate_bytes(const struct pulse_plan *plan, const struct pulse_options *options,
                             const struct pulse_system *systems, int64_t n_systems,
                             const struct pulse_estimate_share *share)
{
    const struct pulse_sizes *sizes = &plan->sizes;
    const int64_t rows = share->held_rows * sizes->E;
    const int64_t sent = share->all_held_rows * share->owned;
    const int64_t candidates = sizes->L * sizes->E * share->own_rows;
    const int64_t one = sizes->L * sizes->T;
    int64_t slice = PULSE_SLICE_BYTES / 8 / one;
    slice = slice < 1 ? 1 : slice > share->most_owned ? share->most_owned : slice;
    const int64_t judging =
        slice * (2 * one + share->ranks * sizes->L * share->own_rows) + 12 * sizes->T;
    const int64_t walking =
        walk_doubles(plan, options, systems, n_systems, share->first_span, share->end_span);
    return 8 * (rows + larger(rows + sent, candidates + larger(walking, judging)));
}

double pulse_estimate_seconds(const struct pulse_plan *plan, int64_t first, int64_t end,
                              double rate)
{
    double flops = 0;
    for (int64_t s = first; s < end; s++)
        flops += plan->spans[s].flops;
    return flops / (SHARE_OF_DGEMM * rate);
}
