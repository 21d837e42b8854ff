/* combine.c: weights, shrinkage and direction of one variable's candidates. */
#include "check.h"

#include <math.h>

#include "judge/combine.h"

enum { L = 3 };

static int64_t ended; /* windows */

static struct pulse_combiner make_combiner(enum pulse_combine how)
{
    static double ridge[L] = {1, 10, 100};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_options options = check_options(ridge, L);
    struct pulse_combiner combiner;
    ended = 0;
    options.combine = how;
    assert_int_equal(pulse_combiner_init(&combiner, &options, 1, 1000, &err), 0);
    return combiner;
}

/* One window of n rows in which candidate l is off the target by off[l], persistence by off[L]. */
static void window(struct pulse_combiner *combiner, int64_t n, const double *off, uint64_t *seed)
{
    pulse_combiner_begin(combiner, ended);
    for (int64_t i = 0; i < n; i++) {
        double z = check_normal(seed), y[L];
        for (int l = 0; l < L; l++)
            y[l] = z + off[l];
        struct pulse_combined combined = pulse_combiner_row(combiner, y, z + off[L]);
        pulse_combiner_score(combiner, ended, y, z + off[L], &combined, z);
    }
    ended++;
}

static void combine__weights_sum_to_one(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double off[L + 1] = {0.5, -0.2, 0.3, 0.4};
    uint64_t seed = 1;
    (void)state;
    for (int w = 0; w < 50; w++) {
        double sum = 0, lean = 0;
        window(&combiner, 20, off, &seed);
        pulse_combiner_begin(&combiner, ended);
        for (int i = 0; i <= L; i++) {
            sum += combiner.weight[i];
            lean += i < L ? combiner.lean[i] : 0;
            assert_true(combiner.weight[i] >= 0);
        }
        CHECK_CLOSE(sum, 1, 1e-15);
        CHECK_CLOSE(lean, 1, 1e-15);
    }
    pulse_combiner_clear(&combiner);
}

static void combine__without_evidence_all_weigh_alike_and_persistence_is_predicted(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double y[L] = {1, 2, 6};
    (void)state;
    pulse_combiner_begin(&combiner, ended);
    for (int i = 0; i <= L; i++)
        CHECK_BITS(combiner.weight[i], 0.25);
    CHECK_BITS(combiner.shrinkage, 0);
    struct pulse_combined combined = pulse_combiner_row(&combiner, y, -1);
    CHECK_CLOSE(combined.mean, 2, 1e-15);
    CHECK_BITS(combined.value, -1);
    CHECK_CLOSE(combined.direction, 4, 1e-15); /* the mean of y is 3 */
    pulse_combiner_clear(&combiner);
}

static void combine__weights_follow_the_formula(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double off[L + 1] = {1, 2, -1.5, 1.25};
    uint64_t seed = 2;
    double want[L + 1], sum = 0;
    (void)state;
    window(&combiner, 7, off, &seed);
    pulse_combiner_begin(&combiner, ended);
    for (int i = 0; i <= L; i++) /* S_i = 7·off², its least 7, s² = 1 */
        sum += want[i] = exp(-0.15 * (7 * off[i] * off[i] - 7) / 2);
    for (int i = 0; i <= L; i++)
        CHECK_CLOSE(combiner.weight[i], want[i] / sum, 1e-12);
    pulse_combiner_clear(&combiner);
}

static void combine__a_window_counts_only_when_it_is_over(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double y[L] = {0, 1, 2};
    (void)state;
    pulse_combiner_begin(&combiner, ended);
    struct pulse_combined first = pulse_combiner_row(&combiner, y, 0.5);
    for (int i = 0; i < 100; i++)
        pulse_combiner_score(&combiner, ended, y, 0.5, &first, 0);
    struct pulse_combined last = pulse_combiner_row(&combiner, y, 0.5);
    CHECK_BITS(last.value, first.value);
    CHECK_BITS(last.direction, first.direction);
    ended++;
    pulse_combiner_begin(&combiner, ended);
    assert_true(combiner.weight[0] > 0.99);
    pulse_combiner_clear(&combiner);
}

/* A window in which the target is `slope` times what is predicted, and noise. Returns the slope
 * that is to come of it with `caution`. */
