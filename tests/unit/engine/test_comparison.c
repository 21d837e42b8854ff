/* The tests that runs are compared by, on studies whose truth is known. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "evaluate/confidence_set.h"
#include "evaluate/superior.h"
#include "math/bootstrap.h"

enum { STUDIES = 200, MODELS = 30, WINDOWS = 80, DRAWS = 400 };

/* Losses of models that share what is common to a window; the baseline's last. The first model's
 * are less by `gain`. */
static void simulate_losses(uint64_t *state, double gain, double loss[MODELS + 1][WINDOWS])
{
    for (int w = 0; w < WINDOWS; w++) {
        const double common = check_normal(state);
        for (int m = 0; m <= MODELS; m++)
            loss[m][w] = common + 0.5 * check_normal(state) - (m == 0 ? gain : 0);
    }
}

/* One study: p of the consistent test, and whether the first model is in the set of 90 %. */
static double judge_study(uint64_t seed, double better, bool *inside)
{
    static double loss[MODELS + 1][WINDOWS], gain[MODELS][WINDOWS];
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    struct pulse_superior p;
    double t[MODELS], member[MODELS];
    uint64_t state = seed;
    simulate_losses(&state, better, loss);
    for (int m = 0; m < MODELS; m++)
        for (int w = 0; w < WINDOWS; w++)
            gain[m][w] = loss[MODELS][w] - loss[m][w];
    assert_int_equal(pulse_bootstrap_init(&bootstrap, WINDOWS, DRAWS, seed, &err), 0);
    assert_int_equal(pulse_superior_test(&bootstrap, MODELS, gain[0], &p, t, &err), 0);
    assert_int_equal(pulse_confidence_set(&bootstrap, MODELS, loss[0], member, &err), 0);
    assert_true(p.lower <= p.consistent && p.consistent <= p.upper);
    *inside = member[0] >= 0.1;
    pulse_bootstrap_clear(&bootstrap);
    return p.consistent;
}

static void comparison__of_equal_models_none_is_superior_in_nine_of_ten_studies(void **unused)
{
    int rejected = 0;
    (void)unused;
    for (uint64_t study = 0; study < STUDIES; study++) {
        bool inside;
        rejected += judge_study(7000 + study, 0, &inside) <= 0.1;
    }
    print_message("rejected in %d of %d studies\n", rejected, STUDIES);
    assert_in_range(rejected, STUDIES * 4 / 100, STUDIES * 16 / 100);
}

static void comparison__a_better_model_is_in_the_confidence_set(void **unused)
{
    int inside = 0, found = 0;
    (void)unused;
    for (uint64_t study = 0; study < STUDIES; study++) {
        bool member;
        found += judge_study(9000 + study, 0.4, &member) <= 0.1;
        inside += member;
    }
    print_message("found in %d, in the set in %d of %d studies\n", found, inside, STUDIES);
    assert_true(inside >= STUDIES * 85 / 100);
    assert_true(found >= STUDIES * 85 / 100);
}

enum { MANY = 60, FEW_WINDOWS = 20, FEW_DRAWS = 101 };

/* Of the models that are left the worst one, and the share of draws in which any is as far off: the
 * formulas of the header, one after the other. */
static int find_worst(const double *loss, const double *drawn, const bool *left, double *p)
{
    double t[MANY], root[MANY], mean = 0, off[FEW_DRAWS] = {0}, m = 0;
    int worst = -1, above = 0;
    for (int i = 0; i < MANY; i++)
        m += left[i];
    for (int i = 0; i < MANY; i++)
        mean += left[i] ? loss[i] / m : 0;
    for (int b = 0; b < FEW_DRAWS; b++)
        for (int i = 0; i < MANY; i++)
            off[b] += left[i] ? (drawn[b * MANY + i] - loss[i]) / m : 0;
    for (int i = 0; i < MANY; i++) {
        double v = 0;
        for (int b = 0; b < FEW_DRAWS; b++)
            v += pow(drawn[b * MANY + i] - loss[i] - off[b], 2) / FEW_DRAWS;
        root[i] = sqrt(v);
        t[i] = (loss[i] - mean) / root[i];
        if (left[i] && (worst < 0 || t[i] > t[worst] + 1e-12))
            worst = i;
    }
    for (int b = 0; b < FEW_DRAWS; b++) {
        bool any = false;
        for (int i = 0; i < MANY; i++)
            any =
                any || (left[i] && (drawn[b * MANY + i] - loss[i] - off[b]) / root[i] >= t[worst]);
        above += any;
    }
    *p = (double)above / FEW_DRAWS;
    return worst;
}

