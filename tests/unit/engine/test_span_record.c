/* span_record.c and run_fingerprint.c: what is read back is what was written, or it is refused. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/description.h"
#include "checkpoint/run_fingerprint.h"
#include "checkpoint/span_identity.h"
#include "checkpoint/span_record.h"

/* Four variables, one of which is no target; candidates of two blocks. */
enum { T = 90, E = 3, L = 2, BLOCKS = 2, C = L * BLOCKS, SYSTEMS = 2, CELLS = C * E * T };

static double ridge[L] = {1, 10};
static const int64_t slot[E + 1] = {0, -1, 1, 2}; /* variable 1 is not predicted */
static const struct pulse_digest fingerprint = {{3, 5}};

/* Spans of three windows; the third target belongs to a system solved by its rows. */
struct scene {
    struct pulse_options options;
    int64_t target[E];
    struct pulse_system systems[SYSTEMS];
    struct pulse_plan plan;
    uint64_t row[T];
    struct pulse_digest identity[32];
    struct pulse_span_record_shape shape;
    double value[CELLS];
    int32_t failed[32];
    struct pulse_candidate_span span[32];
    struct pulse_candidates candidates;
};

/* Candidates that have all rows, span after span. */
static struct pulse_candidates lay_out(const struct pulse_plan *plan, double *value,
                                       int32_t *failed, struct pulse_candidate_span *span)
{
    for (int64_t s = 0; s < plan->n_spans; s++) {
        span[s] = (struct pulse_candidate_span){.made = value};
        value += C * E * plan->spans[s].rows;
    }
    return (struct pulse_candidates){.plan = plan, .targets = E, .span = span, .failed = failed};
}

static void scene_make(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    memset(scene, 0, sizeof *scene);
    scene->options = check_options(ridge, L);
    scene->options.batch_size_days = 7;
    scene->options.min_history = 20;
    scene->options.span_windows = 3;
    scene->options.features = (struct pulse_features){
        .n = 2, .family = {{.lag = 1}, {.halflife = 4}}, .n_blocks = BLOCKS, .block_end = {1, 2}};
    scene->target[0] = 0, scene->target[1] = 3, scene->target[2] = 2;
    scene->systems[0] = (struct pulse_system){.q = 2, .target = scene->target};
    scene->systems[1] =
        (struct pulse_system){.q = 1, .target = scene->target + 2, .kernel_ridge = true};
    scene->plan = check_plan(&scene->options, T, E + 1, scene->systems, SYSTEMS);
    assert_true(scene->plan.n_windows <= 32);
    assert_int_equal(pulse_span_record_shape_init(&scene->shape, &scene->plan, scene->systems,
                                                  SYSTEMS, slot, &err),
                     0);
    assert_int_equal(scene->shape.n, 2);
    assert_true(scene->plan.n_spans <= 32);
    pulse_span_identities(&scene->plan, scene->row, &fingerprint, scene->identity);
    scene->shape.identity = scene->identity;
    for (int i = 0; i < CELLS; i++)
        scene->value[i] = i % 11 == 0 ? (double)NAN : i + 0.25;
    for (int w = 0; w < 32; w++)
        scene->failed[w] = w % 5 == 0 ? 1 : -1;
    scene->candidates = lay_out(&scene->plan, scene->value, scene->failed, scene->span);
}

static void scene_clear(struct scene *scene)
{
    pulse_span_record_shape_clear(&scene->shape);
    pulse_plan_clear(&scene->plan);
}

/* The spans that train, packed. */
static char *write_file(const struct scene *scene, int64_t *bytes, int64_t *count)
{
    int64_t spans[32], n = 0;
    for (int64_t s = 0; s < scene->plan.n_spans; s++)
        if (scene->plan.spans[s].trains)
            spans[n++] = s;
    assert_true(n >= 3);
    *count = n;
    *bytes = pulse_span_record_bytes(&scene->shape, spans, n);
    char *out = malloc((size_t)*bytes);
    assert_non_null(out);
    pulse_span_record_write(&scene->shape, &fingerprint, &scene->candidates, scene->failed, spans,
                            n, out);
    return out;
}

