/* granger.c: block F-tests from sums, and what is made of them. The numbers themselves are held
 * against NumPy by tests/reference/drivers.py. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/gram.h"
#include "fit/granger.h"
#include "fit/granger_rows.h"
#include "fit/granger_test.h"
#include "math/beta.h"

enum { T = 400, E = 3, P = 2, MOST_D = 24 };

/* Noise, where the second variable follows the first; `twin` makes the third repeat the first. */
struct world {
    struct pulse_features features;
    struct pulse_sizes sizes;
    struct pulse_system system;
    int64_t target[E];
    double u[T * E], average[(T + 1) * E * 2], calendar[(T + 1) * 5];
    double G[MOST_D * (MOST_D + E)], squares[E];
    int64_t n, D;
};

/* Sums of the world's rows, whatever its features are. */
static void world_sum(struct world *world)
{
    struct pulse_row_block rows = {.end = T,
                                   .E = E,
                                   .u = world->u,
                                   .features = &world->features,
                                   .averages = pulse_features_averages(&world->features),
                                   .average = world->average,
                                   .columns = world->sizes.fixed - 1,
                                   .calendar = world->calendar};
    const struct pulse_row_range run = pulse_gram_range(&world->sizes, &world->system, 0, T);
    double *work = calloc((size_t)pulse_gram_work(&world->sizes), sizeof *work);
    assert_non_null(work);
    assert_true(world->D <= MOST_D);
    pulse_row_block_average(&rows);
    memset(world->G, 0, sizeof world->G);
    pulse_gram_add_all(&world->sizes, &world->system, &rows, &run, 1, world->G, work);
    free(work);
    world->n = run.n;
    for (int64_t e = 0; e < E; e++) {
        world->squares[e] = 0;
        for (int64_t t = run.first; t < T; t++)
            world->squares[e] += world->u[t * E + e] * world->u[t * E + e];
    }
}

/* `column` says what the calendar's columns hold. */
static struct world *world_of(const char *features, int64_t columns, bool twin,
                              double (*column)(int64_t t, int64_t c))
{
    struct world *world = calloc(1, sizeof *world);
    struct pulse_err err = {.kind = PULSE_OK};
    uint64_t seed = 7;
    assert_non_null(world);
    assert_int_equal(pulse_features_parse(features, &world->features, &err), 0);
    world->sizes = pulse_sizes_of(&world->features, 2, T, E, columns);
    world->D = world->sizes.d;
    for (int64_t e = 0; e < E; e++)
        world->target[e] = e;
    world->system = (struct pulse_system){.q = E, .target = world->target};
    for (int64_t i = 0; i < T * E; i++)
        world->u[i] = check_normal(&seed);
    for (int64_t t = 1; t < T; t++)
        world->u[t * E + 1] += world->u[(t - 1) * E];
    for (int64_t t = 0; twin && t < T; t++)
        world->u[t * E + 2] = world->u[t * E];
    for (int64_t i = 0; i < (T + 1) * columns; i++)
        world->calendar[i] = column(i / columns, i % columns);
    world_sum(world);
    return world;
}

static struct world *world_make(bool twin)
{
    return world_of("lag1+lag2", 0, twin, NULL);
}

static void test_world(const struct world *world, const double *ridge, int64_t n,
                       struct pulse_granger *drivers)
{
    struct pulse_err err = {.kind = PULSE_OK};
    assert_int_equal(pulse_granger_init(drivers, E, E, &err), 0);
    assert_int_equal(pulse_granger_test(drivers, &world->sizes, &world->system, world->G,
                                        world->squares, n, ridge, &err),
                     0);
    assert_int_equal(pulse_granger_adjust(drivers, world->features.n, &err), 0);
}

static void granger__f_tail_has_its_closed_form(void **state)
{
    (void)state;
    for (int i = -3; i < 8; i++)
        for (int k = 0; k < 6; k++) {
            const double f = exp2(i), freedom = exp2(4 * k);
            CHECK_CLOSE(pulse_f_tail(f, 2, freedom) * exp(freedom / 2 * log1p(2 * f / freedom)), 1,
                        1e-10);
        }
    CHECK_BITS(pulse_f_tail(0, 5, 100), 1);
}

