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

enum { T = 400, E = 3, P = 2, D = 1 + P * E };

/* Noise, where the second variable follows the first; `twin` makes the third repeat the first. */
struct world {
    struct pulse_sizes sizes;
    struct pulse_system system;
    int64_t target[E];
    double z[T * E], G[D * (D + E)], squares[E];
    int64_t n;
};

static struct world *world_make(bool twin)
{
    struct world *world = calloc(1, sizeof *world);
    uint64_t seed = 7;
    assert_non_null(world);
    world->sizes = (struct pulse_sizes){.T = T, .E = E, .p = P, .d = D, .L = 2};
    for (int64_t e = 0; e < E; e++)
        world->target[e] = e;
    world->system = (struct pulse_system){.q = E, .target = world->target};
    for (int64_t i = 0; i < T * E; i++)
        world->z[i] = check_normal(&seed);
    for (int64_t t = 1; t < T; t++)
        world->z[t * E + 1] += world->z[(t - 1) * E];
    for (int64_t t = 0; twin && t < T; t++)
        world->z[t * E + 2] = world->z[t * E];
    const struct pulse_row_block rows = {.end = T, .E = E, .z = world->z};
    const struct pulse_row_range run = pulse_gram_range(&world->sizes, &world->system, 0, T);
    double *work = calloc((size_t)pulse_gram_work(&world->sizes), sizeof *work);
    assert_non_null(work);
    pulse_gram_add_all(&world->sizes, &world->system, &rows, &run, 1, world->G, work);
    free(work);
    for (int64_t t = P; t < T; t++)
        for (int64_t e = 0; e < E; e++)
            world->squares[e] += world->z[t * E + e] * world->z[t * E + e];
    world->n = run.n;
    return world;
}

static void test_world(const struct world *world, const double *ridge, int64_t n,
                       struct pulse_granger *drivers)
{
    struct pulse_err err = {.kind = PULSE_OK};
    assert_int_equal(pulse_granger_init(drivers, E, E, &err), 0);
    assert_int_equal(pulse_granger_test(drivers, &world->sizes, &world->system, world->G,
                                        world->squares, n, ridge, &err),
                     0);
    assert_int_equal(pulse_granger_adjust(drivers, P, &err), 0);
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
    CHECK_BITS(drivers.freedom[0], (double)(world->n - D));
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
    assert_true(drivers.freedom[1] > (double)(world->n - D));
    CHECK_CLOSE(drivers.f[1], drivers.f[2 * E + 1], 1e-6); /* either of the two */
    pulse_granger_clear(&drivers);
    free(world);
}

static void granger__no_freedom_is_no_test(void **state)
{
    struct world *world = world_make(false);
    struct pulse_granger drivers;
    struct pulse_granger_digest digest;
    (void)state;
    test_world(world, (const double[]){0, 0}, D, &drivers);
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

/* A system of few rows is tested as from its sums, more rows than features or not. */
static void granger__rows_give_the_tests_of_sums(void **state)
{
    enum { Q = 2, WIDTH = D - 1 + Q };
    static const int64_t ns[] = {9, D, D + 1, 60};
    static double rows[60 * WIDTH];
    const double ridge[] = {3, 30};
    const struct pulse_sizes sizes = {.T = T, .E = E, .p = P, .d = D, .L = 2};
    int64_t target[Q] = {2, 0}, seen = 0;
    const struct pulse_system system = {.q = Q, .target = target};
    struct pulse_err err = {.kind = PULSE_OK};
    uint64_t seed = 21;
    (void)state;
    for (int64_t i = 0; i < 60 * WIDTH; i++)
        rows[i] = check_normal(&seed) + (i % WIDTH >= D - 1 ? 2 + rows[i - i % WIDTH] : 0);
    for (size_t c = 0; c < sizeof ns / sizeof *ns; c++) {
        const int64_t n = ns[c];
        double G[D * (D + Q)] = {0}, squares[E] = {0}, packed[(3 * E + 3) * Q];
        for (int64_t i = 0; i < n; i++) {
            double x[D + Q] = {1};
            memcpy(x + 1, rows + i * WIDTH, WIDTH * sizeof *x);
            for (int64_t k = 0; k < D + Q; k++)
                for (int64_t j = 0; j < D; j++)
                    G[k * D + j] += x[k] * x[j];
            for (int64_t k = 0; k < Q; k++)
                squares[target[k]] += x[D + k] * x[D + k];
        }
        const struct pulse_kernel_ridge problem = {
            .n = n, .d = D, .q = Q, .L = 2, .rows = rows, .ridge = ridge};
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
    assert_int_equal(seen, 4 * Q * E);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(granger__f_tail_has_its_closed_form),
        cmocka_unit_test(granger__the_true_driver_is_the_strongest),
        cmocka_unit_test(granger__adjusting_multiplies_by_tests_over_rank),
        cmocka_unit_test(granger__twins_take_the_smallest_penalty),
        cmocka_unit_test(granger__no_freedom_is_no_test),
        cmocka_unit_test(granger__of_many_the_strongest_are_kept_in_order),
        cmocka_unit_test(granger__rows_give_the_tests_of_sums),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
