#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/mem.h"
#include "plan/hash.h"

char *pulse_window_id(int64_t w, char out[32])
{
    (void)snprintf(out, 32, "batch_%04lld", (long long)w);
    return out;
}

int64_t pulse_plan_history_first(const struct pulse_plan *plan, const struct pulse_options *options,
                                 int64_t w)
{
    if (options->history != PULSE_ROLLING || w <= options->rolling_windows)
        return 0;
    return plan->windows[w - options->rolling_windows].first_row;
}

static void decide_windows(struct pulse_plan *plan, const struct pulse_options *options)
{
    const int64_t usable = pulse_features_first_row(&options->features);
    for (int64_t w = 0; w < plan->n_windows; w++) {
        struct pulse_window *window = &plan->windows[w];
        int64_t from = pulse_plan_history_first(plan, options, w);
        if (from < usable)
            from = usable;
        window->history_rows = window->first_row > from ? window->first_row - from : 0;
        window->status = PULSE_SKIPPED;
        if (window->rows == 0)
            (void)snprintf(window->reason, sizeof window->reason, "no rows in the window");
        else if (window->history_rows < options->min_history)
            (void)snprintf(window->reason, sizeof window->reason,
                           "its history has %lld usable rows, --min-history asks for %lld",
                           (long long)window->history_rows, (long long)options->min_history);
        else
            window->status = PULSE_TRAINED;
    }
}

/* The calendar's columns of rows 0 … T, from the rows before the first trained window. */
static int fill_calendar(struct pulse_plan *plan, const struct pulse_options *options,
                         const int64_t *calendar, int64_t T, struct pulse_err *err)
{
    int64_t known = T;
    for (int64_t w = plan->n_windows - 1; w >= 0; w--)
        if (plan->windows[w].status == PULSE_TRAINED)
            known = plan->windows[w].first_row;
    pulse_calendar_decide(&plan->calendar, options->calendar, calendar, known);
    const int64_t columns = plan->calendar.columns;
    plan->calendar_rows =
        pulse_alloc_aligned((T + 1) * columns, sizeof *plan->calendar_rows, "the calendar", err);
    if (plan->calendar_rows == NULL)
        return -1;
    for (int64_t t = 0; t <= T && T > 0; t++) {
        const int64_t day =
            t < T ? calendar[t] : pulse_calendar_next(&plan->calendar, calendar[T - 1]);
        pulse_calendar_row(&plan->calendar, day, t > 0 ? day - calendar[t - 1] : 1,
                           plan->calendar_rows + t * columns);
    }
    return 0;
}

int pulse_plan_windows(struct pulse_plan *plan, const struct pulse_options *options,
                       int64_t start_day, const int64_t *calendar, int64_t *T,
                       struct pulse_err *err)
{
    const int64_t size = options->batch_size_days;
    /* The last one holds the last row: nothing is asked of days up to today. */
    const int64_t last =
        *T > 0 && calendar[*T - 1] < options->end_day ? calendar[*T - 1] : options->end_day;
    int64_t n = last < start_day ? 0 : (last - start_day) / size + 1;
    if (options->batch_limit > 0 && n > options->batch_limit)
        n = options->batch_limit;
    plan->n_windows = n;
    plan->last_row_window = -1;
    plan->windows = pulse_calloc(n, sizeof *plan->windows, "the windows", err);
    if (plan->windows == NULL)
        return -1;
    int64_t row = 0;
    for (int64_t w = 0; w < n; w++) {
        struct pulse_window *window = &plan->windows[w];
        window->start_day = start_day + w * size;
        window->end_day = window->start_day + size - 1;
        if (window->end_day > options->end_day)
            window->end_day = options->end_day;
        window->first_row = row;
        while (row < *T && calendar[row] <= window->end_day)
            row++;
        window->rows = row - window->first_row;
        if (window->rows > 0)
            plan->last_row_window = w;
    }
    *T = row;
    decide_windows(plan, options);
    return fill_calendar(plan, options, calendar, row, err);
}

