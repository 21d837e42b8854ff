#include "fit/gram.h"

#include <cblas.h>
#include <string.h>

void pulse_gram_total(const struct pulse_sizes *sizes, const struct pulse_row_block *rows,
                      int64_t first, int64_t end, double *H, double *work)
{
    const int64_t d = sizes->d, E = sizes->E, ld = d + E;
    memset(H, 0, (size_t)(ld * E) * sizeof *H);
    for (int64_t t = first > sizes->p ? first : sizes->p; t < end; t += PULSE_GRAM_CHUNK) {
        int64_t n = end - t < PULSE_GRAM_CHUNK ? end - t : PULSE_GRAM_CHUNK;
        for (int64_t i = 0; i < n; i++) {
            pulse_row_block_features(rows, sizes->p, t + i, work + i * ld);
            memcpy(work + i * ld + d, pulse_row_block_at(rows, t + i), (size_t)E * sizeof *work);
        }
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)ld, (int)E, (int)n, 1.0, work,
                    (int)ld, work + d, (int)ld, 1.0, H, (int)ld);
    }
}

/* The intercept's column of P: the number of rows, then for each lag the sum of the lagged rows,
 *     Σ ẑ(t−i−1) = Σ ẑ(t−i) − ẑ(e−1−i) + ẑ(p−1−i) (DEFINITIONS §6.2),
 * that of the lag before it plus the row that enters minus the row that leaves. */
static void assemble_intercept(const struct pulse_sizes *sizes, const double *H,
                               const struct pulse_row_block *lag_prefix,
                               const struct pulse_row_block *rows, int64_t end, double *G)
{
    const int64_t E = sizes->E, p = sizes->p, ld = sizes->d + E;
    G[0] = (double)(end > p ? end - p : 0);
    for (int64_t e = 0; e < E; e++)
        G[1 + e] = H[e * ld] - pulse_row_block_at(rows, end - 1)[e] +
                   pulse_row_block_at(lag_prefix, p - 1)[e];
    for (int64_t lag = 1; lag < p; lag++)
        for (int64_t e = 0; e < E; e++)
            G[1 + lag * E + e] = G[1 + (lag - 1) * E + e] -
                                 pulse_row_block_at(rows, end - 1 - lag)[e] +
                                 pulse_row_block_at(lag_prefix, p - 1 - lag)[e];
}

/* One column of lag block (j + 1, i + 1) from that of block (j, i), by
 *     P_{j+1,i+1} = P_ji − ẑ(e−1−j) ẑ(e−1−i)ᵀ + ẑ(p−1−j) ẑ(p−1−i)ᵀ (DEFINITIONS §6.2):
 * both are Σ ẑ(s − j) ẑ(s − i)ᵀ, the second over rows that start and end one earlier. */
static void shift_column(int64_t E, const double *from, double *to, const double *leaves_j,
                         double leaves_i, const double *enters_j, double enters_i)
{
    for (int64_t r = 0; r < E; r++)
        to[r] = from[r] - leaves_j[r] * leaves_i + enters_j[r] * enters_i;
}

void pulse_gram_assemble(const struct pulse_sizes *sizes, const struct pulse_system *system,
                         const double *H, const struct pulse_row_block *lag_prefix,
                         const struct pulse_row_block *rows, int64_t end, double *G)
{
    const int64_t E = sizes->E, p = sizes->p, d = sizes->d, ld = d + E;
    assemble_intercept(sizes, H, lag_prefix, rows, end, G);
    for (int64_t i = 0; i < p; i++) { /* block column of lag i + 1 */
        const double *leaves_i = pulse_row_block_at(rows, end - 1 - i),
                     *enters_i = pulse_row_block_at(lag_prefix, p - 1 - i);
        for (int64_t e = 0; e < E; e++) {
            double *to = G + (1 + i * E + e) * d + 1 + i * E;
            /* Block (j, 0) is in H: lag 0 lies below the features there, lag j inside them. */
            const double *from =
                i == 0 ? H + e * ld : G + (1 + (i - 1) * E + e) * d + 1 + (i - 1) * E;
            for (int64_t j = i; j < p; j++, to += E) {
                const double *block = i > 0    ? from + (j - i) * E
                                      : j == 0 ? from + d
                                               : from + 1 + (j - 1) * E;
                shift_column(E, block, to, pulse_row_block_at(rows, end - 1 - j), leaves_i[e],
                             pulse_row_block_at(lag_prefix, p - 1 - j), enters_i[e]);
            }
        }
    }
    for (int64_t k = 0; k < system->q; k++)
        memcpy(G + (d + k) * d, H + system->target[k] * ld, (size_t)d * sizeof *G);
}

struct pulse_row_range pulse_gram_range(const struct pulse_sizes *sizes,
                                        const struct pulse_system *system, int64_t first,
                                        int64_t end)
{
    struct pulse_row_range run = {0};
    if (system->row == NULL) {
        run.first = first > sizes->p ? first : sizes->p;
        run.n = end > run.first ? end - run.first : 0;
        return run;
    }
    int64_t low = pulse_system_rows_before(system, first);
    run.row = system->row + low;
    run.n = pulse_system_rows_before(system, end) - low;
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
        pulse_row_block_features(rows, sizes->p, t, work + i * ld);
        for (int64_t k = 0; k < system->q; k++)
            work[i * ld + d + k] = pulse_row_block_at(rows, t)[system->target[k]];
    }
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

int64_t pulse_gram_tile_columns(const struct pulse_sizes *sizes)
{
    int64_t columns = 65536 / sizes->d;
    return columns < 32 ? 32 : columns;
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
