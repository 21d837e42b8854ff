/* signed_factor.c: rows that enter and rows that leave, against the factor that was made. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "math/signed_factor.h"

/* Below, at and above the columns that go at a time. */
static const int64_t orders[] = {1, 2, 31, 32, 33, 64, 90, 200};
enum { ORDERS = sizeof orders / sizeof *orders };

static double *new_array(int64_t n)
{
    double *array = malloc((size_t)n * sizeof *array);
    assert_non_null(array);
    return array;
}

/* n signs, each third row leaving; never the first. */
static double *signs_of(int64_t n)
{
    double *sign = new_array(n);
    for (int64_t i = 0; i < n; i++)
        sign[i] = i % 3 == 2 ? -1 : 1;
    return sign;
}

/* L·J·Lᵀ (n × n, whole) of a lower triangular L. */
static double *multiply(int64_t n, const double *l, const double *sign)
{
    double *a = new_array(n * n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t k = 0; k <= j; k++)
                sum += l[k * n + i] * sign[k] * l[k * n + j];
            a[i * n + j] = a[j * n + i] = sum;
        }
    return a;
}

/* A lower triangular matrix of small numbers below a diagonal near 1. */
static double *triangle(int64_t n, uint64_t seed)
{
    double *l = new_array(n * n);
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++)
            l[j * n + i] = i < j    ? 0
                           : i == j ? 1 + 0.2 * fabs(check_normal(&seed))
                                    : check_normal(&seed) / (double)n;
    return l;
}

static bool factor(int64_t n, double *a, const double *sign)
{
    double *work = new_array(pulse_signed_work(n));
    const bool fine = pulse_signed_factor(n, a, sign, work);
    free(work);
    return fine;
}

static void signed_factor__finds_the_factor_that_was_multiplied(void **state)
{
    (void)state;
    for (int o = 0; o < ORDERS; o++) {
        const int64_t n = orders[o];
        double *sign = signs_of(n), *l = triangle(n, 7 + (uint64_t)o), *a = multiply(n, l, sign);
        assert_true(factor(n, a, sign));
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = j; i < n; i++)
                assert_true(fabs(a[j * n + i] - l[j * n + i]) < 1e-11);
        free(a);
        free(l);
        free(sign);
    }
}

static void signed_factor__reads_nothing_above_the_diagonal(void **state)
{
    const int64_t n = 70;
    double *sign = signs_of(n), *l = triangle(n, 3), *a = multiply(n, l, sign);
    (void)state;
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < j; i++)
            a[j * n + i] = NAN;
    assert_true(factor(n, a, sign));
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = j; i < n; i++)
            assert_true(isfinite(a[j * n + i]));
    free(a);
    free(l);
    free(sign);
}

/* Whether A with the `at`-th diagonal element moved by `by` has a factor. */
static bool has_factor(int64_t n, int64_t at, double by)
{
    double *sign = signs_of(n), *l = triangle(n, 11), *a = multiply(n, l, sign);
    a[at * n + at] += by;
    const bool fine = factor(n, a, sign);
    free(a);
    free(l);
    free(sign);
    return fine;
}

static void signed_factor__a_pivot_of_the_other_sign_is_no_factor(void **state)
{
    (void)state;
    for (int64_t at = 0; at < 66; at += 13)
        assert_false(has_factor(66, at, at % 3 == 2 ? 10 : -10));
    assert_true(has_factor(66, 65, -0.01)); /* leaves: further from 0 */
    assert_true(has_factor(66, 64, 0.01));  /* enters */
}

/* Of a row that leaves, 2⁻²⁰ of the largest diagonal element must be left. */
static void signed_factor__what_a_leaving_row_leaves_must_not_be_rounding(void **state)
{
    const double sign[] = {1, -1};
    (void)state;
    for (int k = 0; k < 2; k++) {
        const double left = k == 0 ? 0x1p-19 : 0x1p-21;
        double a[] = {16, 4, NAN, 1 - left};
        assert_int_equal(factor(2, a, sign), false); /* 16 · 2⁻²⁰ is more than either */
        double b[] = {1, 1, NAN, 1 - left};
        assert_int_equal(factor(2, b, sign), k == 0);
    }
}

static void signed_factor__what_is_not_finite_is_no_factor(void **state)
{
    (void)state;
    assert_false(has_factor(40, 39, (double)INFINITY));
    assert_false(has_factor(40, 0, (double)NAN));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(signed_factor__finds_the_factor_that_was_multiplied),
        cmocka_unit_test(signed_factor__reads_nothing_above_the_diagonal),
        cmocka_unit_test(signed_factor__a_pivot_of_the_other_sign_is_no_factor),
        cmocka_unit_test(signed_factor__what_a_leaving_row_leaves_must_not_be_rounding),
        cmocka_unit_test(signed_factor__what_is_not_finite_is_no_factor),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
