#include "plan/estimate.h"

#include <stddef.h>

#include "math/cholesky.h"
#include "math/signed_factor.h"
#include "plan/sizes.h"
#include "plan/systems.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Doubles of the walk's workspaces and sums on a rank; on the last one also of the Granger tests,
 * which come after the walk, while the sums are there. */
static int64_t walk_doubles(const struct pulse_plan *plan, const struct pulse_options *options,
                            const struct pulse_system *systems, int64_t n_systems,
                            const struct pulse_estimate_part *part)
{
    const int64_t d = plan->sizes.d, spans = part->end_span - part->first_span;
    int64_t q = 1, m = 1, sums = 0, kernel_ridge = 0;
    for (int64_t s = 0; s < n_systems; s++) {
        const bool by_totals = plan->by_totals && systems[s].row == NULL;
        if (systems[s].kernel_ridge) {
            kernel_ridge =
                larger(kernel_ridge,
                       systems[s].shared
                           ? pulse_system_shared_doubles(&plan->sizes, &systems[s], part->ranks)
                           : pulse_system_kernel_doubles(&plan->sizes, &systems[s]));
            continue;
        }
        q = larger(q, systems[s].q);
        if (by_totals)
            sums += (spans + 1) * pulse_gram_total_size(&plan->sizes);
        else if (options->history != PULSE_ROLLING)
            sums += 2 * d * (d + systems[s].q);
    }
    if (plan->by_rows)
        return kernel_ridge;
    for (int64_t s = part->first_span; s < part->end_span; s++)
        m = larger(m, pulse_plan_form_rows(plan, options, s));
    const bool several = pulse_sizes_horizons(&plan->sizes) > 1;
    const int64_t walking = (several ? 2 : 1) * d * (d + q) + d * d + d * (2 * q + m) +
                            (plan->innovations ? 2 * m * m : 0) + 2 * m * (q + plan->sizes.E) +
                            pulse_cholesky_side(larger(d, m)) +
                            (options->history == PULSE_ROLLING ? m + pulse_signed_work(m) : 0) +
                            pulse_gram_work(&plan->sizes);
    const int64_t testing = d * (d + q) + plan->sizes.E + pulse_granger_work(&plan->sizes, q) +
                            pulse_gram_work(&plan->sizes);
    return sums +
           larger(larger(walking, kernel_ridge), part->last ? testing : 0); /* one after another */
}

/* Doubles of what the last rank keeps until results.h5 is open: coefficients and tests; and of the
 * buffer in which it spreads them over all variables. */
static int64_t final_doubles(const struct pulse_sizes *sizes, int64_t targets)
{
    return sizes->C * sizes->d * targets + 4 * sizes->E * sizes->E;
}

static int64_t spread_doubles(const struct pulse_sizes *sizes, int64_t variables)
{
    return variables * larger(sizes->d, variables);
}

int64_t pulse_estimate_bytes(const struct pulse_plan *plan, const struct pulse_options *options,
                             const struct pulse_system *systems, int64_t n_systems,
                             const struct pulse_estimate_part *part)
{
    const struct pulse_sizes *sizes = &plan->sizes;
    const int64_t averages = pulse_features_averages(sizes->features);
    const int64_t horizons = pulse_sizes_horizons(sizes);
    const int64_t y = pulse_sizes_reach(sizes) > 0 ? horizons : 0; /* targets that are not u */
    const int64_t rows = (1 + averages + y) * part->held_rows * sizes->E;
    const int64_t received = (1 + y) * part->held_rows * (sizes->E - part->owned);
    const int64_t sent = (1 + y) * (part->all_held_rows - part->held_rows) * part->owned;
    const int64_t one = sizes->C * sizes->T;
    int64_t slice = PULSE_SLICE_BYTES / 8 / one;
    slice = slice < 1 ? 1 : slice > part->most_targets ? part->most_targets : slice;
    const int64_t judging =
        slice * (one + part->ranks * sizes->C * part->own_rows) + one + 13 * sizes->T;
    const int64_t walking = walk_doubles(plan, options, systems, n_systems, part);
    const int64_t spread = part->last ? spread_doubles(sizes, part->variables) : 0;
    const int64_t targets = horizons * part->targets;
    const int64_t kept =
        sizes->C * targets * part->own_rows + (part->last ? final_doubles(sizes, targets) : 0);
    return 8 * (rows + larger(received + sent, kept + larger(walking, larger(spread, judging))));
}
