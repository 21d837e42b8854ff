/* row_block.c and gram.c: features and sums of their products. Panels of small whole numbers make
 * every sum of lags exact, so that any order of additions must give the same bits. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/gram.h"

struct panel {
    struct pulse_features *features;
    struct pulse_sizes sizes;
    struct pulse_row_block rows;       /* all T of them */
    struct pulse_row_block lag_prefix; /* the first p, the same memory */
    double *calendar;
    double *work;
};

static double *zeros(int64_t n)
{
    double *array = calloc((size_t)(n > 0 ? n : 1), sizeof *array);
    assert_non_null(array);
    return array;
}

/* A panel of whole numbers; with averages none in the first row, which burn-in sees to. */
static struct panel panel_of(const char *features, int64_t T, int64_t E, int64_t columns,
                             uint64_t seed)
{
    struct panel panel = {.features = malloc(sizeof *panel.features)};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    assert_non_null(panel.features);
    assert_int_equal(pulse_features_parse(features, panel.features, &err), 0);
    panel.sizes = pulse_sizes_of(panel.features, 1, T, E, columns);
    panel.rows = (struct pulse_row_block){.end = T,
                                          .E = E,
                                          .features = panel.features,
                                          .averages = pulse_features_averages(panel.features),
                                          .columns = columns};
    panel.rows.u = zeros(T * E);
    panel.rows.average = zeros((T + 1) * panel.rows.averages * E);
    panel.rows.calendar = panel.calendar = zeros((T + 1) * columns);
    panel.work = zeros(pulse_gram_work(&panel.sizes));
    for (int64_t i = panel.rows.averages > 0 ? E : 0; i < T * E; i++)
        panel.rows.u[i] = (double)(check_below(&seed, 41) - 20);
    for (int64_t i = 0; i < (T + 1) * columns; i++)
        panel.calendar[i] = (double)(check_below(&seed, 7) - 2);
    pulse_row_block_average(&panel.rows);
    panel.lag_prefix = panel.rows;
    panel.lag_prefix.end = panel.sizes.p;
    return panel;
}

/* The lags 1 … p in one block. */
static struct panel panel_make(int64_t T, int64_t E, int64_t p, uint64_t seed)
{
    char text[256] = "lag1";
    for (int64_t i = 2; i <= p; i++)
        (void)snprintf(text + strlen(text), 16, "+lag%d", (int)i);
    return panel_of(text, T, E, 0, seed);
}

static void panel_clear(struct panel *panel)
{
    free(panel->rows.u);
    free(panel->rows.average);
    free(panel->calendar);
    free(panel->work);
    free(panel->features);
}

/* Average i of variable e in row t from all that lies before: c Σ r^k u(t − 1 − k). */
static double average(const struct panel *panel, double halflife, int64_t t, int64_t e)
{
    const double r = pow(0.5, 1 / halflife);
    double sum = 0;
    for (int64_t s = 0; s < t; s++)
        sum = r * sum + sqrt(1 - r * r) * pulse_row_block_at(&panel->rows, s)[e];
    return sum;
}

/* Element i of [x_t; y_t]. */
static double stacked(const struct panel *panel, const struct pulse_system *system, int64_t t,
                      int64_t i)
{
    const int64_t E = panel->sizes.E, d = panel->sizes.d, fixed = panel->sizes.fixed;
    if (i == 0)
        return 1;
    if (i < fixed)
        return panel->calendar[t * (fixed - 1) + i - 1];
    if (i >= d)
        return pulse_row_block_at(&panel->rows, t)[system->target[i - d]];
    const struct pulse_family *family = &panel->features->family[(i - fixed) / E];
    const int64_t e = (i - fixed) % E;
    return family->lag > 0 ? pulse_row_block_at(&panel->rows, t - family->lag)[e]
                           : average(panel, family->halflife, t, e);
}

/* [P | Q] against plain sums over these rows; P's lower triangle only. */
static void check_gram_within(const struct panel *panel, const struct pulse_system *system,
                              const int64_t *row, int64_t n, const double *G, double tolerance)
{
    const int64_t d = panel->sizes.d, width = d + system->q;
    double *x = zeros(n * width);
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < width; i++)
            x[k * width + i] = stacked(panel, system, row[k], i);
    for (int64_t j = 0; j < width; j++)
        for (int64_t i = j < d ? j : 0; i < d; i++) {
            double sum = 0, size = tolerance;
            for (int64_t k = 0; k < n; k++) {
                sum += x[k * width + i] * x[k * width + j];
                size += tolerance * fabs(x[k * width + i] * x[k * width + j]);
            }
            if (tolerance > 0)
                CHECK_CLOSE((G[j * d + i] - sum) / size, 0, 1);
            else
                CHECK_CLOSE(G[j * d + i], sum, 0);
        }
    free(x);
}

