/* The final fit of a system that all ranks solve together: from K⁻¹(Y − b1) to coefficients
 * (DEFINITIONS §6.4), a few features at a time. */
#ifndef PULSE_KERNEL_COEFFICIENTS_H
#define PULSE_KERNEL_COEFFICIENTS_H

#include "fit/fitted.h"
#include "kernel/targets.h"

/* Collective: coefficients of block b with all penalties, from U and b of the chunks, and what they
 * say of the next row, into the final fit on the last rank. `X` holds SLICE × order. */
int pulse_kernel_coefficients(const struct pulse_kernel_targets *targets, int64_t s, int64_t b,
                              double *X, struct pulse_final *out, struct pulse_err *err);

#endif
