#include "run/run.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "judge/evaluate.h"
#include "results/gather.h"
#include "results/table.h"
#include "run/dryrun.h"

/* ---- Variables: judge and write ------------------------------------------------- */

static int judge_variable(struct pulse_run *run, struct pulse_evaluation *judgement, int64_t v,
                          const double *candidates, const double *next, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_JUDGE);
    if (pulse_evaluate(judgement, &run->plan, &run->options, &run->columns[v], candidates, next,
                       run->shares.E, err) != 0)
        return -1;
    judgement->verdict.variable = v;
    run->verdicts[v] = judgement->verdict;
    (void)pulse_timeline_enter(&run->timeline, PULSE_STAGE_RESULTS);
    int status = pulse_results_put(run->results, v, &run->columns[v], judgement, err);
    (void)pulse_timeline_enter(&run->timeline, before);
    pulse_comm_abort_if_interrupted(&run->comm);
    return status;
}

/* Collective: what other nodes' ranks put since reaches the file. An earlier error stays. */
static void collect(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_err later = {0};
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_RESULTS);
    if (pulse_results_collect(run->results, &later) != 0 && err->kind == PULSE_OK)
        *err = later;
    (void)pulse_timeline_enter(&run->timeline, before);
}

static int judge_slice(struct pulse_run *run, struct pulse_evaluation *judgement,
                       const struct pulse_slice *slice, struct pulse_err *err)
{
    const int64_t each = run->plan.sizes.L * run->T;
    for (int64_t k = 0; k < slice->count; k++) {
        int64_t e = pulse_distribution_kth(&run->shares, run->comm.rank, slice->skip + k);
        if (e < 0)
            break;
        if (judge_variable(run, judgement, run->shares.entered[e], slice->out + k * each,
                           run->final.next + e, err) != 0)
            return -1;
    }
    return 0;
}