static void granger__the_true_driver_is_the_strongest(void **state)
{
    struct world *world = world_make(false);
    struct pulse_granger drivers;
    struct pulse_granger_digest digest;
    (void)state;
    test_world(world, (const double[]){1, 10}, world->n, &drivers);
    pulse_granger_sum_up(&drivers, &digest);
    assert_int_equal(digest.tests, E * E);
    assert_int_equal(digest.targets[PULSE_GRANGER_OLS], E);
    assert_true(digest.n_strongest >= 1);
    assert_int_equal(digest.strongest[0].source, 0);
    assert_int_equal(digest.strongest[0].target, 1);
    CHECK_CLOSE(digest.strongest[0].partial_r2, 0.5, 0.06);
    CHECK_BITS(drivers.freedom[0], (double)(world->n - world->D));
    pulse_granger_clear(&drivers);
    free(world);
}

static void granger__adjusting_multiplies_by_tests_over_rank(void **state)
{
    struct world *world = world_make(false);
    struct pulse_granger drivers;
    (void)state;
    test_world(world, (const double[]){1, 10}, world->n, &drivers);
    CHECK_CLOSE(drivers.p_adjusted[1] / drivers.p_value[1], E * E, 1e-12); /* 0 drives 1 */
    for (int i = 0; i < E * E; i++)
        assert_true(drivers.p_adjusted[i] >= drivers.p_value[i] && drivers.p_adjusted[i] <= 1);
    pulse_granger_clear(&drivers);
    free(world);
}

static void granger__twins_take_the_smallest_penalty(void **state)
{
    struct world *world = world_make(true);
    struct pulse_granger drivers;
    (void)state;
    test_world(world, (const double[]){0, 3}, world->n, &drivers);
    assert_int_equal(drivers.method[1], PULSE_GRANGER_RIDGE);
    CHECK_BITS(drivers.ridge[1], 3);
    assert_true(drivers.freedom[1] > (double)(world->n - world->D));
    CHECK_CLOSE(drivers.f[1], drivers.f[2 * E + 1], 1e-6); /* either of the two */
    pulse_granger_clear(&drivers);
    free(world);
}

/* Hardly different: least squares has a solution, which says nothing. */
static void granger__near_twins_take_a_penalty(void **state)
{
    struct world *world = world_make(true);
    struct pulse_granger drivers;
    (void)state;
    for (int64_t t = 0; t < T; t++)
        world->u[t * E + 2] += 1e-5 * sin((double)(t * t));
    world_sum(world);
    test_world(world, (const double[]){0, 3}, world->n, &drivers);
    assert_int_equal(drivers.method[1], PULSE_GRANGER_RIDGE);
    CHECK_BITS(drivers.ridge[1], 3);
    pulse_granger_clear(&drivers);
    free(world);
}

static void granger__no_freedom_is_no_test(void **state)
{
    struct world *world = world_make(false);
    struct pulse_granger drivers;
    struct pulse_granger_digest digest;
    (void)state;
    test_world(world, (const double[]){0, 0}, world->D, &drivers);
    pulse_granger_sum_up(&drivers, &digest);
    assert_int_equal(digest.tests, 0);
    assert_int_equal(digest.targets[PULSE_GRANGER_NONE], E);
    assert_true(isnan(drivers.f[1]) && isnan(drivers.p_adjusted[1]) && isnan(drivers.ridge[1]));
    pulse_granger_clear(&drivers);
    free(world);
}

