#include "fit/gram.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

void pulse_gram_total(const struct pulse_sizes *sizes, const struct pulse_row_block *rows,
                      int64_t first, int64_t end, double *H, double *work)
{
    const int64_t d = sizes->d, E = sizes->E, fixed = sizes->fixed;
    const int64_t further = pulse_sizes_further(sizes);
    const int64_t known = pulse_sizes_horizons(sizes) * E - further; /* targets that are u */
    const int64_t left = d + E, right = E + fixed, ld = left + fixed;
    memset(H, 0, (size_t)pulse_gram_total_size(sizes) * sizeof *H);
    for (int64_t t = first > sizes->p ? first : sizes->p; t < end; t += PULSE_GRAM_CHUNK) {
        int64_t n = end - t < PULSE_GRAM_CHUNK ? end - t : PULSE_GRAM_CHUNK;
        for (int64_t i = 0; i < n; i++) { /* [x; u; 1; calendar]: both factors lie in it */
            double *row = work + i * ld;
            pulse_row_block_features(rows, t + i, row);
            memcpy(row + d, pulse_row_block_at(rows, t + i), (size_t)E * sizeof *row);
            memcpy(row + left, row, (size_t)fixed * sizeof *row);
        }
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)left, (int)right, (int)n, 1.0,
                    work, (int)ld, work + d, (int)ld, 1.0, H, (int)left);
        if (further > 0)
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)d, (int)further, (int)n,
                        1.0, work, (int)ld, pulse_row_block_target(rows, known, t),
                        (int)(rows->end - rows->first), 1.0, H + left * right, (int)d);
    }
}

/* One column of lag block (j + 1, i + 1) from that of block (j, i), by
 *     P_{j+1,i+1} = P_ji − u(e−1−j) u(e−1−i)ᵀ + u(p−1−j) u(p−1−i)ᵀ (DEFINITIONS §6.2):
 * both are Σ u(s − j) u(s − i)ᵀ, the second over rows that start and end one earlier. */
static void shift_column(int64_t E, const double *from, double *to, const double *leaves_j,
                         double leaves_i, const double *enters_j, double enters_i)
{
    for (int64_t r = 0; r < E; r++)
        to[r] = from[r] - leaves_j[r] * leaves_i + enters_j[r] * enters_i;
}

/* Lags: from the block column of lag i to that of lag i + 1. */
static void assemble_lags(const struct pulse_sizes *sizes, const double *H,
                          const struct pulse_row_block *lag_prefix,
                          const struct pulse_row_block *rows, int64_t end, double *G)
{
    const int64_t E = sizes->E, p = sizes->p, d = sizes->d, fixed = sizes->fixed, ld = d + E;
    for (int64_t i = 0; i < p; i++) { /* block column of lag i + 1 */
        const double *leaves_i = pulse_row_block_at(rows, end - 1 - i),
                     *enters_i = pulse_row_block_at(lag_prefix, p - 1 - i);
        for (int64_t e = 0; e < E; e++) {
            double *to = G + (fixed + i * E + e) * d + fixed + i * E;
            /* Block (j, 0) is in H: lag 0 lies below the features there, lag j inside them. */
            const double *from =
                i == 0 ? H + e * ld : G + (fixed + (i - 1) * E + e) * d + fixed + (i - 1) * E;
            for (int64_t j = i; j < p; j++, to += E) {
                const double *block = i > 0    ? from + (j - i) * E
                                      : j == 0 ? from + d
                                               : from + fixed + (j - 1) * E;
                shift_column(E, block, to, pulse_row_block_at(rows, end - 1 - j), leaves_i[e],
                             pulse_row_block_at(lag_prefix, p - 1 - j), enters_i[e]);
            }
        }
    }
}

/* One block of P with averages: with f_i(t + 1) = r_i f_i(t) + c_i u(t) the sum of f_i f_jᵀ over
 * rows 1 … end − 1 obeys (1 − r_i r_j) P_ij = r_i c_j Q_i + c_i r_j Q_jᵀ + c_i c_j U −
 * f_i(end) f_j(end)ᵀ, as f(1) = 0: burn-in makes the first u 0. */
static void assemble_average_block(const struct pulse_sizes *sizes, const double *H, int64_t i,
                                   int64_t j, const double *f_i, const double *f_j, double *G)
{
    const struct pulse_family *families = sizes->features->family;
    const int64_t E = sizes->E, d = sizes->d, fixed = sizes->fixed, ld = d + E;
    const double r_i = pulse_family_decay(&families[i]), c_i = pulse_family_gain(&families[i]);
    const double r_j = pulse_family_decay(&families[j]), c_j = pulse_family_gain(&families[j]);
    const double share = 1 / (1 - r_i * r_j);
    const double *Q_j = H + fixed + j * E;
    for (int64_t g = 0; g < E; g++) { /* column (j, g) */
        const double *Q_i = H + g * ld + fixed + i * E, *U = H + g * ld + d;
        double *to = G + (fixed + j * E + g) * d + fixed + i * E;
        for (int64_t e = i == j ? g : 0; e < E; e++)
            to[e] = share * (r_i * c_j * Q_i[e] + c_i * r_j * Q_j[e * ld + g] + c_i * c_j * U[e] -
                             f_i[e] * f_j[g]);
    }
}

