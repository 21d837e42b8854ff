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

enum { T = 500, E = 4, P = 3, D = 1 + P * E, L = 3 };

struct scene {
    double ridge[L];
    struct pulse_options options;
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_plan plan;
    double z[T * E];
    struct pulse_row_block rows, lag_prefix;
    struct pulse_fit_input input;
    struct pulse_walk_watch watch;
    struct pulse_sums sums;
    struct pulse_candidates out;
    struct pulse_final final;
};

/* A panel with something to find; the last variable is seen every 15th row only when `sparse`. */
static void scene_make(struct scene *scene, bool sparse)
{
    const bool dense[E] = {true, true, true, !sparse};
    const int64_t burn_in_end[E] = {0};
    uint8_t rowset[E * ((T + 7) / 8)] = {0};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    uint64_t seed = 5;
    memset(scene, 0, sizeof *scene);
    const double ridge[L] = {0, 5, 500};
    memcpy(scene->ridge, ridge, sizeof ridge);
    scene->options = check_options(scene->ridge, L);
    scene->options.lags = P;
    scene->options.min_history = 120;
    scene->options.batch_size_days = 9;
    for (int64_t t = 0; t < T; t++)
        for (int64_t e = 0; e < E; e++) {
            double before = t > 0 ? scene->z[(t - 1) * E + (e + 1) % E] : 0;
            scene->z[t * E + e] = 0.4 * before + check_normal(&seed);
            if (sparse && e == E - 1 && t % 15 != 7)
                scene->z[t * E + e] = 0;
        }
    for (int64_t t = 7; t < T; t += 15)
        rowset[(E - 1) * ((T + 7) / 8) + t / 8] |= (uint8_t)(1U << (t % 8));
    assert_int_equal(pulse_systems_group(E, dense, burn_in_end, T, P, rowset, &scene->systems,
                                         &scene->n_systems, &err),
                     0);
}

static void scene_walk(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    scene->plan = check_plan(&scene->options, T, E, scene->systems, scene->n_systems);
    scene->rows = (struct pulse_row_block){.end = T, .E = E, .z = scene->z};
    scene->lag_prefix = (struct pulse_row_block){.end = P, .E = E, .z = scene->z};
    scene->input.plan = &scene->plan;
    scene->input.options = &scene->options;
    scene->input.systems = scene->systems;
    scene->input.n_systems = scene->n_systems;
    scene->input.rows = &scene->rows;
    scene->input.lag_prefix = &scene->lag_prefix;
    scene->input.end_span = scene->plan.n_spans;
    assert_int_equal(pulse_sums_total(&scene->input, &scene->sums, &err), 0);
    assert_int_equal(pulse_sums_scan(&comm, &scene->input, &scene->sums, &err), 0);
    assert_int_equal(pulse_candidates_init(&scene->out, &scene->input, &err), 0);
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

/* All candidates, the final coefficients and the forecast are alike. */
static void check_same(const struct scene *a, const struct scene *b, double tolerance)
{
    assert_int_equal(a->out.rows, b->out.rows);
    for (int64_t i = 0; i < L * E * a->out.rows; i++)
        CHECK_CLOSE(a->out.value[i], b->out.value[i], tolerance);
    for (int64_t i = 0; i < L * D * E; i++)
        CHECK_CLOSE(a->final.coefficients[i], b->final.coefficients[i], tolerance);
    for (int64_t i = 0; i < L * E; i++)
        CHECK_CLOSE(a->final.next[i], b->final.next[i], tolerance);
    for (int64_t w = 0; w < a->plan.n_windows; w++)
        assert_int_equal(a->out.failed[w], b->out.failed[w]);
}

static void walk__innovations_equal_refit(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct scene fast, slow;
        scene_make(&fast, k % 2 == 1);
        scene_make(&slow, k % 2 == 1);
        if (k >= 2) /* without a penalty a system of few releases has no solution at first */
            fast.ridge[0] = slow.ridge[0] = 0.5;
        slow.options.refit = true;
        scene_walk(&fast);
        scene_walk(&slow);
        assert_true(fast.plan.innovations && !slow.plan.innovations);
        check_same(&fast, &slow, 1e-10);
        scene_clear(&fast);
        scene_clear(&slow);
    }
}

