/* walk.c on a single rank: the innovations form against plain refits, and refits against sums and
 * an elimination written here. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/final.h"
#include "fit/walk.h"
#include "plan/systems.h"

static struct pulse_comm comm;

enum { T = 500, E = 4, L = 3, MOST_D = 8 + 4 * E, MOST_C = 4 * L };

struct scene {
    double ridge[L];
    struct pulse_options options;
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_plan plan;
    int64_t d, C;
    double u[T * E], average[(T + 1) * 4 * E];
    int64_t slot[E];
    struct pulse_row_block rows, lag_prefix;
    struct pulse_fit_input input;
    struct pulse_walk_watch watch;
    struct pulse_sums sums;
    struct pulse_candidates out;
    struct pulse_final final;
};

/* What a scene learns from, one of each form that sums take. */
static const char *const forms[] = {"lag1+lag2+lag3", "lag1,ewma4,ewma16", "lag1,lag3+ewma4"};
enum { FORMS = sizeof forms / sizeof *forms };

/* A panel with something to find. When `sparse`, the last variable is seen every 15th row only and
 * the second one is no target. */
static void scene_make(struct scene *scene, const char *features, bool sparse)
{
    const bool dense[E] = {true, true, true, !sparse}, predicted[E] = {true, !sparse, true, true};
    const int64_t burn_in_end[E] = {0};
    uint8_t rowset[E * ((T + 7) / 8)] = {0};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    uint64_t seed = 5;
    memset(scene, 0, sizeof *scene);
    const double ridge[L] = {0, 5, 500};
    memcpy(scene->ridge, ridge, sizeof ridge);
    scene->options = check_options(scene->ridge, L);
    assert_int_equal(pulse_features_parse(features, &scene->options.features, &err), 0);
    scene->options.min_history = 120;
    scene->options.batch_size_days = 9;
    for (int64_t e = 0; e < E; e++)
        scene->slot[e] = predicted[e] ? scene->input.n_targets++ : -1;
    for (int64_t t = 1; t < T; t++)
        for (int64_t e = 0; e < E; e++) {
            double before = scene->u[(t - 1) * E + (e + 1) % E];
            scene->u[t * E + e] = 0.4 * before + check_normal(&seed);
            if (sparse && e == E - 1 && t % 15 != 7)
                scene->u[t * E + e] = 0;
        }
    for (int64_t t = 7; t < T; t += 15)
        rowset[(E - 1) * ((T + 7) / 8) + t / 8] |= (uint8_t)(1U << (t % 8));
    const int64_t p = pulse_features_first_row(&scene->options.features);
    const struct pulse_grouping grouping = {E, 1, predicted, dense, burn_in_end, T, p, rowset};
    assert_int_equal(pulse_systems_group(&grouping, &scene->systems, &scene->n_systems, &err), 0);
}

static void scene_walk(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    scene->plan = check_plan(&scene->options, T, E, scene->systems, scene->n_systems);
    scene->d = scene->plan.sizes.d;
    scene->C = scene->plan.sizes.C;
    assert_true(scene->d <= MOST_D);
    scene->rows =
        (struct pulse_row_block){.end = T,
                                 .E = E,
                                 .u = scene->u,
                                 .features = &scene->options.features,
                                 .averages = pulse_features_averages(&scene->options.features),
                                 .average = scene->average,
                                 .columns = scene->plan.calendar.columns,
                                 .calendar = scene->plan.calendar_rows};
    pulse_row_block_average(&scene->rows);
    scene->lag_prefix = scene->rows;
    scene->lag_prefix.end = scene->plan.sizes.p;
    scene->input.plan = &scene->plan;
    scene->input.options = &scene->options;
    scene->input.systems = scene->systems;
    scene->input.n_systems = scene->n_systems;
    scene->input.slot = scene->slot;
    scene->input.rows = &scene->rows;
    scene->input.lag_prefix = &scene->lag_prefix;
    scene->input.end_span = scene->plan.n_spans;
    assert_int_equal(pulse_sums_total(&scene->input, &scene->sums, &err), 0);
    assert_int_equal(pulse_sums_scan(&comm, &scene->input, &scene->sums, &err), 0);
    assert_int_equal(pulse_candidates_init(&scene->out, &scene->input, NULL, &err), 0);
    assert_int_equal(
        pulse_walk_run(&comm, &scene->input, &scene->sums, &scene->watch, &scene->out, &err), 0);
    assert_int_equal(pulse_final_fit(&scene->input, &scene->sums, true, &scene->final, &err), 0);
    pulse_sums_clear(&scene->sums, scene->n_systems);
}

