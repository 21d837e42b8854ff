/* pulse-train: options → load → plan → panel → exchange → sums → walk → exchange → judge → results.
 */
#include <assert.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "comm.h"
#include "dryrun.h"
#include "exchange.h"
#include "judge.h"
#include "load.h"
#include "options.h"
#include "output.h"
#include "panel.h"
#include "plan.h"
#include "progress.h"
#include "results.h"
#include "summary.h"
#include "systems.h"
#include "walk.h"

void openblas_set_num_threads(int threads);

/* Everything a run holds, in the order in which it comes to be. */
struct run {
    struct pulse_options options;
    struct pulse_comm comm;
    struct pulse_loaded loaded;
    int64_t *calendar; /* T days */
    int64_t T;
    struct pulse_plan plan;
    struct pulse_column *columns; /* V; filled where owned */
    int *flags;                   /* V: ENTERS and DENSE, on all ranks */
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_shares shares;
    struct pulse_rows rows, head;
    struct pulse_sums sums;
    struct pulse_candidates candidates;
    struct pulse_final final;
    struct pulse_results *results;
    struct pulse_verdict *verdicts; /* V: of the owned, in the end of all on rank 0 */
    double seconds[PULSE_STAGES];
    double began;
};

enum { ENTERS = 1, DENSE = 2 };

static bool owns(const struct run *run, int64_t v)
{
    return run->loaded.owner[v] == run->comm.rank;
}

/* ---- Panel: this rank's variables on the calendar ------------------------------- */

static int64_t observations_until(const struct pulse_observed *observed, int64_t last_day)
{
    int64_t n = observed->n;
    while (n > 0 && observed->day[n - 1] > last_day)
        n--;
    return n;
}

static int build_columns(struct run *run, struct pulse_err *err)
{
    const int64_t V = run->loaded.V;
    run->columns = pulse_calloc(V, sizeof *run->columns, "the columns", err);
    run->flags = pulse_calloc(V, sizeof *run->flags, "the columns", err);
    run->verdicts = pulse_calloc(V, sizeof *run->verdicts, "the verdicts", err);
    if (run->columns == NULL || run->flags == NULL || run->verdicts == NULL)
        return -1;
    for (int64_t v = 0; v < V; v++) {
        const char *name = run->loaded.names[v];
        struct pulse_observed *observed = &run->loaded.observed[v];
        if (!owns(run, v))
            continue;
        if (pulse_column_build(&run->columns[v], name, pulse_options_transform(&run->options, name),
                               run->options.burn_in, run->T, run->calendar,
                               observations_until(observed, run->calendar[run->T - 1]),
                               observed->day, observed->value, err) != 0)
            return -1;
        run->flags[v] = (run->columns[v].enters ? ENTERS : 0) | (run->columns[v].dense ? DENSE : 0);
        free(observed->day); /* the column has it all now */
        free(observed->value);
        *observed = (struct pulse_observed){0};
    }
    return 0;
}

static int warn_of_absent(const struct run *run, struct pulse_err *err)
{
    int64_t entering = 0;
    for (int64_t v = 0; v < run->loaded.V; v++) {
        entering += run->flags[v] & ENTERS;
        if (run->comm.rank == 0 && !(run->flags[v] & ENTERS))
            pulse_warn("%s never enters: it has fewer values than its burn-in of %lld asks for",
                       run->loaded.names[v], (long long)run->options.burn_in);
    }
    if (entering == 0)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: no variable has the %lld values its burn-in asks for; take a longer period "
            "or lower --burn-in",
            run->options.data, (long long)run->options.burn_in);
    return 0;
}

/* The fresh rows past burn-in of the sparse variables that this rank owns, a bit a row. */
static void mark_rows(const struct run *run, int64_t E, const int64_t *entered, uint8_t *rowset)
{
    const int64_t bytes = pulse_rowset_bytes(run->T);
    for (int64_t e = 0; e < E; e++) {
        const struct pulse_column *column = &run->columns[entered[e]];
        double previous = NAN;
        if (!owns(run, entered[e]) || column->dense)
            continue;
        for (int64_t t = 0; t < run->T; t++) {
            if (t >= column->burned && pulse_column_fresh(column, t, previous))
                rowset[e * bytes + t / 8] |= (uint8_t)(1U << (t % 8));
            if (!isnan(column->x[t]))
                previous = column->x[t];
        }
    }
}