static void granger__of_many_the_strongest_are_kept_in_order(void **state)
{
    enum { MANY = 9 };
    struct pulse_granger drivers;
    struct pulse_granger_digest digest;
    struct pulse_err err = {.kind = PULSE_OK};
    uint64_t seed = 3;
    (void)state;
    assert_int_equal(pulse_granger_init(&drivers, MANY, MANY, &err), 0);
    for (int64_t i = 0; i < (int64_t)MANY * MANY; i++) {
        drivers.p_value[i] = check_uniform(&seed) * 0.04;
        drivers.p_adjusted[i] = drivers.p_value[i];
        drivers.f[i] = 1 / drivers.p_value[i];
    }
    pulse_granger_sum_up(&drivers, &digest);
    assert_int_equal(digest.significant, MANY * MANY);
    assert_int_equal(digest.n_strongest, PULSE_GRANGER_STRONGEST);
    int64_t weaker = 0;
    const double last = digest.strongest[PULSE_GRANGER_STRONGEST - 1].p_value;
    for (int i = 1; i < PULSE_GRANGER_STRONGEST; i++)
        assert_true(digest.strongest[i - 1].p_value < digest.strongest[i].p_value);
    for (int i = 0; i < MANY * MANY; i++)
        weaker += drivers.p_value[i] > last;
    assert_int_equal(weaker, MANY * MANY - PULSE_GRANGER_STRONGEST);
    pulse_granger_clear(&drivers);
}

/* What is left of target `target` by the intercept, the calendar's columns, whose penalty is at
 * least 1, and the features of all variables but `without`, whose penalty is λ; by Gram and Schmidt
 * on the stacked rows. */
static double residual(const struct world *world, int64_t target, int64_t without, double lambda)
{
    const int64_t d = world->D, fixed = world->sizes.fixed, rows = T + d;
    double *X = calloc((size_t)((d + 1) * rows), sizeof *X), left = 0;
    const struct pulse_row_block all = {.end = T,
                                        .E = E,
                                        .u = (double *)world->u,
                                        .features = &world->features,
                                        .averages = pulse_features_averages(&world->features),
                                        .average = (double *)world->average,
                                        .columns = fixed - 1,
                                        .calendar = world->calendar};
    assert_non_null(X);
    for (int64_t t = world->sizes.p; t < T; t++) {
        double x[MOST_D];
        pulse_row_block_features(&all, t, x);
        for (int64_t i = 0; i < d; i++)
            X[i * rows + t] = i >= fixed && (i - fixed) % E == without ? 0 : x[i];
        X[d * rows + t] = world->u[t * E + target];
    }
    for (int64_t i = 1; i < d; i++) /* a penalty is a row more */
        if (i < fixed || (i - fixed) % E != without)
            X[i * rows + T + i] = sqrt(i < fixed ? fmax(lambda, 1) : lambda);
    for (int64_t i = 0; i <= d; i++)
        for (int twice = 0; twice < 2; twice++)
            for (int64_t j = 0; j < i; j++) {
                double dot = 0, size = 0;
                for (int64_t t = 0; t < rows; t++) {
                    dot += X[i * rows + t] * X[j * rows + t];
                    size += X[j * rows + t] * X[j * rows + t];
                }
                for (int64_t t = 0; t < rows && size > 1e-9; t++)
                    X[i * rows + t] -= dot / size * X[j * rows + t];
            }
    for (int64_t t = 0; t < rows; t++)
        left += X[d * rows + t] * X[d * rows + t];
    free(X);
    return left;
}

static double weekday(int64_t t, int64_t c)
{
    return t % 5 == c ? 1.6 : -0.4;
}

/* F of a source is what its own features take from the errors, by their number: whatever families
 * they are, and with the calendar in both fits. */
