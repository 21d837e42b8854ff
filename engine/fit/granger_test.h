/* Granger tests of one system from the sums of its final fit (DEFINITIONS §5.6). Pure; knows
 * neither rows nor names. */
#ifndef PULSE_FIT_GRANGER_TEST_H
#define PULSE_FIT_GRANGER_TEST_H

#include "fit/granger.h"

/* Tests all variables on the targets of one system: from its [P | Q] (d × (d + q), P's lower
 * triangle), Σ y² of its targets (E, used at these), and its n rows. The penalties are ascending;
 * the first fit that is well conditioned is taken, without a penalty before any with one. */
int pulse_granger_test(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                       const struct pulse_system *system, const double *G, const double *squares,
                       int64_t n, const double *ridge, struct pulse_err *err);

#endif
