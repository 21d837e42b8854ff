/* The targets of a system that all ranks solve together: dealt out in chunks, each with its right
 * hand sides (DEFINITIONS §6.4). A chunk's numbers are the same whoever has it. No MPI but for the
 * targets' own way here. */
#ifndef PULSE_KERNEL_TARGETS_H
#define PULSE_KERNEL_TARGETS_H

#include <stdint.h>

#include "kernel/rows.h"

/* n targets from the first on, all of group `group` (plan/systems.h). */
struct pulse_kernel_chunk {
    int64_t group, first, n;
    double *Y;    /* order × (n + 1): targets, then ones; this and what follows if it is ours */
    double *T;    /* M_wJ u_J of each row; in the end its retrodiction */
    double **U;   /* L of order × (n + 1): [u g] of a penalty; in the end K⁻¹(Y − b1) */
    double **b;   /* L of n: intercepts of the fit on all rows */
    int64_t step; /* windows whose T is there */
};

struct pulse_kernel_targets {
    const struct pulse_kernel_rows *rows; /* borrowed */
    int64_t steps;                        /* windows that hold rows */
    int64_t *cut;                         /* steps + 1: where they begin among the rows */
    int64_t *known; /* groups × steps: rows whose targets are known before each */
    int64_t *end;   /* groups: rows whose targets are known at the end */
    int64_t n_chunks;
    struct pulse_kernel_chunk *chunk;
};

/* Collective. Clear in every case. */
int pulse_kernel_targets_init(struct pulse_kernel_targets *targets,
                              const struct pulse_kernel_rows *rows, struct pulse_err *err);
void pulse_kernel_targets_clear(struct pulse_kernel_targets *targets);

/* Which rank has chunk i. */
static inline int pulse_kernel_targets_owner(const struct pulse_kernel_targets *targets, int64_t i)
{
    return (int)(i % targets->rows->comm->size);
}

/* Targets that a rank has. */
int64_t pulse_kernel_targets_of(const struct pulse_kernel_targets *targets, int rank);

/* Local, of our chunks: U of penalty l begins as [Y 1], goes through the block columns of the
 * factor as they come, and T becomes the retrodictions. */
void pulse_kernel_targets_begin(struct pulse_kernel_targets *targets, int64_t l);
void pulse_kernel_targets_forward(struct pulse_kernel_targets *targets, int64_t l, int64_t first,
                                  const double *column);
void pulse_kernel_targets_retrodict(struct pulse_kernel_targets *targets, int64_t l);

/* And then from the last block column to the first, U to K⁻¹(Y − b1). */
void pulse_kernel_targets_backward(struct pulse_kernel_targets *targets, int64_t l, int64_t first,
                                   const double *column);

/* All of a penalty's numbers become NaN: its system has no solution in double precision. */
void pulse_kernel_targets_fail(struct pulse_kernel_targets *targets, int64_t l);

#endif
