#include "run/evaluate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mpi/collect.h"
#include "results/gather.h"

/* The stage's arguments, and one variable's evaluation, which is used again and again. */
struct evaluator {
    const struct pulse_comm *comm;
    const struct pulse_options *options;
    const struct pulse_panel *panel;
    const struct pulse_work *work;
    const struct pulse_fitted *fitted;
    const struct pulse_evaluation_sink *sink;
    struct pulse_variable_summary *summaries;
    struct pulse_way_back way; /* of the candidates */
    struct pulse_evaluation evaluation;
    double *candidates; /* C × T of the variable in hand */
    int64_t horizon;    /* in hand: its index */
};

/* ---- One variable --------------------------------------------------------------- */

static int evaluate_variable(struct evaluator *to, int64_t v, const double *candidates,
                             const double *next, struct pulse_err *err)
{
    struct pulse_timeline *timeline = to->comm->timeline;
    const struct pulse_column *column = &to->panel->columns[v];
    const enum pulse_stage before = pulse_timeline_enter(timeline, PULSE_STAGE_EVALUATE);
    if (pulse_evaluate(&to->evaluation, &to->work->plan, to->options, column, candidates, next,
                       to->fitted->final.targets, err) != 0)
        return -1;
    to->evaluation.summary.variable = v;
    to->evaluation.summary.target = (to->panel->flags[v] & PULSE_PANEL_TARGET) != 0;
    to->summaries[to->horizon * to->panel->loaded.V + v] = to->evaluation.summary;
    (void)pulse_timeline_enter(timeline, PULSE_STAGE_RESULTS);
    int status = to->sink->put(to->sink->context, to->horizon, v, column, &to->evaluation, err);
    (void)pulse_timeline_enter(timeline, before);
    pulse_comm_abort_if_interrupted(to->comm);
    return status;
}

/* Collective: what other nodes' ranks put since reaches the file. An earlier error stays. */
static void collect_columns(struct evaluator *to, struct pulse_err *err)
{
    struct pulse_err later = {0};
    if (to->sink->collect == NULL)
        return;
    const enum pulse_stage before = pulse_timeline_enter(to->comm->timeline, PULSE_STAGE_RESULTS);
    if (to->sink->collect(to->sink->context, &later) != 0 && err->kind == PULSE_OK)
        *err = later;
    (void)pulse_timeline_enter(to->comm->timeline, before);
}

/* ---- Slices --------------------------------------------------------------------- */

/* The most targets that any rank owns. */
static int64_t most_owned(const struct pulse_comm *comm,
                          const struct pulse_distribution *distribution)
{
    int64_t most = 0;
    for (int r = 0; r < comm->size; r++) {
        const int64_t owned = pulse_distribution_owned(distribution, r);
        most = owned > most ? owned : most;
    }
    return most;
}

static int slice_init(struct evaluator *to, struct pulse_slice *slice, int64_t *slices,
                      struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &to->work->plan.sizes;
    const int64_t each = sizes->C * sizes->T;
    const int64_t most = most_owned(to->comm, &to->work->distribution);
    assert(each > 0 && most > 0); /* a variable enters, and has rows */
    const struct pulse_distribution *distribution = &to->work->distribution;
    const int64_t back = sizes->C * pulse_distribution_back(distribution, to->comm->size);
    slice->count = PULSE_SLICE_BYTES / ((back > 0 ? back : 1) * (int64_t)sizeof(double));
    slice->count = slice->count < 1 ? 1 : slice->count > most ? most : slice->count;
    *slices = (most + slice->count - 1) / slice->count;
    const int64_t rows =
        distribution->back_end[to->comm->rank] - distribution->back_first[to->comm->rank];
    const int64_t send = slice->count * to->comm->size * sizes->C * rows;
    slice->send = pulse_alloc_aligned(send, sizeof(double), "a slice of retrodictions", err);
    slice->receive =
        pulse_alloc_aligned(slice->count * back, sizeof(double), "a slice of retrodictions", err);
    to->candidates = pulse_alloc_aligned(each, sizeof(double), "a variable's retrodictions", err);
    return slice->send == NULL || slice->receive == NULL || to->candidates == NULL ? -1 : 0;
}

static void slice_clear(struct pulse_slice *slice)
{
    free(slice->send);
    free(slice->receive);
}

static void read_candidates(const void *context, int64_t target, int64_t first, int64_t n,
                            int64_t step, double *out)
{
    pulse_candidates_read(context, target, first, n, step, out);
}

/* Collective: the candidates of a slice to the owners of its variables. */
static void exchange_slice(const struct evaluator *to, struct pulse_slice *slice,
                           struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(to->comm->timeline, PULSE_STAGE_RETURN);
    if (pulse_exchange_to_variables(&to->way, slice, err) != 0)
        pulse_comm_abort(to->comm, err);
    (void)pulse_timeline_enter(to->comm->timeline, before);
}

static int evaluate_slice(struct evaluator *to, const struct pulse_slice *slice,
                          struct pulse_err *err)
{
    const struct pulse_distribution *distribution = &to->work->distribution;
    for (int64_t k = 0; k < slice->count; k++) {
        const int64_t e = pulse_distribution_kth(distribution, to->comm->rank, slice->skip + k);
        if (e < 0)
            break;
        const enum pulse_stage before =
            pulse_timeline_enter(to->comm->timeline, PULSE_STAGE_RETURN);
        pulse_exchange_take_variable(&to->way, slice, k, to->candidates);
        (void)pulse_timeline_enter(to->comm->timeline, before);
        if (evaluate_variable(to, distribution->entered[e], to->candidates,
                              to->fitted->final.next +
                                  distribution->slot[to->horizon * distribution->E + e],
                              err) != 0)
            return -1;
    }
    return 0;
}

