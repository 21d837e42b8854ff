/* rows.c and gram.c: lag features and sums of their products. Panels of small whole numbers make
 * every sum exact, so that any order of additions must give the same bits. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/gram.h"

struct panel {
    struct pulse_sizes sizes;
    struct pulse_row_block rows;       /* all T of them */
    struct pulse_row_block lag_prefix; /* the first p, the same memory */
    double *work;
};

static struct panel panel_make(int64_t T, int64_t E, int64_t p, uint64_t seed)
{
    struct panel panel = {.sizes = {.T = T, .E = E, .p = p, .d = 1 + p * E, .L = 1}};
    panel.rows = (struct pulse_row_block){.end = T, .E = E};
    panel.rows.z = malloc((size_t)(T * E) * sizeof(double));
    panel.work = malloc((size_t)pulse_gram_work(&panel.sizes) * sizeof(double));
    assert_non_null(panel.rows.z);
    assert_non_null(panel.work);
    for (int64_t i = 0; i < T * E; i++)
        panel.rows.z[i] = (double)(check_below(&seed, 41) - 20);
    panel.lag_prefix = (struct pulse_row_block){.end = p, .E = E, .z = panel.rows.z};
    return panel;
}

static void panel_clear(struct panel *panel)
{
    free(panel->rows.z);
    free(panel->work);
}

static double *zeros(int64_t n)
{
    double *array = calloc((size_t)(n > 0 ? n : 1), sizeof *array);
    assert_non_null(array);
    return array;
}

/* Element i of [x_t; y_t]. */
static double stacked(const struct panel *panel, const struct pulse_system *system, int64_t t,
                      int64_t i)
{
    const int64_t E = panel->sizes.E, d = panel->sizes.d;
    if (i == 0)
        return 1;
    if (i >= d)
        return pulse_row_block_at(&panel->rows, t)[system->target[i - d]];
    return pulse_row_block_at(&panel->rows, t - 1 - (i - 1) / E)[(i - 1) % E];
}

/* [P | Q] against plain sums over these rows; P's lower triangle only. */
static void check_gram(const struct panel *panel, const struct pulse_system *system,
                       const int64_t *row, int64_t n, const double *G)
{
    const int64_t d = panel->sizes.d;
    for (int64_t j = 0; j < d + system->q; j++)
        for (int64_t i = j < d ? j : 0; i < d; i++) {
            double sum = 0;
            for (int64_t k = 0; k < n; k++)
                sum += stacked(panel, system, row[k], i) * stacked(panel, system, row[k], j);
            CHECK_CLOSE(G[j * d + i], sum, 0);
        }
}

static int64_t *usable(const struct panel *panel, int64_t end)
{
    int64_t *row = malloc((size_t)end * sizeof *row);
    assert_non_null(row);
    for (int64_t t = panel->sizes.p; t < end; t++)
        row[t - panel->sizes.p] = t;
    return row;
}

static void rows__features_are_lag_major(void **state)
{
    double z[] = {1, 2, 10, 20, 100, 200, 1000, 2000}, x[7];
    const struct pulse_row_block rows = {.first = 5, .end = 9, .E = 2, .z = z};
    const double want[] = {1, 1000, 2000, 100, 200, 10, 20};
    (void)state;
    pulse_row_block_features(&rows, 3, 9, x); /* row 9 itself need not be held */
    for (int i = 0; i < 7; i++)
        CHECK_BITS(x[i], want[i]);
}

static void gram__lag_blocks_equal_plain_products(void **state)
{
    const struct {
        int64_t T, E, p;
    } shapes[] = {{30, 1, 1}, {40, 1, 6}, {40, 3, 1}, {60, 3, 4}, {700, 2, 3}, {23, 5, 7}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct panel panel = panel_make(shapes[i].T, shapes[i].E, shapes[i].p, 20 + i);
        const struct pulse_sizes *sizes = &panel.sizes;
        int64_t target[] = {sizes->E - 1, 0};
        const struct pulse_system system = {.q = sizes->E > 1 ? 2 : 1, .target = target};
        double *H = zeros(pulse_gram_total_size(sizes));
        double *G = zeros(sizes->d * (sizes->d + system.q));
        for (int64_t end = sizes->p + 1; end <= sizes->T; end += end < 40 ? 1 : 131) {
            int64_t *row = usable(&panel, end);
            pulse_gram_total(sizes, &panel.rows, 0, end, H, panel.work);
            pulse_gram_assemble(sizes, &system, H, &panel.lag_prefix, &panel.rows, end, G);
            check_gram(&panel, &system, row, end - sizes->p, G);
            free(row);
        }
        free(H);
        free(G);
        panel_clear(&panel);
    }
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
    struct panel panel = panel_make(900, 3, 2, 31);
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
    struct panel panel = panel_make(800, 4, 3, 32);
    int64_t target[] = {2, 3}, row[300], n = 0;
    (void)state;
    for (int64_t t = 5; t < 800 && n < 300; t += 1 + t % 3)
        row[n++] = t;
    const struct pulse_system sparse = {.q = 2, .target = target, .n = n, .row = row};
    const struct pulse_row_range run = {.row = row, .n = n};
    double *G = zeros(panel.sizes.d * (panel.sizes.d + 2));
    pulse_gram_add_all(&panel.sizes, &sparse, &panel.rows, &run, 1, G, panel.work);
    check_gram(&panel, &sparse, row, n, G);
    free(G);
    panel_clear(&panel);
}

static void gram__tiles_of_any_width_give_the_same_sums(void **state)
{
    struct panel panel = panel_make(500, 4, 3, 33);
    const int64_t d = panel.sizes.d, columns = d + 2;
    int64_t target[] = {1, 2};
    const struct pulse_system dense = {.q = 2, .target = target};
    const struct pulse_row_range run = {.first = 3, .n = 497};
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
    const struct pulse_row_range run = {.first = 2, .n = 50}, none = {0};
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
    const struct pulse_sizes sizes = {.T = 20, .E = 1, .p = 3, .d = 4, .L = 1};
    const struct pulse_system sparse = {.q = 1, .target = target, .n = 4, .row = row};
    (void)state;
    for (int64_t first = 0; first <= 20; first++)
        for (int64_t end = first; end <= 20; end++) {
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
    const struct pulse_sizes sizes = {.T = 20, .E = 1, .p = 3, .d = 4, .L = 1};
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
        cmocka_unit_test(rows__features_are_lag_major),
        cmocka_unit_test(gram__lag_blocks_equal_plain_products),
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
