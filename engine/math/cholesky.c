/* Blocks on the diagonal are factored and inverted by plain loops, once; everything else is a
 * matrix product. OpenBLAS' own dtrsm and dpotrf reach a half of dgemm's speed and less on CPUs
 * with AVX-512, and its dgemm has a fast path for small products when the second is transposed or
 * none is. */
#include "math/cholesky.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "math/clones.h"

enum {
    NB = PULSE_CHOLESKY_BLOCK,
    COLUMNS = 512,   /* order up to which the factorisation goes by block columns */
    SMALL = 1000000, /* multiplications of a product that OpenBLAS makes without copies */
    CHUNK = 128      /* vectors copied at a time: NB·CHUNK doubles on the stack */
};

/* About half of n (n > NB), a multiple of NB. */
static int64_t split(int64_t n)
{
    return (n / 2 + NB - 1) / NB * NB;
}

/* Eight doubles that are worked on at once, on any machine: the compiler splits them as needed. */
typedef double vec __attribute__((vector_size(64)));
enum { LANES = 8, VECS = NB / LANES };

/* A diagonal block by itself: columns of NB doubles. */
union block {
    double at[NB][NB];
    vec column[NB][VECS];
};

/* Cholesky of an order n ≤ NB block, column by column (left-looking); what is beyond n is padding
 * of zeros, so that the inner loops have constant length. `diagonal` is that of the whole A. False
 * when a pivot fails. */
CLONES static bool factor_block(int64_t n, union block *l, const double *diagonal, double least)
{
    for (int64_t j = 0; j < n; j++) {
        vec sum[VECS];
        const int64_t from = j / LANES;
        for (int64_t v = 0; v < VECS; v++)
            sum[v] = l->column[j][v];
        for (int64_t k = 0; k < j; k++) {
            const double factor = l->at[k][j];
#pragma GCC unroll 8
            for (int64_t v = 0; v < VECS; v++)
                sum[v] -= l->column[k][v] * factor;
        }
        const double pivot = sum[from][j % LANES];
        if (!(pivot > least * diagonal[j] && isfinite(pivot)))
            return false;
        const double inverse = 1 / sqrt(pivot);
        for (int64_t v = from; v < VECS; v++)
            l->column[j][v] = sum[v] * inverse;
    }
    return true;
}

/* L⁻¹ of an order n ≤ NB block, row by row: row i of it is (e_i − Σ_k<i L(i,k) row k) / L(i,i).
 * `rows` receives them as its columns. */
CLONES static void invert_block(int64_t n, const union block *l, union block *rows)
{
    for (int64_t i = 0; i < n; i++) {
        vec sum[VECS];
        memset(sum, 0, sizeof sum);
        sum[i / LANES][i % LANES] = 1;
        for (int64_t k = 0; k < i; k++) {
            const double factor = l->at[k][i];
#pragma GCC unroll 8
            for (int64_t v = 0; v < VECS; v++)
                sum[v] -= rows->column[k][v] * factor;
        }
        const double inverse = 1 / l->at[i][i];
        for (int64_t v = 0; v < VECS; v++)
            rows->column[i][v] = sum[v] * inverse;
    }
}

static void load_block(int64_t n, const double *a, int64_t lda, union block *l)
{
    memset(l, 0, sizeof *l);
    for (int64_t j = 0; j < n; j++)
        memcpy(&l->at[j][j], a + j * lda + j, (size_t)(n - j) * sizeof *a);
}

/* L⁻¹ of a block, 0 above the diagonal, leading dimension NB. */
static void keep_inverse(int64_t n, const union block *l, double *side)
{
    union block rows;
    invert_block(n, l, &rows);
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++)
            side[j * NB + i] = rows.at[i][j];
}

static bool factor_leaf(int64_t n, double *a, int64_t lda, double *side, const double *diagonal,
                        double least)
{
    union block l;
    load_block(n, a, lda, &l);
    if (!factor_block(n, &l, diagonal, least))
        return false;
    for (int64_t j = 0; j < n; j++)
        memcpy(a + j * lda + j, &l.at[j][j], (size_t)(n - j) * sizeof *a);
    keep_inverse(n, &l, side);
    return true;
}

