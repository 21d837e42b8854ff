#include "run/run.h"

#include <stdlib.h>

#include "base/mem.h"

/* On the last rank, where the sums over all rows are. */
static int test_systems(struct pulse_run *run, const struct pulse_fit_input *walk,
                        struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &run->plan.sizes;
    const int64_t d = sizes->d, E = sizes->E;
    int status = pulse_granger_init(&run->drivers, E, E, err);
    double *G = pulse_alloc_aligned(d * (d + E), sizeof *G, "the drivers' sums", err);
    double *squares = pulse_alloc_aligned(E, sizeof *squares, "the drivers' sums", err);
    double *work = pulse_alloc_aligned(pulse_gram_work(sizes), sizeof *work, "the drivers", err);
    if (G == NULL || squares == NULL || work == NULL)
        status = -1;
    for (int64_t s = 0; status == 0 && s < run->n_systems; s++) {
        if (run->options.history == PULSE_HALFLIFE) /* no test is known under its weights */
            break;
        if (run->systems[s].kernel_ridge) /* tested by whom it is solved */
            continue;
        const int64_t n = pulse_sums_at_end(walk, &run->sums, s, G, work);
        pulse_sums_squares(walk, &run->sums, s, squares);
        if (n > 0)
            status = pulse_granger_test(&run->drivers, sizes, &run->systems[s], G, squares, n,
                                        run->options.ridge, err);
    }
    free(G);
    free(squares);
    free(work);
    return status;
}

int pulse_run_drivers(struct pulse_run *run, const struct pulse_fit_input *walk,
                      struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_DRIVERS);
    if (run->comm.rank == run->comm.size - 1)
        (void)test_systems(run, walk, err);
    (void)pulse_timeline_enter(&run->timeline, before);
    return pulse_comm_agree(&run->comm, err);
}

int pulse_run_drivers_conclude(struct pulse_run *run, struct pulse_err *err)
{
    const int last = run->comm.size - 1;
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_DRIVERS);
    if (run->comm.rank == last && pulse_granger_adjust(&run->drivers, run->plan.sizes.p, err) == 0)
        pulse_granger_sum_up(&run->drivers, &run->driven);
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    int code = MPI_Bcast(&run->driven, (int)sizeof run->driven, MPI_BYTE, last, run->comm.comm);
    (void)pulse_timeline_enter(&run->timeline, before);
    return pulse_mpi_check(code, "sharing the drivers", err);
}
