#include "plan/systems.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/cholesky.h"

int64_t pulse_system_rows_before(const struct pulse_system *system, int64_t t)
{
    int64_t low = 0, high = system->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (system->row[middle] < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_target(struct pulse_system *system, int64_t target, int64_t burn_in_end,
                      struct pulse_err *err)
{
    int64_t capacity = system->q;
    if (system->q == 0 || burn_in_end < system->from)
        system->from = burn_in_end;
    if (pulse_grow(&system->target, &capacity, system->q + 1, sizeof *system->target, "a system",
                   err) != 0)
        return -1;
    system->target[system->q++] = target;
    return 0;
}

static const uint8_t *rows_of(const struct pulse_grouping *g, int64_t target)
{
    return g->rowset + target * pulse_rowset_bytes(g->T);
}

static int list_rows(struct pulse_system *system, const struct pulse_grouping *g, int64_t target,
                     struct pulse_err *err)
{
    const uint8_t *rowset = rows_of(g, target);
    system->row = pulse_calloc(g->T, sizeof *system->row, "a sparse system's rows", err);
    if (system->row == NULL)
        return -1;
    for (int64_t t = g->p; t < g->T; t++)
        if (rowset[t / 8] >> (t % 8) & 1)
            system->row[system->n++] = t;
    return 0;
}

/* Whether a target belongs to a system: that of its horizon and rows. */
static bool has_rows(const struct pulse_system *system, const struct pulse_grouping *g,
                     int64_t target)
{
    return system->row != NULL && system->first_horizon == target / g->E &&
           memcmp(rows_of(g, target), rows_of(g, system->target[0]),
                  (size_t)pulse_rowset_bytes(g->T)) == 0;
}

int pulse_systems_group(const struct pulse_grouping *g, struct pulse_system **systems, int64_t *n,
                        struct pulse_err *err)
{
    const int64_t targets = g->E * g->horizons;
    struct pulse_system *made = pulse_calloc(targets, sizeof *made, "the systems", err);
    *systems = made;
    *n = 0;
    if (made == NULL)
        return -1;
    for (int64_t i = 0; i < targets; i++) {
        if (!g->dense[i % g->E] || !g->predicted[i % g->E])
            continue;
        *n = 1;
        made[0].last_horizon = g->horizons - 1;
        made[0].n = g->T > g->p ? g->T - g->p : 0;
        if (add_target(&made[0], i, g->burn_in_end[i % g->E], err) != 0)
            return -1;
    }
    for (int64_t i = 0; i < targets; i++) {
        if (g->dense[i % g->E] || !g->predicted[i % g->E])
            continue;
        int64_t s = 0;
        while (s < *n && !has_rows(&made[s], g, i))
            s++;
        if (s == *n) {
            (*n)++;
            made[s].first_horizon = made[s].last_horizon = i / g->E;
            if (list_rows(&made[s], g, i, err) != 0)
                return -1;
        }
        if (add_target(&made[s], i, g->burn_in_end[i % g->E], err) != 0)
            return -1;
    }
    return 0;
}

void pulse_systems_free(struct pulse_system *systems, int64_t n)
{
    for (int64_t s = 0; s < n; s++) {
        free(systems[s].target);
        free(systems[s].row);
    }
    free(systems);
}

int64_t pulse_system_kernel_lags(const struct pulse_sizes *sizes, const struct pulse_system *system)
{
    const struct pulse_features *features = sizes->features;
    int64_t most = 1;
    if (system->row != NULL || pulse_features_form(features) != PULSE_GRAM_LAGS)
        return 1;
    for (int64_t b = 0; b < features->n_blocks; b++) {
        const int64_t n = features->block_end[b] - (b == 0 ? 0 : features->block_end[b - 1]);
        most = n > most ? n : most;
    }
    return most;
}

double pulse_system_kernel_flops(const struct pulse_sizes *sizes, const struct pulse_system *system)
{
    const double n = (double)system->n, d = (double)sizes->d, q = (double)system->q;
    const double products = pulse_system_kernel_lags(sizes, system) == 1
                                ? d
                                : (double)(sizes->fixed + sizes->B * sizes->E);
    return n * n * products + (double)sizes->L * (double)sizes->B *
                                  (n * n * n / 3 + 2 * n * n * (q + 1) + 2 * n * d * q);
}

int64_t pulse_system_kernel_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system)
{
    const int64_t n = system->n, d = sizes->d, q = system->q, F = sizes->features->n;
    const int64_t solving = 2 * n * (q + 1) + sizes->C * q * (n + d);
    const int64_t testing = n * d + d * q + sizes->E * F * F; /* granger.c */
    return n * (d + q) + sizes->C * q * (n + d) + 3 * sizes->E * q + 2 * n * n +
           (solving > testing ? solving : testing);
}

/* The largest share that one of the ranks has of so many chunks. */
static int64_t largest_share(int64_t chunks, int ranks)
{
    return (chunks + ranks - 1) / ranks;
}

int64_t pulse_system_shared_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system, int ranks)
{
    const int64_t L = sizes->L, d = sizes->d, q = system->q, tile = PULSE_KERNEL_TILE;
    const int64_t order = pulse_kernel_order(system->n), sources = pulse_kernel_sources(sizes);
    const int64_t most = largest_share(pulse_system_chunks(system), ranks) * PULSE_KERNEL_CHUNK;
    const int64_t own = most < q ? most : q;
    const int64_t reach = pulse_system_kernel_lags(sizes, system) - 1;
    int64_t kernel = 2 * order * tile + PULSE_KERNEL_SLICE * (order + reach) +
                     (reach > 0 ? (tile + reach) * (order + reach) : 0);
    for (int64_t j = order / tile; j > 0; j -= ranks)
        kernel += 2 * j * tile * tile;
    const int64_t targets = (L + 2) * order * (own + own / PULSE_KERNEL_CHUNK + 1) + order * tile;
    const int64_t retrodictions = order * own + order / ranks * q;
    const int64_t coefficients = PULSE_KERNEL_SLICE * L * (q + own) + d;
    const int64_t testing =
        order * (largest_share((sizes->E + sources - 1) / sources, ranks) * tile + 3 * q + tile) +
        (3 * sources * (ranks + 1) + 2 * tile) * q;
    const int64_t walking = targets + (retrodictions > coefficients ? retrodictions : coefficients);
    return kernel + (walking > testing ? walking : testing);
}

