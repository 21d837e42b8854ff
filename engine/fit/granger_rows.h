/* Granger tests of a system of few rows, in kernel ridge form (DEFINITIONS §5.6). Pure. */
#ifndef PULSE_FIT_GRANGER_ROWS_H
#define PULSE_FIT_GRANGER_ROWS_H

#include "fit/granger.h"
#include "fit/kernel_ridge.h"

/* As pulse_granger_test, for a system of few rows, given as to pulse_kernel_ridge_solve; targets
 * are 0 … q − 1.
 */
int pulse_granger_test_rows(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                            const struct pulse_kernel_ridge *problem, struct pulse_err *err);

#endif
