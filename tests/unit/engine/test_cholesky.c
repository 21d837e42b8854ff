/* cholesky.c: factor and triangular solves. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/cholesky.h"

/* Around powers of two and past any block that a kernel may have. */
static const int64_t orders[] = {1, 2, 3, 7, 16, 31, 33, 64, 65, 100, 128, 129, 200, 257, 300};
enum { ORDERS = sizeof orders / sizeof *orders };

static double *new_array(int64_t n)
{
    double *array = aligned_alloc(64, ((size_t)n * sizeof *array + 63) / 64 * 64 + 64);
    assert_non_null(array);
    return array;
}

/* A = X·Xᵀ + I of n rows with 1.5·n columns of noise, whole. */
static double *definite(int64_t n, uint64_t seed)
{
    const int64_t m = n + n / 2 + 1;
    double *x = new_array(n * m), *a = new_array(n * n);
    for (int64_t i = 0; i < n * m; i++)
        x[i] = check_normal(&seed);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double sum = i == j;
            for (int64_t k = 0; k < m; k++)
                sum += x[i * m + k] * x[j * m + k];
            a[i * n + j] = a[j * n + i] = sum;
        }
    free(x);
    return a;
}

static double *copy_of(const double *from, int64_t n)
{
    double *to = new_array(n);
    return memcpy(to, from, (size_t)n * sizeof *to);
}

/* Σ_k L(i, k)·L(j, k) for j ≤ i. */
static double product(const double *l, int64_t n, int64_t i, int64_t j)
{
    double sum = 0;
    for (int64_t k = 0; k <= j; k++)
        sum += l[k * n + i] * l[k * n + j];
    return sum;
}

static void cholesky__factor_times_its_transpose_is_the_matrix(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o];
        double *a = definite(n, 40 + (uint64_t)o), *l = copy_of(a, n * n);
        double *side = new_array(pulse_cholesky_side(n));
        assert_true(pulse_cholesky_factor(n, l, side));
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++)
                CHECK_CLOSE(product(l, n, i, j) / a[i * n + i], a[j * n + i] / a[i * n + i], 1e-13);
        free(a);
        free(l);
        free(side);
    }
}

static void cholesky__solve_inverts_factor(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o], m = o % 2 == 0 ? 5 : 37;
        uint64_t seed = 60 + (uint64_t)o;
        double *a = definite(n, seed), *l = copy_of(a, n * n),
               *side = new_array(pulse_cholesky_side(n));
        double *x = new_array(n * m), *b = new_array(n * m);
        for (int64_t i = 0; i < n * m; i++)
            x[i] = check_normal(&seed);
        for (int64_t c = 0; c < m; c++)
            for (int64_t i = 0; i < n; i++) {
                b[c * n + i] = 0;
                for (int64_t k = 0; k < n; k++)
                    b[c * n + i] += a[k * n + i] * x[c * n + k];
            }
        assert_true(pulse_cholesky_factor(n, l, side));
        pulse_cholesky_solve_lower(n, l, side, m, b);
        pulse_cholesky_solve_upper(n, l, side, m, b);
        for (int64_t i = 0; i < n * m; i++)
            CHECK_CLOSE(b[i], x[i], 1e-8);
        free(a);
        free(l);
        free(side);
        free(x);
        free(b);
    }
}

static void cholesky__solve_lower_is_forward_substitution(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o], m = 3;
        uint64_t seed = 80 + (uint64_t)o;
        double *l = definite(n, seed), *side = new_array(pulse_cholesky_side(n));
        double *b = new_array(n * m), *y = new_array(n * m);
        for (int64_t i = 0; i < n * m; i++)
            b[i] = check_normal(&seed);
        memcpy(y, b, (size_t)(n * m) * sizeof *y);
        assert_true(pulse_cholesky_factor(n, l, side));
        pulse_cholesky_solve_lower(n, l, side, m, y);
        for (int64_t c = 0; c < m; c++)
            for (int64_t i = 0; i < n; i++) {
                double sum = 0;
                for (int64_t k = 0; k <= i; k++)
                    sum += l[k * n + i] * y[c * n + k];
                CHECK_CLOSE(sum, b[c * n + i], 1e-11);
            }
        free(l);
        free(side);
        free(b);
        free(y);
    }
}

/* The leading part of L is the factor of the leading part of A, and its own inverted diagonal
 * blocks lie within the whole's. */
