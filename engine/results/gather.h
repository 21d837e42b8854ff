/* results.h5 of nodes that share no disk: rank 0 has the file, and the others send it their
 * columns. In what order they come does not matter, since each has its own position. Knows nothing
 * of what the columns hold. */
#ifndef PULSE_RESULTS_GATHER_H
#define PULSE_RESULTS_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "mpi/comm.h"

struct pulse_results;

/* Collective: whether the file must be gathered on rank 0, since not all ranks see the directory
 * that it is made in. PULSE_E_STORAGE, or an error of MPI. */
int pulse_results_must_gather(const struct pulse_comm *comm, const char *directory, bool *gather,
                              struct pulse_err *err);

/* Local: sends a column of n elements to rank 0, which takes it in pulse_results_collect; -1
 * without a message when MPI failed. */
int pulse_results_send_column(const struct pulse_results *results, int set, int64_t variable,
                              const void *data, int64_t n);

/* Collective, after any number of puts: what was put on other ranks is in the file when this
 * returns, where it is gathered. PULSE_E_TEMPORARY when MPI failed, PULSE_E_STORAGE when HDF5 did.
 */
int pulse_results_collect(struct pulse_results *results, struct pulse_err *err);

#endif
