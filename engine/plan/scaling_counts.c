#include <stdlib.h>

#include "base/mem.h"
#include "plan/estimate.h"
#include "plan/scaling.h"

/* What a rank has before it computes: Open MPI, BLAS and HDF5; seen with 1 to 16 ranks. */
#define BYTES_OF_A_PROCESS (INT64_C(64) << 20)

/* A column while it is read and scaled: times, values, scaled values, what the model sees, scale.
 */
enum { DOUBLES_A_VALUE = 5 };

/* ---- Memory --------------------------------------------------------------------- */

int pulse_scaling_memory(const struct pulse_scaling_run *run, int ranks, int64_t *bytes,
                         struct pulse_err *err)
{
    const struct pulse_plan *plan = run->plan;
    struct pulse_layout layout;
    if (pulse_layout_init(&layout, run, ranks, err) != 0)
        return -1;
    for (int r = 0; r < ranks; r++) {
        const struct pulse_estimate_part part = {
            .ranks = ranks,
            .first_span = layout.first[r],
            .end_span = layout.first[r + 1],
            .held_rows = layout.held[r],
            .all_held_rows = layout.all_held,
            .own_rows = layout.own[r],
            .owned = pulse_layout_owned(plan->sizes.E, r, ranks),
            .most_targets = pulse_layout_most_owned(run->targets, ranks),
            .targets = run->targets,
            .variables = run->variables,
            .last = r == ranks - 1};
        bytes[r] =
            BYTES_OF_A_PROCESS +
            8 * DOUBLES_A_VALUE * plan->sizes.T * pulse_layout_owned(run->variables, r, ranks) +
            pulse_estimate_bytes(plan, run->options, run->systems, run->n_systems, &part);
    }
    pulse_layout_clear(&layout);
    return 0;
}

/* ---- Messages ------------------------------------------------------------------- */

/* To each rank from each of the others that owns a variable, `numbers` of each and a row, and
 * `beside` of each. */
static void count_exchange(const struct pulse_layout *layout, int64_t E, const int64_t *rows,
                           int64_t numbers, int64_t beside, struct pulse_scaling_traffic *out)
{
    int64_t owners = 0;
    for (int r = 0; r < layout->ranks; r++)
        owners += pulse_layout_owned(E, r, layout->ranks) > 0;
    for (int r = 0; r < layout->ranks; r++) {
        const int64_t own = pulse_layout_owned(E, r, layout->ranks),
                      each = rows[r] * numbers + beside;
        if (each == 0)
            continue;
        out->messages += owners - (own > 0);
        out->bytes += 8 * each * (E - own);
    }
}

static void count_fold(const struct pulse_scaling_run *run, int ranks,
                       struct pulse_scaling_traffic *out)
{
    const struct pulse_sizes *sizes = &run->plan->sizes;
    for (int64_t s = 0; s < run->n_systems; s++) {
        int64_t tile = 1;
        const int64_t size = pulse_layout_folded(run, &run->systems[s], &tile);
        out->messages += (ranks - 1) * ((size + tile - 1) / tile);
        out->bytes += 8 * (ranks - 1) * size;
    }
    if (run->options->history == PULSE_EXPANDING && !run->plan->by_rows) { /* Σ u² */
        out->messages += ranks - 1;
        out->bytes += 8 * (ranks - 1) * sizes->E;
    }
}

static void count_return(const struct pulse_scaling_run *run, const struct pulse_layout *layout,
                         struct pulse_scaling_traffic *out)
{
    const struct pulse_sizes *sizes = &run->plan->sizes;
    const int64_t most = pulse_layout_most_owned(run->targets, layout->ranks),
                  slice = pulse_layout_slice(sizes, most);
    const int64_t horizons = pulse_sizes_horizons(sizes);
    int64_t senders = 0, rows = 0;
    for (int r = 0; r < layout->ranks; r++) {
        senders += layout->own[r] > 0;
        rows += layout->own[r];
    }
    for (int r = 0; r < layout->ranks && most > 0; r++) {
        const int64_t own = pulse_layout_owned(run->targets, r, layout->ranks);
        out->messages += horizons * ((own + slice - 1) / slice) * (senders - (layout->own[r] > 0));
        out->bytes += 8 * horizons * sizes->C * own * (rows - layout->own[r]);
    }
}

int pulse_scaling_count(const struct pulse_scaling_run *run, int ranks,
                        struct pulse_scaling_traffic *out, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &run->plan->sizes;
    const int64_t averages = pulse_features_averages(sizes->features);
    struct pulse_layout layout;
    *out = (struct pulse_scaling_traffic){0};
    int64_t *prefix = pulse_calloc(ranks, sizeof *prefix, "the shares", err);
    if (prefix == NULL || pulse_layout_init(&layout, run, ranks, err) != 0) {
        free(prefix);
        return -1;
    }
    for (int r = 0; r < ranks; r++)
        if (pulse_features_form(sizes->features) == PULSE_GRAM_LAGS)
            prefix[r] = sizes->p < sizes->T ? sizes->p : sizes->T;
    count_exchange(&layout, sizes->E, layout.held, pulse_layout_travelling(sizes), averages, out);
    count_exchange(&layout, sizes->E, prefix, pulse_layout_travelling(sizes), averages, out);
    count_fold(run, ranks, out);
    count_return(run, &layout, out);
    pulse_layout_clear(&layout);
    free(prefix);
    return 0;
}