static void assemble_averages(const struct pulse_sizes *sizes, const double *H,
                              const struct pulse_row_block *rows, int64_t end, double *G)
{
    for (int64_t j = 0; j < sizes->features->n; j++)
        for (int64_t i = j; i < sizes->features->n; i++)
            assemble_average_block(sizes, H, i, j, pulse_row_block_family(rows, i, end),
                                   pulse_row_block_family(rows, j, end), G);
}

void pulse_gram_assemble(const struct pulse_sizes *sizes, const struct pulse_system *system,
                         const double *H, const struct pulse_row_block *head,
                         const struct pulse_row_block *rows, int64_t end, double *G)
{
    const int64_t d = sizes->d, E = sizes->E, ld = d + E;
    for (int64_t k = 0; k < sizes->fixed; k++) /* the intercept and the calendar's columns */
        memcpy(G + k * d, H + (E + k) * ld, (size_t)d * sizeof *G);
    if (pulse_features_form(sizes->features) == PULSE_GRAM_LAGS)
        assemble_lags(sizes, H, head, rows, end, G);
    else
        assemble_averages(sizes, H, rows, end, G);
    const double *further = H + ld * (E + sizes->fixed);
    const int64_t skip = E * pulse_sizes_horizons(sizes) - pulse_sizes_further(sizes);
    for (int64_t k = 0; k < system->q; k++) {
        const int64_t target = system->target[k];
        memcpy(G + (d + k) * d, target < skip ? H + target * ld : further + (target - skip) * d,
               (size_t)d * sizeof *G);
    }
}

struct pulse_row_range pulse_gram_range(const struct pulse_sizes *sizes,
                                        const struct pulse_system *system, int64_t first,
                                        int64_t end)
{
    struct pulse_row_range run = {.weight = 1};
    if (system->row == NULL) {
        run.first = first > sizes->p ? first : sizes->p;
        run.n = end > run.first ? end - run.first : 0;
        return run;
    }
    const int64_t low = pulse_system_rows_before(system, first);
    const int64_t high = pulse_system_rows_before(system, end);
    run.row = system->row + low;
    run.n = high > low ? high - low : 0; /* what a distant horizon knows may end before `first` */
    return run;
}

/* [x; y] of rows i … i + n − 1 of the run as columns of `work`, leading dimension d + q. */
static void stack_rows(const struct pulse_sizes *sizes, const struct pulse_system *system,
                       const struct pulse_row_block *rows, const struct pulse_row_range *run,
                       int64_t first, int64_t n, double *work)
{
    const int64_t d = sizes->d, ld = d + system->q;
    for (int64_t i = 0; i < n; i++) {
        int64_t t = pulse_row_range_at(run, first + i);
        pulse_row_block_features(rows, t, work + i * ld);
        for (int64_t k = 0; k < system->q; k++)
            work[i * ld + d + k] = *pulse_row_block_target(rows, system->target[k], t);
    }
    const double root = sqrt(run->weight);
    if (run->weight != 1) /* that of an old window may be 0: 2^(−age/H) of a small H */
        for (int64_t i = 0; i < n * ld; i++)
            work[i] *= root;
}

static void scale_columns(int64_t count, double decay, double *G)
{
    if (decay != 1)
        for (int64_t i = 0; i < count; i++)
            G[i] *= decay;
}

void pulse_gram_add(const struct pulse_sizes *sizes, const struct pulse_system *system,
                    const struct pulse_row_block *rows, const struct pulse_row_range *run,
                    double decay, int64_t first, int64_t n, double *G, double *work)
{
    const int64_t d = sizes->d, ld = d + system->q;
    scale_columns(n * d, decay, G);
    int64_t in_p = first >= d ? 0 : first + n <= d ? n : d - first;
    for (int64_t i = 0; i < run->n; i += PULSE_GRAM_CHUNK) {
        int64_t m = run->n - i < PULSE_GRAM_CHUNK ? run->n - i : PULSE_GRAM_CHUNK;
        stack_rows(sizes, system, rows, run, i, m, work);
        if (in_p > 0) /* from the diagonal of the first column down */
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(d - first), (int)in_p,
                        (int)m, 1.0, work + first, (int)ld, work + first, (int)ld, 1.0, G + first,
                        (int)d);
        if (in_p < n)
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)d, (int)(n - in_p), (int)m,
                        1.0, work, (int)ld, work + first + in_p, (int)ld, 1.0, G + in_p * d,
                        (int)d);
    }
}

void pulse_gram_add_all(const struct pulse_sizes *sizes, const struct pulse_system *system,
                        const struct pulse_row_block *rows, const struct pulse_row_range *run,
                        double decay, double *G, double *work)
{
    const int64_t columns = sizes->d + system->q, tile = pulse_gram_tile_columns(sizes);
    for (int64_t first = 0; first < columns; first += tile) {
        int64_t n = columns - first < tile ? columns - first : tile;
        pulse_gram_add(sizes, system, rows, run, decay, first, n, G + first * sizes->d, work);
    }
}