/* Takes all it can of a checkpoint file into candidates of our own; returns how many spans. */
static int64_t take_spans(const struct scene *scene, const char *bytes, int64_t n, double *value,
                          int32_t *failed)
{
    struct pulse_candidate_span span[32];
    struct pulse_candidates into = lay_out(&scene->plan, value, failed, span);
    struct pulse_saved_span saved[32] = {0};
    const struct pulse_saved_layout layout = pulse_span_record_layout(&scene->shape);
    int64_t count = pulse_span_record_open(bytes, n, &fingerprint), taken = 0;
    for (int i = 0; i < CELLS; i++)
        value[i] = -1;
    for (int w = 0; w < 32; w++)
        failed[w] = -1;
    for (int64_t k = 0; k < count; k++) {
        const int64_t s = pulse_span_record_span(&scene->shape, bytes, k);
        if (s >= 0)
            taken += pulse_span_record_take(&scene->shape, bytes, k, &saved[s]);
    }
    pulse_candidates_take(&into, saved, &layout);
    return taken;
}

/* Everything taken is what was packed, or nothing where that is not saved; and everything else was
 * left alone. */
static void check_taken(const struct scene *scene, const double *value, const int32_t *failed)
{
    const double *packed = scene->value;
    for (int64_t s = 0; s < scene->plan.n_spans; s++) {
        const struct pulse_span *span = &scene->plan.spans[s];
        const bool here = value[0] != -1;
        for (int64_t target = 0; target < E; target++)
            for (int64_t i = 0; i < C * span->rows; i++, value++, packed++)
                CHECK_BITS(*value, !here ? -1.0 : target != 1 ? *packed : (double)NAN);
        for (int64_t w = span->first_window; here && w < span->first_window + span->windows; w++)
            assert_int_equal(failed[w], scene->plan.windows[w].rows > 0 ? scene->failed[w] : -1);
    }
}

static void span_record__what_is_read_is_what_was_written(void **state)
{
    struct scene scene;
    double value[CELLS];
    int32_t failed[32];
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    assert_int_equal(take_spans(&scene, packed, bytes, value, failed), count);
    check_taken(&scene, value, failed);
    free(packed);
    scene_clear(&scene);
}

static void span_record__every_flipped_bit_is_found(void **state)
{
    struct scene scene;
    double value[CELLS];
    int32_t failed[32];
    int64_t bytes, count, lost = 0;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    for (int64_t i = 0; i < 8 * bytes; i++) {
        packed[i / 8] ^= (char)(1 << (i % 8));
        const int64_t taken = take_spans(&scene, packed, bytes, value, failed);
        if (taken != 0 && taken != count - 1)
            fail_msg("bit %lld: %lld of %lld spans taken", (long long)i, (long long)taken,
                     (long long)count);
        lost += taken == 0;
        check_taken(&scene, value, failed);
        packed[i / 8] ^= (char)(1 << (i % 8));
    }
    assert_int_equal(lost, 8 * (56 + 80 * count)); /* the head and the table, nothing else */
    free(packed);
    scene_clear(&scene);
}

static void span_record__every_cut_is_found(void **state)
{
    struct scene scene;
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    for (int64_t n = 0; n < bytes; n++) {
        char *part = malloc((size_t)n + (n == 0)); /* so that a read beyond it is seen */
        assert_non_null(part);
        memcpy(part, packed, (size_t)n);
        assert_int_equal(pulse_span_record_open(part, n, &fingerprint), -1);
        free(part);
    }
    char *longer = calloc((size_t)bytes + 8, 1);
    assert_non_null(longer);
    memcpy(longer, packed, (size_t)bytes);
    assert_int_equal(pulse_span_record_open(longer, bytes + 8, &fingerprint), -1);
    free(longer);
    free(packed);
    scene_clear(&scene);
}