/* Those that are not predicted have columns of NaN. */
static void evaluate_absent(struct evaluator *to, struct pulse_err *err)
{
    for (int64_t v = 0; v < to->panel->loaded.V; v++)
        if (pulse_panel_owns(to->comm, to->panel, v) && !pulse_panel_predicts(to->panel, v) &&
            evaluate_variable(to, v, NULL, NULL, err) != 0)
            break;
}

/* ---- The stage ------------------------------------------------------------------ */

/* Collective: one horizon, slice by slice to the owners, each variable evaluated and written there.
 */
static int evaluate_horizon(struct evaluator *to, struct pulse_slice *slice, int64_t slices,
                            struct pulse_err *err)
{
    slice->skip = 0;
    slice->horizon = to->horizon;
    to->evaluation.horizon = pulse_sizes_horizon(&to->work->plan.sizes, to->horizon);
    for (int64_t i = 0; i < slices; i++, slice->skip += slice->count) {
        exchange_slice(to, slice, err);
        (void)evaluate_slice(to, slice, err);
        collect_columns(to, err);
        if (pulse_comm_agree(to->comm, err) != 0)
            return -1;
    }
    evaluate_absent(to, err);
    collect_columns(to, err);
    return pulse_comm_agree(to->comm, err);
}

static int evaluate_all(struct evaluator *to, struct pulse_err *err)
{
    const int64_t horizons = pulse_sizes_horizons(&to->work->plan.sizes);
    struct pulse_slice slice = {0};
    int64_t slices = 0;
    if (slice_init(to, &slice, &slices, err) == 0)
        (void)pulse_evaluation_init(&to->evaluation, &to->work->plan, to->options, err);
    int status = pulse_comm_agree(to->comm, err);
    for (to->horizon = 0; status == 0 && to->horizon < horizons; to->horizon++)
        status = evaluate_horizon(to, &slice, slices, err);
    slice_clear(&slice);
    return status;
}

static int put_into_results(void *context, int64_t horizon, int64_t variable,
                            const struct pulse_column *column,
                            const struct pulse_evaluation *evaluation, struct pulse_err *err)
{
    return pulse_results_put(context, horizon, variable, column, evaluation, err);
}

static int collect_results(void *context, struct pulse_err *err)
{
    return pulse_results_collect(context, err);
}

struct pulse_evaluation_sink pulse_run_results_sink(struct pulse_results *results)
{
    return (struct pulse_evaluation_sink){put_into_results, collect_results, results};
}

int pulse_run_evaluate(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_panel *panel, const struct pulse_work *work,
                       const struct pulse_fitted *fitted, const struct pulse_evaluation_sink *sink,
                       struct pulse_variable_summary *summaries, struct pulse_err *err)
{
    struct evaluator to = {
        .comm = comm,
        .options = options,
        .panel = panel,
        .work = work,
        .fitted = fitted,
        .way = {comm, &work->distribution, &work->plan, read_candidates, &fitted->candidates},
        .sink = sink,
        .summaries = summaries};
    const int status = evaluate_all(&to, err);
    pulse_evaluation_clear(&to.evaluation);
    free(to.candidates);
    return status;
}

int pulse_run_gather_summaries(const struct pulse_comm *comm, int64_t V, int64_t horizons,
                               struct pulse_variable_summary *summaries, struct pulse_err *err)
{
    /* Only owners have anything but zero bytes: a bitwise or brings them together in any order. */
    const int64_t bytes = horizons * V * (int64_t)sizeof *summaries;
    if (pulse_reduce_to_first(comm, summaries, bytes, MPI_BYTE, MPI_BOR, "collecting the summaries",
                              err) == 0 &&
        comm->rank == 0)
        for (int64_t j = 0; j < horizons && err->kind == PULSE_OK; j++)
            (void)pulse_gains_adjust(summaries + j * V, V, err);
    return pulse_comm_agree(comm, err);
}

void pulse_run_warn_below_zero(const struct pulse_panel *panel,
                               const struct pulse_variable_summary *summaries)
{
    enum { MOST_NAMED = 5, NAME_BYTES = 60 };
    char named[MOST_NAMED * (NAME_BYTES + 32)] = "";
    size_t used = 0;
    long long n = 0;
    for (int64_t v = 0; v < panel->loaded.V; v++) {
        const char *name = panel->loaded.names[v];
        if (summaries[v].below_zero == 0)
            continue;
        if (n++ < MOST_NAMED)
            used += (size_t)snprintf(named + used, sizeof named - used, "%s%.*s on %lld rows",
                                     used > 0 ? ", " : "", (int)pulse_utf8_cut(name, NAME_BYTES),
                                     name, (long long)summaries[v].below_zero);
    }
    if (n > 0)
        pulse_log_keep("95 %% intervals reach below 0 though no value does: %s%s; of prices and "
                       "others that cannot, give --transform NAME=logdiff",
                       named, n > MOST_NAMED ? " and others" : "");
}
