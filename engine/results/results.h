/* results.h5 by parallel HDF5 (DEFINITIONS §7.1): every rank writes the columns of
 * the variables it judged, under a temporary name until all is on disk. Computes nothing. */
#ifndef PULSE_RESULTS_RESULTS_H
#define PULSE_RESULTS_RESULTS_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "fit/granger.h"
#include "fit/walk.h"
#include "judge/evaluate.h"
#include "mpi/comm.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/parts.h"

struct pulse_results;

/* What the file says about the run as a whole; borrowed. */
struct pulse_results_header {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const char *directory;   /* where the file is made; NULL while only its size is asked for */
    const int64_t *calendar; /* T days */
    char *const *names;      /* V */
    int64_t V;
    const int64_t *entered;              /* E */
    const struct pulse_final *final;     /* coefficients are on the last rank */
    const struct pulse_granger *drivers; /* on the last rank */
    bool gather; /* rank 0 alone writes the file, and the others send it what they have */
    const struct pulse_parts *parts; /* but for what lies in these; none where their n is 0 */
};

/* Bytes that results.h5 will take, about, with all parts. */
int64_t pulse_results_bytes(const struct pulse_results_header *frame);

/* Bytes of it that so many variables' columns take in a part, about; in the frame's plan and
 * options alone. */
int64_t pulse_results_part_bytes(const struct pulse_results_header *frame, int64_t columns);

/* Collective: whether the file must be gathered on rank 0, since not all ranks see the directory
 * that it is made in: nodes without a common disk. */
int pulse_results_must_gather(const struct pulse_comm *comm, const char *directory, bool *gather,
                              struct pulse_err *err);

/* Collective. Creates the file and all datasets; writes what concerns no single variable. */
int pulse_results_open(const struct pulse_comm *comm, const struct pulse_results_header *frame,
                       struct pulse_results **out, struct pulse_err *err);

/* Local. Writes all columns of one variable, or sends them to rank 0: called once for each, by its
 * owner. */
int pulse_results_put(struct pulse_results *results, int64_t variable,
                      const struct pulse_column *column, const struct pulse_evaluation *judgement,
                      struct pulse_err *err);

/* Collective, after any number of puts: what was put on other ranks is in the file when this
 * returns, where it is gathered. */
int pulse_results_collect(struct pulse_results *results, struct pulse_err *err);

/* Collective. Closes the file, which is whole then under its hidden name. */
int pulse_results_close(const struct pulse_comm *comm, struct pulse_results *results,
                        struct pulse_err *err);

/* Local, rank 0, after the close: begins to bring the file to the disk and then to its name, on a
 * thread, and waits for that. The path it returns leads to the file whatever its name just is,
 * until the results are freed. */
const char *pulse_results_commit(struct pulse_results *results);
int pulse_results_committed(struct pulse_results *results, struct pulse_err *err);

/* Local, after the close, not between those two. A file that was not committed is removed. */
void pulse_results_free(struct pulse_results *results);

/* Collective, after a failure while the file was open (`err` is the same on all ranks): ends the
 * job with the partial file removed. HDF5 cannot let go of a file that it failed to write: closing
 * it would crash, and MPI cannot end before it is closed. */
_Noreturn void pulse_results_abandon(const struct pulse_comm *comm, const struct pulse_err *err);

/* ---- Columns of finished parts, for rank 0 -------------------------------------- */

struct pulse_results_columns {
    const struct pulse_comm *comm;
    const struct pulse_parts *parts;
    hid_t file; /* this rank's own part; 0: not open */
};

/* On rank 0, while all others serve: the n numbers of a variable's column of a dataset that lies in
 * parts, from the node that has it. `context` is a struct pulse_results_columns. */
int pulse_results_column(void *context, const char *dataset, int64_t variable, int64_t n,
                         double *out, struct pulse_err *err);

/* Collective: all but rank 0 answer until it calls this; closes what was opened. */
void pulse_results_columns_end(struct pulse_results_columns *columns);

#endif