double pulse_system_span_flops(const struct pulse_sizes *sizes, double q, double rows)
{
    const double d = (double)sizes->d, B = (double)sizes->features->n_blocks;
    const double m = rows + (double)pulse_sizes_reach(sizes);
    return d * d * d / 3 + d * d * (q + m) + 2 * d * m * q + d * m * m +
           B * (m * m * m / 3 + m * m * q);
}

/* Where the innovations form, with all blocks, costs least per row (near 0.6·d for one block, fewer
 * for several), and some more that pay for what a span costs by itself. The rows of the panel have
 * no say: spans are cut from the front, and those that are full stay as they are when rows are
 * appended. */
int64_t pulse_system_span_rows(const struct pulse_sizes *sizes)
{
    const double q = (double)(sizes->E * pulse_sizes_horizons(sizes));
    int64_t best = sizes->d / 4 < 1 ? 1 : sizes->d / 4;
    for (int64_t m = best; m <= sizes->d; m += 1 + sizes->d / 64)
        if (pulse_system_span_flops(sizes, q, (double)m) / (double)m <
            pulse_system_span_flops(sizes, q, (double)best) / (double)best)
            best = m;
    return best;
}

/* What the dense system takes by its features: spans, the final fit, and the tests' inverse. */
static double dense_flops(const struct pulse_sizes *sizes, double q)
{
    const double d = (double)sizes->d, C = (double)sizes->C, L = (double)sizes->L;
    const double rows = (double)pulse_system_span_rows(sizes);
    const double spans = fmax(1, (double)sizes->T / rows);
    return L * spans * pulse_system_span_flops(sizes, q, rows) + C * 2 * d * d * q + d * d * d;
}

/* Whether a system is solved by its rows, alone among systems or by all ranks. */
static bool goes_by_rows(const struct pulse_system *system, const struct pulse_sizes *sizes)
{
    const double d = (double)sizes->d;
    if (system->n == 0 || system->n >= 32768) /* counts of MPI and BLAS are 32-bit */
        return false;
    if (system->row == NULL) /* spans can be saved on the way: small ones stay with them */
        return sizes->d >= PULSE_WIDE_FEATURES && system->n <= sizes->d &&
               pulse_system_kernel_flops(sizes, system) < dense_flops(sizes, (double)system->q);
    /* Else about 8·T/(5·d) spans, of d³/3 operations for each λ. */
    return pulse_system_kernel_flops(sizes, system) <
           0.5 * (double)sizes->L * (double)sizes->T * d * d;
}

/* How a system is solved. */
struct form {
    bool kernel_ridge, shared;
};

/* As if all blocks had candidates: those that have none change no bit of the others. */
static struct form choose_form(const struct pulse_system *systems, int64_t s,
                               const struct pulse_sizes *of, const struct pulse_options *options,
                               double largest_sum)
{
    const int64_t most_doubles = INT64_C(1) << 26;                  /* of one rank alone */
    const double margin = 4 * (double)of->d * PULSE_CHOLESKY_LEAST; /* all pivots are above λ */
    struct pulse_sizes all = *of;
    const struct pulse_sizes *sizes = &all;
    pulse_sizes_limit(&all, of->L, of->features->n_blocks);
    const struct pulse_system *system = &systems[s];
    struct form form = {false, false};
    if (options->history != PULSE_EXPANDING || options->refit ||
        !(options->ridge[0] > margin * (largest_sum + options->ridge[0])))
        return form;
    /* Beside a dense system that goes by its rows nothing makes matrices of features. */
    const bool wide = systems[0].row == NULL && goes_by_rows(&systems[0], sizes);
    form.kernel_ridge = goes_by_rows(system, sizes) || (wide && system->n > 0);
    form.shared = form.kernel_ridge && (system->row == NULL ||
                                        pulse_system_kernel_doubles(sizes, system) > most_doubles);
    if (form.shared && system->row != NULL && system->n > sizes->d)
        form.kernel_ridge = form.shared = false; /* its tests need the features' sums */
    return form;
}

void pulse_systems_choose(struct pulse_system *systems, int64_t n, const struct pulse_sizes *sizes,
                          const struct pulse_options *options, double largest_sum)
{
    for (int64_t s = 0; s < n; s++) {
        const struct form form = choose_form(systems, s, sizes, options, largest_sum);
        systems[s].kernel_ridge = form.kernel_ridge;
        systems[s].shared = form.shared;
    }
}

bool pulse_systems_suit(const struct pulse_system *systems, int64_t n,
                        const struct pulse_sizes *sizes, const struct pulse_options *options,
                        double largest_sum)
{
    bool suit = true;
    for (int64_t s = 0; s < n; s++) {
        const struct form form = choose_form(systems, s, sizes, options, largest_sum);
        suit = suit && form.kernel_ridge == systems[s].kernel_ridge &&
               form.shared == systems[s].shared;
    }
    return suit;
}
