#include "fit/walk.h"

#include <string.h>

#include "fit/innovations.h"
#include "fit/refit.h"
#include "fit/rolling.h"

/* G := the system's sums up to the span's base. */
static void load_sums(struct pulse_workbench *bench, int64_t s, int64_t span_index,
                      const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const size_t bytes = (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G;
    const int64_t base =
        pulse_history_base(input, system, input->plan->spans[span_index].first_row);
    if (pulse_sums_carried(input, s))
        memcpy(bench->G, sums->gram[s], bytes);
    else if (base <= sizes->p)
        memset(bench->G, 0, bytes); /* no usable row yet */
    else if (input->plan->by_totals)
        pulse_gram_assemble(sizes, system, sums->totals[span_index - input->first_span],
                            input->lag_prefix, input->rows, base, bench->G);
}

/* The system's sums move on over a span. */
static void carry_sums(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span,
                       const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++)
        pulse_history_advance_all(input, s, w, sums->gram[s], bench->work);
}

/* One span of one system under a rolling history, whose sums nobody carries on. */
static void walk_rolling_span(struct pulse_workbench *bench, int64_t s, int64_t span_index)
{
    if (bench->input->plan->innovations && pulse_rolling_predict(bench, s, span_index))
        return;
    bench->out->refitted = bench->out->refitted || bench->input->plan->innovations;
    pulse_refit_span(bench, s, &bench->input->plan->spans[span_index]);
    bench->rolled_system = -1; /* refits make sums of their own */
}

/* One span of one system: by the innovations form if every λ allows it. */
static void walk_span(struct pulse_workbench *bench, int64_t s, int64_t span_index,
                      const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_span *span = &input->plan->spans[span_index];
    const int64_t base = pulse_history_base(input, system, span->first_row);
    const int64_t end = span->first_row + span->rows;
    const struct pulse_row_range run = pulse_gram_range(sizes, system, base, end);
    const int64_t own = pulse_gram_range(sizes, system, span->first_row, end).n;
    bool fast = input->plan->innovations && pulse_gram_range(sizes, system, 0, base).n > 0;
    bool refitted = false;
    if (span->trains && end > system->from && own > 0) {
        if (input->options->history == PULSE_ROLLING) {
            walk_rolling_span(bench, s, span_index);
            return;
        }
        load_sums(bench, s, span_index, sums);
        if (fast)
            pulse_innovations_targets(input, system, &run, bench->Y, run.n);
        for (int64_t l = 0; fast && l < input->options->n_ridge; l++) {
            fast = pulse_innovations_predict(bench, s, l, span, &run);
            bench->out->refitted = bench->out->refitted || !fast;
        }
        if (!fast)
            pulse_refit_span(bench, s, span);
        refitted = !fast;
    }
    if (!pulse_sums_carried(input, s))
        return;
    if (refitted) /* G has moved on by the same additions */
        memcpy(sums->gram[s], bench->G,
               (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G);
    else
        carry_sums(bench, s, span, sums);
}

static bool is_done(const struct pulse_walk_watch *watch, int64_t span)
{
    return watch != NULL && watch->done != NULL && watch->done[span];
}

/* The spans of this rank up to the last one that is not done: nobody needs the sums after it. */
static int64_t end_of_work(const struct pulse_fit_input *input,
                           const struct pulse_walk_watch *watch)
{
    int64_t end = input->end_span;
    while (end > input->first_span && is_done(watch, end - 1))
        end--;
    return end;
}

/* All systems of one span, unless its candidates are there already: then the sums move on. */
static void walk_systems(struct pulse_workbench *bench, int64_t i, bool done,
                         const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    if (!done)
        pulse_candidates_begin(bench->out, i);
    for (int64_t s = 0; s < input->n_systems; s++)
        if (!input->systems[s].kernel_ridge && !done)
            walk_span(bench, s, i, sums);
        else if (pulse_sums_carried(input, s))
            carry_sums(bench, s, &input->plan->spans[i], sums);
}

int pulse_walk_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                   const struct pulse_sums *sums, const struct pulse_walk_watch *watch,
                   struct pulse_candidates *out, struct pulse_err *err)
{
    struct pulse_workbench bench = {.out = out};
    const int64_t end = end_of_work(input, watch);
    int status = -1;
    if (input->plan->by_rows) {
        for (int64_t i = input->first_span; i < input->end_span; i++)
            pulse_candidates_begin(out, i);
        return 0;
    }
    if (pulse_workbench_init(&bench, input, err) != 0)
        goto done;
    double total = 0, so_far = 0;
    for (int64_t i = input->first_span; i < end; i++)
        total += input->plan->spans[i].flops;
    for (int64_t i = input->first_span; i < end; i++) {
        walk_systems(&bench, i, is_done(watch, i), sums);
        so_far += input->plan->spans[i].flops;
        if (watch != NULL && watch->span_done != NULL)
            watch->span_done(watch->context, i, total > 0 ? so_far / total : 1);
        pulse_comm_abort_if_interrupted(comm);
    }
    status = 0;
done:
    pulse_workbench_clear(&bench);
    return status;
}