/* Rows a span aims at. Where no system has spans, they only deal out rows. */
static int64_t rows_aimed_at(const struct pulse_plan *plan, const struct pulse_options *options)
{
    const bool rolling = plan->innovations && options->history == PULSE_ROLLING;
    if (plan->by_rows)
        return 1;
    /* Under a rolling history as many leave as enter. */
    return pulse_system_span_rows(&plan->sizes) / (rolling ? 2 : 1) + 32;
}

/* A span ends when it has rows enough, and just before the first trained window, so that no span
 * that trains starts without any history. */
static bool span_is_full(const struct pulse_plan *plan, const struct pulse_options *options,
                         const struct pulse_span *span)
{
    int64_t next = span->first_window + span->windows;
    if (plan->windows[next].status == PULSE_TRAINED && !span->trains)
        return true;
    if (options->span_windows > 0)
        return span->windows >= options->span_windows;
    return span->rows > 0 &&
           span->rows + plan->windows[next].rows / 2 >= rows_aimed_at(plan, options);
}

static void cut_spans(struct pulse_plan *plan, const struct pulse_options *options)
{
    struct pulse_span *span = NULL;
    for (int64_t w = 0; w < plan->n_windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        if (span == NULL || span_is_full(plan, options, span)) {
            span = &plan->spans[plan->n_spans++];
            *span = (struct pulse_span){.first_window = w, .first_row = window->first_row};
        }
        span->windows++;
        span->rows += window->rows;
        span->trains = span->trains || window->status == PULSE_TRAINED;
    }
}

/* Rows of a system in calendar rows [first, end). */
static int64_t system_rows(const struct pulse_system *system, int64_t first, int64_t end)
{
    if (system->row == NULL)
        return end - first;
    return pulse_system_rows_before(system, end) - pulse_system_rows_before(system, first);
}

static double refit_flops(const struct pulse_plan *plan, const struct pulse_options *options,
                          const struct pulse_span *span, const struct pulse_system *system)
{
    double d = (double)plan->sizes.d, q = (double)system->q, sum = 0;
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        double n = (double)system_rows(system, window->first_row, window->first_row + window->rows);
        if (options->history == PULSE_ROLLING) {
            int64_t from = pulse_plan_history_first(plan, options, w);
            sum += d * (d + q) * 2 * (double)system_rows(system, from, window->first_row);
        } else {
            sum += d * (d + q) * 2 * n;
        }
        if (window->status == PULSE_TRAINED && n > 0)
            sum += (double)plan->sizes.L *
                       ((double)pulse_system_groups(system) * d * d * d / 3 + d * d * q) +
                   (double)plan->sizes.C * (d * d * q + 2 * d * q * n);
    }
    return sum;
}

/* What a span adds to the sums. */
static double sums_flops(const struct pulse_plan *plan, const struct pulse_span *span)
{
    const double d = (double)plan->sizes.d, E = (double)plan->sizes.E;
    return 2 * (double)span->rows *
           ((d + E) * (E + (double)plan->sizes.fixed) +
            d * (double)pulse_sizes_further(&plan->sizes));
}

static double span_flops(const struct pulse_plan *plan, const struct pulse_options *options,
                         const struct pulse_span *span, const struct pulse_system *systems,
                         int64_t n_systems)
{
    const double d = (double)plan->sizes.d;
    double sum = sums_flops(plan, span);
    for (int64_t s = 0; s < n_systems; s++) {
        if (systems[s].kernel_ridge && !systems[s].shared)
            continue;
        double m = (double)system_rows(&systems[s], span->first_row, span->first_row + span->rows);
        if (systems[s].shared)
            sum += pulse_system_kernel_flops(&plan->sizes, &systems[s]) * m / (double)systems[s].n;
        else if (!plan->innovations)
            sum += refit_flops(plan, options, span, &systems[s]);
        else if (span->trains && m > 0 && options->history == PULSE_ROLLING)
            sum += (double)plan->sizes.L *
                       pulse_system_span_flops(&plan->sizes, (double)systems[s].q, 2 * m) +
                   4 * d * d * m;
        else if (span->trains && m > 0)
            sum += (double)plan->sizes.L *
                       pulse_system_span_flops(&plan->sizes, (double)systems[s].q, m) +
                   d * d;
    }
    return sum;
}

