#include "run/timings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "mpi/collect.h"

static const char COLLECTING[] = "collecting the timings";

/* Collective: seconds per stage over all ranks. */
static int sum_stages(const struct pulse_comm *comm, const struct pulse_timeline *mine,
                      struct pulse_timings *timings, struct pulse_err *err)
{
    const struct {
        double *all;
        MPI_Op how;
    } wanted[] = {{timings->slowest, MPI_MAX}, {timings->mean, MPI_SUM},
                  {timings->waiting, MPI_SUM}, {timings->processor, MPI_MAX},
                  {timings->first, MPI_MIN},   {timings->last, MPI_MAX}};
    for (int s = 0; s < PULSE_STAGES; s++) {
        timings->slowest[s] = timings->mean[s] = mine->seconds[s];
        timings->waiting[s] = mine->waiting[s];
        timings->processor[s] = mine->processor[s];
        /* A minimum knows no NaN. */
        timings->first[s] = isnan(mine->first[s]) ? INFINITY : mine->first[s];
        timings->last[s] = isnan(mine->last[s]) ? -INFINITY : mine->last[s];
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof wanted / sizeof *wanted; i++)
        status = pulse_reduce(comm, wanted[i].all, PULSE_STAGES, MPI_DOUBLE, wanted[i].how,
                              COLLECTING, err);
    for (int s = 0; s < PULSE_STAGES; s++) {
        timings->busy += timings->mean[s] - timings->waiting[s];
        timings->mean[s] /= comm->size;
        timings->waiting[s] /= comm->size;
    }
    return status;
}

/* Collective: which ranks are shown. */
static int choose_ranks(const struct pulse_comm *comm, double working,
                        int chosen[PULSE_RANKS_SHOWN], int *n, struct pulse_err *err)
{
    double *of_all = pulse_calloc(comm->size, sizeof *of_all, "the timings", err);
    bool *taken = pulse_calloc(comm->size, sizeof *taken, "the timings", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0) {
        of_all[comm->rank] = working;
        status = pulse_gather(comm, of_all, 1, MPI_DOUBLE, COLLECTING, err);
    }
    if (status == 0)
        *n = pulse_timeline_choose(comm->size, of_all, taken, chosen);
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
    return pulse_mpi_check(code, COLLECTING, err);
}

/* Collective: ends the timelines. Their zero is where the first rank began. */
static int end_timelines(struct pulse_comm *comm, struct pulse_timeline *timeline,
                         struct pulse_timeline *saves, double began, struct pulse_err *err)
{
    const double own = comm->instant - began;
    double lead = own;
    const int status = pulse_reduce(comm, &lead, 1, MPI_DOUBLE, MPI_MAX, COLLECTING, err);
    pulse_timeline_end(timeline, comm->instant - lead);
    pulse_timeline_end(saves, comm->instant - lead);
    comm->timeline = NULL;
    return status;
}

int pulse_run_timings(struct pulse_comm *comm, struct pulse_timeline *timeline,
                      struct pulse_timeline *saves, double began, struct pulse_timings *timings,
                      struct pulse_err *err)
{
    const int64_t here = comm->rank == 0;
    int status = -1;
    struct pulse_strip *mine = pulse_calloc(1, sizeof *mine, "the timings", err);
    timings->per_rank = pulse_calloc((int64_t)PULSE_STAGES * comm->size, sizeof *timings->per_rank,
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
    memcpy(timings->per_rank + (int64_t)comm->rank * PULSE_STAGES, timeline->seconds,
           PULSE_STAGES * sizeof *timings->per_rank);
    status = pulse_gather(comm, timings->per_rank, PULSE_STAGES, MPI_DOUBLE, COLLECTING, err);
    timings->total = pulse_seconds() - began;
done:
    free(mine);
    return status;
}