static void check_gram(const struct panel *panel, const struct pulse_system *system,
                       const int64_t *row, int64_t n, const double *G)
{
    check_gram_within(panel, system, row, n, G, 0);
}

static int64_t *usable(const struct panel *panel, int64_t end)
{
    int64_t *row = malloc((size_t)end * sizeof *row);
    assert_non_null(row);
    for (int64_t t = panel->sizes.p; t < end; t++)
        row[t - panel->sizes.p] = t;
    return row;
}

static void row_block__features_are_family_by_family(void **state)
{
    double u[] = {1, 2, 10, 20, 100, 200, 1000, 2000}, average[5 * 2 * 2], calendar[20];
    const struct pulse_features features = {
        .n = 4,
        .family = {{.lag = 3}, {.halflife = 4}, {.lag = 1}, {.halflife = 16}},
        .n_blocks = 1,
        .block_end = {4}};
    const struct pulse_row_block rows = {.first = 5,
                                         .end = 9,
                                         .E = 2,
                                         .u = u,
                                         .features = &features,
                                         .averages = 2,
                                         .average = average,
                                         .columns = 2,
                                         .calendar = calendar};
    (void)state;
    for (int i = 0; i < 20; i++)
        average[i] = 0.5 + i, calendar[i] = 100.25 + i;
    for (int64_t t = 8; t <= 9; t++) { /* row 9 itself need not be held */
        double want[11] = {1, 100.25 + 2 * (double)t, 101.25 + 2 * (double)t};
        double out[11];
        memcpy(want + 3, u + 2 * (t - 3 - 5), 2 * sizeof *u);
        memcpy(want + 5, average + 4 * (t - 5), 2 * sizeof *u);
        memcpy(want + 7, u + 2 * (t - 1 - 5), 2 * sizeof *u);
        memcpy(want + 9, average + 4 * (t - 5) + 2, 2 * sizeof *u);
        pulse_row_block_features(&rows, t, out);
        for (int i = 0; i < 11; i++)
            CHECK_BITS(out[i], want[i]);
    }
}

static void row_block__averages_are_sums_of_all_before(void **state)
{
    struct panel panel = panel_of("ewma4+lag2,ewma16,ewma1.5", 90, 3, 0, 25);
    const double halflife[] = {4, 16, 1.5};
    const int64_t family[] = {0, 2, 3};
    (void)state;
    for (int64_t t = 0; t <= 90; t++)
        for (int i = 0; i < 3; i++)
            for (int64_t e = 0; e < 3; e++)
                CHECK_CLOSE(pulse_row_block_family(&panel.rows, family[i], t)[e],
                            average(&panel, halflife[i], t, e), 1e-13);
    panel_clear(&panel);
}

/* From the averages of its first row a block has the same bits as the whole. */
static void row_block__averages_may_begin_anywhere(void **state)
{
    struct panel panel = panel_of("ewma4,ewma16", 90, 3, 0, 26);
    (void)state;
    for (int64_t first = 0; first <= 90; first += 9) {
        struct pulse_row_block part = panel.rows;
        const int64_t step = part.averages * part.E, n = (90 - first + 1) * step;
        part.first = first;
        part.u = panel.rows.u + first * part.E;
        part.average = zeros(n);
        memcpy(part.average, panel.rows.average + first * step, (size_t)step * sizeof(double));
        pulse_row_block_average(&part);
        for (int64_t i = 0; i < n; i++)
            CHECK_BITS(part.average[i], panel.rows.average[first * step + i]);
        free(part.average);
    }
    panel_clear(&panel);
}

/* Assembled before every row, or every 131st, against plain products. */
static void check_assembled(const char *features, int64_t T, int64_t E, int64_t columns,
                            double tolerance)
{
    struct panel panel = panel_of(features, T, E, columns, 20 + (uint64_t)(T + E));
    const struct pulse_sizes *sizes = &panel.sizes;
    int64_t target[] = {sizes->E - 1, 0};
    const struct pulse_system system = {.q = sizes->E > 1 ? 2 : 1, .target = target};
    double *H = zeros(pulse_gram_total_size(sizes));
    double *G = zeros(sizes->d * (sizes->d + system.q));
    for (int64_t end = sizes->p + 1; end <= sizes->T; end += end < 40 ? 1 : 131) {
        int64_t *row = usable(&panel, end);
        pulse_gram_total(sizes, &panel.rows, 0, end, H, panel.work);
        pulse_gram_assemble(sizes, &system, H, &panel.lag_prefix, &panel.rows, end, G);
        check_gram_within(&panel, &system, row, end - sizes->p, G, tolerance);
        free(row);
    }
    free(H);
    free(G);
    panel_clear(&panel);
}