static double window_of_slope(struct pulse_combiner *combiner, double slope, double noise,
                              int64_t n, double caution)
{
    double cross = 0, spread = 0, squares = 0, persistence = 0;
    uint64_t seed = 3;
    pulse_combiner_begin(combiner, ended);
    for (int64_t i = 0; i < n; i++) {
        const double predicted = check_normal(&seed), y[L] = {predicted, predicted, predicted};
        const double z = slope * predicted + noise * check_normal(&seed);
        const struct pulse_combined combined = pulse_combiner_row(combiner, y, 0);
        pulse_combiner_score(combiner, ended, y, 0, &combined, z);
        cross += z * 0.75 * predicted; /* a quarter of the mean is persistence: 0 */
        spread += 0.75 * predicted * 0.75 * predicted;
        squares += (z - predicted) * (z - predicted);
        persistence += z * z;
    }
    ended++;
    const double variance = fmax(fmin(squares, persistence) / (double)n, 1e-12);
    return fmin(fmax(cross / spread - caution * variance / cross, 0), 1);
}

static void combine__shrinkage_is_the_cautious_slope(void **state)
{
    const double noise[] = {0, 0.1, 0.3}, cautions[] = {0, 1, 4};
    (void)state;
    for (int k = 0; k < 9; k++) {
        struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
        combiner.caution = cautions[k % 3];
        const double want = window_of_slope(&combiner, 0.25, noise[k / 3], 50, combiner.caution);
        assert_true(want > 0 && want < 1);
        if (combiner.caution == 0 && noise[k / 3] == 0)
            CHECK_CLOSE(want, 1.0 / 3, 1e-12);
        pulse_combiner_begin(&combiner, ended);
        CHECK_CLOSE(combiner.shrinkage, want, 1e-12);
        pulse_combiner_clear(&combiner);
    }
}

static void combine__shrinkage_stays_within_0_and_1(void **state)
{
    const double slopes[] = {-1, 3};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
        (void)window_of_slope(&combiner, slopes[k], 0, 50, 1);
        pulse_combiner_begin(&combiner, ended);
        CHECK_BITS(combiner.shrinkage, k);
        pulse_combiner_clear(&combiner);
    }
}

/* c > 0, but its t-statistic is below √κ: as good as nothing seen. */
static void combine__an_uncertain_slope_is_none(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
        combiner.squares[0] = combiner.squares[1] = combiner.squares[2] = 200;
        combiner.squares[L] = 100;
        combiner.n = 100; /* s² = 1 */
        combiner.cross = 2;
        combiner.spread = k == 0 ? 1 : k == 1 ? 4 : 16; /* t = 2, 1, 1/2 */
        pulse_combiner_begin(&combiner, ended);
        CHECK_CLOSE(combiner.shrinkage, k == 0 ? 1 : 0, 1e-15); /* 2 − 1/2 is cut at 1 */
        combiner.spread = 2.5;                                  /* t = 1.26 */
        pulse_combiner_begin(&combiner, ended);
        CHECK_CLOSE(combiner.shrinkage, 2 / 2.5 - 0.5, 1e-15);
        combiner.spread = 0;
        pulse_combiner_begin(&combiner, ended);
        CHECK_BITS(combiner.shrinkage, 0);
        pulse_combiner_clear(&combiner);
    }
}

static void combine__an_infinitely_bad_candidate_loses_its_weight_only(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double off[L + 1] = {1, 1e200, 1, 1};
    uint64_t seed = 4;
    (void)state;
    window(&combiner, 10, off, &seed);
    pulse_combiner_begin(&combiner, ended);
    CHECK_BITS(combiner.weight[1], 0);
    CHECK_BITS(combiner.lean[1], 0);
    CHECK_CLOSE(combiner.weight[0], 1.0 / 3, 1e-9);
    assert_true(combiner.shrinkage >= 0 && combiner.shrinkage <= 1);
    pulse_combiner_clear(&combiner);
}

static void combine__perfect_candidate_takes_all(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_AVERAGE);
    const double off[L + 1] = {1, 0, 1, 1};
    uint64_t seed = 5;
    (void)state;
    window(&combiner, 10, off, &seed);
    pulse_combiner_begin(&combiner, ended);
    CHECK_CLOSE(combiner.weight[1], 1, 1e-15);
    pulse_combiner_clear(&combiner);
}