static void walk__cut_of_spans_changes_last_bits_only(void **state)
{
    struct scene one, other;
    (void)state;
    scene_make(&one, true);
    scene_make(&other, true);
    one.options.span_windows = 1;
    other.options.span_windows = 1000;
    scene_walk(&one);
    scene_walk(&other);
    assert_true(one.plan.n_spans > 30 && other.plan.n_spans == 2);
    check_same(&one, &other, 1e-10);
    scene_clear(&one);
    scene_clear(&other);
}

/* x of A x = b by elimination with pivoting; both are overwritten. */
static void eliminate(double A[D][D], double *b)
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

/* Coefficients of target e for window w from the definition; `step` 15 for the sparse one. */
static void fit_target(const struct scene *scene, int64_t w, int64_t e, double lambda, int64_t step,
                       double *b)
{
    double A[D][D] = {{0}}, x[D];
    memset(b, 0, D * sizeof *b);
    for (int64_t t = P; t < w * scene->options.batch_size_days && t < T; t++) {
        double weight = weight_of(scene, t, w);
        if (step > 1 && t % step != 7)
            continue;
        pulse_row_block_features(&scene->rows, P, t, x);
        for (int i = 0; i < D; i++) {
            for (int j = 0; j < D; j++)
                A[i][j] += weight * x[i] * x[j];
            b[i] += weight * x[i] * scene->z[t * E + e];
        }
    }
    for (int i = 1; i < D; i++)
        A[i][i] += lambda;
    eliminate(A, b);
}

static void check_against_definition(struct scene *scene, bool sparse)
{
    scene->ridge[0] = 0.5; /* with few releases there is no solution without a penalty */
    scene_walk(scene);
    const int64_t last = T / scene->options.batch_size_days;
    for (int64_t w = 20; w <= last; w += 7)
        for (int64_t e = 0; e < E; e++)
            for (int l = 0; l < L; l++) {
                const struct pulse_window *window = &scene->plan.windows[w];
                const int64_t step = sparse && e == E - 1 ? 15 : 1;
                double b[D], x[D];
                fit_target(scene, w, e, scene->ridge[l], step, b);
                for (int64_t t = window->first_row; t < window->first_row + window->rows; t++) {
                    double want = 0;
                    pulse_row_block_features(&scene->rows, P, t, x);
                    for (int i = 0; i < D; i++)
                        want += b[i] * x[i];
                    if (step > 1 && t % step != 7)
                        want = NAN;
                    CHECK_CLOSE(scene->out.value[(l * E + e) * T + t], want, 1e-10);
                }
            }
    scene_clear(scene);
}

static void walk__expanding_is_ridge_on_all_rows_before(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, true);
    check_against_definition(&scene, true);
}

static void walk__rolling_is_ridge_on_the_last_windows(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, true);
    scene.options.history = PULSE_ROLLING;
    scene.options.rolling_windows = 17;
    check_against_definition(&scene, true);
}

static void walk__halflife_is_ridge_with_weights(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, true);
    scene.options.history = PULSE_HALFLIFE;
    scene.options.history_halflife = 6.5;
    check_against_definition(&scene, true);
}

static void walk__final_fit_is_that_of_the_next_window(void **state)
{
    const enum pulse_history kinds[] = {PULSE_EXPANDING, PULSE_ROLLING, PULSE_HALFLIFE};
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct scene scene;
        scene_make(&scene, false);
        scene.options.history = kinds[k];
        scene.options.rolling_windows = 17;
        scene.options.history_halflife = 6.5;
        scene_walk(&scene);
        for (int64_t e = 0; e < E; e++)
            for (int l = 1; l < L; l++) {
                double b[D], x[D], want = 0;
                fit_target(&scene, scene.plan.n_windows, e, scene.ridge[l], 1, b);
                pulse_row_block_features(&scene.rows, P, T, x);
                for (int i = 0; i < D; i++) {
                    want += b[i] * x[i];
                    CHECK_CLOSE(scene.final.coefficients[(l * D + i) * E + e], b[i], 1e-10);
                }
                CHECK_CLOSE(scene.final.next[l * E + e], want, 1e-10);
            }
        scene_clear(&scene);
    }
}

