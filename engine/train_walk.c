#include "train.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "sparse.h"

static struct pulse_walk walk_of(struct pulse_train *run)
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
static int exchange_rows(struct pulse_train *run, struct pulse_err *err)
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
static int mark_failed(struct pulse_train *run, struct pulse_err *err)
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

int pulse_train_walk(struct pulse_train *run, struct pulse_err *err)
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
    pulse_progress_end(&progress);
    run->seconds[PULSE_STAGE_WALK] = pulse_seconds() - t1;
    if (pulse_agree(&run->comm, err) != 0 || pulse_train_drivers(run, &walk, err) != 0)
        return -1;
    const struct pulse_sparse_out out = {&run->candidates, &run->final, &run->drivers};
    t0 = pulse_seconds();
    if (pulse_sparse_run(&run->comm, &walk, &run->shares, &out, err) != 0)
        return -1;
    run->seconds[PULSE_STAGE_WALK] += pulse_seconds() - t0;
    if (pulse_train_drivers_conclude(run, err) != 0)
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