/* B (m × n) := B·L⁻ᵀ. */
static void solve_right(int64_t n, int64_t m, const double *l, int64_t ldl, const double *side,
                        double *b, int64_t ldb)
{
    if (n > NB) {
        int64_t k = split(n);
        solve_right(k, m, l, ldl, side, b, ldb);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)m, (int)(n - k), (int)k, -1.0, b,
                    (int)ldb, l + k, (int)ldl, 1.0, b + k * ldb, (int)ldb);
        solve_right(n - k, m, l + k * ldl + k, ldl, side + k * NB, b + k * ldb, ldb);
        return;
    }
    double copy[NB * CHUNK]; /* the product cannot overwrite its factor */
    for (int64_t i = 0; i < m; i += CHUNK) {
        int64_t rows = m - i < CHUNK ? m - i : CHUNK;
        for (int64_t j = 0; j < n; j++)
            memcpy(copy + j * rows, b + j * ldb + i, (size_t)rows * sizeof *b);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)rows, (int)n, (int)n, 1.0, copy,
                    (int)rows, side, NB, 0.0, b + i, (int)ldb);
    }
}

/* Block column after block column, each with one product for all that lies to its left: fewest
 * calls. */
static bool factor_columns(int64_t n, double *a, int64_t lda, double *side, const double *diagonal,
                           double least)
{
    for (int64_t j = 0; j < n; j += NB) {
        const int64_t width = n - j < NB ? n - j : NB, below = n - j - width;
        if (j > 0)
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(n - j), (int)width, (int)j,
                        -1.0, a + j, (int)lda, a + j, (int)lda, 1.0, a + j * lda + j, (int)lda);
        if (!factor_leaf(width, a + j * lda + j, lda, side + j * NB, diagonal + j, least))
            return false;
        if (below > 0)
            solve_right(width, below, NULL, 0, side + j * NB, a + j * lda + j + width, lda);
    }
    return true;
}

static bool factor(int64_t n, double *a, int64_t lda, double *side, const double *diagonal,
                   double least)
{
    if (n <= COLUMNS)
        return factor_columns(n, a, lda, side, diagonal, least);
    int64_t k = split(n);
    if (!factor(k, a, lda, side, diagonal, least))
        return false;
    solve_right(k, n - k, a, lda, side, a + k, lda);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)(n - k), (int)k, -1.0, a + k,
                (int)lda, 1.0, a + k * lda + k, (int)lda);
    return factor(n - k, a + k * lda + k, lda, side + k * NB, diagonal + k, least);
}

bool pulse_cholesky_factor(int64_t n, double *a, double *side)
{
    double *diagonal = side + (n + NB - 1) / NB * NB * NB;
    for (int64_t i = 0; i < n; i++)
        diagonal[i] = a[i * n + i];
    return factor(n, a, n, side, diagonal, (double)n * PULSE_CHOLESKY_LEAST);
}

static void times_block(int64_t n, int64_t nrhs, const double *inv, CBLAS_TRANSPOSE trans,
                        double *b, int64_t ldb)
{
    double copy[NB * CHUNK];
    for (int64_t j = 0; j < nrhs; j += CHUNK) {
        int64_t columns = nrhs - j < CHUNK ? nrhs - j : CHUNK;
        for (int64_t c = 0; c < columns; c++)
            memcpy(copy + c * n, b + (j + c) * ldb, (size_t)n * sizeof *b);
        cblas_dgemm(CblasColMajor, trans, CblasNoTrans, (int)n, (int)columns, (int)n, 1.0, inv, NB,
                    copy, (int)n, 0.0, b + j * ldb, (int)ldb);
    }
}

static void solve_lower(int64_t n, int64_t nrhs, const double *l, int64_t ldl, const double *side,
                        double *b, int64_t ldb)
{
    if (n <= NB) {
        times_block(n, nrhs, side, CblasNoTrans, b, ldb);
        return;
    }
    int64_t k = split(n);
    solve_lower(k, nrhs, l, ldl, side, b, ldb);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)(n - k), (int)nrhs, (int)k, -1.0,
                l + k, (int)ldl, b, (int)ldb, 1.0, b + k, (int)ldb);
    solve_lower(n - k, nrhs, l + k * ldl + k, ldl, side + k * NB, b + k, ldb);
}

static void solve_upper(int64_t n, int64_t nrhs, const double *l, int64_t ldl, const double *side,
                        double *b, int64_t ldb)
{
    if (n <= NB) {
        times_block(n, nrhs, side, CblasTrans, b, ldb);
        return;
    }
    int64_t k = split(n);
    solve_upper(n - k, nrhs, l + k * ldl + k, ldl, side + k * NB, b + k, ldb);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)k, (int)nrhs, (int)(n - k), -1.0,
                l + k, (int)ldl, b + k, (int)ldb, 1.0, b, (int)ldb);
    solve_upper(k, nrhs, l, ldl, side, b, ldb);
}

