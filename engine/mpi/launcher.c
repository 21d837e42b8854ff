#include "mpi/launcher.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
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

/* Tasks that srun started on this machine, where it spread them evenly. */
static int read_local_tasks(int tasks)
{
    const int nodes = read_number("SLURM_STEP_NUM_NODES");
    return nodes > 0 ? (tasks + nodes - 1) / nodes : tasks;
}

/* By the variables alone: `processors` is left out. */
static struct pulse_launcher read_launcher(void)
{
    const int tasks = read_number("SLURM_STEP_NUM_TASKS"), task = read_number("SLURM_PROCID");
    const int ours = read_number("OMPI_COMM_WORLD_SIZE"), pmix = read_number("PMIX_RANK");
    const int others = read_number("PMI_SIZE");
    if (ours > 0)
        return (struct pulse_launcher){.connects = ours > 1,
                                       .size = ours,
                                       .here = read_number("OMPI_COMM_WORLD_LOCAL_SIZE"),
                                       .rank = known_or(read_number("OMPI_COMM_WORLD_RANK"), 0)};
    if (tasks > 0 && tasks >= others) /* mpiexec may have been started by srun as one task */
        return (struct pulse_launcher){.connects = pmix >= 0,
                                       .is_srun = true,
                                       .size = tasks,
                                       .here = read_local_tasks(tasks),
                                       .rank = known_or(pmix, known_or(task, 0))};
    return (struct pulse_launcher){
        .connects = pmix >= 0,
        .size = others > 0 ? others : 1,
        .here = others > 0 ? others : 1,
        .unused_tasks = pmix < 0 && others < 0 ? known_or(read_number("SLURM_NTASKS"), 0) : 0,
        .rank = known_or(pmix, known_or(read_number("PMI_RANK"), 0))};
}

struct pulse_launcher pulse_launcher_find(void)
{
    struct pulse_launcher launcher = read_launcher();
    const int online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const int granted = launcher.is_srun ? read_number("SLURM_CPUS_ON_NODE") : -1;
    launcher.processors = granted > 0 && granted < online ? granted : online;
    return launcher;
}

bool pulse_launcher_is_one_node(const struct pulse_launcher *launcher)
{
    return launcher->here == launcher->size && getenv("SLURM_HET_SIZE") == NULL;
}

bool pulse_launcher_shares(const struct pulse_launcher *launcher)
{
    return launcher->connects && launcher->here > launcher->processors;
}

void pulse_launcher_advise(const struct pulse_launcher *launcher)
{
    if (launcher->unused_tasks > 1)
        pulse_warn("this Slurm job has %d tasks, and one process does all the work: start it by "
                   "srun --mpi=pmix or by mpirun",
                   launcher->unused_tasks);
    if (pulse_launcher_shares(launcher))
        pulse_info("%d ranks share %d processor%s: those that wait give theirs away; as many "
                   "ranks as processors are as fast",
                   launcher->here, launcher->processors, launcher->processors == 1 ? "" : "s");
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