static void combine__select_takes_the_largest_ridge_of_equals(void **state)
{
    struct pulse_combiner combiner = make_combiner(PULSE_SELECT);
    const double off[L + 1] = {0.5, -0.25, 0.25, 0};
    const double y[L] = {1, 2, 3};
    uint64_t seed = 6;
    (void)state;
    pulse_combiner_begin(&combiner, ended);
    CHECK_BITS(combiner.weight[L - 1], 1);
    assert_int_equal(combiner.candidates, L);
    combiner.squares[0] = 2;
    combiner.squares[1] = combiner.squares[2] = 1;
    pulse_combiner_begin(&combiner, ended);
    CHECK_BITS(combiner.weight[2], 1);
    combiner.squares[2] = 1.5;
    pulse_combiner_begin(&combiner, ended);
    CHECK_BITS(combiner.weight[1], 1);
    CHECK_BITS(combiner.weight[2], 0);
    CHECK_BITS(combiner.shrinkage, 1);
    struct pulse_combined combined = pulse_combiner_row(&combiner, y, 5);
    CHECK_BITS(combined.value, 2);
    CHECK_BITS(combined.direction, -3);
    window(&combiner, 30, off, &seed);
    pulse_combiner_begin(&combiner, ended);
    assert_true(combiner.weight[0] == 0);
    pulse_combiner_clear(&combiner);
}

static void combine__what_differs_by_rounding_is_persistence(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct pulse_combiner combiner = make_combiner(k == 0 ? PULSE_AVERAGE : PULSE_SELECT);
        const double persistence = 5e3, y[L] = {5e3 + 1e-7, 5e3 - 4e-7, 5e3 + 2e-7};
        combiner.cross = combiner.spread = 1;
        pulse_combiner_begin(&combiner, ended);
        struct pulse_combined combined = pulse_combiner_row(&combiner, y, persistence);
        CHECK_BITS(combined.value, persistence);
        assert_true(combined.direction == 0);
        const double apart[L] = {5e3 + 1e-5, 5e3 + 1e-5, 5e3 + 1e-5};
        combined = pulse_combiner_row(&combiner, apart, persistence);
        assert_true(combined.value > persistence && combined.direction > 0);
        pulse_combiner_clear(&combiner);
    }
}

static void combine__every_block_and_penalty_is_a_model(void **state)
{
    static double ridge[L] = {1, 10, 100};
    const double y[3 * L] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_options options = check_options(ridge, L);
    struct pulse_combiner combiner;
    (void)state;
    options.features = pulse_features_default();
    assert_int_equal(pulse_combine_candidates(&options), 3 * L + 1);
    assert_int_equal(pulse_combiner_init(&combiner, &options, 1, 1000, &err), 0);
    assert_int_equal(combiner.models, 3 * L);
    pulse_combiner_begin(&combiner, ended);
    for (int i = 0; i <= 3 * L; i++)
        CHECK_CLOSE(combiner.weight[i], 0.1, 1e-15);
    struct pulse_combined combined = pulse_combiner_row(&combiner, y, -5);
    CHECK_CLOSE(combined.mean, 4, 1e-14); /* 45 − 5, by ten */
    CHECK_CLOSE(combined.direction, 10, 1e-14);
    pulse_combiner_clear(&combiner);

    options.combine = PULSE_SELECT; /* of equals the last block's largest λ */
    assert_int_equal(pulse_combine_candidates(&options), 3 * L);
    assert_int_equal(pulse_combiner_init(&combiner, &options, 1, 1000, &err), 0);
    pulse_combiner_begin(&combiner, ended);
    CHECK_BITS(combiner.weight[3 * L - 1], 1);
    CHECK_BITS(pulse_combiner_row(&combiner, y, -5).value, 9);
    pulse_combiner_clear(&combiner);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(combine__weights_sum_to_one),
        cmocka_unit_test(combine__without_evidence_all_weigh_alike_and_persistence_is_predicted),
        cmocka_unit_test(combine__weights_follow_the_formula),
        cmocka_unit_test(combine__a_window_counts_only_when_it_is_over),
        cmocka_unit_test(combine__shrinkage_is_the_cautious_slope),
        cmocka_unit_test(combine__shrinkage_stays_within_0_and_1),
        cmocka_unit_test(combine__an_uncertain_slope_is_none),
        cmocka_unit_test(combine__an_infinitely_bad_candidate_loses_its_weight_only),
        cmocka_unit_test(combine__perfect_candidate_takes_all),
        cmocka_unit_test(combine__select_takes_the_largest_ridge_of_equals),
        cmocka_unit_test(combine__what_differs_by_rounding_is_persistence),
        cmocka_unit_test(combine__every_block_and_penalty_is_a_model),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