static void granger__f_is_that_of_two_fits(void **state)
{
    const char *const features[] = {"lag1,ewma4,ewma16", "lag1+lag2", "lag3+ewma4", "ewma4"};
    (void)state;
    for (int k = 0; k < 8; k++) {
        const int64_t columns = k % 2 == 0 ? 0 : 3;
        struct world *world = world_of(features[k / 2], columns, false, weekday);
        const double F = (double)world->features.n;
        struct pulse_granger drivers;
        test_world(world, (const double[]){7, 100}, world->n, &drivers);
        for (int64_t target = 0; target < E; target++) {
            const double all = residual(world, target, -1, 0);
            const double freedom = drivers.freedom[target];
            assert_int_equal(drivers.method[target], PULSE_GRANGER_OLS);
            CHECK_BITS(drivers.ridge[target], 0);
            CHECK_BITS(freedom, (double)(world->n - world->D)); /* the calendar counts whole */
            for (int64_t source = 0; source < E; source++) {
                const double more = residual(world, target, source, 0) - all;
                const int64_t at = source * E + target;
                CHECK_CLOSE(drivers.f[at], more / F / (all / freedom), 1e-8);
                CHECK_CLOSE(drivers.partial_r2[at], more / (all + more), 1e-8);
                CHECK_CLOSE(drivers.p_value[at], pulse_f_tail(drivers.f[at], F, freedom), 1e-8);
            }
        }
        assert_true(drivers.f[1] > 20); /* 0 drives 1 */
        pulse_granger_clear(&drivers);
        free(world);
    }
}

static double always(int64_t t, int64_t c)
{
    (void)t;
    return c == 0 ? -0.8 : 1.25; /* both another intercept */
}

/* A calendar that says nothing new, as on days without a hole, takes no test away. */
static void granger__calendar_is_penalised_in_every_fit(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct world *world = world_of("lag1,ewma4", 2, false, always);
        struct pulse_granger drivers;
        test_world(world, k == 0 ? (const double[]){0, 3} : (const double[]){5, 50}, world->n,
                   &drivers);
        const double all = residual(world, 1, -1, 0);
        assert_int_equal(drivers.method[1], PULSE_GRANGER_OLS);
        CHECK_CLOSE(drivers.f[1], (residual(world, 1, 0, 0) - all) / 2 / (all / drivers.freedom[1]),
                    1e-8);
        CHECK_BITS(drivers.freedom[1], (double)(world->n - world->D));
        pulse_granger_clear(&drivers);
        free(world);
    }
}

/* With a penalty on all, that of the calendar's columns is at least 1. */
static void granger__small_penalties_leave_the_calendar_its_own(void **state)
{
    const double lambdas[] = {1e-3, 20};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct world *world = world_of("lag1,ewma4", 3, true, weekday);
        struct pulse_granger drivers;
        test_world(world, (const double[]){lambdas[k], 30}, world->n, &drivers);
        const double all = residual(world, 1, -1, lambdas[k]);
        assert_int_equal(drivers.method[1], PULSE_GRANGER_RIDGE);
        CHECK_BITS(drivers.ridge[1], lambdas[k]);
        for (int64_t source = 0; source < E; source++) {
            const double more = residual(world, 1, source, lambdas[k]) - all;
            CHECK_CLOSE(drivers.partial_r2[source * E + 1], more / (all + more), 1e-8);
        }
        pulse_granger_clear(&drivers);
        free(world);
    }
}

