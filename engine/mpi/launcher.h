/* Who started this process, by the environment alone, before MPI starts: mpirun, srun,
 * another MPI's launcher, nobody. Calls nothing of MPI. */
#ifndef PULSE_MPI_LAUNCHER_H
#define PULSE_MPI_LAUNCHER_H

#include <stdbool.h>

#include "base/error.h"

struct pulse_launcher {
    bool connects;    /* there may be others that MPI finds: mpirun's, or those of a PMIx server */
    bool is_srun;     /* started by srun */
    int size;         /* processes that were started together; 1 without a launcher */
    int rank;         /* of them; 0 without a launcher */
    int here;         /* how many of them are on this machine */
    int processors;   /* that these have */
    int unused_tasks; /* of a Slurm job whose script started us without srun or mpirun; else 0 */
};

struct pulse_launcher pulse_launcher_find(void);

bool pulse_launcher_is_one_node(const struct pulse_launcher *launcher);

/* Whether ranks have to share processors: then one that waits must not keep its own. */
bool pulse_launcher_shares(const struct pulse_launcher *launcher);

/* Says to the log what could be started better. */
void pulse_launcher_advise(const struct pulse_launcher *launcher);

/* Fails where several processes were started, of which MPI finds only `found`: each of them would
 * do all the work. The message has the command that works. */
int pulse_launcher_check(const struct pulse_launcher *launcher, int found, struct pulse_err *err);

#endif