static void cholesky__leading_part_solves_the_leading_system(void **state)
{
    enum { N = 131, M = 5, LD = N + 3 };
    const int64_t orders_within[] = {1, 15, 16, 17, 32, 33, 64, 100, 128, 130, N};
    double *a = definite(N, 91), *l = copy_of(a, N * N), *side = new_array(pulse_cholesky_side(N));
    double *x = new_array(N * M), *b = new_array(LD * M);
    uint64_t seed = 92;
    (void)state;
    assert_true(pulse_cholesky_factor(N, l, side));
    for (size_t o = 0; o < sizeof orders_within / sizeof *orders_within; o++) {
        const int64_t n = orders_within[o];
        for (int64_t i = 0; i < LD * M; i++)
            b[i] = check_normal(&seed);
        for (int64_t c = 0; c < M; c++) /* x: what is to come out */
            for (int64_t i = 0; i < n; i++)
                x[c * N + i] = check_normal(&seed);
        double *rest = copy_of(b, LD * M);
        for (int64_t c = 0; c < M; c++)
            for (int64_t i = 0; i < n; i++) { /* Lᵀ x */
                b[c * LD + i] = 0;
                for (int64_t k = i; k < n; k++)
                    b[c * LD + i] += l[i * N + k] * x[c * N + k];
            }
        pulse_cholesky_solve_upper_leading(n, l, N, side, M, b, LD);
        for (int64_t c = 0; c < M; c++) {
            for (int64_t i = 0; i < n; i++)
                CHECK_CLOSE(b[c * LD + i], x[c * N + i], 1e-9);
            for (int64_t i = n; i < LD; i++) /* what lies below it is left alone */
                CHECK_BITS(b[c * LD + i], rest[c * LD + i]);
        }
        free(rest);
    }
    free(a);
    free(l);
    free(side);
    free(x);
    free(b);
}

static void cholesky__what_lies_above_the_diagonal_is_not_read(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o];
        double *a = definite(n, 100 + (uint64_t)o), *other = copy_of(a, n * n);
        double *side = new_array(pulse_cholesky_side(n)),
               *other_side = new_array(pulse_cholesky_side(n));
        double *b = new_array(2 * n), *other_b = new_array(2 * n);
        for (int64_t j = 1; j < n; j++)
            for (int64_t i = 0; i < j; i++)
                other[j * n + i] = NAN;
        for (int64_t i = 0; i < 2 * n; i++)
            b[i] = other_b[i] = (double)(i % 7) - 3;
        assert_true(pulse_cholesky_factor(n, a, side));
        assert_true(pulse_cholesky_factor(n, other, other_side));
        pulse_cholesky_solve_lower(n, a, side, 2, b);
        pulse_cholesky_solve_upper(n, a, side, 2, b);
        pulse_cholesky_solve_lower(n, other, other_side, 2, other_b);
        pulse_cholesky_solve_upper(n, other, other_side, 2, other_b);
        for (int64_t i = 0; i < 2 * n; i++)
            CHECK_BITS(other_b[i], b[i]);
        free(a);
        free(other);
        free(side);
        free(other_side);
        free(b);
        free(other_b);
    }
}

/* `a` with row and column `to` made a copy of `from`: of rank n − 1. */
static void repeat(double *a, int64_t n, int64_t from, int64_t to)
{
    for (int64_t k = 0; k < n; k++)
        a[k * n + to] = a[k * n + from];
    for (int64_t k = 0; k < n; k++)
        a[to * n + k] = a[from * n + k];
}

static void cholesky__singular_matrix_is_refused(void **state)
{
    (void)state;
    for (int o = 1; o < ORDERS; o++) {
        const int64_t n = orders[o];
        double *side = new_array(pulse_cholesky_side(n));
        for (int64_t to = 1; to < n; to += 1 + n / 5) {
            double *a = definite(n, 120 + (uint64_t)o);
            repeat(a, n, 0, to);
            assert_false(pulse_cholesky_factor(n, a, side));
            free(a);
        }
        free(side);
    }
}

static void cholesky__indefinite_matrix_is_refused(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o];
        double *side = new_array(pulse_cholesky_side(n)), *a = definite(n, 140 + (uint64_t)o);
        a[n * n - 1] = -1;
        assert_false(pulse_cholesky_factor(n, a, side));
        free(a);
        a = definite(n, 140 + (uint64_t)o);
        a[0] = 0;
        assert_false(pulse_cholesky_factor(n, a, side));
        free(a);
        free(side);
    }
}