/* A system of few rows is tested as from its sums, more rows than features or not. */
static void check_rows_against_sums(const char *text, int64_t columns, double lambda)
{
    enum { Q = 2, MOST_WIDTH = MOST_D - 1 + Q, MOST_N = 60 };
    static double rows[MOST_N * MOST_WIDTH];
    const double ridge[] = {lambda, 30};
    struct pulse_features features;
    struct pulse_err err = {.kind = PULSE_OK};
    assert_int_equal(pulse_features_parse(text, &features, &err), 0);
    const struct pulse_sizes sizes = pulse_sizes_of(&features, 2, T, E, columns);
    /* Few rows, as many as unpenalised columns, as columns, and a row more of each. */
    const int64_t D = sizes.d, own = D - columns, width = D - 1 + Q, block[] = {D};
    const int64_t ns[] = {5, own, own + 1, D, D + 1, MOST_N};
    enum { CASES = sizeof ns / sizeof *ns };
    int64_t target[Q] = {2, 0}, seen = 0;
    const struct pulse_system system = {.q = Q, .target = target};
    uint64_t seed = 21;
    for (int64_t i = 0; i < MOST_N * width; i++)
        rows[i] =
            check_normal(&seed) + (i % width >= D - 1 ? 2 + rows[i - i % width + columns] : 0);
    for (size_t c = 0; c < CASES; c++) {
        const int64_t n = ns[c];
        double G[MOST_D * (MOST_D + Q)] = {0}, squares[E] = {0}, packed[(3 * E + 3) * Q];
        for (int64_t i = 0; i < n; i++) {
            double x[MOST_D + Q] = {1};
            memcpy(x + 1, rows + i * width, (size_t)width * sizeof *x);
            for (int64_t k = 0; k < D + Q; k++)
                for (int64_t j = 0; j < D; j++)
                    G[k * D + j] += x[k] * x[j];
            for (int64_t k = 0; k < Q; k++)
                squares[target[k]] += x[D + k] * x[D + k];
        }
        const struct pulse_kernel_ridge problem = {
            .n = n, .d = D, .q = Q, .L = 2, .B = 1, .rows = rows, .ridge = ridge, .block = block};
        struct pulse_granger expected, part, whole;
        assert_int_equal(pulse_granger_init(&expected, E, E, &err), 0);
        assert_int_equal(pulse_granger_init(&part, E, Q, &err), 0);
        assert_int_equal(pulse_granger_init(&whole, E, E, &err), 0);
        assert_int_equal(pulse_granger_test(&expected, &sizes, &system, G, squares, n, ridge, &err),
                         0);
        assert_int_equal(pulse_granger_test_rows(&part, &sizes, &problem, &err), 0);
        assert_int_equal(pulse_granger_packed(E, Q), (int64_t)(sizeof packed / sizeof *packed));
        pulse_granger_pack(&part, packed);
        pulse_granger_unpack(&whole, Q, target, packed);
        for (int64_t at = 0; at < E * E; at++) {
            seen += !isnan(expected.f[at]);
            CHECK_CLOSE(whole.f[at], expected.f[at], 1e-9);
            CHECK_CLOSE(whole.p_value[at], expected.p_value[at], 1e-9);
            CHECK_CLOSE(whole.partial_r2[at], expected.partial_r2[at], 1e-9);
        }
        for (int64_t e = 0; e < E; e++) {
            assert_int_equal(whole.method[e], expected.method[e]);
            CHECK_CLOSE(whole.ridge[e], expected.ridge[e], 0);
            CHECK_CLOSE(whole.freedom[e], expected.freedom[e], 1e-9);
        }
        pulse_granger_clear(&expected);
        pulse_granger_clear(&part);
        pulse_granger_clear(&whole);
    }
    assert_int_equal(seen, CASES * Q * E);
}

static void granger__rows_give_the_tests_of_sums(void **state)
{
    (void)state;
    check_rows_against_sums("lag1+lag2", 0, 3);
    check_rows_against_sums("lag1+lag2", 4, 3);
    check_rows_against_sums("lag1,ewma4,ewma16", 5, 3);
    check_rows_against_sums("lag1,ewma4,ewma16", 5, 0.5); /* the calendar's penalty is another */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(granger__f_tail_has_its_closed_form),
        cmocka_unit_test(granger__the_true_driver_is_the_strongest),
        cmocka_unit_test(granger__adjusting_multiplies_by_tests_over_rank),
        cmocka_unit_test(granger__twins_take_the_smallest_penalty),
        cmocka_unit_test(granger__near_twins_take_a_penalty),
        cmocka_unit_test(granger__no_freedom_is_no_test),
        cmocka_unit_test(granger__of_many_the_strongest_are_kept_in_order),
        cmocka_unit_test(granger__f_is_that_of_two_fits),
        cmocka_unit_test(granger__calendar_is_penalised_in_every_fit),
        cmocka_unit_test(granger__small_penalties_leave_the_calendar_its_own),
        cmocka_unit_test(granger__rows_give_the_tests_of_sums),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