static int slice_init(const struct pulse_run *run, struct pulse_slice *slice, int64_t *slices,
                      struct pulse_err *err)
{
    const int64_t each = run->plan.sizes.L * run->T;
    int64_t most = 0;
    for (int r = 0; r < run->comm.size; r++) {
        int64_t owned = pulse_distribution_owned(&run->shares, r);
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
static int judge(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_evaluation judgement = {0};
    struct pulse_slice slice = {0};
    int64_t slices = 0;
    int status = -1;
    if (slice_init(run, &slice, &slices, err) == 0)
        (void)pulse_evaluation_init(&judgement, &run->plan, &run->options, err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        goto done;
    for (int64_t i = 0; i < slices; i++, slice.skip += slice.count) {
        const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_RETURN);
        if (pulse_exchange_to_variables(&run->comm, &run->shares, &run->plan, run->candidates.value,
                                        &slice, err) != 0)
            pulse_comm_abort(&run->comm, err);
        (void)pulse_timeline_enter(&run->timeline, before);
        (void)judge_slice(run, &judgement, &slice, err);
        collect(run, err);
        if (pulse_comm_agree(&run->comm, err) != 0)
            goto done;
    }
    for (int64_t v = 0; v < run->loaded.V; v++) /* those that never enter have columns of NaN */
        if (pulse_run_owns(run, v) && !(run->flags[v] & PULSE_RUN_ENTERS) &&
            judge_variable(run, &judgement, v, NULL, NULL, err) != 0)
            break;
    collect(run, err);
    status = pulse_comm_agree(&run->comm, err);
done:
    pulse_evaluation_clear(&judgement);
    free(slice.send);
    free(slice.receive);
    free(slice.out);
    return status;
}

struct pulse_results_header pulse_run_frame(const struct pulse_run *run)
{
    return (struct pulse_results_header){.plan = &run->plan,
                                         .options = &run->options,
                                         .directory = run->output.directory,
                                         .calendar = run->calendar,
                                         .names = run->loaded.names,
                                         .V = run->loaded.V,
                                         .entered = run->shares.entered,
                                         .final = &run->final,
                                         .drivers = &run->drivers,
                                         .gather = run->gather,
                                         .parts = &run->parts};
}

int pulse_run_judge(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_results_header frame = pulse_run_frame(run);
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_RESULTS);
    int status = pulse_results_open(&run->comm, &frame, &run->results, err);
    (void)pulse_timeline_enter(&run->timeline, before);
    if (status == 0)
        status = judge(run, err);
    if (status != 0)
        pulse_results_abandon(&run->comm, err);
    (void)pulse_timeline_enter(&run->timeline, PULSE_STAGE_RESULTS);
    status = pulse_results_close(&run->comm, run->results, err);
    if (status == 0 && run->parts.n > 0)
        status = pulse_part_layout_measure(&run->comm, &run->parts, err);
    (void)pulse_timeline_enter(&run->timeline, before);
    return status;
}

/* ---- Summary -------------------------------------------------------------------- */

/* Collective: every variable's verdict to rank 0. Only owners have anything but zero bytes, so that
 * a bitwise or brings them together whatever the order. */
static int gather_verdicts(struct pulse_run *run, struct pulse_err *err)
{
    const int bytes = (int)(run->loaded.V * (int64_t)sizeof *run->verdicts);
    const void *send = run->comm.rank == 0 ? MPI_IN_PLACE : run->verdicts;
    int code = MPI_Reduce(send, run->verdicts, bytes, MPI_BYTE, MPI_BOR, 0, run->comm.comm);
    return pulse_mpi_check(code, "collecting the verdicts", err);
}

/* Collective: what was read and peak memory of all ranks. */
static int gather_account(struct pulse_run *run, struct pulse_store_counts *io, int64_t *peak,
                          struct pulse_err *err)
{
    const struct pulse_store_counts counts = pulse_store_counts();
    const int64_t count[4] = {counts.bytes_read, counts.requests, counts.cache_hits,
                              counts.retries};
    int64_t sum[4] = {0};
    const int64_t mine = pulse_peak_rss_bytes();
    MPI_Comm comm = run->comm.comm;
    int code = MPI_Allreduce(count, sum, 4, MPI_INT64_T, MPI_SUM, comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(&mine, peak, 1, MPI_INT64_T, MPI_MAX, comm);
    *io = (struct pulse_store_counts){sum[0], sum[1], sum[2], sum[3]};
    return pulse_mpi_check(code, "collecting the account", err);
}

int pulse_run_conclude(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_timings timings = {0};
    struct pulse_store_counts io = {0};
    int64_t peak = 0;
    if (pulse_comm_agree(&run->comm, err) != 0 || pulse_run_checkpoint_stop(run, err) != 0 ||
        gather_verdicts(run, err) != 0 || gather_account(run, &io, &peak, err) != 0 ||
        pulse_run_timings(run, &timings, err) != 0)
        goto done;
    struct pulse_summary_input account = {.options = &run->options,
                                          .directory = run->output.directory,
                                          .plan = &run->plan,
                                          .calendar = run->calendar,
                                          .names = run->loaded.names,
                                          .V = run->loaded.V,
                                          .verdicts = run->verdicts,
                                          .systems = run->systems,
                                          .n_systems = run->n_systems,
                                          .entered = run->shares.entered,
                                          .final_failed = run->final.failed,
                                          .drivers = &run->driven,
                                          .timings = &timings,
                                          .ranks = run->comm.size,
                                          .nodes = run->comm.nodes,
                                          .io = &io,
                                          .peak_rss_bytes = peak,
                                          .resumed_spans = run->checkpoint.resumed,
                                          .parts = &run->parts};
    if (pulse_run_deliver(run, &account, err) == 0 && run->comm.rank == 0) {
        pulse_run_checkpoint_remove(run);
        account.report = run->output.report;
        pulse_table_print(&account);
        if (pulse_plan_count(&run->plan, PULSE_TRAINED) == 0)
            pulse_warn("no window was trained: %s",
                       run->plan.windows[run->plan.last_row_window].reason);
    }
    struct pulse_err lost = {.kind = PULSE_OK};
    (void)pulse_barrier_sleep(&run->comm, &lost);
    (void)pulse_comm_agree(&run->comm, err);
done:
    pulse_timings_clear(&timings);
    return err->kind == PULSE_OK ? 0 : -1;
}