/* Collective: which variables enter, and which of them share a system. */
static int find_systems(struct run *run, int64_t *E, int64_t **entered, struct pulse_err *err)
{
    const int64_t V = run->loaded.V;
    uint8_t *rowset = NULL;
    bool *dense = NULL;
    int status = -1;
    int code = MPI_Allreduce(MPI_IN_PLACE, run->flags, (int)V, MPI_INT, MPI_SUM, run->comm.comm);
    if (pulse_mpi_check(code, "agreeing on the variables", err) != 0 ||
        warn_of_absent(run, err) != 0)
        return -1;
    *entered = pulse_calloc(V, sizeof **entered, "the variables", err);
    dense = pulse_calloc(V, sizeof *dense, "the variables", err);
    for (int64_t v = 0; *entered != NULL && dense != NULL && v < V; v++)
        if (run->flags[v] & ENTERS) {
            dense[*E] = (run->flags[v] & DENSE) != 0;
            (*entered)[(*E)++] = v;
        }
    const int64_t bytes = *E * pulse_rowset_bytes(run->T);
    rowset = pulse_calloc(bytes, 1, "the rows of sparse variables", err);
    if (pulse_agree(&run->comm, err) != 0)
        goto done;
    mark_rows(run, *E, *entered, rowset);
    code =
        MPI_Allreduce(MPI_IN_PLACE, rowset, (int)bytes, MPI_UNSIGNED_CHAR, MPI_BOR, run->comm.comm);
    if (pulse_mpi_check(code, "agreeing on the systems", err) != 0)
        goto done;
    (void)pulse_systems_group(*E, dense, run->T, run->options.lags, rowset, &run->systems,
                              &run->n_systems, err);
    status = pulse_agree(&run->comm, err);
done:
    free(dense);
    free(rowset);
    return status;
}

/* ---- Plan ----------------------------------------------------------------------- */

static int plan_windows(struct run *run, struct pulse_err *err)
{
    if (pulse_load_calendar(&run->comm, &run->options, &run->loaded, &run->calendar, &run->T,
                            err) != 0)
        return -1;
    int64_t start = run->options.has_start ? run->options.start_day : run->calendar[0];
    if (pulse_plan_windows(&run->plan, &run->options, start, run->calendar, &run->T, err) != 0)
        return -1;
    if (run->T == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no chosen variable is observed in the first %lld windows; raise "
                          "--batch-limit or --start-date",
                          run->options.data, (long long)run->options.batch_limit);
    return 0;
}

static int plan_spans(struct run *run, int64_t E, int64_t *entered, struct pulse_err *err)
{
    struct pulse_sizes sizes = {.T = run->T,
                                .E = E,
                                .p = run->options.lags,
                                .d = 1 + run->options.lags * E,
                                .L = run->options.n_ridge};
    if (sizes.d > 30000) {
        free(entered);
        return pulse_fail(
            err, PULSE_E_USAGE,
            "%lld variables × %lld lags are %lld features, more than 30000; choose fewer",
            (long long)E, (long long)sizes.p, (long long)sizes.d);
    }
    if (pulse_plan_spans(&run->plan, &run->options, &sizes, run->systems, run->n_systems, err) !=
        0) {
        free(entered);
        return -1;
    }
    return pulse_shares_init(&run->shares, &run->comm, &run->plan, &run->options, run->loaded.V,
                             run->loaded.owner, E, entered, err);
}

