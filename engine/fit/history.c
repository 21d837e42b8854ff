#include "fit/history.h"

#include <math.h>

/* First row of window w, or of what comes after the last row. */
static int64_t first_row(const struct pulse_fit_input *input, int64_t w)
{
    const struct pulse_plan *plan = input->plan;
    return w > plan->last_row_window ? plan->sizes.T : plan->windows[w].first_row;
}

struct pulse_row_range pulse_fit_window_rows(const struct pulse_fit_input *input, int64_t s,
                                             int64_t w)
{
    const struct pulse_window *window = &input->plan->windows[w];
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], window->first_row,
                            window->first_row + window->rows);
}

struct pulse_row_range pulse_fit_history_rows(const struct pulse_fit_input *input, int64_t s,
                                              int64_t w, int64_t ahead)
{
    const int64_t from = pulse_plan_history_first(input->plan, input->options, w);
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], from,
                            first_row(input, w) - ahead);
}

int64_t pulse_history_base(const struct pulse_fit_input *input, const struct pulse_system *system,
                           int64_t row)
{
    const int64_t base = row - pulse_system_reach(&input->plan->sizes, system);
    return base > 0 ? base : 0;
}

double pulse_history_decay(const struct pulse_options *options)
{
    return options->history == PULSE_HALFLIFE ? exp2(-1 / options->history_halflife) : 1;
}

/* Adds rows [from, to) to columns of G, after `decay`: those of window v with the weight that they
 * have once window w is history. */
static void add_rows(const struct pulse_fit_input *input, int64_t s, int64_t w, int64_t from,
                     int64_t to, double decay, int64_t first, int64_t n, double *G, double *work)
{
    const struct pulse_plan *plan = input->plan;
    const bool weighted = input->options->history == PULSE_HALFLIFE;
    int64_t v = w;
    while (weighted && v > 0 && plan->windows[v].first_row > from)
        v--;
    do {
        const int64_t end = v < w ? plan->windows[v + 1].first_row : to;
        struct pulse_row_range run =
            pulse_gram_range(&plan->sizes, &input->systems[s], from, end < to ? end : to);
        run.weight = v < w ? exp2(-(double)(w - v) / input->options->history_halflife) : 1;
        pulse_gram_add(&plan->sizes, &input->systems[s], input->rows, &run, decay, first, n, G,
                       work);
        decay = 1;
        from = end > from ? end : from;
    } while (v++ < w);
}

/* All columns, tile by tile. */
static void add_rows_to_all(const struct pulse_fit_input *input, int64_t s, int64_t w, int64_t from,
                            int64_t to, double decay, double *G, double *work)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t columns = sizes->d + input->systems[s].q, tile = pulse_gram_tile_columns(sizes);
    for (int64_t first = 0; first < columns; first += tile)
        add_rows(input, s, w, from, to, decay, first,
                 columns - first < tile ? columns - first : tile, G + first * sizes->d, work);
}

void pulse_history_advance(const struct pulse_fit_input *input, int64_t s, int64_t w, int64_t first,
                           int64_t n, double *G, double *work)
{
    const struct pulse_window *window = &input->plan->windows[w];
    const struct pulse_system *system = &input->systems[s];
    add_rows(input, s, w, pulse_history_base(input, system, window->first_row),
             pulse_history_base(input, system, window->first_row + window->rows),
             pulse_history_decay(input->options), first, n, G, work);
}

void pulse_history_advance_all(const struct pulse_fit_input *input, int64_t s, int64_t w, double *G,
                               double *work)
{
    const struct pulse_window *window = &input->plan->windows[w];
    const struct pulse_system *system = &input->systems[s];
    add_rows_to_all(input, s, w, pulse_history_base(input, system, window->first_row),
                    pulse_history_base(input, system, window->first_row + window->rows),
                    pulse_history_decay(input->options), G, work);
}

void pulse_history_complete(const struct pulse_fit_input *input, int64_t s, int64_t w,
                            int64_t ahead, double *G, double *work)
{
    const int64_t row = first_row(input, w);
    const int64_t base = pulse_history_base(input, &input->systems[s], row);
    if (w > 0 && row - ahead > base)
        add_rows_to_all(input, s, w - 1, base, row - ahead, 1, G, work);
}
