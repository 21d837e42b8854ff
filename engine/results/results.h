/* results.h5 by parallel HDF5 (DEFINITIONS §7.1): every rank writes the columns of
 * the variables it judged, under a temporary name until all is on disk. Computes nothing. */
#ifndef PULSE_RESULTS_RESULTS_H
#define PULSE_RESULTS_RESULTS_H

#include <stdint.h>

#include "judge/evaluate.h"
#include "mpi/comm.h"
#include "results/schema.h"

struct pulse_results;

/* Collective. Creates the file and all datasets; writes what concerns no single variable. *out is
 * to be freed in every case. PULSE_E_STORAGE, PULSE_E_MEMORY. */
int pulse_results_open(const struct pulse_comm *comm, const struct pulse_results_header *header,
                       struct pulse_results **out, struct pulse_err *err);

/* Local. Writes all columns of one variable and horizon (its index), or sends them to rank 0
 * (gather.h): called once for each, by its owner. PULSE_E_STORAGE. */
int pulse_results_put(struct pulse_results *results, int64_t horizon, int64_t variable,
                      const struct pulse_column *column, const struct pulse_evaluation *evaluation,
                      struct pulse_err *err);

/* Collective. Closes the file, which is whole then under its hidden name; disk.h brings it to its
 * own. A failure ends the job. */
int pulse_results_close(const struct pulse_comm *comm, struct pulse_results *results,
                        struct pulse_err *err);

/* Local, after the close, and not while a commit (disk.h) is under way. A file that was not
 * committed is removed. NULL is legal. */
void pulse_results_free(struct pulse_results *results);

/* Collective, after a failure while the file was open (`err` is the same on all ranks): ends the
 * job with the partial file removed. HDF5 cannot release a file that it failed to write: closing
 * it would crash, and MPI cannot end before it is closed. */
_Noreturn void pulse_results_abandon(const struct pulse_comm *comm, const struct pulse_err *err);

#endif
