/* What a trial lost: the sums that pulse-evaluate compares runs by, out of the evaluations of all
 * ranks into a losses.h5. Its datasets are those of results.h5 under the same paths (DEFINITIONS
 * §7.1), /variables, /windows and these sums alone. */
#ifndef PULSE_TUNE_LOSS_TABLE_H
#define PULSE_TUNE_LOSS_TABLE_H

#include <stdint.h>

#include "evaluate/losses.h"
#include "mpi/comm.h"
#include "plan/plan.h"
#include "run/evaluate.h"

struct pulse_loss_table {
    int64_t H, W, V;
    double *sum; /* H × PULSE_LOSSES × W × V; of the owned variables, in the end of all on rank 0 */
};

/* Local. PULSE_E_MEMORY. Clear in every case. */
int pulse_loss_table_init(struct pulse_loss_table *table, int64_t H, int64_t W, int64_t V,
                          struct pulse_err *err);
void pulse_loss_table_clear(struct pulse_loss_table *table);

/* What takes the evaluations into the table; local, as all that it does. */
struct pulse_evaluation_sink pulse_loss_table_sink(struct pulse_loss_table *table);

/* Collective: everything to rank 0. */
int pulse_loss_table_gather(const struct pulse_comm *comm, struct pulse_loss_table *table,
                            struct pulse_err *err);

/* What else the file says. */
struct pulse_loss_file {
    const struct pulse_plan *plan;
    const struct pulse_horizons *horizons;
    char *const *names; /* V */
    const char *fingerprint;
};

/* Local: the file as bytes, to be freed; NULL: PULSE_E_MEMORY. */
void *pulse_loss_table_file(const struct pulse_loss_table *table,
                            const struct pulse_loss_file *about, int64_t *n, struct pulse_err *err);

#endif