static void scene_clear(struct scene *scene)
{
    pulse_candidates_clear(&scene->out);
    pulse_final_clear(&scene->final);
    pulse_plan_clear(&scene->plan);
    pulse_systems_free(scene->systems, scene->n_systems);
}

/* Candidate c's prediction of a target in row t. */
static double predicted(const struct scene *scene, int64_t c, int64_t target, int64_t t)
{
    double of[MOST_C];
    assert_true(scene->C <= MOST_C);
    pulse_candidates_read(&scene->out, target, t, 1, 1, of);
    return of[c];
}

/* The first C candidates are alike. */
static void check_candidates(const struct scene *a, const struct scene *b, int64_t C,
                             double tolerance)
{
    for (int64_t c = 0; c < C; c++)
        for (int64_t k = 0; k < a->input.n_targets; k++)
            for (int64_t t = 0; t < T; t++)
                CHECK_CLOSE(predicted(a, c, k, t), predicted(b, c, k, t), tolerance);
}

/* All candidates, the final coefficients and the forecast are alike. */
static void check_same(const struct scene *a, const struct scene *b, double tolerance)
{
    const int64_t n = a->C * a->input.n_targets;
    check_candidates(a, b, a->C, tolerance);
    for (int64_t i = 0; i < n * a->d; i++)
        CHECK_CLOSE(a->final.coefficients[i], b->final.coefficients[i], tolerance);
    for (int64_t i = 0; i < n; i++)
        CHECK_CLOSE(a->final.next[i], b->final.next[i], tolerance);
    for (int64_t w = 0; w < a->plan.n_windows; w++)
        assert_int_equal(a->out.failed[w], b->out.failed[w]);
}

static void walk__innovations_equal_refit(void **state)
{
    (void)state;
    for (int k = 0; k < 4 * FORMS; k++) {
        struct scene fast, slow;
        scene_make(&fast, forms[k / 4], k % 2 == 1);
        scene_make(&slow, forms[k / 4], k % 2 == 1);
        if (k % 4 >= 2) { /* without a penalty a system of few releases has no solution at first,
                             nor has a gap that is always the same */
            fast.ridge[0] = slow.ridge[0] = 0.5;
            fast.options.calendar = slow.options.calendar = PULSE_CALENDAR_ON;
        }
        slow.options.refit = true;
        scene_walk(&fast);
        scene_walk(&slow);
        assert_true(fast.plan.innovations && !slow.plan.innovations);
        assert_int_equal(fast.plan.by_totals, k / 4 < 2);
        assert_int_equal(fast.plan.calendar.columns, k % 4 >= 2 ? 7 : 0);
        check_same(&fast, &slow, 1e-10);
        scene_clear(&fast);
        scene_clear(&slow);
    }
}

/* The candidates of a block are what a model of its features alone says: nothing of the larger
 * blocks is in them. */
static void walk__a_block_is_the_model_of_its_features(void **state)
{
    const struct {
        const char *whole, *first;
    } cases[] = {{"lag1,lag2+lag3", "lag1"},
                 {"lag1,ewma4,ewma16", "lag1,ewma4"},
                 {"ewma4,lag1", "ewma4"},
                 {"lag3,ewma4,lag1", "lag3,ewma4"}};
    (void)state;
    for (int k = 0; k < 16; k++) {
        struct scene whole, first;
        scene_make(&whole, cases[k / 4].whole, k % 2 == 1);
        scene_make(&first, cases[k / 4].first, k % 2 == 1);
        whole.ridge[0] = first.ridge[0] = 0.5;
        whole.options.calendar = first.options.calendar = PULSE_CALENDAR_ON;
        whole.options.refit = first.options.refit = k % 4 >= 2;
        whole.options.min_history = first.options.min_history = 120;
        scene_walk(&whole);
        scene_walk(&first);
        const int64_t targets = whole.input.n_targets, n = first.C * targets;
        assert_true(first.C < whole.C);
        if (whole.plan.sizes.p == first.plan.sizes.p) { /* else its history begins later */
            check_candidates(&whole, &first, first.C, 1e-10);
            for (int64_t i = 0; i < n; i++)
                CHECK_CLOSE(whole.final.next[i], first.final.next[i], 1e-10);
        }
        for (int64_t c = 0; c < whole.C; c++)
            for (int64_t i = pulse_sizes_block(&whole.plan.sizes, c / L); i < whole.d; i++)
                for (int64_t s = 0; s < targets; s++)
                    CHECK_BITS(whole.final.coefficients[(c * whole.d + i) * targets + s], 0);
        scene_clear(&whole);
        scene_clear(&first);
    }
}