static void cholesky__matrix_that_is_not_finite_is_refused(void **state)
{
    const double bad[] = {NAN, INFINITY};
    (void)state;
    for (int o = 0; o < ORDERS; o++)
        for (int k = 0; k < 4; k++) {
            const int64_t n = orders[o], at = k % 2 == 0 ? n / 2 : n - 1;
            double *side = new_array(pulse_cholesky_side(n)), *a = definite(n, 160 + (uint64_t)o);
            a[at * n + n - 1] = bad[k / 2];
            assert_false(pulse_cholesky_factor(n, a, side));
            free(a);
            free(side);
        }
}

static void cholesky__pivot_is_compared_with_its_diagonal_element(void **state)
{
    const double scale[] = {1, 0x1p100, 0x1p-100};
    double *side = new_array(pulse_cholesky_side(2));
    (void)state;
    for (int k = 0; k < 3; k++) {
        double s = scale[k];
        double nearly[] = {s, s, s, s * (1 + 0x1p-41)}; /* pivot 2⁻⁴¹ is not above 2·2⁻⁴² */
        double enough[] = {s, s, s, s * (1 + 0x1p-40)};
        assert_false(pulse_cholesky_factor(2, nearly, side));
        assert_true(pulse_cholesky_factor(2, enough, side));
    }
    free(side);
}

/* Steps of 0, 1 and many rows, of which the later ones know all rows before them, or fewer. */
static void check_substitution(const int64_t *known)
{
    enum { N = 150, M = 3, STEPS = 6 };
    static const int64_t cut[STEPS + 1] = {0, 1, 1, 70, 71, 140, N};
    known = known == NULL ? cut : known;
    double *l = definite(N, 77), *side = new_array(pulse_cholesky_side(N));
    double *u = new_array(N * M), *t = new_array(N * M), *b = new_array(N * M);
    double *start = new_array(N * M), *steps_side = new_array(pulse_cholesky_steps_side(N, STEPS));
    uint64_t seed = 78;
    assert_true(pulse_cholesky_factor(N, l, side));
    for (int64_t i = 0; i < N * M; i++)
        b[i] = check_normal(&seed), t[i] = start[i] = check_normal(&seed);
    pulse_cholesky_invert_steps(N, l, STEPS, cut, steps_side);
    const struct pulse_cholesky_steps by = {N, STEPS, l, steps_side, cut, known};
    pulse_cholesky_substitute(&by, M, b, u, t);
    for (int64_t k = 0; k < M; k++)
        for (int64_t w = 0; w < STEPS; w++)
            for (int64_t i = cut[w]; i < cut[w + 1]; i++) {
                double earlier = start[k * N + i], all = start[k * N + i];
                for (int64_t j = 0; j <= i; j++) {
                    all += l[j * N + i] * u[k * N + j];
                    earlier += j < known[w] ? l[j * N + i] * u[k * N + j] : 0;
                }
                CHECK_CLOSE(t[k * N + i], earlier, 1e-12);
                CHECK_CLOSE(all, b[k * N + i], 1e-12);
            }
    pulse_cholesky_substitute(&by, M, b, b, start); /* y is u: the same bits */
    for (int64_t i = 0; i < N * M; i++) {
        CHECK_BITS(b[i], u[i]);
        CHECK_BITS(start[i], t[i]);
    }
    free(l);
    free(side);
    free(u);
    free(t);
    free(b);
    free(start);
    free(steps_side);
}

static void cholesky__substitution_in_steps_gives_what_earlier_rows_add(void **state)
{
    (void)state;
    check_substitution(NULL);
    check_substitution((const int64_t[]){0, 0, 0, 1, 50, 71});
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(cholesky__factor_times_its_transpose_is_the_matrix),
        cmocka_unit_test(cholesky__solve_inverts_factor),
        cmocka_unit_test(cholesky__solve_lower_is_forward_substitution),
        cmocka_unit_test(cholesky__leading_part_solves_the_leading_system),
        cmocka_unit_test(cholesky__what_lies_above_the_diagonal_is_not_read),
        cmocka_unit_test(cholesky__singular_matrix_is_refused),
        cmocka_unit_test(cholesky__indefinite_matrix_is_refused),
        cmocka_unit_test(cholesky__matrix_that_is_not_finite_is_refused),
        cmocka_unit_test(cholesky__pivot_is_compared_with_its_diagonal_element),
        cmocka_unit_test(cholesky__substitution_in_steps_gives_what_earlier_rows_add),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