static void gram__lag_blocks_equal_plain_products(void **state)
{
    (void)state;
    check_assembled("lag1", 30, 1, 0, 0);
    check_assembled("lag1+lag2+lag3+lag4+lag5+lag6", 40, 1, 2, 0);
    check_assembled("lag1", 40, 3, 5, 0);
    check_assembled("lag1,lag2+lag3,lag4", 60, 3, 1, 0);
    check_assembled("lag1+lag2+lag3", 700, 2, 0, 0);
    check_assembled("lag1+lag2+lag3+lag4+lag5+lag6+lag7", 23, 5, 0, 0);
}

static void gram__averages_follow_from_what_is_beside_them(void **state)
{
    const double tolerance = 1e-13; /* of Σ |x y|: a share of 1 / (1 − r r) is lost */
    (void)state;
    check_assembled("ewma4", 40, 1, 0, tolerance);
    check_assembled("lag1,ewma4", 40, 2, 2, tolerance);
    check_assembled("lag1,ewma4,ewma16", 300, 3, 5, tolerance);
    check_assembled("ewma16+lag1+ewma2.5", 60, 2, 0, tolerance);
    check_assembled("lag1,ewma4,ewma16", 900, 2, 1, tolerance);
}

static void gram__empty_span_is_zero(void **state)
{
    struct panel panel = panel_make(20, 3, 4, 30);
    const int64_t n = pulse_gram_total_size(&panel.sizes);
    double *H = zeros(n);
    (void)state;
    for (int64_t first = 0; first <= 10; first += 2) {
        memset(H, 0xff, (size_t)n * sizeof *H);
        pulse_gram_total(&panel.sizes, &panel.rows, first, first, H, panel.work);
        for (int64_t i = 0; i < n; i++)
            CHECK_BITS(H[i], 0);
    }
    pulse_gram_total(&panel.sizes, &panel.rows, 0, 4, H, panel.work); /* rows without lags */
    for (int64_t i = 0; i < n; i++)
        CHECK_BITS(H[i], 0);
    free(H);
    panel_clear(&panel);
}

static void gram__totals_of_spans_sum_to_the_whole(void **state)
{
    struct panel panel = panel_of("lag1+lag2", 900, 3, 4, 31);
    const int64_t n = pulse_gram_total_size(&panel.sizes);
    const int64_t cut[] = {0, 1, 2, 3, 260, 600, 601, 900};
    double *whole = zeros(n), *part = zeros(n), *sum = zeros(n);
    (void)state;
    pulse_gram_total(&panel.sizes, &panel.rows, 0, 900, whole, panel.work);
    for (int c = 0; c < 7; c++) {
        pulse_gram_total(&panel.sizes, &panel.rows, cut[c], cut[c + 1], part, panel.work);
        for (int64_t i = 0; i < n; i++)
            sum[i] += part[i];
    }
    for (int64_t i = 0; i < n; i++)
        CHECK_CLOSE(sum[i], whole[i], 0);
    free(whole);
    free(part);
    free(sum);
    panel_clear(&panel);
}

static void gram__plain_sums_equal_plain_products(void **state)
{
    const struct {
        const char *features;
        int64_t columns;
        double tolerance;
    } cases[] = {{"lag1+lag2+lag3", 0, 0}, /* lags alone: exact */
                 {"lag5,lag2", 4, 0},
                 {"lag1,ewma4,ewma16", 5, 1e-14},
                 {"lag3+ewma2,ewma30,lag1", 2, 1e-14}};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct panel panel = panel_of(cases[c].features, 800, 4, cases[c].columns, 32);
        int64_t target[] = {2, 3}, row[300], n = 0;
        for (int64_t t = 5; t < 800 && n < 300; t += 1 + t % 3)
            row[n++] = t;
        const struct pulse_system sparse = {.q = 2, .target = target, .n = n, .row = row};
        const struct pulse_row_range run = {.row = row, .n = n, .weight = 1};
        double *G = zeros(panel.sizes.d * (panel.sizes.d + 2));
        pulse_gram_add_all(&panel.sizes, &sparse, &panel.rows, &run, 1, G, panel.work);
        check_gram_within(&panel, &sparse, row, n, G, cases[c].tolerance);
        free(G);
        panel_clear(&panel);
    }
}

