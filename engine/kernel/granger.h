/* The Granger tests of a system that all ranks solve together, from its kernel matrix (DEFINITIONS
 * §5.6, few rows): each rank tests some of the sources. */
#ifndef PULSE_KERNEL_GRANGER_H
#define PULSE_KERNEL_GRANGER_H

#include "fit/granger.h"
#include "kernel/matrix.h"
#include "kernel/rows.h"

/* Collective: tests all variables on the system's targets of the next row, if it has any, into
 * `granger` on the last rank. `kernel` holds XXᵀ of all features, and loses what was factored;
 * `X` holds SLICE × order. */
int pulse_kernel_granger(const struct pulse_kernel_rows *rows, struct pulse_kernel_matrix *kernel,
                         double *X, struct pulse_granger *granger, struct pulse_err *err);

#endif
