#include "mpi/launcher.h"

#include <limits.h>
#include <stdlib.h>

#include "base/number.h"

/* What the environment says of a whole number; -1 where it says none. */
static int read_number(const char *name)
{
    int64_t n;
    return pulse_parse_int(getenv(name), 0, INT_MAX, &n) ? (int)n : -1;
}

/* `value`, or `otherwise` where the environment said none. */
static int known_or(int value, int otherwise)
{
    return value >= 0 ? value : otherwise;
}

struct pulse_launcher pulse_launcher_find(void)
{
    const int tasks = read_number("SLURM_STEP_NUM_TASKS"), task = read_number("SLURM_PROCID");
    const int ours = read_number("OMPI_COMM_WORLD_SIZE"), pmix = read_number("PMIX_RANK");
    const int others = read_number("PMI_SIZE");
    if (ours > 0)
        return (struct pulse_launcher){.connects = ours > 1,
                                       .is_one_node =
                                           read_number("OMPI_COMM_WORLD_LOCAL_SIZE") == ours,
                                       .size = ours,
                                       .rank = known_or(read_number("OMPI_COMM_WORLD_RANK"), 0)};
    if (tasks > 0 && tasks >= others) /* mpiexec may have been started by srun as one task */
        return (struct pulse_launcher){.connects = pmix >= 0,
                                       .is_srun = true,
                                       .is_one_node = read_number("SLURM_STEP_NUM_NODES") == 1 &&
                                                      getenv("SLURM_HET_SIZE") == NULL,
                                       .size = tasks,
                                       .rank = known_or(pmix, known_or(task, 0))};
    return (struct pulse_launcher){.connects = pmix >= 0,
                                   .size = others > 0 ? others : 1,
                                   .rank = known_or(pmix, known_or(read_number("PMI_RANK"), 0))};
}

int pulse_launcher_check(const struct pulse_launcher *launcher, int found, struct pulse_err *err)
{
    const int n = launcher->size;
    if (found == n || n == 1)
        return 0;
    return launcher->is_srun
               ? pulse_fail(err, PULSE_E_USAGE,
                            "Slurm started %d tasks, and each is alone: Open MPI finds the others "
                            "by PMIx; use srun --mpi=pmix -n %d pulse-train …, or mpirun "
                            "pulse-train … in a batch script",
                            n, n)
               : pulse_fail(err, PULSE_E_USAGE,
                            "%d processes were started, and each is alone: the launcher is not "
                            "that of the Open MPI in use; use mpirun.openmpi -n %d pulse-train …",
                            n, n);
}