static void walk__cut_of_spans_changes_last_bits_only(void **state)
{
    (void)state;
    for (int k = 0; k < FORMS; k++) {
        struct scene one, other;
        scene_make(&one, forms[k], true);
        scene_make(&other, forms[k], true);
        one.options.span_windows = 1;
        other.options.span_windows = 1000;
        scene_walk(&one);
        scene_walk(&other);
        assert_true(one.plan.n_spans > 30 && other.plan.n_spans == 2);
        check_same(&one, &other, 1e-10);
        scene_clear(&one);
        scene_clear(&other);
    }
}

/* x of A x = b, of order D, by elimination with pivoting; both are overwritten. */
static void eliminate(int D, double A[MOST_D][MOST_D], double *b)
{
    for (int k = 0; k < D; k++) {
        int best = k;
        for (int i = k + 1; i < D; i++)
            best = fabs(A[i][k]) > fabs(A[best][k]) ? i : best;
        for (int j = 0; j < D; j++) {
            double swap = A[k][j];
            A[k][j] = A[best][j];
            A[best][j] = swap;
        }
        double swap = b[k];
        b[k] = b[best];
        b[best] = swap;
        for (int i = k + 1; i < D; i++) {
            double f = A[i][k] / A[k][k];
            for (int j = k; j < D; j++)
                A[i][j] -= f * A[k][j];
            b[i] -= f * b[k];
        }
    }
    for (int k = D - 1; k >= 0; k--) {
        for (int j = k + 1; j < D; j++)
            b[k] -= A[k][j] * b[j];
        b[k] /= A[k][k];
    }
}

static double weight_of(const struct scene *scene, int64_t t, int64_t w)
{
    const struct pulse_options *options = &scene->options;
    int64_t row_window = t / options->batch_size_days;
    if (options->history == PULSE_ROLLING)
        return row_window >= w - options->rolling_windows;
    if (options->history == PULSE_HALFLIFE)
        return exp2(-(double)(w - row_window) / options->history_halflife);
    return 1;
}

/* Coefficients of candidate c and variable e for window w from the definition; `step` 15 for the
 * sparse one. Those of features that the candidate lacks are 0. */
static void fit_target(const struct scene *scene, int64_t w, int64_t e, int64_t c, int64_t step,
                       double *b)
{
    const int D = (int)pulse_sizes_block(&scene->plan.sizes, c / L);
    double A[MOST_D][MOST_D] = {{0}}, x[MOST_D];
    memset(b, 0, MOST_D * sizeof *b);
    for (int64_t t = scene->plan.sizes.p; t < w * scene->options.batch_size_days && t < T; t++) {
        double weight = weight_of(scene, t, w);
        if (step > 1 && t % step != 7)
            continue;
        pulse_row_block_features(&scene->rows, t, x);
        for (int i = 0; i < D; i++) {
            for (int j = 0; j < D; j++)
                A[i][j] += weight * x[i] * x[j];
            b[i] += weight * x[i] * scene->u[t * E + e];
        }
    }
    for (int i = 1; i < D; i++)
        A[i][i] += scene->ridge[c % L];
    eliminate(D, A, b);
}

static double predict(const struct scene *scene, const double *b, int64_t t)
{
    double x[MOST_D], sum = 0;
    pulse_row_block_features(&scene->rows, t, x);
    for (int64_t i = 0; i < scene->d; i++)
        sum += b[i] * x[i];
    return sum;
}