static void comparison__the_set_is_what_its_formulas_say(void **unused)
{
    static double loss[MANY][FEW_WINDOWS], mean[MANY], drawn[FEW_DRAWS * MANY];
    double p[MANY], own, most = 0;
    bool left[MANY];
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    uint64_t state = 5;
    (void)unused;
    for (int i = 0; i < MANY; i++)
        for (int w = 0; w < FEW_WINDOWS; w++)
            loss[i][w] = i % 7 == 6 ? loss[i - 3][w] /* equals leave in their order */
                                    : 1 + check_normal(&state) * (i % 4 == 0 ? 1e-4 : 1) + 0.01 * i;
    assert_int_equal(pulse_bootstrap_init(&bootstrap, FEW_WINDOWS, FEW_DRAWS, 2, &err), 0);
    pulse_bootstrap_means(&bootstrap, MANY, loss[0], drawn);
    assert_int_equal(pulse_confidence_set(&bootstrap, MANY, loss[0], p, &err), 0);
    for (int i = 0; i < MANY; i++) {
        mean[i] = pulse_mean(loss[i], FEW_WINDOWS);
        left[i] = true;
    }
    for (int round = 1; round < MANY; round++) {
        const int worst = find_worst(mean, drawn, left, &own);
        most = fmax(most, own);
        CHECK_BITS(p[worst], most);
        left[worst] = false;
    }
    pulse_bootstrap_clear(&bootstrap);
}

/* Two far ones leave in one look, and those that stay are all the same. */
static void comparison__equal_losses_beside_others_are_all_in_the_set(void **unused)
{
    enum { EQUAL = 40, ALL = EQUAL + 2 };
    double loss[ALL][FEW_WINDOWS], p[ALL];
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    uint64_t state = 6;
    (void)unused;
    for (int w = 0; w < FEW_WINDOWS; w++) {
        const double common = check_normal(&state);
        for (int i = 0; i < ALL; i++)
            loss[i][w] = common + (i < EQUAL ? 0 : 0.3 * check_normal(&state) + 100.1 * i);
    }
    assert_int_equal(pulse_bootstrap_init(&bootstrap, FEW_WINDOWS, 50, 1, &err), 0);
    assert_int_equal(pulse_confidence_set(&bootstrap, ALL, loss[0], p, &err), 0);
    for (int i = 0; i < ALL; i++)
        CHECK_BITS(p[i], i < EQUAL ? 1.0 : 0.0);
    pulse_bootstrap_clear(&bootstrap);
}

static void comparison__equal_losses_are_all_in_the_set(void **unused)
{
    double loss[3][4] = {{1, 2, 3, 9}, {1, 2, 3, 9}, {1, 2, 3, 9}}, p[3];
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    (void)unused;
    assert_int_equal(pulse_bootstrap_init(&bootstrap, 4, 50, 1, &err), 0);
    assert_int_equal(pulse_confidence_set(&bootstrap, 3, loss[0], p, &err), 0);
    for (int m = 0; m < 3; m++)
        CHECK_BITS(p[m], 1.0);
    pulse_bootstrap_clear(&bootstrap);
}

static void comparison__a_loss_that_is_surely_larger_leaves_the_set(void **unused)
{
    double loss[2][4] = {{1, 2, 3, 9}, {2, 3, 4, 10}}, p[2];
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    (void)unused;
    assert_int_equal(pulse_bootstrap_init(&bootstrap, 4, 50, 1, &err), 0);
    assert_int_equal(pulse_confidence_set(&bootstrap, 2, loss[0], p, &err), 0);
    CHECK_BITS(p[0], 1.0);
    CHECK_BITS(p[1], 0.0);
    pulse_bootstrap_clear(&bootstrap);
}

static void comparison__blocks_of_the_bootstrap_are_as_long_as_they_should_be(void **unused)
{
    enum { N = 100, B = 2000 };
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_bootstrap bootstrap;
    int64_t jumps = 0, seen[N] = {0};
    (void)unused;
    assert_int_equal(pulse_bootstrap_init(&bootstrap, N, B, 3, &err), 0);
    for (int64_t i = 0; i < N * B; i++) {
        const int64_t at = bootstrap.index[i];
        assert_in_range(at, 0, N - 1);
        seen[at]++;
        jumps += i % N > 0 && at != (bootstrap.index[i - 1] + 1) % N;
    }
    /* One in ten of the steps, but for those that happen to lead to the next position. */
    CHECK_CLOSE((double)jumps / ((N - 1) * B), 0.1 * (1 - 1.0 / N), 0.003);
    for (int i = 0; i < N; i++)
        CHECK_CLOSE((double)seen[i] / B, 1, 0.2);
    pulse_bootstrap_clear(&bootstrap);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test(comparison__of_equal_models_none_is_superior_in_nine_of_ten_studies),
        cmocka_unit_test(comparison__a_better_model_is_in_the_confidence_set),
        cmocka_unit_test(comparison__the_set_is_what_its_formulas_say),
        cmocka_unit_test(comparison__equal_losses_beside_others_are_all_in_the_set),
        cmocka_unit_test(comparison__equal_losses_are_all_in_the_set),
        cmocka_unit_test(comparison__a_loss_that_is_surely_larger_leaves_the_set),
        cmocka_unit_test(comparison__blocks_of_the_bootstrap_are_as_long_as_they_should_be),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
