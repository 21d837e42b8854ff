/* What the walk works with: buffers for the largest span and system of a rank, and what both of its
 * forms fill them from. Knows no method. */
#ifndef PULSE_FIT_WORKBENCH_H
#define PULSE_FIT_WORKBENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/fitted.h"
#include "fit/history.h"

/* Workspaces for the largest span and system of this rank. */
struct pulse_workbench {
    const struct pulse_fit_input *input;
    struct pulse_candidates *out;
    double *G; /* d × (d + q): the system's [P | Q], up to a base (fit/history.h) … */
    double *H; /* d × (d + q): … and up to what one of several horizons knows */
    double *A; /* d × d: P + Λ, then its factor */
    double *B; /* d × (q + m): [Q | Xᵀ], then L⁻¹ of it; or coefficients and a window's rows */
    double *C;        /* d × q: L⁻¹Q of a refit */
    double *K;        /* m × m: I + ZᵀZ of the block in hand */
    double *M;        /* m × m: its factor, where a larger block follows */
    double *Y;        /* m × q: targets */
    double *at_start; /* m × q: what the span's start says of them */
    double *R;        /* m × E, for one horizon: u; or a window's retrodictions */
    double *T;        /* the same size: what is predicted with the span's earlier rows */
    int64_t *cut;   /* where the windows of a span begin among its rows, after those of the base */
    int64_t *known; /* of which rows a window knows the targets of one horizon: the first so many */
    double *side;   /* of the factors */
    double *steps_side; /* of M in steps */
    double *sign;       /* rolling: of the m rows, then a workspace of the factor with signs */
    int64_t rolled_system, rolled_span; /* rolling: what G holds the sums of; system −1: nothing */
    double *column_sizes;               /* rolling: 2 × (d + q), of G before and after rows left */
    double *work;                       /* of pulse_gram_add */
};

/* Local. PULSE_E_MEMORY. Clear in every case. */
int pulse_workbench_init(struct pulse_workbench *bench, const struct pulse_fit_input *input,
                         struct pulse_err *err);
void pulse_workbench_clear(struct pulse_workbench *bench);

/* A := scale · P + diag(0, λ, …), lower triangle; both d × d. */
void pulse_workbench_penalise(int64_t d, const double *P, double scale, double lambda, double *A);

/* The features of a run of rows as columns of X (d × rows). */
void pulse_workbench_features(const struct pulse_fit_input *input,
                              const struct pulse_row_range *run, double *X);

/* Writes candidate c's predictions of the run and the group's targets (rows × n, leading dimension
 * ld) into the candidates. The run is of one span, and not empty. False if one is not finite. */
bool pulse_workbench_put(struct pulse_workbench *bench, const struct pulse_system *system,
                         const struct pulse_target_group *group, int64_t c,
                         const struct pulse_row_range *run, const double *predicted, int64_t ld);

#endif