static void span_record__another_run_s_file_is_refused(void **state)
{
    struct scene scene;
    const struct pulse_digest other = {{3, 6}};
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    assert_int_equal(pulse_span_record_open(packed, bytes, &fingerprint), count);
    assert_int_equal(pulse_span_record_open(packed, bytes, &other), -1);
    free(packed);
    scene_clear(&scene);
}

static void span_record__spans_of_another_plan_are_not_found(void **state)
{
    struct scene scene;
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    for (int64_t s = 0; s < scene.plan.n_spans; s++)
        scene.plan.spans[s].rows++;
    for (int64_t k = 0; k < count; k++)
        assert_int_equal(pulse_span_record_span(&scene.shape, packed, k), -1);
    free(packed);
    scene_clear(&scene);
}

/* How many spans of what was packed are the plan's after its rows have changed. */
static int64_t count_found(struct scene *scene, const char *packed, int64_t count)
{
    int64_t found = 0;
    pulse_span_identities(&scene->plan, scene->row, &fingerprint, scene->identity);
    for (int64_t k = 0; k < count; k++)
        found += pulse_span_record_span(&scene->shape, packed, k) >= 0;
    return found;
}

static void span_record__spans_are_found_up_to_the_first_row_that_changed(void **state)
{
    struct scene scene;
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    char *packed = write_file(&scene, &bytes, &count);
    assert_int_equal(count_found(&scene, packed, count), count);
    for (int64_t t = T - 1; t >= 0; t--) {
        int64_t before = 0;
        for (int64_t s = 0; s < scene.plan.n_spans; s++)
            before += scene.plan.spans[s].trains &&
                      scene.plan.spans[s].first_row + scene.plan.spans[s].rows <= t;
        scene.row[t] ^= 1;
        assert_int_equal(count_found(&scene, packed, count), before);
        scene.row[t] ^= 1;
    }
    free(packed);
    scene_clear(&scene);
}

static void span_record__a_mark_out_of_range_is_damage(void **state)
{
    struct scene scene;
    double value[CELLS];
    int32_t failed[32];
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    scene.failed[5] =
        SYSTEMS * L; /* rightly summed, but of no system: a later part would index by it */
    char *packed = write_file(&scene, &bytes, &count);
    assert_int_equal(take_spans(&scene, packed, bytes, value, failed), count - 1);
    scene.failed[5] = -2;
    free(packed);
    packed = write_file(&scene, &bytes, &count);
    assert_int_equal(take_spans(&scene, packed, bytes, value, failed), count - 1);
    free(packed);
    scene_clear(&scene);
}

/* Spans that are done are read where they lie, those in the middle from the walk's own memory, and
 * what nobody has computed is NaN. */
static void candidates__rows_that_were_saved_are_read_where_they_lie(void **state)
{
    struct scene scene;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_saved_span saved[32] = {0};
    bool done[32] = {false};
    double want[C * T], all[C * T], one[C];
    int64_t bytes, count;
    (void)state;
    scene_make(&scene);
    const struct pulse_plan *plan = &scene.plan;
    const struct pulse_saved_layout layout = pulse_span_record_layout(&scene.shape);
    const struct pulse_fit_input input = {.plan = plan,
                                          .systems = scene.systems,
                                          .n_systems = 1, /* none that is solved by its rows */
                                          .n_targets = E,
                                          .end_span = plan->n_spans};
    char *packed = write_file(&scene, &bytes, &count);
    assert_int_equal(pulse_span_record_open(packed, bytes, &fingerprint), count);
    for (int64_t k = 0; k < count; k++) {
        const int64_t s = pulse_span_record_span(&scene.shape, packed, k);
        done[s] = k != 1 && k != count - 1; /* these two are computed */
        if (done[s])
            assert_true(pulse_span_record_take(&scene.shape, packed, k, &saved[s]));
    }
    struct pulse_candidates out;
    assert_int_equal(pulse_candidates_init(&out, &input, done, &err), 0);
    pulse_candidates_take(&out, saved, &layout);
    for (int64_t s = 0; s < plan->n_spans; s++) {
        assert_int_equal(out.span[s].made != NULL, plan->spans[s].trains && !done[s]);
        pulse_candidates_begin(&out, s);
    }
    for (int64_t target = 0; target < E; target += 2) {
        pulse_candidates_read(&scene.candidates, target, 0, T, T, want);
        pulse_candidates_read(&out, target, 0, T, T, all);
        for (int64_t s = 0; s < plan->n_spans; s++)
            for (int64_t i = 0; i < C * plan->spans[s].rows; i++) {
                const int64_t t = plan->spans[s].first_row + i / C, c = i % C;
                const double expected = done[s] ? want[c * T + t] : (double)NAN;
                CHECK_BITS(all[c * T + t], expected);
                pulse_candidates_read(&out, target, t, 1, 1, one);
                CHECK_BITS(one[c], expected);
                out.pick = &c; /* this one alone */
                out.picks = 1;
                pulse_candidates_read(&out, target, t, 1, 1, one);
                CHECK_BITS(one[0], expected);
                out.pick = NULL;
            }
    }
    pulse_candidates_clear(&out);
    free(packed);
    scene_clear(&scene);
}

