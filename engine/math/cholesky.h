/* Dense kernels on column-major matrices: factorisation and triangular solves at dgemm's speed. Our
 * own and not LAPACK's dpotrf and dtrsm, since two things here decide bits: each pivot is tested
 * against the diagonal element it came from (DEFINITIONS §4.2), where dpotrf only asks whether it
 * is above 0, and the blocks in which sums are taken are fixed here, not by the library's version.
 * Pure, allocates nothing. */
#ifndef PULSE_MATH_CHOLESKY_H
#define PULSE_MATH_CHOLESKY_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_CHOLESKY_BLOCK = 16 }; /* order of the diagonal blocks that are inverted */

/* Doubles that a factor of order n needs beside the matrix: the inverted diagonal blocks (block k
 * at k·BLOCK·BLOCK, leading dimension BLOCK, 0 above the diagonal), then the diagonal of A. */
static inline int64_t pulse_cholesky_side(int64_t n)
{
    return (n + PULSE_CHOLESKY_BLOCK - 1) / PULSE_CHOLESKY_BLOCK * PULSE_CHOLESKY_BLOCK *
               PULSE_CHOLESKY_BLOCK +
           n;
}

/* Times n: the least share of a diagonal element that its pivot may be. A pivot that is 0 but for
 * rounding is some n·2⁻⁵²; those of systems that can be solved are far above. */
#define PULSE_CHOLESKY_LEAST 0x1p-42

/* A = L·Lᵀ, L overwriting A: `a` (n × n, leading dimension n) holds the lower triangle of A, then
 * of L; what lies above the diagonal is neither read nor kept. `side` receives
 * pulse_cholesky_side(n) doubles that the solves need. False when a pivot is not above n·2⁻⁴² times
 * the diagonal element it came from, or not finite: A is not positive definite in double precision.
 */
bool pulse_cholesky_factor(int64_t n, double *a, double *side);

/* B := L⁻¹·B and B := L⁻ᵀ·B for a factored `l` and its `side`; b is n × m, leading dimension n. */
void pulse_cholesky_solve_lower(int64_t n, const double *l, const double *side, int64_t m,
                                double *b);
void pulse_cholesky_solve_upper(int64_t n, const double *l, const double *side, int64_t m,
                                double *b);

/* B := L⁻ᵀ·B for the leading n × n part of a factor of leading dimension ldl, with the whole
 * factor's `side`; b has leading dimension ldb. */
void pulse_cholesky_solve_upper_leading(int64_t n, const double *l, int64_t ldl, const double *side,
                                        int64_t m, double *b, int64_t ldb);

/* ---- Forward substitution in steps ---------------------------------------------- */

/* A factor whose rows come in steps: rows cut[w] … cut[w + 1] − 1 of n in step w. Borrowed. */
struct pulse_cholesky_steps {
    int64_t n, steps;
    const double *l;      /* n × n, factored */
    const double *side;   /* by pulse_cholesky_invert_steps */
    const int64_t *cut;   /* steps + 1 */
    const int64_t *known; /* steps, ascending: known[w] ≤ cut[w]; may be cut */
};

/* Doubles of a side for n rows in that many steps, at most. */
static inline int64_t pulse_cholesky_steps_side(int64_t n, int64_t steps)
{
    return (n / PULSE_CHOLESKY_BLOCK + steps) * PULSE_CHOLESKY_BLOCK * PULSE_CHOLESKY_BLOCK;
}

/* The inverted diagonal blocks of a factor in steps, whatever is substituted and known. */
void pulse_cholesky_invert_steps(int64_t n, const double *l, int64_t steps, const int64_t *cut,
                                 double *side);

/* u := L⁻¹(y − t), all n × m; y may be u. Of `t`, which is given, row i of step w becomes what is
 * known of y before the step: t_i + L_i,<known u_<known. */
void pulse_cholesky_substitute(const struct pulse_cholesky_steps *steps, int64_t m, const double *y,
                               double *u, double *t);

#endif
