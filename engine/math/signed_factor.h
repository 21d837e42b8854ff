/* Factorisation of symmetric matrices whose pivots have known signs: rows that entered a sum and
 * rows that left it again. Column-major. Pure, allocates nothing; knows no model. */
#ifndef PULSE_MATH_SIGNED_FACTOR_H
#define PULSE_MATH_SIGNED_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_SIGNED_BLOCK = 32 }; /* columns at a time */

/* What is left of a number after a subtraction must be more than this share of it: else its digits
 * are rounding's. */
#define PULSE_SIGNED_LEAST 0x1p-20

/* Doubles of workspace for order n. */
static inline int64_t pulse_signed_work(int64_t n)
{
    return n * PULSE_SIGNED_BLOCK;
}

/* A = L·J·Lᵀ with J = diag(sign) (n, each 1 or −1), L overwriting A: `a` (n × n, leading dimension
 * n) holds the lower triangle of A, then of L, whose diagonal is positive; what lies above it is
 * neither read nor kept. No pivoting. False when a pivot has not its sign, is too small to be
 * distinguished from rounding, or is not finite. Too small is for sign 1 as in
 * pulse_cholesky_factor; for sign −1, whose pivot is what is left of 1 after a subtraction, 2⁻²⁰
 * times the largest diagonal element so far, at least 2⁻²⁰. */
bool pulse_signed_factor(int64_t n, double *a, const double *sign, double *work);

#endif