/* ---- Fingerprint ------------------------------------------------------------------- */

static char *renamed[E] = {(char[]){"a"}, (char[]){"B"}, (char[]){"c"}};
static char *names[E] = {(char[]){"a"}, (char[]){"b"}, (char[]){"c"}};

struct subject {
    struct pulse_options options;
    struct pulse_window window;
    struct pulse_plan plan;
    int64_t entered[E];
    int64_t target[E];
    struct pulse_system systems[2]; /* b and c; a is a feature */
    struct pulse_run_fingerprint_input of;
};

static void subject_make(struct subject *subject)
{
    memset(subject, 0, sizeof *subject);
    subject->options = check_options(ridge, L);
    subject->plan = (struct pulse_plan){.n_windows = 1, .windows = &subject->window};
    subject->entered[1] = subject->target[0] = 1;
    subject->entered[2] = subject->target[1] = 2;
    subject->systems[0] = (struct pulse_system){.q = 1, .target = subject->target};
    subject->systems[1] =
        (struct pulse_system){.q = 1, .target = subject->target + 1, .row = &subject->entered[1]};
    subject->of = (struct pulse_run_fingerprint_input){.options = &subject->options,
                                                       .plan = &subject->plan,
                                                       .V = E,
                                                       .names = names,
                                                       .E = E,
                                                       .entered = subject->entered,
                                                       .systems = subject->systems,
                                                       .n_systems = 2,
                                                       .arithmetic = "by hand"};
}

static char *text_of(const struct subject *subject)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char *text = pulse_run_fingerprint_text(&subject->of, &err);
    assert_non_null(text);
    return text;
}

/* The subject differs from the one that was made, and this word names it; "" for no difference.
 */
static void check_difference(const struct subject *subject, const char *word)
{
    struct subject first;
    char why[400];
    subject_make(&first);
    char *theirs = text_of(&first), *ours = text_of(subject);
    assert_int_equal(strcmp(theirs, ours) == 0, word[0] == '\0');
    assert_true(
        pulse_run_fingerprint_difference(theirs, (int64_t)strlen(theirs), ours, why, sizeof why));
    if (word[0] == '\0')
        assert_string_equal(why, "");
    else if (strstr(why, word) == NULL)
        fail_msg("'%s' does not say '%s'", why, word);
    free(theirs);
    free(ours);
}