static void walk__untrained_windows_hold_nothing(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, false);
    scene_walk(&scene);
    for (int64_t w = 0; w < scene.plan.n_windows; w++) {
        const struct pulse_window *window = &scene.plan.windows[w];
        for (int64_t i = 0; i < L * E; i++)
            for (int64_t t = window->first_row; t < window->first_row + window->rows; t++)
                assert_int_equal(isnan(scene.out.value[i * T + t]) != 0,
                                 window->status != PULSE_TRAINED);
    }
    scene_clear(&scene);
}

static void walk__no_retrodiction_sees_its_window_or_later(void **state)
{
    struct scene one, other;
    (void)state;
    scene_make(&one, true);
    scene_make(&other, true);
    for (int64_t i = 270 * E; i < T * E; i++) /* the 31st window begins at row 270 */
        other.z[i] = -2 * other.z[i] + 1;
    scene_walk(&one);
    scene_walk(&other);
    for (int64_t i = 0; i < L * E; i++)
        for (int64_t t = 0; t <= 270; t++) /* row 270 has its lags before the window */
            CHECK_BITS(other.out.value[i * T + t], one.out.value[i * T + t]);
    scene_clear(&one);
    scene_clear(&other);
}

static void walk__system_without_a_solution_fails_its_windows(void **state)
{
    const enum pulse_history kinds[] = {PULSE_EXPANDING, PULSE_ROLLING, PULSE_HALFLIFE};
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct scene scene;
        scene_make(&scene, false);
        for (int64_t t = 0; t < T; t++)
            scene.z[t * E + 2] = scene.z[t * E]; /* twins, and the first λ is 0 */
        scene.options.history = kinds[k];
        scene.options.rolling_windows = 17;
        scene.options.history_halflife = 6.5;
        scene_walk(&scene);
        for (int64_t w = 0; w < scene.plan.n_windows; w++)
            assert_int_equal(scene.out.failed[w],
                             scene.plan.windows[w].status == PULSE_TRAINED ? 0 : -1);
        assert_int_equal(scene.final.failed, 0);
        assert_true(isnan(scene.final.next[0]) && !isnan(scene.final.next[E]));
        scene_clear(&scene);
    }
}

static void walk__nothing_is_solved_before_a_burn_in_has_ended(void **state)
{
    const enum pulse_history kinds[] = {PULSE_EXPANDING, PULSE_ROLLING, PULSE_HALFLIFE};
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct scene scene;
        scene_make(&scene, false);
        for (int64_t t = 0; t < T; t++)
            scene.z[t * E + 2] = scene.z[t * E]; /* twins: no window has a solution */
        scene.options.history = kinds[k];
        scene.options.rolling_windows = 17;
        scene.options.history_halflife = 6.5;
        scene.systems[0].from = 274; /* in the window of rows 270 … 278 */
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
    scene_make(&scene, true);
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
        cmocka_unit_test(walk__cut_of_spans_changes_last_bits_only),
        cmocka_unit_test(walk__expanding_is_ridge_on_all_rows_before),
        cmocka_unit_test(walk__rolling_is_ridge_on_the_last_windows),
        cmocka_unit_test(walk__halflife_is_ridge_with_weights),
        cmocka_unit_test(walk__final_fit_is_that_of_the_next_window),
        cmocka_unit_test(walk__untrained_windows_hold_nothing),
        cmocka_unit_test(walk__no_retrodiction_sees_its_window_or_later),
        cmocka_unit_test(walk__system_without_a_solution_fails_its_windows),
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