/* Rows that leave a rolling history belong to targets of the next row. */
static bool has_innovations(const struct pulse_sizes *sizes, const struct pulse_options *options)
{
    return !options->refit &&
           (options->history == PULSE_EXPANDING ||
            (options->history == PULSE_ROLLING && pulse_sizes_reach(sizes) == 0));
}

int pulse_plan_spans(struct pulse_plan *plan, const struct pulse_options *options,
                     const struct pulse_sizes *sizes, const struct pulse_system *systems,
                     int64_t n_systems, struct pulse_err *err)
{
    plan->sizes = *sizes;
    plan->innovations = has_innovations(sizes, options);
    plan->by_rows = n_systems > 0;
    for (int64_t s = 0; s < n_systems; s++)
        plan->by_rows = plan->by_rows && systems[s].kernel_ridge;
    plan->by_totals = plan->innovations && options->history == PULSE_EXPANDING &&
                      pulse_features_form(sizes->features) != PULSE_GRAM_PLAIN;
    plan->spans = pulse_calloc(plan->n_windows, sizeof *plan->spans, "the spans", err);
    if (plan->spans == NULL)
        return -1;
    cut_spans(plan, options);
    for (int64_t s = 0; s < plan->n_spans; s++)
        plan->spans[s].flops = span_flops(plan, options, &plan->spans[s], systems, n_systems);
    return 0;
}

static uint64_t hash_window(uint64_t hash, const struct pulse_window *window)
{
    const int64_t ints[] = {window->start_day, window->end_day,      window->first_row,
                            window->rows,      window->history_rows, window->status};
    return pulse_hash_bytes(hash, ints, sizeof ints);
}

/* With its work, which decides who does it. */
static uint64_t hash_span(uint64_t hash, const struct pulse_span *span)
{
    const int64_t ints[] = {span->first_window, span->windows, span->first_row, span->rows,
                            span->trains};
    hash = pulse_hash_bytes(hash, ints, sizeof ints);
    return pulse_hash_bytes(hash, &span->flops, sizeof span->flops);
}

static uint64_t hash_system(uint64_t hash, const struct pulse_system *system)
{
    const int64_t ints[] = {system->q,           system->from,         system->n,
                            system->row == NULL, system->kernel_ridge, system->shared};
    hash = pulse_hash_bytes(hash, ints, sizeof ints);
    hash = pulse_hash_bytes(hash, system->target, (size_t)system->q * sizeof *system->target);
    if (system->row == NULL)
        return hash;
    const struct pulse_digest rows =
        pulse_digest_of(system->row, system->n * (int64_t)sizeof *system->row);
    return pulse_hash_bytes(hash, &rows, sizeof rows);
}

uint64_t pulse_plan_hash(const struct pulse_plan *plan, const struct pulse_system *systems,
                         int64_t n_systems)
{
    const struct pulse_sizes *sizes = &plan->sizes;
    const int64_t ints[] = {sizes->T,
                            sizes->E,
                            sizes->p,
                            sizes->d,
                            sizes->L,
                            plan->n_windows,
                            plan->n_spans,
                            n_systems,
                            plan->last_row_window,
                            plan->innovations,
                            pulse_sizes_horizons(sizes),
                            pulse_sizes_reach(sizes)};
    uint64_t hash = pulse_hash_bytes(PULSE_HASH_START, ints, sizeof ints);
    for (int64_t w = 0; w < plan->n_windows; w++)
        hash = hash_window(hash, &plan->windows[w]);
    for (int64_t s = 0; s < plan->n_spans; s++)
        hash = hash_span(hash, &plan->spans[s]);
    for (int64_t s = 0; s < n_systems; s++)
        hash = hash_system(hash, &systems[s]);
    return hash;
}

