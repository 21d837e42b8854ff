#include "run/walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fit/final.h"
#include "fit/granger_test.h"
#include "fit/kernel_ridge_mpi.h"
#include "kernel/walk.h"
#include "mpi/collect.h"

static struct pulse_fit_input input_of(const struct pulse_comm *comm,
                                       const struct pulse_options *options,
                                       const struct pulse_work *work,
                                       const struct pulse_training *training)
{
    return (struct pulse_fit_input){.plan = &work->plan,
                                    .options = options,
                                    .systems = work->systems,
                                    .n_systems = work->n_systems,
                                    .n_targets =
                                        work->distribution.n_targets * work->distribution.horizons,
                                    .slot = work->distribution.slot,
                                    .rows = &training->rows,
                                    .lag_prefix = &training->lag_prefix,
                                    .first_span = work->distribution.first_span[comm->rank],
                                    .end_span = work->distribution.first_span[comm->rank + 1],
                                    .known_spans = training->known_spans,
                                    .before = training->before};
}

/* ---- Sums ----------------------------------------------------------------------- */

/* Collective: rows with their halo; and the first p rows, which every rank's sums refer to where
 * features are lags. */
static int exchange_rows(const struct pulse_comm *comm, const struct pulse_work *work,
                         const struct pulse_column *columns, struct pulse_training *training,
                         struct pulse_err *err)
{
    const struct pulse_distribution *distribution = &work->distribution;
    const struct pulse_sizes *sizes = &work->plan.sizes;
    const int ranks = comm->size;
    int64_t *bounds = pulse_calloc(2 * (int64_t)ranks, sizeof *bounds, "an exchange", err);
    if (pulse_comm_agree(comm, err) != 0) {
        free(bounds);
        return -1;
    }
    const bool lags = pulse_features_form(sizes->features) == PULSE_GRAM_LAGS;
    for (int r = 0; r < ranks; r++)
        bounds[ranks + r] = !lags ? 0 : sizes->p < sizes->T ? sizes->p : sizes->T;
    int status = pulse_exchange_to_rows(comm, distribution, sizes, columns, distribution->low,
                                        distribution->high, &training->rows, err);
    if (status == 0)
        status = pulse_exchange_to_rows(comm, distribution, sizes, columns, bounds, bounds + ranks,
                                        &training->lag_prefix, err);
    training->rows.columns = work->plan.calendar.columns;
    training->rows.calendar = work->plan.calendar_rows;
    free(bounds);
    return status;
}

int pulse_run_sum(const struct pulse_comm *comm, const struct pulse_options *options,
                  const struct pulse_work *work, const struct pulse_column *columns,
                  struct pulse_training *training, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_EXCHANGE);
    if (exchange_rows(comm, work, columns, training, err) != 0)
        return -1;
    (void)pulse_timeline_enter(comm->timeline, PULSE_STAGE_GRAM);
    const struct pulse_fit_input input = input_of(comm, options, work, training);
    (void)pulse_sums_total(&input, &training->sums, err);
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    (void)pulse_timeline_enter(comm->timeline, PULSE_STAGE_SCAN);
    if (pulse_sums_scan(comm, &input, &training->sums, err) != 0)
        pulse_comm_abort(comm, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return 0;
}

void pulse_training_clear(struct pulse_training *training, int64_t n_systems)
{
    pulse_sums_clear(&training->sums, n_systems);
    pulse_row_block_clear(&training->rows);
    pulse_row_block_clear(&training->lag_prefix);
    *training = (struct pulse_training){0};
}

/* ---- The walk ------------------------------------------------------------------- */

int pulse_run_begin_candidates(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_work *work,
                               const struct pulse_run_checkpoint *checkpoint,
                               struct pulse_candidates *candidates, struct pulse_err *err)
{
    const struct pulse_training none = {0};
    const struct pulse_fit_input input = input_of(comm, options, work, &none);
    const struct pulse_saved_layout layout = pulse_span_record_layout(&checkpoint->shape);
    if (pulse_candidates_init(candidates, &input, checkpoint->spans.done, err) != 0)
        return -1;
    if (checkpoint->spans.saved != NULL)
        pulse_candidates_take(candidates, checkpoint->spans.saved, &layout);
    return 0;
}

/* Collective: the candidates of all spans that no earlier run has saved, and the final fit. */
static int walk_spans(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                      const struct pulse_sums *sums, const struct pulse_walk_watch *watch,
                      struct pulse_fitted *fitted, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_WALK);
    (void)pulse_walk_run(comm, input, sums, watch, &fitted->candidates, err);
    if (err->kind == PULSE_OK)
        (void)pulse_final_fit(input, sums, comm->rank == comm->size - 1, &fitted->final, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return pulse_comm_agree(comm, err);
}

/* ---- Granger causality ---------------------------------------------------------- */

/* Local, on the last rank, where the sums over all rows are: all systems but those in kernel ridge
 * form, which are tested where they are solved. */
