/* Results in parts (DEFINITIONS §7.2): nodes that share no disk each write the columns of their own
 * ranks' variables into a file of their own, and results.h5 names those files. Who has which
 * column, and where each file is; writes none of them and knows nothing of HDF5. */
#ifndef PULSE_RESULTS_PART_LAYOUT_H
#define PULSE_RESULTS_PART_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "mpi/comm.h"
#include "results/part_name.h"

enum { PULSE_PART_PATH = 4160 };

/* The same on all ranks but where it says otherwise. */
struct pulse_part_layout {
    int n;            /* of nodes, and of parts; 0: there are none, results.h5 is whole */
    uint64_t run;     /* in the names of its parts: no two runs share one */
    int *leader;      /* n: the lowest rank of each node */
    int *of;          /* V: the part that a variable's columns are in */
    int64_t *column;  /* V: and which of its columns they are */
    int64_t *columns; /* n: of each part; one without columns is not made */
    int64_t *bytes;   /* n: of the finished files, on rank 0; 0 where none was made */

    char directory[PULSE_PART_PATH - PULSE_PART_NAME]; /* of this node */
    char path[PULSE_PART_PATH];                        /* of its part, in there */
};

/* Collective. `owner`: V, the rank of each variable; `run`: as above, the same on all ranks. Leaves
 * the directory to be set. PULSE_E_MEMORY, or an error of MPI. Clear in every case. */
int pulse_part_layout_plan(const struct pulse_comm *comm, const int *owner, int64_t V, uint64_t run,
                           struct pulse_part_layout *parts, struct pulse_err *err);

/* Collective: every rank of a node gets the directory that its lowest one has set. An error of
 * MPI. */
int pulse_part_layout_share_directory(const struct pulse_comm *comm,
                                      struct pulse_part_layout *parts, struct pulse_err *err);

/* Collective, when the parts are finished: their sizes, on rank 0. PULSE_E_STORAGE, or an error of
 * MPI. */
int pulse_part_layout_measure(const struct pulse_comm *comm, struct pulse_part_layout *parts,
                              struct pulse_err *err);
/* Local. */
void pulse_part_layout_clear(struct pulse_part_layout *parts);

/* Local: whether this rank is the one that makes and uploads its node's part, and there is one. */
bool pulse_part_layout_leads(const struct pulse_comm *comm, const struct pulse_part_layout *parts);

#endif
