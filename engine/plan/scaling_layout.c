#include "plan/scaling_layout.h"

#include <stdlib.h>

#include "base/mem.h"

int pulse_layout_init(struct pulse_layout *layout, const struct pulse_scaling_run *run, int ranks,
                      struct pulse_err *err)
{
    *layout = (struct pulse_layout){.ranks = ranks};
    layout->first = pulse_calloc(3 * (int64_t)ranks + 1, sizeof *layout->first, "the shares", err);
    if (layout->first == NULL)
        return -1;
    layout->own = layout->first + ranks + 1;
    layout->held = layout->own + ranks;
    pulse_plan_distribute(run->plan, ranks, layout->first);
    for (int r = 0; r < ranks; r++) {
        int64_t low, high;
        pulse_plan_span_rows(run->plan, layout->first[r], layout->first[r + 1], &low, &high);
        layout->own[r] = high - low;
        pulse_plan_held_rows(run->plan, run->options, ranks, layout->first, r, 0, &low, &high);
        layout->held[r] = high - low;
        layout->all_held += layout->held[r];
    }
    return 0;
}

void pulse_layout_clear(struct pulse_layout *layout)
{
    free(layout->first);
    *layout = (struct pulse_layout){0};
}

int64_t pulse_layout_owned(int64_t n, int r, int ranks)
{
    return ((r + 1) * n + ranks - 1) / ranks - (r * n + ranks - 1) / ranks;
}

int64_t pulse_layout_most_owned(int64_t n, int ranks)
{
    return (n + ranks - 1) / ranks;
}

int64_t pulse_layout_travelling(const struct pulse_sizes *sizes)
{
    return pulse_sizes_horizons(sizes) == 1 && pulse_sizes_reach(sizes) == 0
               ? 1
               : 1 + pulse_sizes_horizons(sizes);
}

/* Variables that a slice of the second exchange has of each owner, and how many slices there are.
 */
int64_t pulse_layout_slice(const struct pulse_sizes *sizes, int64_t most)
{
    const int64_t fit = PULSE_SLICE_BYTES / (8 * sizes->C * sizes->T);
    return fit < 1 ? 1 : fit > most ? most : fit;
}

int64_t pulse_layout_slices(const struct pulse_sizes *sizes, int64_t most)
{
    const int64_t slice = pulse_layout_slice(sizes, most);
    return most == 0 ? 0 : (most + slice - 1) / slice;
}

int64_t pulse_layout_folded(const struct pulse_scaling_run *run, const struct pulse_system *system,
                            int64_t *tile)
{
    const struct pulse_sizes *sizes = &run->plan->sizes;
    if (system->kernel_ridge || run->plan->by_rows)
        return 0;
    if (run->plan->by_totals && system->row == NULL) {
        *tile = PULSE_TOTALS_TILE;
        return pulse_gram_total_size(sizes);
    }
    *tile = pulse_gram_tile_columns(sizes) * sizes->d;
    return run->options->history == PULSE_ROLLING ? 0 : sizes->d * (sizes->d + system->q);
}
