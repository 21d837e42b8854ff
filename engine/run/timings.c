#include "run/timings.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"

/* Collective: seconds per stage over all ranks. */
static int sum_stages(const struct pulse_comm *comm, const struct pulse_timeline *mine,
                      struct pulse_timings *timings, struct pulse_err *err)
{
    double first[PULSE_STAGES], last[PULSE_STAGES];
    for (int s = 0; s < PULSE_STAGES; s++) { /* a minimum knows no NaN */
        first[s] = isnan(mine->first[s]) ? INFINITY : mine->first[s];
        last[s] = isnan(mine->last[s]) ? -INFINITY : mine->last[s];
    }
    const struct {
        const double *mine;
        double *all;
        MPI_Op how;
    } wanted[] = {{mine->seconds, timings->slowest, MPI_MAX},
                  {mine->seconds, timings->mean, MPI_SUM},
                  {mine->waiting, timings->waiting, MPI_SUM},
                  {first, timings->first, MPI_MIN},
                  {last, timings->last, MPI_MAX}};
    int code = MPI_SUCCESS;
    for (size_t i = 0; code == MPI_SUCCESS && i < sizeof wanted / sizeof *wanted; i++)
        code = MPI_Allreduce(wanted[i].mine, wanted[i].all, PULSE_STAGES, MPI_DOUBLE, wanted[i].how,
                             comm->comm);
    for (int s = 0; s < PULSE_STAGES; s++) {
        timings->busy += timings->mean[s] - timings->waiting[s];
        timings->mean[s] /= comm->size;
        timings->waiting[s] /= comm->size;
    }
    return pulse_mpi_check(code, "collecting the timings", err);
}

/* Collective: which ranks are shown. */
static int choose_ranks(const struct pulse_comm *comm, double working,
                        int chosen[PULSE_RANKS_SHOWN], int *n, struct pulse_err *err)
{
    const int all = comm->rank == 0 ? comm->size : 0;
    double *of_all = pulse_calloc(all, sizeof *of_all, "the timings", err);
    bool *taken = pulse_calloc(all, sizeof *taken, "the timings", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = pulse_mpi_check(
            MPI_Gather(&working, 1, MPI_DOUBLE, of_all, 1, MPI_DOUBLE, 0, comm->comm),
            "collecting the timings", err);
    if (status == 0 && comm->rank == 0)
        *n = pulse_timeline_choose(comm->size, of_all, taken, chosen);
    if (status == 0 && pulse_comm_bcast(comm, n, sizeof *n, err) != 0)
        status = -1;
    if (status == 0)
        status = pulse_comm_bcast(comm, chosen, (int64_t)sizeof *chosen * PULSE_RANKS_SHOWN, err);
    free(of_all);
    free(taken);
    return status;
}

/* Collective: what is kept of the chosen ranks, to rank 0. */
static int gather_strips(const struct pulse_comm *comm, struct pulse_strip *mine,
                         struct pulse_timings *timings, struct pulse_err *err)
{
    enum { STRIP_TAG = 3 };
    int chosen[PULSE_RANKS_SHOWN] = {0}, code = MPI_SUCCESS;
    if (choose_ranks(comm, mine->working, chosen, &timings->n_strips, err) != 0)
        return -1;
    for (int i = 0; code == MPI_SUCCESS && i < timings->n_strips; i++) {
        if (comm->rank == 0 && chosen[i] == 0)
            timings->strips[i] = *mine;
        else if (comm->rank == 0)
            code = MPI_Recv(&timings->strips[i], sizeof *mine, MPI_BYTE, chosen[i], STRIP_TAG,
                            comm->comm, MPI_STATUS_IGNORE);
        else if (comm->rank == chosen[i])
            code = MPI_Send(mine, sizeof *mine, MPI_BYTE, 0, STRIP_TAG, comm->comm);
    }
    return pulse_mpi_check(code, "collecting the timings", err);
}

/* Collective: ends the timelines. Their zero is where the first rank began. */
static int end_timelines(struct pulse_comm *comm, struct pulse_timeline *timeline,
                         struct pulse_timeline *saves, double began, struct pulse_err *err)
{
    const double own = comm->instant - began;
    double lead = own;
    const int code = MPI_Allreduce(&own, &lead, 1, MPI_DOUBLE, MPI_MAX, comm->comm);
    pulse_timeline_end(timeline, comm->instant - lead);
    pulse_timeline_end(saves, comm->instant - lead);
    comm->timeline = NULL;
    return pulse_mpi_check(code, "collecting the timings", err);
}

int pulse_run_timings(struct pulse_comm *comm, struct pulse_timeline *timeline,
                      struct pulse_timeline *saves, double began, struct pulse_timings *timings,
                      struct pulse_err *err)
{
    const int64_t here = comm->rank == 0;
    int status = -1;
    struct pulse_strip *mine = pulse_calloc(1, sizeof *mine, "the timings", err);
    timings->per_rank = pulse_calloc(here * PULSE_STAGES * comm->size, sizeof *timings->per_rank,
                                     "the timings", err);
    timings->strips =
        pulse_calloc(here * PULSE_RANKS_SHOWN, sizeof *timings->strips, "the timings", err);
    if (pulse_comm_agree(comm, err) != 0 || end_timelines(comm, timeline, saves, began, err) != 0)
        goto done;
    mine->rank = comm->rank;
    pulse_timeline_keep(timeline, saves, mine);
    if (sum_stages(comm, timeline, timings, err) != 0 ||
        gather_strips(comm, mine, timings, err) != 0)
        goto done;
    const int code = MPI_Gather(timeline->seconds, PULSE_STAGES, MPI_DOUBLE, timings->per_rank,
                                PULSE_STAGES, MPI_DOUBLE, 0, comm->comm);
    timings->total = pulse_seconds() - began;
    status = pulse_mpi_check(code, "collecting the timings", err);
done:
    free(mine);
    return status;
}
