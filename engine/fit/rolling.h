/* The innovations form of a rolling history: rows enter, and leave again (DEFINITIONS §6.3). Knows
 * nothing of ranks. */
#ifndef PULSE_FIT_ROLLING_H
#define PULSE_FIT_ROLLING_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/workbench.h"

/* Every λ of one span and system, for targets of the next row. The rows of the span stand in the
 * order in which they happen: those of window w enter after it was predicted, then those of window
 * w − N leave. With J the diagonal of their signs and A, C, Z as in fit/innovations.h,
 *     K = J + ZᵀZ = M J Mᵀ,  u = M⁻¹(Y − ZᵀC),  Ŷ_w = Z_wᵀC + M_w,<w u_<w
 * since (A + XᵀJX)⁻¹(Q + XᵀJY) = A⁻¹Q + A⁻¹Xᵀ(J + XA⁻¹Xᵀ)⁻¹(Y − XA⁻¹Q). False when it cannot be
 * used: a penalty of 0, no history at the span's start, a pivot that does not pass, or a number
 * overflowed. G holds the sums at the span's start, and bench->rolled_… say so: who overwrites it
 * says so too. */
bool pulse_rolling_predict(struct pulse_workbench *bench, int64_t s, int64_t span_index);

#endif