/* Every seventh window of a scene that is sparse. */
static void check_against_definition(struct scene *scene)
{
    scene->ridge[0] = 0.5; /* with few releases there is no solution without a penalty */
    scene_walk(scene);
    const int64_t last = T / scene->options.batch_size_days;
    for (int64_t w = 20; w <= last; w += 7)
        for (int64_t e = 0; e < E; e++)
            for (int64_t c = 0; c < scene->C && scene->slot[e] >= 0; c++) {
                const struct pulse_window *window = &scene->plan.windows[w];
                const int64_t step = e == E - 1 ? 15 : 1;
                double b[MOST_D];
                fit_target(scene, w, e, c, step, b);
                for (int64_t t = window->first_row; t < window->first_row + window->rows; t++)
                    CHECK_CLOSE(predicted(scene, c, scene->slot[e], t),
                                step > 1 && t % step != 7 ? (double)NAN : predict(scene, b, t),
                                1e-10);
            }
    scene_clear(scene);
}

static void walk__expanding_is_ridge_on_all_rows_before(void **state)
{
    (void)state;
    for (int k = 0; k < 2 * FORMS; k++) {
        struct scene scene;
        scene_make(&scene, forms[k / 2], true);
        scene.options.calendar = k % 2 == 0 ? PULSE_CALENDAR_OFF : PULSE_CALENDAR_ON;
        check_against_definition(&scene);
    }
}

static void walk__rolling_is_ridge_on_the_last_windows(void **state)
{
    (void)state;
    for (int k = 0; k < FORMS; k++) {
        struct scene scene;
        scene_make(&scene, forms[k], true);
        scene.options.history = PULSE_ROLLING;
        scene.options.rolling_windows = 17;
        check_against_definition(&scene);
    }
}

static void walk__halflife_is_ridge_with_weights(void **state)
{
    (void)state;
    for (int k = 0; k < FORMS; k++) {
        struct scene scene;
        scene_make(&scene, forms[k], true);
        scene.options.history = PULSE_HALFLIFE;
        scene.options.history_halflife = 6.5;
        check_against_definition(&scene);
    }
}

static const enum pulse_history kinds[] = {PULSE_EXPANDING, PULSE_ROLLING, PULSE_HALFLIFE};

/* A scene of a kind of history; all variables dense and targets. */
static void scene_make_kind(struct scene *scene, const char *features, int kind)
{
    scene_make(scene, features, false);
    scene->options.history = kinds[kind];
    scene->options.rolling_windows = 17;
    scene->options.history_halflife = 6.5;
}

static void walk__final_fit_is_that_of_the_next_window(void **state)
{
    (void)state;
    for (int k = 0; k < 3 * FORMS; k++) {
        struct scene scene;
        scene_make_kind(&scene, forms[k / 3], k % 3);
        scene.ridge[0] = 0.5;
        scene.options.calendar = PULSE_CALENDAR_ON;
        scene_walk(&scene);
        for (int64_t e = 0; e < E; e++)
            for (int64_t c = 0; c < scene.C; c++) {
                double b[MOST_D];
                fit_target(&scene, scene.plan.n_windows, e, c, 1, b);
                for (int64_t i = 0; i < scene.d; i++)
                    CHECK_CLOSE(scene.final.coefficients[(c * scene.d + i) * E + e], b[i], 1e-10);
                CHECK_CLOSE(scene.final.next[c * E + e], predict(&scene, b, T), 1e-10);
            }
        scene_clear(&scene);
    }
}

static void walk__untrained_windows_hold_nothing(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, forms[1], false);
    scene_walk(&scene);
    for (int64_t w = 0; w < scene.plan.n_windows; w++) {
        const struct pulse_window *window = &scene.plan.windows[w];
        for (int64_t i = 0; i < scene.C * E; i++)
            for (int64_t t = window->first_row; t < window->first_row + window->rows; t++)
                assert_int_equal(isnan(predicted(&scene, i / E, i % E, t)) != 0,
                                 window->status != PULSE_TRAINED);
    }
    scene_clear(&scene);
}

static void walk__no_retrodiction_sees_its_window_or_later(void **state)
{
    (void)state;
    for (int k = 0; k < FORMS; k++) {
        struct scene one, other;
        scene_make(&one, forms[k], true);
        scene_make(&other, forms[k], true);
        one.options.calendar = other.options.calendar = PULSE_CALENDAR_ON;
        one.ridge[0] = other.ridge[0] = 0.5;
        for (int64_t i = 270 * E; i < T * E; i++) /* the 31st window begins at row 270 */
            other.u[i] = -2 * other.u[i] + 1;
        scene_walk(&one);
        scene_walk(&other);
        for (int64_t c = 0; c < one.C; c++)
            for (int64_t s = 0; s < one.input.n_targets; s++)
                for (int64_t t = 0; t <= 270; t++) /* row 270's features lie before the window */
                    CHECK_BITS(predicted(&other, c, s, t), predicted(&one, c, s, t));
        assert_true(predicted(&other, 0, 0, 271) != predicted(&one, 0, 0, 271));
        scene_clear(&one);
        scene_clear(&other);
    }
}

