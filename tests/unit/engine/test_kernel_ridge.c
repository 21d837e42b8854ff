/* kernel_ridge.c: a sparse system solved by its rows, against refits by its features. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/kernel_ridge.h"
#include "math/cholesky.h"

enum { N = 37, D = 61, Q = 2, L = 3, B = 3, C = B * L, STEPS = 5 };
#define WIDTH INT64_C(62) /* D − 1 + Q */

static const int64_t cut[STEPS + 1] = {0, 1, 9, 10, 30, N};
static const double ridge[L] = {0.5, 20, 1e6};
static const int64_t block[B] = {8, 33, D}; /* features of a block's candidates */
static double rows[N * WIDTH];

static struct pulse_kernel_ridge the_system(int64_t n, int64_t steps)
{
    return (struct pulse_kernel_ridge){.n = n,
                                       .d = D,
                                       .q = Q,
                                       .L = L,
                                       .B = B,
                                       .rows = rows,
                                       .ridge = ridge,
                                       .block = block,
                                       .steps = steps,
                                       .cut = cut,
                                       .known = cut};
}

static void fill_rows(uint64_t seed)
{
    for (int64_t i = 0; i < N * WIDTH; i++)
        rows[i] = check_normal(&seed) + (i % WIDTH == D - 1 ? 3 : 0); /* a target with a mean */
}

static double feature(int64_t i, int64_t j)
{
    return j == 0 ? 1 : rows[i * WIDTH + j - 1];
}

/* (P + Λ)⁻¹Q of the first n rows and d features: D × Q, 0 for the features beyond them. */
static void refit(int64_t n, int64_t d, double lambda, double *beta)
{
    static double A[D * D], b[D * Q], side[4 * D * 16 + D];
    for (int64_t c = 0; c < d; c++)
        for (int64_t r = c; r < d; r++) {
            double sum = r == c && c > 0 ? lambda : 0;
            for (int64_t i = 0; i < n; i++)
                sum += feature(i, r) * feature(i, c);
            A[c * d + r] = sum;
        }
    for (int64_t k = 0; k < Q; k++)
        for (int64_t r = 0; r < d; r++) {
            b[k * d + r] = 0;
            for (int64_t i = 0; i < n; i++)
                b[k * d + r] += feature(i, r) * rows[i * WIDTH + D - 1 + k];
        }
    assert_true(pulse_cholesky_side(d) <= (int64_t)(sizeof side / sizeof *side));
    assert_true(pulse_cholesky_factor(d, A, side));
    pulse_cholesky_solve_lower(d, A, side, Q, b);
    pulse_cholesky_solve_upper(d, A, side, Q, b);
    for (int64_t k = 0; k < Q; k++)
        for (int64_t r = 0; r < D; r++)
            beta[k * D + r] = r < d ? b[k * d + r] : 0;
}

static void kernel_ridge__predicts_what_refits_before_every_window_predict(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C], beta[D * Q];
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_kernel_ridge problem = the_system(N, STEPS);
    (void)state;
    fill_rows(1);
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < C; c++)
        for (int64_t w = 1; w < STEPS; w++) {
            refit(cut[w], block[c / L], ridge[c % L], beta);
            for (int64_t k = 0; k < Q; k++)
                for (int64_t i = cut[w]; i < cut[w + 1]; i++) {
                    double expected = 0;
                    for (int64_t j = 0; j < D; j++)
                        expected += feature(i, j) * beta[k * D + j];
                    CHECK_CLOSE(predicted[(c * Q + k) * N + i], expected, 1e-11);
                }
        }
}

static void kernel_ridge__coefficients_are_those_of_a_refit_on_all_rows(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C], beta[D * Q];
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_kernel_ridge problem = the_system(N, STEPS);
    (void)state;
    fill_rows(2);
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < C; c++) {
        refit(N, block[c / L], ridge[c % L], beta);
        for (int64_t j = 0; j < D * Q; j++)
            if (j % D < block[c / L])
                CHECK_CLOSE(coefficients[c * D * Q + j], beta[j], 1e-11);
            else
                CHECK_BITS(coefficients[c * D * Q + j], 0); /* a feature that it lacks */
    }
}

static void kernel_ridge__nothing_before_a_window_predicts_nothing(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C];
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_kernel_ridge problem = the_system(1, 1);
    (void)state;
    fill_rows(3);
    memset(predicted, 0x7f, sizeof predicted);
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < Q * C; c++) {
        assert_true(predicted[c] == 0);
        /* The intercept takes all that one row says. */
        CHECK_CLOSE(coefficients[c * D], rows[D - 1 + c % Q], 1e-14);
        for (int64_t j = 1; j < D; j++)
            CHECK_CLOSE(coefficients[c * D + j], 0, 1e-14);
    }
}

static void kernel_ridge__one_row_before_predicts_its_target(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C];
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_kernel_ridge problem = the_system(9, 2);
    (void)state;
    fill_rows(4);
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < Q * C; c++)
        for (int64_t i = 1; i < 9; i++) /* whatever the features: there is no second row to learn */
            CHECK_CLOSE(predicted[c * 9 + i], rows[D - 1 + c % Q], 1e-13);
}

static void kernel_ridge__numbers_that_overflow_are_not_finite(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C];
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_kernel_ridge problem = the_system(N, STEPS);
    (void)state;
    fill_rows(5);
    rows[12 * WIDTH + 40] = 1e300; /* a feature of the last block */
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < Q * C; c++)
        assert_int_equal(isfinite(predicted[c * N + N - 1]) != 0, c / (Q * L) < 2);
}

static void kernel_ridge__a_block_may_have_no_feature(void **state)
{
    static double predicted[N * Q * C], coefficients[D * Q * C];
    static const int64_t nothing_first[B] = {1, 33, D};
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_kernel_ridge problem = the_system(N, STEPS);
    (void)state;
    fill_rows(6);
    problem.block = nothing_first;
    assert_int_equal(pulse_kernel_ridge_solve(&problem, predicted, coefficients, &err), 0);
    for (int64_t c = 0; c < Q * L; c++) { /* the mean of the rows before the window */
        double mean = 0;
        for (int64_t i = 0; i < cut[4]; i++)
            mean += rows[i * WIDTH + D - 1 + c % Q] / (double)cut[4];
        CHECK_CLOSE(predicted[c * N + N - 1], mean, 1e-12);
        for (int64_t j = 1; j < D; j++)
            CHECK_BITS(coefficients[c * D + j], 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(kernel_ridge__predicts_what_refits_before_every_window_predict),
        cmocka_unit_test(kernel_ridge__coefficients_are_those_of_a_refit_on_all_rows),
        cmocka_unit_test(kernel_ridge__nothing_before_a_window_predicts_nothing),
        cmocka_unit_test(kernel_ridge__one_row_before_predicts_its_target),
        cmocka_unit_test(kernel_ridge__numbers_that_overflow_are_not_finite),
        cmocka_unit_test(kernel_ridge__a_block_may_have_no_feature),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