static int test_systems(const struct pulse_fit_input *input, const struct pulse_sums *sums,
                        struct pulse_granger *granger, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t d = sizes->d, E = sizes->E;
    int status = pulse_granger_init(granger, E, E, err);
    if (status != 0 || input->plan->by_rows)
        return status;
    const int64_t q = E * pulse_sizes_horizons(sizes);
    double *G = pulse_alloc_aligned(d * (d + q), sizeof *G, "the Granger tests' sums", err);
    double *squares = pulse_alloc_aligned(E, sizeof *squares, "the Granger tests' sums", err);
    double *work =
        pulse_alloc_aligned(pulse_gram_work(sizes), sizeof *work, "the Granger tests", err);
    if (G == NULL || squares == NULL || work == NULL)
        status = -1;
    for (int64_t s = 0; status == 0 && s < input->n_systems; s++) {
        /* No test is known under the weights of a half-life. */
        if (input->options->history == PULSE_HALFLIFE || input->options->untested)
            break;
        if (input->systems[s].kernel_ridge || !pulse_system_is_next(sizes, &input->systems[s]))
            continue;
        struct pulse_system next = input->systems[s]; /* its targets one step ahead are tested */
        next.q = pulse_system_group(sizes, &next, 0).n;
        next.last_horizon = next.first_horizon;
        const int64_t n = pulse_sums_at_end(input, sums, s, 0, G, work);
        pulse_sums_squares(input, sums, s, squares);
        if (n > 0)
            status = pulse_granger_test(granger, sizes, &next, G, squares, n, input->options->ridge,
                                        err);
    }
    free(G);
    free(squares);
    free(work);
    return status;
}

/* Collective: tests from the sums of the final fit. */
static int test_granger(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                        const struct pulse_sums *sums, struct pulse_granger *granger,
                        struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_GRANGER);
    if (comm->rank == comm->size - 1)
        (void)test_systems(input, sums, granger, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return pulse_comm_agree(comm, err);
}

/* Collective, once all systems are tested: adjusts the p-values, and shares the tests in short. */
static int adjust_granger(const struct pulse_comm *comm, const struct pulse_work *work,
                          struct pulse_granger *granger, struct pulse_granger_digest *digest,
                          struct pulse_err *err)
{
    const int last = comm->size - 1;
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_GRANGER);
    if (comm->rank == last &&
        pulse_granger_adjust(granger, work->plan.sizes.features->n, err) == 0) {
        pulse_granger_sum_up(granger, digest);
        /* Variables that are not predicted are no targets that a test is missing for. */
        digest->targets[PULSE_GRANGER_NONE] -= granger->E - work->distribution.n_targets;
    }
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    const int status =
        pulse_share(comm, digest, sizeof *digest, last, "sharing the Granger tests", err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return status;
}

/* Collective: the systems that are solved by their rows. */
static int solve_by_rows(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                         const struct pulse_distribution *distribution,
                         const struct pulse_walk_watch *watch, struct pulse_fitted *fitted,
                         struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_WALK);
    int status = pulse_kernel_ridge_run(comm, input, distribution, fitted, err);
    if (status == 0)
        status = pulse_kernel_walk_run(comm, input, distribution, watch, fitted, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return status;
}

int pulse_run_walk(const struct pulse_comm *comm, const struct pulse_options *options,
                   const struct pulse_work *work, struct pulse_training *training,
                   struct pulse_watch *watch, struct pulse_fitted *fitted, struct pulse_err *err)
{
    const struct pulse_fit_input input = input_of(comm, options, work, training);
    const struct pulse_walk_watch by = pulse_watch_begin(watch);
    int status = walk_spans(comm, &input, &training->sums, &by, fitted, err);
    if (status == 0)
        status = test_granger(comm, &input, &training->sums, &fitted->granger, err);
    if (status == 0)
        status = solve_by_rows(comm, &input, &work->distribution, &by, fitted, err);
    pulse_watch_end(watch);
    if (status != 0)
        return -1;
    if (adjust_granger(comm, work, &fitted->granger, &fitted->digest, err) != 0)
        return -1;
    pulse_sums_clear(&training->sums, work->n_systems);
    return 0;
}

/* ---- To all ranks --------------------------------------------------------------- */

/* Marks the windows whose system had no solution, on all ranks. Without a penalty, calendar columns
 * alone can be the reason: where no day is missing, the gap follows from the weekday. */
static int mark_failed(const struct pulse_comm *comm, const struct pulse_options *options,
                       char *const *names, struct pulse_work *work, int32_t *failed,
                       struct pulse_err *err)
{
    struct pulse_plan *plan = &work->plan;
    if (pulse_reduce(comm, failed, plan->n_windows, MPI_INT32_T, MPI_MAX,
                     "agreeing on failed windows", err) != 0)
        return -1;
    for (int64_t w = 0; w < plan->n_windows; w++) {
        struct pulse_window *window = &plan->windows[w];
        if (failed[w] < 0)
            continue;
        const struct pulse_system *system = &work->systems[failed[w] / options->n_ridge];
        const char *name = names[work->distribution.entered[system->target[0] % plan->sizes.E]];
        const double ridge = options->ridge[failed[w] % options->n_ridge];
        window->status = PULSE_FAILED;
        (void)snprintf(window->reason, sizeof window->reason,
                       "the system of %.*s%s has no solution with ridge %g; raise --ridge%s",
                       (int)pulse_utf8_cut(name, 60), name, system->q > 1 ? " and others" : "",
                       ridge,
                       ridge == 0 && plan->calendar.columns > 0 ? " or use --calendar off" : "");
    }
    return 0;
}

int pulse_run_share_fit(const struct pulse_comm *comm, const struct pulse_options *options,
                        char *const *names, struct pulse_work *work, struct pulse_fitted *fitted,
                        struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &work->plan.sizes;
    struct pulse_final *final = &fitted->final;
    const int last = comm->size - 1;
    const int64_t bytes = sizes->C * final->targets * (int64_t)sizeof *final->next;
    if (pulse_share(comm, final->next, bytes, last, "sharing the forecast", err) != 0 ||
        pulse_share(comm, &final->failed, sizeof final->failed, last, "sharing the forecast",
                    err) != 0)
        return -1;
    return mark_failed(comm, options, names, work, fitted->candidates.failed, err);
}
