/* Who started this process, told from the environment alone, before MPI starts: mpirun, srun,
 * another MPI's launcher, nobody. Calls nothing of MPI. */
#ifndef PULSE_MPI_LAUNCHER_H
#define PULSE_MPI_LAUNCHER_H

#include <stdbool.h>

#include "base/error.h"

struct pulse_launcher {
    bool connects;    /* there may be others that MPI finds: mpirun's, or those of a PMIx server */
    bool is_srun;     /* started by srun */
    bool is_one_node; /* all of them are on this machine */
    int size;         /* processes that were started together; 1 without a launcher */
    int rank;         /* of them; 0 without a launcher */
};

struct pulse_launcher pulse_launcher_find(void);

/* Fails where several processes were started, of which MPI finds only `found`: each of them would
 * do all the work. The message has the command that works. */
int pulse_launcher_check(const struct pulse_launcher *launcher, int found, struct pulse_err *err);

#endif