static void walk__system_without_a_solution_fails_its_windows(void **state)
{
    (void)state;
    for (int k = 0; k < 3 * FORMS; k++) {
        struct scene scene;
        scene_make_kind(&scene, forms[k / 3], k % 3);
        for (int64_t t = 0; t < T; t++)
            scene.u[t * E + 2] = scene.u[t * E]; /* twins, and the first λ is 0 */
        scene_walk(&scene);
        for (int64_t w = 0; w < scene.plan.n_windows; w++)
            assert_int_equal(scene.out.failed[w],
                             scene.plan.windows[w].status == PULSE_TRAINED ? 0 : -1);
        assert_int_equal(scene.final.failed, 0);
        for (int64_t c = 0; c < scene.C; c++) /* all blocks of the first λ, and no other */
            assert_int_equal(isnan(scene.final.next[c * E]) != 0, c % L == 0);
        scene_clear(&scene);
    }
}

/* The gap is the same in every row of a calendar without a hole: another intercept. */
static void walk__calendar_that_says_nothing_needs_a_penalty(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct scene scene;
        scene_make(&scene, forms[1], false);
        scene.options.calendar = PULSE_CALENDAR_ON;
        scene.ridge[0] = k == 0 ? 0 : 1e-3;
        scene_walk(&scene);
        assert_int_equal(scene.plan.calendar.columns, 7);
        for (int64_t w = 0; w < scene.plan.n_windows; w++)
            assert_int_equal(scene.out.failed[w],
                             k == 0 && scene.plan.windows[w].status == PULSE_TRAINED ? 0 : -1);
        scene_clear(&scene);
    }
}

static void walk__nothing_is_solved_before_a_burn_in_has_ended(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct scene scene;
        scene_make_kind(&scene, forms[k], k);
        for (int64_t t = 0; t < T; t++)
            scene.u[t * E + 2] = scene.u[t * E]; /* twins: no window has a solution */
        scene.systems[0].from = 274;             /* in the window of rows 270 … 278 */
        scene_walk(&scene);
        for (int64_t w = 0; w < scene.plan.n_windows; w++)
            assert_int_equal(scene.out.failed[w], w < 30 ? -1 : 0);
        scene_clear(&scene);
    }
}

static void note(void *context, int64_t span, double share)
{
    double *last = context;
    (void)span;
    assert_true(share >= *last && share <= 1.0000001);
    *last = share;
}

static void walk__progress_rises_to_one(void **state)
{
    struct scene scene;
    double last = 0;
    (void)state;
    scene_make(&scene, forms[1], true);
    scene.watch.span_done = note;
    scene.watch.context = &last;
    scene_walk(&scene);
    CHECK_CLOSE(last, 1, 1e-12);
    scene_clear(&scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(walk__innovations_equal_refit),
        cmocka_unit_test(walk__a_block_is_the_model_of_its_features),
        cmocka_unit_test(walk__cut_of_spans_changes_last_bits_only),
        cmocka_unit_test(walk__expanding_is_ridge_on_all_rows_before),
        cmocka_unit_test(walk__rolling_is_ridge_on_the_last_windows),
        cmocka_unit_test(walk__halflife_is_ridge_with_weights),
        cmocka_unit_test(walk__final_fit_is_that_of_the_next_window),
        cmocka_unit_test(walk__untrained_windows_hold_nothing),
        cmocka_unit_test(walk__no_retrodiction_sees_its_window_or_later),
        cmocka_unit_test(walk__system_without_a_solution_fails_its_windows),
        cmocka_unit_test(walk__calendar_that_says_nothing_needs_a_penalty),
        cmocka_unit_test(walk__nothing_is_solved_before_a_burn_in_has_ended),
        cmocka_unit_test(walk__progress_rises_to_one),
    };
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_comm_init(&comm, &err) != 0)
        return 1;
    int failed = check_main(cases, sizeof cases / sizeof *cases, argc, argv);
    pulse_comm_finalize(&comm);
    return failed;
}