int64_t pulse_plan_count(const struct pulse_plan *plan, enum pulse_window_status status)
{
    int64_t n = 0;
    for (int64_t w = 0; w < plan->n_windows; w++)
        n += plan->windows[w].status == status;
    return n;
}

void pulse_plan_relieve(struct pulse_plan *plan, int64_t s)
{
    plan->spans[s].flops = sums_flops(plan, &plan->spans[s]);
}

void pulse_plan_clear(struct pulse_plan *plan)
{
    free(plan->windows);
    free(plan->spans);
    free(plan->calendar_rows);
    *plan = (struct pulse_plan){0};
}

void pulse_plan_distribute(const struct pulse_plan *plan, int ranks, int64_t *first)
{
    double total = 0, before = 0;
    for (int64_t s = 0; s < plan->n_spans; s++)
        total += plan->spans[s].flops;
    int rank = 0;
    first[0] = 0;
    for (int64_t s = 0; s < plan->n_spans; s++) {
        /* A span goes to the rank in whose equal part of the work its middle lies. */
        double middle = before + plan->spans[s].flops / 2;
        while (rank < ranks - 1 && middle * ranks >= total * (rank + 1))
            first[++rank] = s;
        before += plan->spans[s].flops;
    }
    while (rank < ranks)
        first[++rank] = plan->n_spans;
}

int64_t pulse_plan_form_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                             int64_t s)
{
    const struct pulse_span *span = &plan->spans[s];
    int64_t rows = span->rows + pulse_sizes_reach(&plan->sizes);
    if (plan->innovations && options->history == PULSE_ROLLING && span->windows > 0)
        rows += pulse_plan_history_first(plan, options, span->first_window + span->windows) -
                pulse_plan_history_first(plan, options, span->first_window);
    return rows;
}

int64_t pulse_plan_halo(const struct pulse_plan *plan, const struct pulse_options *options,
                        int64_t s)
{
    const struct pulse_span *span = &plan->spans[s];
    int64_t first = span->first_row - pulse_sizes_reach(&plan->sizes);
    if (options->history == PULSE_ROLLING)
        first = pulse_plan_history_first(plan, options,
                                         plan->spans[pulse_plan_fresh_span(s)].first_window);
    first -= plan->sizes.p;
    return first < 0 ? 0 : first;
}

void pulse_plan_span_rows(const struct pulse_plan *plan, int64_t from, int64_t to, int64_t *first,
                          int64_t *end)
{
    *first = *end = 0;
    if (from == to)
        return;
    *first = plan->spans[from].first_row;
    *end = plan->spans[to - 1].first_row + plan->spans[to - 1].rows;
}

void pulse_plan_held_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                          int ranks, const int64_t *first, int r, int64_t known_spans, int64_t *low,
                          int64_t *high)
{
    const int64_t from_span = first[r] > known_spans ? first[r] : known_spans;
    int64_t final_first, final_end;
    pulse_plan_span_rows(plan, first[r], first[r + 1], low, high);
    if (from_span >= first[r + 1])
        *low = *high;
    else if (*high > *low)
        *low = pulse_plan_halo(plan, options, from_span);
    if (r < ranks - 1)
        return;
    /* The final fit needs the lags of the next row, and a rolling history. */
    pulse_plan_final_rows(plan, options, &final_first, &final_end);
    int64_t from = options->history == PULSE_ROLLING ? final_first
                                                     : final_end - pulse_sizes_reach(&plan->sizes);
    from = from > plan->sizes.p ? from - plan->sizes.p : 0;
    if (*low == *high || *low > from)
        *low = from;
    *high = final_end;
}

void pulse_plan_final_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                           int64_t *first, int64_t *end)
{
    *end = plan->sizes.T;
    *first = 0;
    int64_t next = plan->last_row_window + 1;
    if (options->history == PULSE_ROLLING && next > options->rolling_windows)
        *first = plan->windows[next - options->rolling_windows].first_row;
}
