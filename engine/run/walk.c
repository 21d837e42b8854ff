#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "fit/kernel_ridge_mpi.h"

static struct pulse_fit_input walk_of(struct pulse_run *run)
{
    return (struct pulse_fit_input){.plan = &run->plan,
                                    .options = &run->options,
                                    .systems = run->systems,
                                    .n_systems = run->n_systems,
                                    .rows = &run->rows,
                                    .lag_prefix = &run->head,
                                    .first_span = run->shares.first_span[run->comm.rank],
                                    .end_span = run->shares.first_span[run->comm.rank + 1]};
}

/* Collective: rows with their halo, and the first p rows, which every rank's sums refer to. */
static int exchange_rows(struct pulse_run *run, struct pulse_err *err)
{
    const int ranks = run->comm.size;
    const int64_t p = run->plan.sizes.p < run->T ? run->plan.sizes.p : run->T;
    int64_t *bounds = pulse_calloc(2 * (int64_t)ranks, sizeof *bounds, "the shares", err);
    if (pulse_comm_agree(&run->comm, err) != 0) {
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
static int mark_failed(struct pulse_run *run, struct pulse_err *err)
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

/* ---- While it runs -------------------------------------------------------------- */

/* What follows a span. */
struct watch {
    struct pulse_run *run;
    struct pulse_progress line;
    int64_t noted; /* spans of this rank that rank 0 knows to be finished */
};

static bool counts(const struct pulse_run *run, int64_t span)
{
    const bool *done = run->checkpoint.done;
    return pulse_run_counts(run, span) && !(done != NULL && done[span]);
}

/* One more span is finished somewhere. */
static void note_one(struct watch *watch)
{
    watch->noted++;
    if (watch->run->comm.rank == 0)
        watch->run->progress.done++;
    else
        pulse_note_send(&watch->run->comm);
}

static void span_done(void *context, int64_t span, double share)
{
    struct watch *watch = context;
    struct pulse_run *run = watch->run;
    struct pulse_err lost;
    pulse_progress_at(&watch->line, share);
    pulse_run_checkpoint_note(run, span + 1);
    if (run->comm.rank == 0 && pulse_lease_check_local(run->output.lease, &lost) != 0)
        pulse_comm_abort(&run->comm, &lost);
    if (run->options.progress_file == NULL)
        return;
    if (counts(run, span))
        note_one(watch);
    if (run->comm.rank == 0) {
        run->progress.done += pulse_notes_arrived(&run->comm);
        pulse_progress_file_write(&run->progress, "train", false);
    }
}

static void begin_watch(struct pulse_run *run, struct watch *watch)
{
    *watch = (struct watch){.run = run};
    pulse_progress_begin(&watch->line, "training", run->comm.rank != 0 || run->options.no_progress);
    for (int64_t s = 0; s < run->plan.n_spans; s++)
        run->progress.total += pulse_run_counts(run, s);
    run->progress.resumed = run->progress.done = run->checkpoint.resumed;
    run->progress.training_began = pulse_seconds();
    pulse_progress_file_write(&run->progress, "train", true);
}

/* Rank 0 hears of every span, also from a rank that failed before it came to it. */
static void end_watch(struct watch *watch)
{
    struct pulse_run *run = watch->run;
    const int rank = run->comm.rank;
    int64_t mine = 0;
    pulse_progress_end(&watch->line);
    if (run->options.progress_file == NULL)
        return;
    for (int64_t s = run->shares.first_span[rank]; s < run->shares.first_span[rank + 1]; s++)
        mine += counts(run, s);
    while (watch->noted < mine)
        note_one(watch);
    pulse_timeline_wait(&run->timeline, true);
    while (rank == 0 && run->progress.done < run->progress.total) {
        const int64_t arrived = pulse_notes_arrived(&run->comm);
        run->progress.done += arrived;
        pulse_progress_file_write(&run->progress, "train", false);
        pulse_comm_abort_if_interrupted(&run->comm);
        if (arrived == 0)
            (void)usleep(200);
    }
    pulse_timeline_wait(&run->timeline, false);
}

/* ---- The stage ------------------------------------------------------------------ */

/* From the sums to the candidates of all spans that no earlier run has saved, and the final fit. */
static int walk_spans(struct pulse_run *run, struct pulse_fit_input *walk, struct pulse_err *err)
{
    struct watch watch;
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_WALK);
    (void)pulse_candidates_init(&run->candidates, walk, err);
    if (pulse_comm_agree(&run->comm, err) != 0 || pulse_run_checkpoint_load(run, err) != 0)
        return -1;
    begin_watch(run, &watch);
    const struct pulse_walk_watch follow = {run->checkpoint.done, span_done, &watch};
    (void)pulse_walk_run(&run->comm, walk, &run->sums, &follow, &run->candidates, err);
    if (err->kind == PULSE_OK)
        (void)pulse_walk_final(walk, &run->sums, run->comm.rank == run->comm.size - 1, &run->final,
                               err);
    (void)pulse_timeline_enter(&run->timeline, before);
    end_watch(&watch);
    return pulse_comm_agree(&run->comm, err);
}

int pulse_run_walk(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_timeline *timeline = &run->timeline;
    const enum pulse_stage before = pulse_timeline_enter(timeline, PULSE_STAGE_EXCHANGE);
    if (exchange_rows(run, err) != 0)
        return -1;
    (void)pulse_timeline_enter(timeline, PULSE_STAGE_GRAM);
    struct pulse_fit_input walk = walk_of(run);
    (void)pulse_sums_total(&walk, &run->sums, err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    (void)pulse_timeline_enter(timeline, PULSE_STAGE_SCAN);
    if (pulse_sums_scan(&run->comm, &walk, &run->sums, err) != 0)
        pulse_comm_abort(&run->comm, err);
    (void)pulse_timeline_enter(timeline, before);
    if (walk_spans(run, &walk, err) != 0 || pulse_run_drivers(run, &walk, err) != 0)
        return -1;
    const struct pulse_kernel_ridge_out out = {&run->candidates, &run->final, &run->drivers};
    (void)pulse_timeline_enter(timeline, PULSE_STAGE_WALK);
    if (pulse_kernel_ridge_run(&run->comm, &walk, &run->shares, &out, err) != 0)
        return -1;
    (void)pulse_timeline_enter(timeline, before);
    if (pulse_run_drivers_conclude(run, err) != 0)
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
