/* The ordered fold over ranks: what every span adds, added in span order whoever owns the span, so
 * that the sums do not depend on the number of ranks (DEFINITIONS §6.1). Knows nothing of what it
 * sums. */
#ifndef PULSE_MPI_SCAN_H
#define PULSE_MPI_SCAN_H

#include <stdint.h>

#include "mpi/comm.h"

/* Adds what this rank's spans contribute to elements [first, first + n) of the running sum, in span
 * order; `running` holds these n elements as they stand after all earlier ranks' spans. */
typedef void pulse_fold_fn(void *context, int64_t first, int64_t n, double *running);

/* Collective. Folds `total` elements, in tiles of `tile` (whatever the number of ranks), from rank
 * 0, where they begin as `start` has them (NULL: as 0), to the last one; a rank works on one tile
 * while the next rank works on the tile before it. The sum after the last rank's spans goes to
 * `result` on the last rank (NULL elsewhere is fine). */
int pulse_scan(const struct pulse_comm *comm, const double *start, int64_t total, int64_t tile,
               pulse_fold_fn *fold, void *context, double *result, struct pulse_err *err);

#endif