static void fingerprint__every_option_that_matters_is_in_it_and_named(void **state)
{
    struct subject s;
    double other[L] = {1, 11};
    (void)state;
#define CHANGED(change, word)                                                                      \
    do {                                                                                           \
        subject_make(&s);                                                                          \
        change;                                                                                    \
        check_difference(&s, word);                                                                \
    } while (0)
    CHANGED((void)0, "");
    CHANGED(pulse_features_lags(2, &s.options.features), "now \"lag1+lag2\"");
    CHANGED(s.options.features = pulse_features_default(),
            "--features was \"lag1+lag2+lag3+lag4+lag5\", now \"lag1,ewma4,ewma16\"");
    CHANGED(s.plan.calendar.columns = 5, "calendar columns was 0, now 5");
    CHANGED(s.options.scale_halflife = 7, "--scale-halflife was 33.0, now 7.0");
    CHANGED(s.options.clip = 0, "--clip was 5.0, now 0.0");
    CHANGED(s.options.targets = names;
            s.options.n_targets = 2, "--targets was [], now [\"a\",\"b\"]");
    CHANGED(s.options.horizons.step[s.options.horizons.n++] = 5, "--horizon was [1], now [1,5]");
    CHANGED(s.options.burn_in++, "--burn-in");
    CHANGED(s.options.batch_size_days++, "--batch-size-days");
    CHANGED(s.options.batch_limit++, "--batch-limit");
    CHANGED(s.options.min_history++, "--min-history");
    CHANGED(s.options.history = PULSE_ROLLING; s.options.rolling_windows = 3, "rolling:3");
    CHANGED(s.options.ridge = other, "--ridge was [1.0,10.0], now [1.0,11.0]");
    CHANGED(s.options.threads++, "--threads");
    CHANGED(s.options.span_windows++, "--span-windows");
    CHANGED(s.options.refit = true, "--refit was false, now true");
    CHANGED(s.options.transform = PULSE_LEVEL,
            "the transform of a was \"diff\", now \"level\", and of 2 more");
    CHANGED(s.window.start_day++, "--start-date was \"1970-01-01\", now \"1970-01-02\"");
    CHANGED(s.of.E--; s.of.n_systems--, "the role of c was \"sparse, system 1\", now \"absent\"");
    CHANGED(s.of.n_systems--, "the role of c was \"sparse, system 1\", now \"feature\"");
    CHANGED(s.systems[0].row = s.entered, "the role of b was \"dense\", now \"sparse, system 0\"");
    CHANGED(s.systems[1].kernel_ridge = true, "now \"sparse, system 1 by rows\"");
    CHANGED(s.of.V--, "the number of variables was 3, now 2");
    CHANGED(s.of.names = renamed, "the variable in the position of B was \"b\", now \"B\"");
    CHANGED(s.of.arithmetic = "by machine", "arithmetic was \"by hand\", now \"by machine\"");
    /* How candidates are judged, and where things lie, changes none of them. */
    CHANGED(s.options.combine = PULSE_SELECT, "");
    CHANGED(s.options.learning_rate = 1, "");
    CHANGED(s.options.caution = 0, "");
    CHANGED(s.options.interval_halflife = 5, "");
    CHANGED(s.options.trust = PULSE_TRUST_PERSISTENCE, "");
    CHANGED(s.options.calendar = PULSE_CALENDAR_AUTO,
            ""); /* what it decides counts, not the word */
    CHANGED(s.options.trust_decay = 0.5, "");
    CHANGED(s.options.interval = PULSE_GAUSSIAN, "");
    CHANGED(s.options.output = "elsewhere", "");
    CHANGED(s.options.end_day++, "");
#undef CHANGED
}

static void fingerprint__what_is_no_description_differs(void **state)
{
    struct subject s;
    char why[64];
    (void)state;
    subject_make(&s);
    char *ours = text_of(&s);
    const int64_t n = (int64_t)strlen(ours);
    for (int64_t cut = 0; cut < n; cut++)
        assert_false(pulse_run_fingerprint_difference(ours, cut, ours, why, sizeof why));
    assert_false(pulse_run_fingerprint_difference("[1]", 3, ours, why, sizeof why));
    /* An object without our members: everything differs, and the words stay within their buffer. */
    const char *const empty = "{\"options\": 1, \"variables\": [1, 2, 3]}";
    assert_true(
        pulse_run_fingerprint_difference(empty, (int64_t)strlen(empty), ours, why, sizeof why));
    assert_int_equal(strnlen(why, sizeof why), sizeof why - 1);
    free(ours);
}

/* ---- Rows and description ---------------------------------------------------------- */

