/* The training rows of a system that all ranks solve together: each rank holds those of its dates,
 * and all see a few columns of all of them at a time. Computes nothing. */
#ifndef PULSE_KERNEL_ROWS_H
#define PULSE_KERNEL_ROWS_H

#include <stdint.h>

#include "fit/input.h"
#include "mpi/comm.h"
#include "panel/exchange.h"

struct pulse_kernel_rows {
    const struct pulse_comm *comm;
    const struct pulse_fit_input *input;
    const struct pulse_system *system;
    int64_t n;      /* rows */
    int64_t order;  /* with rows of zeros, kernel/matrix.h */
    int64_t *first; /* ranks + 1: rank r holds rows [first[r], first[r + 1]) */
    int64_t *count; /* ranks: buffer for exchanges */
};

/* Local. Clear in every case. */
int pulse_kernel_rows_init(struct pulse_kernel_rows *rows, const struct pulse_comm *comm,
                           const struct pulse_fit_input *input,
                           const struct pulse_distribution *distribution,
                           const struct pulse_system *system, struct pulse_err *err);
void pulse_kernel_rows_clear(struct pulse_kernel_rows *rows);

/* Calendar row of row i. */
int64_t pulse_kernel_rows_at(const struct pulse_kernel_rows *rows, int64_t i);

/* How many rows lie before calendar row t. */
int64_t pulse_kernel_rows_before(const struct pulse_kernel_rows *rows, int64_t t);

/* Collective: features [from, to) of all rows, 1 being the first after the intercept, into X
 * ((to − from) × order). */
int pulse_kernel_rows_features(const struct pulse_kernel_rows *rows, int64_t from, int64_t to,
                               double *X, struct pulse_err *err);

/* Collective: n targets of the system from the first on, of all rows, into Y (n × order). */
int pulse_kernel_rows_targets(const struct pulse_kernel_rows *rows, int64_t first, int64_t n,
                              double *Y, struct pulse_err *err);

#endif