static void gram__tiles_of_any_width_give_the_same_sums(void **state)
{
    struct panel panel = panel_make(500, 4, 3, 33);
    const int64_t d = panel.sizes.d, columns = d + 2;
    int64_t target[] = {1, 2};
    const struct pulse_system dense = {.q = 2, .target = target};
    const struct pulse_row_range run = {.first = 3, .n = 497, .weight = 1};
    int64_t *row = usable(&panel, 500);
    (void)state;
    for (int64_t tile = 1; tile <= columns; tile++) {
        double *G = zeros(d * columns);
        for (int64_t first = 0; first < columns; first += tile) {
            int64_t n = columns - first < tile ? columns - first : tile;
            pulse_gram_add(&panel.sizes, &dense, &panel.rows, &run, 1, first, n, G + first * d,
                           panel.work);
        }
        check_gram(&panel, &dense, row, 497, G);
        free(G);
    }
    free(row);
    panel_clear(&panel);
}

static void gram__decay_scales_what_was_there(void **state)
{
    struct panel panel = panel_make(100, 2, 2, 34);
    const int64_t d = panel.sizes.d, size = d * (d + 1);
    int64_t target[] = {1};
    const struct pulse_system dense = {.q = 1, .target = target};
    const struct pulse_row_range run = {.first = 2, .n = 50, .weight = 1}, none = {0};
    double *G = zeros(size), *twice = zeros(size);
    (void)state;
    pulse_gram_add_all(&panel.sizes, &dense, &panel.rows, &run, 0.5, G, panel.work);
    memcpy(twice, G, (size_t)size * sizeof *G);
    pulse_gram_add_all(&panel.sizes, &dense, &panel.rows, &none, 0.25, G, panel.work);
    for (int64_t i = 0; i < size; i++)
        CHECK_CLOSE(G[i], 0.25 * twice[i], 0);
    free(G);
    free(twice);
    panel_clear(&panel);
}

static void gram__run_of_sparse_rows_is_what_lies_between(void **state)
{
    int64_t target[] = {0}, row[] = {5, 9, 10, 17};
    struct pulse_features features;
    pulse_features_lags(3, &features);
    const struct pulse_sizes sizes = pulse_sizes_of(&features, 1, 20, 1, 0);
    const struct pulse_system sparse = {.q = 1, .target = target, .n = 4, .row = row};
    (void)state;
    for (int64_t first = 0; first <= 20; first++)
        for (int64_t end = -3; end <= 20; end++) {
            struct pulse_row_range run = pulse_gram_range(&sizes, &sparse, first, end);
            int64_t n = 0;
            for (int i = 0; i < 4; i++)
                if (row[i] >= first && row[i] < end) {
                    assert_true(n < run.n);
                    assert_int_equal(pulse_row_range_at(&run, n++), row[i]);
                }
            assert_int_equal(run.n, n);
        }
}

static void gram__run_of_dense_rows_begins_at_the_lags(void **state)
{
    int64_t target[] = {0};
    struct pulse_features features;
    pulse_features_lags(3, &features);
    const struct pulse_sizes sizes = pulse_sizes_of(&features, 1, 20, 1, 0);
    const struct pulse_system dense = {.q = 1, .target = target};
    (void)state;
    struct pulse_row_range run = pulse_gram_range(&sizes, &dense, 0, 10);
    assert_int_equal(run.n, 7);
    assert_int_equal(pulse_row_range_at(&run, 0), 3);
    assert_int_equal(pulse_row_range_at(&run, 6), 9);
    run = pulse_gram_range(&sizes, &dense, 0, 2);
    assert_int_equal(run.n, 0);
    run = pulse_gram_range(&sizes, &dense, 8, 8);
    assert_int_equal(run.n, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(row_block__features_are_family_by_family),
        cmocka_unit_test(row_block__averages_are_sums_of_all_before),
        cmocka_unit_test(row_block__averages_may_begin_anywhere),
        cmocka_unit_test(gram__lag_blocks_equal_plain_products),
        cmocka_unit_test(gram__averages_follow_from_what_is_beside_them),
        cmocka_unit_test(gram__empty_span_is_zero),
        cmocka_unit_test(gram__totals_of_spans_sum_to_the_whole),
        cmocka_unit_test(gram__plain_sums_equal_plain_products),
        cmocka_unit_test(gram__tiles_of_any_width_give_the_same_sums),
        cmocka_unit_test(gram__decay_scales_what_was_there),
        cmocka_unit_test(gram__run_of_sparse_rows_is_what_lies_between),
        cmocka_unit_test(gram__run_of_dense_rows_begins_at_the_lags),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