static void description__what_is_read_is_what_was_written(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    uint64_t row[3] = {0, UINT64_MAX, UINT64_C(0x0123456789abcdef)};
    struct pulse_digest content[2] = {{{1, 2}}, {{UINT64_MAX, 0}}};
    const struct pulse_described_data data = {.T = 3, .row = row, .V = 2, .content = content};
    struct pulse_described_data got;
    (void)state;
    const char *const settings = "{\"format\": 2}";
    const struct pulse_digest theirs = pulse_digest_of(settings, (int64_t)strlen(settings));
    char *text = pulse_description_text(settings, &data, 2, &err);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"last date\": \"1970-01-03\""));
    const int64_t n = (int64_t)strlen(text);
    assert_true(pulse_description_read(text, n, &theirs, &got));
    assert_int_equal(got.T, 3);
    assert_memory_equal(got.row, row, sizeof row);
    assert_int_equal(got.V, 2);
    assert_memory_equal(got.content, content, sizeof content);
    pulse_described_data_clear(&got);
    for (int64_t cut = 0; cut < n; cut++)
        assert_false(pulse_description_read(text, cut, &theirs, &got));
    assert_false(pulse_description_read(NULL, 0, &theirs, &got));
    assert_false(pulse_description_read(text, n, &fingerprint, &got));
    for (char *digit = strstr(text, "ffffffff"); *digit == 'f'; digit++) {
        *digit = 'e';
        assert_false(pulse_description_read(text, n, &theirs, &got));
        *digit = 'f';
    }
    free(text);
}

static void row_digests__one_value_or_day_is_seen_wherever_it_is(void **state)
{
    enum { ROWS = 40, VARIABLES = 3 };
    double x[VARIABLES][ROWS];
    int64_t calendar[ROWS];
    uint64_t right[ROWS] = {0}, other[ROWS];
    (void)state;
    for (int t = 0; t < ROWS; t++) {
        calendar[t] = 10 + t;
        for (int v = 0; v < VARIABLES; v++)
            x[v][t] = t % 5 == 0 ? (double)NAN : t; /* the same values in all variables */
    }
    for (int v = 0; v < VARIABLES; v++)
        pulse_row_digests_add_values(right, ROWS, v, x[v]);
    pulse_row_digests_add_days(right, ROWS, calendar);
    for (int t = 0; t < ROWS; t++)
        for (int v = -1; v < VARIABLES; v++) {
            memset(other, 0, sizeof other);
            calendar[t] += v < 0;
            for (int k = VARIABLES - 1; k >= 0; k--) { /* in any order */
                const double was = x[k][t];
                x[k][t] = k == v ? 0.5 : was;
                pulse_row_digests_add_values(other, ROWS, k, x[k]);
                x[k][t] = was;
            }
            pulse_row_digests_add_days(other, ROWS, calendar);
            calendar[t] -= v < 0;
            assert_int_equal(pulse_row_digests_count_same(right, ROWS, other, ROWS), t);
            assert_int_equal(pulse_row_digests_count_same(right, ROWS, other, t), t);
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(span_record__what_is_read_is_what_was_written),
        cmocka_unit_test(span_record__every_flipped_bit_is_found),
        cmocka_unit_test(span_record__every_cut_is_found),
        cmocka_unit_test(span_record__another_run_s_file_is_refused),
        cmocka_unit_test(span_record__spans_of_another_plan_are_not_found),
        cmocka_unit_test(span_record__spans_are_found_up_to_the_first_row_that_changed),
        cmocka_unit_test(span_record__a_mark_out_of_range_is_damage),
        cmocka_unit_test(candidates__rows_that_were_saved_are_read_where_they_lie),
        cmocka_unit_test(fingerprint__every_option_that_matters_is_in_it_and_named),
        cmocka_unit_test(fingerprint__what_is_no_description_differs),
        cmocka_unit_test(description__what_is_read_is_what_was_written),
        cmocka_unit_test(row_digests__one_value_or_day_is_seen_wherever_it_is),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