void pulse_cholesky_solve_lower(int64_t n, const double *l, const double *side, int64_t m,
                                double *b)
{
    solve_lower(n, m, l, n, side, b, n);
}

void pulse_cholesky_solve_upper(int64_t n, const double *l, const double *side, int64_t m,
                                double *b)
{
    solve_upper(n, m, l, n, side, b, n);
}

void pulse_cholesky_solve_upper_leading(int64_t n, const double *l, int64_t ldl, const double *side,
                                        int64_t m, double *b, int64_t ldb)
{
    solve_upper(n, m, l, ldl, side, b, ldb);
}

/* Blocks of one step: they begin where the step does, those of the factor's side do not. Inverting
 * them again takes less than OpenBLAS' dtrsm. */
static int64_t blocks_of(int64_t rows)
{
    return (rows + NB - 1) / NB;
}

void pulse_cholesky_invert_steps(int64_t n, const double *l, int64_t steps, const int64_t *cut,
                                 double *side)
{
    for (int64_t step = 0; step < steps; step++)
        for (int64_t i = cut[step]; i < cut[step + 1]; i += NB, side += NB * NB) {
            const int64_t order = cut[step + 1] - i < NB ? cut[step + 1] - i : NB;
            union block block;
            load_block(order, l + i * n + i, n, &block);
            keep_inverse(order, &block, side);
        }
}

/* What pulse_cholesky_substitute works on. */
struct substitution {
    const struct pulse_cholesky_steps *by;
    int64_t m;
    const double *y;
    double *u, *t;
};

/* b (n × m) += factor · L u in rows [at, end), by what rows [from, to) hold; where it is
 * worth it, few enough columns at a time for OpenBLAS' products without copies. */
static void add_rows(const struct substitution *it, double factor, int64_t from, int64_t to,
                     int64_t at, int64_t end, double *b)
{
    const int64_t n = it->by->n;
    if (to <= from || end <= at)
        return;
    const int64_t fit = SMALL / ((end - at) * (to - from)), worth = 32;
    const int64_t columns = fit < worth ? it->m : fit;
    for (int64_t j = 0; j < it->m; j += columns)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)(end - at),
                    (int)(it->m - j < columns ? it->m - j : columns), (int)(to - from), factor,
                    it->by->l + from * n + at, (int)n, it->u + j * n + from, (int)n, 1.0,
                    b + j * n + at, (int)n);
}

/* u := L⁻¹u for the rows [at, end) of one step, with its inverted blocks. */
static void solve_step(const struct substitution *it, int64_t at, int64_t end, const double *side)
{
    for (int64_t i = at; i < end; i += NB, side += NB * NB) {
        const int64_t to = end - i < NB ? end : i + NB;
        add_rows(it, -1.0, at, i, i, to, it->u);
        times_block(to - i, it->m, side, CblasNoTrans, it->u + i, it->by->n);
    }
}

/* One step, whose rows of `t` hold all that they are to: what is known before it. */
static void substitute_step(const struct substitution *it, int64_t step, const double *side)
{
    const int64_t n = it->by->n, at = it->by->cut[step], end = it->by->cut[step + 1];
    for (int64_t j = 0; j < it->m; j++)
        for (int64_t i = at; i < end; i++)
            it->u[j * n + i] = it->y[j * n + i] - it->t[j * n + i];
    add_rows(it, -1.0, it->by->known[step], at, at, end, it->u);
    solve_step(it, at, end, side);
}

/* Steps [first, end), whose rows of `t` hold what rows before `from` add, and whose inverted blocks
 * begin at `side`; returns where those of the next step do. By halves: the first half's rows that
 * are known before the second go to all of its rows in one product. */
static const double *substitute_steps(const struct substitution *it, int64_t first, int64_t end,
                                      int64_t from, const double *side)
{
    if (end - first == 1) {
        substitute_step(it, first, side);
        return side + blocks_of(it->by->cut[end] - it->by->cut[first]) * NB * NB;
    }
    const int64_t middle = first + (end - first) / 2;
    side = substitute_steps(it, first, middle, from, side);
    add_rows(it, 1.0, from, it->by->known[middle], it->by->cut[middle], it->by->cut[end], it->t);
    return substitute_steps(it, middle, end, it->by->known[middle], side);
}

void pulse_cholesky_substitute(const struct pulse_cholesky_steps *steps, int64_t m, const double *y,
                               double *u, double *t)
{
    const struct substitution it = {steps, m, y, u, t};
    if (steps->steps > 0)
        (void)substitute_steps(&it, 0, steps->steps, 0, steps->side);
}
