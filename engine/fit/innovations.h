/* The innovations form: one factorisation for all windows of a span (DEFINITIONS §6.3). Knows
 * nothing of how the sums came to be. */
#ifndef PULSE_FIT_INNOVATIONS_H
#define PULSE_FIT_INNOVATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/workbench.h"

/* The innovations form of one span, system and λ, from G = [P | Q] up to the span's base: `run` is
 * the rows from there to the span's end. With
 *     A = P + Λ = LLᵀ,  C = L⁻¹Q,  Z = L⁻¹Xᵀ,  K = I + ZᵀZ = MMᵀ
 * it predicts every window of the span as a refit just before it would, since
 *     (A + XᵀX)⁻¹Xᵀ = A⁻¹Xᵀ(I + X A⁻¹Xᵀ)⁻¹ and X A⁻¹Xᵀ = ZᵀZ
 * for the rows X before the window; derived in DEFINITIONS §6.3. The leading part of L is the
 * factor for the leading features, whose C and Z are leading rows: one factorisation serves every
 * block, and ZᵀC and ZᵀZ grow from block to block. False when it cannot be used: A has no factor at
 * the span's start, a window's own might have none, or a number overflowed. */
bool pulse_innovations_predict(struct pulse_workbench *bench, int64_t s, int64_t l,
                               const struct pulse_span *span, const struct pulse_row_range *run);

/* The factor of A = P + Λ, and B := L⁻¹[Q | Xᵀ], whose Xᵀ (d × m, behind q columns) is there
 * already. False: A has no factor, or a window's own might have none once rows of the span are in
 * it. (Those that leave, in a rolling history, are looked at by math/signed_factor.h.) */
bool pulse_innovations_solve(struct pulse_workbench *bench, int64_t q, int64_t m, double lambda);

/* The targets of a run of a system's rows into Y (rows × q, leading dimension ld): what the form
 * compares itself with. */
void pulse_innovations_targets(const struct pulse_fit_input *input,
                               const struct pulse_system *system, const struct pulse_row_range *run,
                               double *Y, int64_t ld);

/* Goes on to block b of m rows, from B = [C | Z]: `at_start` becomes ZᵀC (m × q). Returns I + ZᵀZ
 * (m × m, lower triangle), to be factored in place: it grows from block to block as a sum over
 * features, and is a copy where a larger block follows. */
double *pulse_innovations_block(struct pulse_workbench *bench, int64_t q, int64_t m, int64_t b);

/* The last step, for the targets of one horizon, from the factor M and its inverted blocks
 * (pulse_cholesky_invert_steps with `cut` of the workbench): u = M⁻¹(Y − ZᵀC) into R, and into T
 * what step w predicts with the rows J that are known before it, Z_wᵀC + M_wJ u_J. */
void pulse_innovations_substitute(struct pulse_workbench *bench,
                                  const struct pulse_target_group *group, int64_t m,
                                  const double *M, int64_t steps, const int64_t *known);

#endif