/* Collective: load, calendar, columns, systems, spans. */
static int prepare(struct run *run, struct pulse_err *err)
{
    int64_t E = 0, *entered = NULL;
    double t0 = pulse_seconds();
    if (pulse_load(&run->comm, &run->options, &run->loaded, err) != 0)
        return -1;
    double t1 = pulse_seconds();
    run->seconds[PULSE_STAGE_LOAD] = t1 - t0;
    (void)plan_windows(run, err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    (void)build_columns(run, err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    if (find_systems(run, &E, &entered, err) != 0) {
        free(entered);
        return pulse_agree(&run->comm, err);
    }
    (void)plan_spans(run, E, entered, err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    run->seconds[PULSE_STAGE_PANEL] = pulse_seconds() - t1;
    return 0;
}

/* ---- Dates: exchange, sums, walk ------------------------------------------------ */

static struct pulse_walk walk_of(struct run *run)
{
    return (struct pulse_walk){.plan = &run->plan,
                               .options = &run->options,
                               .systems = run->systems,
                               .n_systems = run->n_systems,
                               .rows = &run->rows,
                               .head = &run->head,
                               .first_span = run->shares.first_span[run->comm.rank],
                               .end_span = run->shares.first_span[run->comm.rank + 1]};
}

/* Collective: rows with their halo, and the first p rows, which every rank's sums refer to. */
static int exchange_rows(struct run *run, struct pulse_err *err)
{
    const int ranks = run->comm.size;
    const int64_t p = run->plan.sizes.p < run->T ? run->plan.sizes.p : run->T;
    int64_t *bounds = pulse_calloc(2 * (int64_t)ranks, sizeof *bounds, "the shares", err);
    if (pulse_agree(&run->comm, err) != 0) {
        free(bounds);
        return -1;
    }
    for (int r = 0; r < ranks; r++)
        bounds[ranks + r] = p;
    int status = pulse_exchange_to_rows(&run->comm, &run->shares, run->columns, run->shares.low,
                                        run->shares.high, &run->rows, err);
    if (status == 0)
        status = pulse_exchange_to_rows(&run->comm, &run->shares, run->columns, bounds,
                                        bounds + ranks, &run->head, err);
    free(bounds);
    return status;
}

/* Marks the windows whose system had no solution, on all ranks. */
static int mark_failed(struct run *run, struct pulse_err *err)
{
    int code = MPI_Allreduce(MPI_IN_PLACE, run->candidates.failed, (int)run->plan.n_windows,
                             MPI_INT32_T, MPI_MAX, run->comm.comm);
    if (pulse_mpi_check(code, "agreeing on failed windows", err) != 0)
        return -1;
    for (int64_t w = 0; w < run->plan.n_windows; w++) {
        struct pulse_window *window = &run->plan.windows[w];
        const int64_t failed = run->candidates.failed[w];
        if (failed < 0)
            continue;
        const struct pulse_system *system = &run->systems[failed / run->options.n_ridge];
        const char *name = run->loaded.names[run->shares.entered[system->target[0]]];
        window->status = PULSE_FAILED;
        (void)snprintf(window->reason, sizeof window->reason,
                       "the system of %.*s%s has no solution with ridge %g; raise --ridge",
                       (int)pulse_utf8_cut(name, 60), name, system->q > 1 ? " and others" : "",
                       run->options.ridge[failed % run->options.n_ridge]);
    }
    return 0;
}

/* Collective: from columns to every candidate's retrodictions and the final fit. */
static int walk(struct run *run, struct pulse_err *err)
{
    struct pulse_progress progress;
    double t0 = pulse_seconds(), t1;
    if (exchange_rows(run, err) != 0)
        return -1;
    run->seconds[PULSE_STAGE_EXCHANGE] = (t1 = pulse_seconds()) - t0;
    struct pulse_walk walk = walk_of(run);
    (void)pulse_walk_totals(&walk, &run->sums, err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    run->seconds[PULSE_STAGE_GRAM] = (t0 = pulse_seconds()) - t1;
    if (pulse_walk_scan(&run->comm, &walk, &run->sums, err) != 0)
        pulse_die(&run->comm, err);
    run->seconds[PULSE_STAGE_SCAN] = (t1 = pulse_seconds()) - t0;
    pulse_progress_begin(&progress, "training", run->comm.rank != 0 || run->options.no_progress);
    walk.progress = pulse_progress_at;
    walk.progress_context = &progress;
    (void)pulse_walk_run(&run->comm, &walk, &run->sums, &run->candidates, err);
    if (err->kind == PULSE_OK)
        (void)pulse_walk_final(&walk, &run->sums, run->comm.rank == run->comm.size - 1, &run->final,
                               err);
    run->seconds[PULSE_STAGE_WALK] = pulse_seconds() - t1;
    pulse_progress_end(&progress);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    pulse_sums_clear(&run->sums, run->n_systems);
    int code = MPI_Bcast(run->final.next, (int)(run->plan.sizes.L * run->plan.sizes.E), MPI_DOUBLE,
                         run->comm.size - 1, run->comm.comm);
    if (code == MPI_SUCCESS)
        code = MPI_Bcast(&run->final.failed, 1, MPI_INT32_T, run->comm.size - 1, run->comm.comm);
    if (pulse_mpi_check(code, "sharing the forecast", err) != 0)
        return -1;
    return mark_failed(run, err);
}

/* ---- Variables: judge and write ------------------------------------------------- */

static int judge_variable(struct run *run, struct pulse_judgement *judgement, int64_t v,
                          const double *candidates, const double *next, struct pulse_err *err)
{
    double t0 = pulse_seconds();
    if (pulse_judge(judgement, &run->plan, &run->options, &run->columns[v], candidates, next,
                    run->shares.E, err) != 0)
        return -1;
    judgement->verdict.variable = v;
    run->verdicts[v] = judgement->verdict;
    double t1 = pulse_seconds();
    run->seconds[PULSE_STAGE_JUDGE] += t1 - t0;
    int status = pulse_results_put(run->results, v, &run->columns[v], judgement, err);
    run->seconds[PULSE_STAGE_RESULTS] += pulse_seconds() - t1;
    pulse_die_if_interrupted(&run->comm);
    return status;
}

static int judge_slice(struct run *run, struct pulse_judgement *judgement,
                       const struct pulse_slice *slice, struct pulse_err *err)
{
    const int64_t each = run->plan.sizes.L * run->T;
    for (int64_t k = 0; k < slice->count; k++) {
        int64_t e = pulse_shares_kth(&run->shares, run->comm.rank, slice->skip + k);
        if (e < 0)
            break;
        if (judge_variable(run, judgement, run->shares.entered[e], slice->out + k * each,
                           run->final.next + e, err) != 0)
            return -1;
    }
    return 0;
}

static int slice_init(const struct run *run, struct pulse_slice *slice, int64_t *slices,
                      struct pulse_err *err)
{
    const int64_t each = run->plan.sizes.L * run->T;
    int64_t most = 0;
    for (int r = 0; r < run->comm.size; r++) {
        int64_t owned = pulse_shares_owned(&run->shares, r);
        most = owned > most ? owned : most;
    }
    assert(each > 0 && most > 0); /* a variable enters, and has rows */
    slice->count = PULSE_SLICE_BYTES / (each * (int64_t)sizeof(double));
    slice->count = slice->count < 1 ? 1 : slice->count > most ? most : slice->count;
    *slices = (most + slice->count - 1) / slice->count;
    const int64_t out = slice->count * each;
    const int64_t send = slice->count * run->comm.size * run->plan.sizes.L * run->candidates.rows;
    slice->send = pulse_alloc_aligned(send, sizeof(double), "a slice of retrodictions", err);
    slice->receive = pulse_alloc_aligned(out, sizeof(double), "a slice of retrodictions", err);
    slice->out = pulse_alloc_aligned(out, sizeof(double), "a slice of retrodictions", err);
    return slice->send == NULL || slice->receive == NULL || slice->out == NULL ? -1 : 0;
}

/* Collective: slice by slice to the owners, each variable judged and written there. */
static int judge(struct run *run, struct pulse_err *err)
{
    struct pulse_judgement judgement = {0};
    struct pulse_slice slice = {0};
    int64_t slices = 0;
    int status = -1;
    if (slice_init(run, &slice, &slices, err) == 0)
        (void)pulse_judgement_init(&judgement, &run->plan, &run->options, err);
    if (pulse_agree(&run->comm, err) != 0)
        goto done;
    for (int64_t i = 0; i < slices; i++, slice.skip += slice.count) {
        double t0 = pulse_seconds();
        if (pulse_exchange_to_variables(&run->comm, &run->shares, &run->plan, run->candidates.value,
                                        &slice, err) != 0)
            pulse_die(&run->comm, err);
        run->seconds[PULSE_STAGE_EXCHANGE] += pulse_seconds() - t0;
        (void)judge_slice(run, &judgement, &slice, err);
        if (pulse_agree(&run->comm, err) != 0)
            goto done;
    }
    for (int64_t v = 0; v < run->loaded.V; v++) /* those that never enter have columns of NaN */
        if (owns(run, v) && !(run->flags[v] & ENTERS) &&
            judge_variable(run, &judgement, v, NULL, NULL, err) != 0)
            break;
    status = pulse_agree(&run->comm, err);
done:
    pulse_judgement_clear(&judgement);
    free(slice.send);
    free(slice.receive);
    free(slice.out);
    return status;
}

static struct pulse_results_frame frame_of(const struct run *run)
{
    return (struct pulse_results_frame){.plan = &run->plan,
                                        .options = &run->options,
                                        .calendar = run->calendar,
                                        .names = run->loaded.names,
                                        .V = run->loaded.V,
                                        .entered = run->shares.entered,
                                        .final = &run->final};
}

/* Collective: judged variables into results.h5. */
static int judge_and_write(struct run *run, struct pulse_err *err)
{
    struct pulse_results_frame frame = frame_of(run);
    double t0 = pulse_seconds();
    int status = pulse_results_open(&run->comm, &frame, &run->results, err);
    run->seconds[PULSE_STAGE_RESULTS] += pulse_seconds() - t0;
    if (status == 0)
        status = judge(run, err);
    if (status != 0)
        pulse_results_abandon(&run->comm, err);
    t0 = pulse_seconds();
    status = pulse_results_close(&run->comm, run->results, err);
    run->seconds[PULSE_STAGE_RESULTS] += pulse_seconds() - t0;
    return status;
}

/* ---- Summary -------------------------------------------------------------------- */

/* Collective: every variable's verdict to rank 0. Only owners have anything but zero bytes, so that
 * a bitwise or brings them together whatever the order. */
static int gather_verdicts(struct run *run, struct pulse_err *err)
{
    const int bytes = (int)(run->loaded.V * (int64_t)sizeof *run->verdicts);
    const void *send = run->comm.rank == 0 ? MPI_IN_PLACE : run->verdicts;
    int code = MPI_Reduce(send, run->verdicts, bytes, MPI_BYTE, MPI_BOR, 0, run->comm.comm);
    return pulse_mpi_check(code, "collecting the verdicts", err);
}

/* Collective: stage times, bytes read and peak memory of all ranks. */
static int gather_account(struct run *run, struct pulse_timings *timings, int64_t *bytes_read,
                          int64_t *peak, struct pulse_err *err)
{
    const int64_t mine = pulse_peak_rss_bytes();
    MPI_Comm comm = run->comm.comm;
    int code =
        MPI_Allreduce(run->seconds, timings->slowest, PULSE_STAGES, MPI_DOUBLE, MPI_MAX, comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(run->seconds, timings->mean, PULSE_STAGES, MPI_DOUBLE, MPI_SUM, comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(&run->loaded.bytes_read, bytes_read, 1, MPI_INT64_T, MPI_SUM, comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(&mine, peak, 1, MPI_INT64_T, MPI_MAX, comm);
    for (int s = 0; s < PULSE_STAGES; s++) {
        timings->busy += timings->mean[s];
        timings->mean[s] /= run->comm.size;
    }
    timings->total = pulse_seconds() - run->began;
    return pulse_mpi_check(code, "collecting the timings", err);
}

static int conclude(struct run *run, struct pulse_err *err)
{
    struct pulse_timings timings = {0};
    int64_t bytes_read = 0, peak = 0;
    if (gather_verdicts(run, err) != 0 ||
        gather_account(run, &timings, &bytes_read, &peak, err) != 0)
        return -1;
    struct pulse_account account = {.options = &run->options,
                                    .plan = &run->plan,
                                    .calendar = run->calendar,
                                    .names = run->loaded.names,
                                    .V = run->loaded.V,
                                    .verdicts = run->verdicts,
                                    .systems = run->systems,
                                    .n_systems = run->n_systems,
                                    .entered = run->shares.entered,
                                    .final_failed = run->final.failed,
                                    .timings = &timings,
                                    .ranks = run->comm.size,
                                    .nodes = run->comm.nodes,
                                    .bytes_read = bytes_read,
                                    .peak_rss_bytes = peak};
    if (run->comm.rank == 0 && pulse_summary_write(&account, err) == 0) {
        pulse_summary_print(&account);
        if (pulse_summary_count(&run->plan, PULSE_TRAINED) == 0)
            pulse_warn("no window was trained: %s",
                       run->plan.windows[run->plan.last_row_window].reason);
    }
    return pulse_agree(&run->comm, err);
}

/* ---- The run -------------------------------------------------------------------- */

static void run_clear(struct run *run)
{
    for (int64_t v = 0; run->columns != NULL && v < run->loaded.V; v++)
        pulse_column_clear(&run->columns[v]);
    free(run->columns);
    free(run->flags);
    free(run->verdicts);
    free(run->calendar);
    free(run->rows.z);
    free(run->head.z);
    pulse_sums_clear(&run->sums, run->n_systems);
    pulse_candidates_clear(&run->candidates);
    pulse_final_clear(&run->final);
    pulse_shares_clear(&run->shares);
    pulse_systems_free(run->systems, run->n_systems);
    pulse_plan_clear(&run->plan);
    pulse_loaded_clear(&run->loaded);
}

static int start(struct run *run, struct pulse_err *err)
{
    /* Around midnight the ranks may disagree on what today is. */
    if (pulse_bcast(&run->comm, &run->options.end_day, sizeof run->options.end_day, err) != 0)
        return -1;
    if (run->comm.rank != 0)
        pulse_log_set_level(PULSE_LOG_SILENT);
    else
        pulse_log_set_level(run->options.log_level);
    if (run->comm.rank == 0 && run->options.log_dir != NULL)
        (void)pulse_log_open(run->options.log_dir, "pulse-train", err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    openblas_set_num_threads((int)run->options.threads);
    return pulse_same_everywhere(&run->comm, pulse_options_hash(&run->options), "command line",
                                 err);
}

/* Collective: all stages in order. Sets *failed when windows failed. */
static int train(struct run *run, bool *failed, struct pulse_err *err)
{
    if (start(run, err) != 0 || prepare(run, err) != 0)
        return -1;
    if (run->options.dry_run) {
        return pulse_dryrun_print(&run->comm, &run->plan, &run->options, &run->shares, run->systems,
                                  run->n_systems, run->calendar, err);
    }
    struct pulse_results_frame frame = frame_of(run);
    if (run->comm.rank == 0)
        (void)pulse_output_prepare(&run->options, pulse_results_bytes(&frame), err);
    if (pulse_agree(&run->comm, err) != 0)
        return -1;
    if (walk(run, err) != 0 || judge_and_write(run, err) != 0 || conclude(run, err) != 0)
        return -1;
    *failed = run->final.failed >= 0 || pulse_summary_count(&run->plan, PULSE_FAILED) > 0;
    return 0;
}

int main(int argc, char **argv)
{
    struct run run = {.began = pulse_seconds()};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool speaker = pulse_comm_rank_hint() == 0;
    bool failed = false;
    int code;
    if (!speaker && freopen("/dev/null", "w", stdout) == NULL) /* --help once is enough */
        return 1;
    if (pulse_options_parse(&run.options, argc, argv, &err) != 0 ||
        pulse_comm_init(&run.comm, &err) != 0) {
        if (speaker)
            pulse_log_error(&err);
        code = pulse_exit_code(err.kind);
        goto done;
    }
    pulse_signals_install();
    (void)train(&run, &failed, &err);
    if (err.kind != PULSE_OK && run.comm.rank == 0)
        pulse_log_error(&err);
    code = err.kind != PULSE_OK ? pulse_exit_code(err.kind) : failed ? 1 : 0;
    run_clear(&run);
    pulse_log_close();
    (void)H5close(); /* before MPI goes, which its files lean on */
    pulse_comm_finalize(&run.comm);
done:
    pulse_options_clear(&run.options);
    return code;
}
