#include "kernel/granger.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/granger_fit.h"
#include "math/cholesky.h"
#include "mpi/collect.h"

/* A run of sources or of targets with their right-hand sides M⁻¹[· 1], if they are ours. */
struct chunk {
    int64_t first, n; /* sources, or targets of the system */
    int64_t columns;  /* without the ones */
    double *W;        /* order × (columns + 1) */
};

struct tests {
    const struct pulse_kernel_rows *rows;
    struct pulse_kernel_matrix *kernel;
    double *X;
    struct pulse_system system; /* its targets of the next row, numbered from 0 */
    double lambda, calendar;    /* penalties */
    int64_t n_sources, n_targets;
    struct chunk *source, *target; /* chunks of each */
    struct chunk days;             /* the calendar's columns: every rank's */
    double *own;                   /* Σ x² of each column of our sources */
    double *U;                     /* order × q: u of all targets, once they are solved */
    double *squares;               /* q: Σ y² */
    struct pulse_granger_fit fit;  /* side, left, freedom alone */
};

static const struct pulse_sizes *sizes_of(const struct tests *tests)
{
    return &tests->rows->input->plan->sizes;
}

static bool owns_tests(const struct tests *tests, int64_t i)
{
    return i % tests->rows->comm->size == tests->rows->comm->rank;
}

static int64_t count_chunks(int64_t n, int64_t most)
{
    return (n + most - 1) / most;
}

/* ---- Memory --------------------------------------------------------------------- */

static struct chunk *cut_chunks(const struct tests *tests, int64_t n, int64_t most, int64_t width,
                                int64_t *n_chunks, struct pulse_err *err)
{
    struct chunk *chunks =
        pulse_calloc(count_chunks(n, most), sizeof *chunks, "the Granger tests", err);
    for (int64_t first = 0; chunks != NULL && first < n; first += most) {
        struct chunk *chunk = &chunks[*n_chunks];
        chunk->first = first;
        chunk->n = n - first < most ? n - first : most;
        chunk->columns = chunk->n * width;
        if (owns_tests(tests, (*n_chunks)++))
            chunk->W = pulse_alloc_aligned(tests->rows->order * (chunk->columns + 1),
                                           sizeof *chunk->W, "the Granger tests", err);
    }
    return chunks;
}

static int tests_init(struct tests *tests, struct pulse_err *err)
{
    const char *what = "the Granger tests";
    const struct pulse_sizes *sizes = sizes_of(tests);
    const int64_t F = sizes->features->n, q = tests->system.q, order = tests->rows->order;
    tests->fit.sizes = sizes;
    tests->system.target = pulse_calloc(q, sizeof *tests->system.target, what, err);
    for (int64_t k = 0; tests->system.target != NULL && k < q; k++)
        tests->system.target[k] = k;
    tests->source =
        cut_chunks(tests, sizes->E, pulse_kernel_sources(sizes), F, &tests->n_sources, err);
    tests->target = cut_chunks(tests, q, PULSE_KERNEL_CHUNK, 1, &tests->n_targets, err);
    tests->days.columns = sizes->fixed - 1;
    tests->days.W = pulse_alloc_aligned(order * sizes->fixed, sizeof(double), what, err);
    tests->own = pulse_alloc_aligned(sizes->d, sizeof(double), what, err);
    tests->U = pulse_alloc_aligned(order * q, sizeof(double), what, err);
    tests->squares = pulse_alloc_aligned(q, sizeof(double), what, err);
    tests->fit.left = pulse_alloc_aligned(q, sizeof(double), what, err);
    tests->fit.side = pulse_alloc_aligned(pulse_cholesky_side(F), sizeof(double), what, err);
    return pulse_comm_agree(tests->rows->comm, err);
}

static void tests_clear(struct tests *tests)
{
    for (int64_t i = 0; tests->source != NULL && i < tests->n_sources; i++)
        free(tests->source[i].W);
    for (int64_t i = 0; tests->target != NULL && i < tests->n_targets; i++)
        free(tests->target[i].W);
    free(tests->source);
    free(tests->target);
    free(tests->system.target);
    free(tests->days.W);
    free(tests->own);
    free(tests->U);
    free(tests->squares);
    pulse_granger_fit_clear(&tests->fit);
}

/* ---- Right-hand sides ----------------------------------------------------------- */

/* The n columns in X, transposed, to columns of W from `at` on. */
static void put_columns(const struct tests *tests, int64_t n, double *W, int64_t at)
{
    const int64_t order = tests->rows->order;
    for (int64_t t = 0; t < order; t++)
        for (int64_t k = 0; k < n; k++)
            W[(at + k) * order + t] = tests->X[t * n + k];
}

static void put_ones(const struct tests *tests, const struct chunk *chunk)
{
    double *ones = chunk->W + chunk->columns * tests->rows->order;
    for (int64_t t = 0; t < tests->rows->order; t++)
        ones[t] = t < tests->rows->n;
}

/* Collective: columns of the sources, family after family, and what their squares sum up to. */
static int fill_sources(struct tests *tests, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = sizes_of(tests);
    const int64_t order = tests->rows->order;
    for (int64_t i = 0; i < tests->n_sources; i++) {
        const struct chunk *chunk = &tests->source[i];
        for (int64_t f = 0; f < sizes->features->n; f++) {
            const int64_t from = sizes->fixed + f * sizes->E + chunk->first;
            if (pulse_kernel_rows_features(tests->rows, from, from + chunk->n, tests->X, err) != 0)
                return -1;
            if (owns_tests(tests, i))
                put_columns(tests, chunk->n, chunk->W, f * chunk->n);
            for (int64_t k = 0; owns_tests(tests, i) && k < chunk->n; k++) {
                const double *x = chunk->W + (f * chunk->n + k) * order;
                tests->own[from + k] = cblas_ddot((int)order, x, 1, x, 1);
            }
        }
        if (owns_tests(tests, i))
            put_ones(tests, chunk);
    }
    return 0;
}

/* Collective: columns of the targets, and their squares on all ranks. */
static int fill_targets(struct tests *tests, struct pulse_err *err)
{
    for (int64_t i = 0; i < tests->n_targets; i++) {
        const struct chunk *chunk = &tests->target[i];
        if (pulse_kernel_rows_targets(tests->rows, chunk->first, chunk->n, tests->X, err) != 0)
            return -1;
        for (int64_t k = 0; k < chunk->n; k++)
            tests->squares[chunk->first + k] = cblas_ddot(
                (int)tests->rows->order, tests->X + k, (int)chunk->n, tests->X + k, (int)chunk->n);
        if (owns_tests(tests, i)) {
            put_columns(tests, chunk->n, chunk->W, 0);
            put_ones(tests, chunk);
        }
    }
    return 0;
}

/* Collective: K = I + XΛ⁻¹Xᵀ, whose calendar columns have a penalty of their own, and all
 * right-hand sides. */
static int fill_system(struct tests *tests, struct pulse_err *err)
{
    const int64_t columns = tests->days.columns;
    pulse_kernel_matrix_penalise(tests->kernel, tests->lambda);
    if (columns > 0) {
        if (pulse_kernel_rows_features(tests->rows, 1, 1 + columns, tests->X, err) != 0)
            return -1;
        if (tests->calendar != tests->lambda)
            pulse_kernel_matrix_add_to_factor(
                tests->kernel, 1 / tests->calendar - 1 / tests->lambda, columns, tests->X);
        put_columns(tests, columns, tests->days.W, 0);
    }
    put_ones(tests, &tests->days);
    return fill_sources(tests, err) != 0 || fill_targets(tests, err) != 0 ? -1 : 0;
}

static void eliminate(void *context, int64_t first, const double *column)
{
    struct tests *tests = context;
    const int64_t order = tests->rows->order;
    for (int64_t i = 0; i < tests->n_sources; i++)
        if (owns_tests(tests, i))
            pulse_kernel_matrix_eliminate(order, first, column, tests->source[i].columns + 1,
                                          tests->source[i].W);
    for (int64_t i = 0; i < tests->n_targets; i++)
        if (owns_tests(tests, i))
            pulse_kernel_matrix_eliminate(order, first, column, tests->target[i].columns + 1,
                                          tests->target[i].W);
    pulse_kernel_matrix_eliminate(order, first, column, tests->days.columns + 1, tests->days.W);
}

/* R = I − ggᵀ/gᵀg takes the intercept's share out of a chunk's columns. */
static void take_out_intercept(const struct tests *tests, const struct chunk *chunk)
{
    const int order = (int)tests->rows->order;
    const double *g = chunk->W + chunk->columns * order;
    const double share = 1 / cblas_ddot(order, g, 1, g, 1);
    for (int64_t k = 0; k < chunk->columns; k++) {
        double *w = chunk->W + k * order;
        cblas_daxpy(order, -share * cblas_ddot(order, g, 1, w, 1), g, 1, w, 1);
    }
}

/* Collective: u of all targets to all ranks, and what the fit leaves of their squares. */
static int share_targets(struct tests *tests, struct pulse_err *err)
{
    const struct pulse_comm *comm = tests->rows->comm;
    const int64_t order = tests->rows->order, q = tests->system.q;
    int64_t *count = pulse_calloc(comm->size, sizeof *count, "the Granger tests", err);
    double *data = pulse_alloc_aligned(order * q, sizeof *data, "the Granger tests", err);
    int status = pulse_comm_agree(comm, err);
    double *at = data;
    for (int r = 0; status == 0 && r < comm->size; r++)
        for (int64_t i = r; i < tests->n_targets; i += comm->size) {
            const struct chunk *chunk = &tests->target[i];
            if (owns_tests(tests, i))
                memcpy(at, chunk->W, (size_t)(order * chunk->n) * sizeof *at);
            at += order * chunk->n;
            count[r] += order * chunk->n;
        }
    if (status == 0)
        status = pulse_gather_in_turn(comm, data, count, "the Granger tests", err);
    at = data;
    for (int r = 0; status == 0 && r < comm->size; r++)
        for (int64_t i = r; i < tests->n_targets; i += comm->size) {
            const struct chunk *chunk = &tests->target[i];
            memcpy(tests->U + chunk->first * order, at, (size_t)(order * chunk->n) * sizeof *at);
            at += order * chunk->n;
        }
    for (int64_t k = 0; status == 0 && k < q; k++)
        tests->fit.left[k] =
            cblas_ddot((int)order, tests->U + k * order, 1, tests->U + k * order, 1);
    free(data);
    free(count);
    return status;
}

/* ---- Whether the fit will do ---------------------------------------------------- */

/* The block of A⁻¹ that belongs to the u-th source of a chunk (F × F). */
static void fill_block(const struct tests *tests, const struct chunk *chunk, int64_t u,
                       double *block)
{
    const int64_t F = sizes_of(tests)->features->n, order = tests->rows->order;
    const double *W = chunk->W + u * order;
    const int step = (int)(chunk->n * order);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)F, (int)F, (int)order,
                -1 / tests->lambda / tests->lambda, W, step, W, step, 0.0, block, (int)F);
    for (int64_t f = 0; f < F; f++)
        block[f * F + f] += 1 / tests->lambda;
}

/* Σ (A⁻¹)_jj of a chunk; *good becomes false where a feature hardly differs from a combination of
 * the others. */
static double trace_chunk(const struct tests *tests, const struct chunk *chunk, double *block,
                          bool *good)
{
    const struct pulse_sizes *sizes = sizes_of(tests);
    const int64_t F = sizes->features->n;
    double trace = 0;
    for (int64_t u = 0; u < chunk->n; u++) {
        fill_block(tests, chunk, u, block);
        for (int64_t f = 0; f < F; f++) {
            const double own = block[f * F + f];
            const double square = tests->own[sizes->fixed + f * sizes->E + chunk->first + u];
            trace += own;
            *good = *good && own * (square + tests->lambda) * PULSE_GRANGER_LEAST_OWN <= 1;
        }
    }
    return trace;
}

/* Collective: the fit's freedom, from the traces of all chunks in their order. */
static int find_freedom(struct tests *tests, double *block, bool *good, struct pulse_err *err)
{
    const struct pulse_comm *comm = tests->rows->comm;
    const struct pulse_sizes *sizes = sizes_of(tests);
    const int64_t order = tests->rows->order;
    int64_t *count = pulse_calloc(comm->size, sizeof *count, "the Granger tests", err);
    double *data = pulse_calloc(2 * tests->n_sources, sizeof *data, "the Granger tests", err);
    int status = pulse_comm_agree(comm, err);
    double trace = 0, days = 0;
    int64_t at = 0;
    for (int r = 0; status == 0 && r < comm->size; r++)
        for (int64_t i = r; i < tests->n_sources; i += comm->size, at += 2, count[r] += 2)
            if (owns_tests(tests, i)) {
                bool fine = true;
                data[at] = trace_chunk(tests, &tests->source[i], block, &fine);
                data[at + 1] = fine;
            }
    if (status == 0)
        status = pulse_gather_in_turn(comm, data, count, "the Granger tests", err);
    for (int64_t i = 0; status == 0 && i < tests->n_sources; i++) {
        at = 2 * (i / comm->size);
        for (int r = 0; r < i % comm->size; r++)
            at += count[r];
        trace += data[at];
        *good = *good && data[at + 1] != 0;
    }
    free(count);
    free(data);
    for (int64_t k = 0; k < tests->days.columns; k++) {
        const double *w = tests->days.W + k * order;
        days += 1 / tests->calendar -
                cblas_ddot((int)order, w, 1, w, 1) / tests->calendar / tests->calendar;
    }
    tests->fit.freedom =
        (double)(tests->rows->n - sizes->d) + tests->lambda * trace + tests->calendar * days;
    *good = *good && tests->fit.freedom >= 1;
    return status;
}

/* Collective: fits with a penalty. *good says whether the tests may use it. */
static int fit_with(struct tests *tests, double lambda, double *block, bool *good,
                    struct pulse_err *err)
{
    tests->lambda = lambda;
    tests->calendar = pulse_granger_calendar_penalty(lambda);
    if (fill_system(tests, err) != 0 ||
        pulse_kernel_matrix_factor(tests->kernel, eliminate, tests, good, err) != 0)
        return -1;
    if (!*good)
        return 0;
    for (int64_t i = 0; i < tests->n_sources; i++)
        if (owns_tests(tests, i))
            take_out_intercept(tests, &tests->source[i]);
    for (int64_t i = 0; i < tests->n_targets; i++)
        if (owns_tests(tests, i))
            take_out_intercept(tests, &tests->target[i]);
    take_out_intercept(tests, &tests->days);
    return share_targets(tests, err) != 0 ? -1 : find_freedom(tests, block, good, err);
}

/* ---- Tests ---------------------------------------------------------------------- */

/* All tests of a chunk of sources: f, p-value and partial R², n × q each, into `out`. */
static int test_chunk(struct tests *tests, const struct chunk *chunk, double *block, double *out,
                      struct pulse_err *err)
{
    const int64_t F = sizes_of(tests)->features->n, q = tests->system.q;
    const int64_t order = tests->rows->order;
    struct pulse_granger part = {0};
    double *b = pulse_alloc_aligned(F * q, sizeof *b, "the Granger tests", err);
    double *B = pulse_alloc_aligned(chunk->columns * q, sizeof *B, "the Granger tests", err);
    int status = b == NULL || B == NULL ? -1 : pulse_granger_init(&part, chunk->n, q, err);
    if (status == 0)
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)chunk->columns, (int)q,
                    (int)order, 1 / tests->lambda, chunk->W, (int)order, tests->U, (int)order, 0.0,
                    B, (int)chunk->columns);
    for (int64_t u = 0; status == 0 && u < chunk->n; u++) {
        fill_block(tests, chunk, u, block);
        for (int64_t k = 0; k < q; k++)
            for (int64_t f = 0; f < F; f++)
                b[k * F + f] = B[k * chunk->columns + f * chunk->n + u];
        pulse_granger_fit_test_source(&tests->fit, &tests->system, tests->squares, u, block, b,
                                      &part);
    }
    if (status == 0) {
        memcpy(out, part.f, (size_t)(chunk->n * q) * sizeof *out);
        memcpy(out + chunk->n * q, part.p_value, (size_t)(chunk->n * q) * sizeof *out);
        memcpy(out + 2 * chunk->n * q, part.partial_r2, (size_t)(chunk->n * q) * sizeof *out);
    }
    pulse_granger_clear(&part);
    free(B);
    free(b);
    return status;
}

/* What test_chunk gave of a chunk, into the whole. */
static void put_tests(const struct tests *tests, const struct chunk *chunk, const double *from,
                      struct pulse_granger *granger)
{
    const int64_t *target = tests->rows->system->target;
    double *const matrix[] = {granger->f, granger->p_value, granger->partial_r2};
    for (int i = 0; i < 3; i++)
        for (int64_t u = 0; u < chunk->n; u++)
            for (int64_t k = 0; k < tests->system.q; k++)
                matrix[i][(chunk->first + u) * granger->targets + target[k]] = *from++;
}

/* Collective: a chunk of each rank is tested, and goes to the last one. */
static int test_round(struct tests *tests, int64_t round, double *block,
                      struct pulse_granger *granger, struct pulse_err *err)
{
    const struct pulse_comm *comm = tests->rows->comm;
    const int64_t q = tests->system.q, first = round * comm->size, mine = first + comm->rank;
    const bool last = comm->rank == comm->size - 1;
    struct pulse_alltoallv alltoallv = {0};
    for (int r = 0; r < comm->size; r++) {
        const int64_t to =
            r == comm->size - 1 && mine < tests->n_sources ? 3 * tests->source[mine].n * q : 0;
        const int64_t from =
            last && first + r < tests->n_sources ? 3 * tests->source[first + r].n * q : 0;
        if (pulse_alltoallv_add(comm, &alltoallv, r, to, from, err) != 0)
            break;
    }
    double *send = pulse_alloc_aligned(alltoallv.sent, sizeof *send, "the Granger tests", err);
    double *receive =
        pulse_alloc_aligned(alltoallv.received, sizeof *receive, "the Granger tests", err);
    if (err->kind == PULSE_OK && mine < tests->n_sources)
        (void)test_chunk(tests, &tests->source[mine], block, send, err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = pulse_alltoallv_run(comm, &alltoallv, send, receive, "gathering tests", err);
    const double *from = receive;
    for (int64_t i = first; status == 0 && last && i < first + comm->size && i < tests->n_sources;
         i++) {
        put_tests(tests, &tests->source[i], from, granger);
        from += 3 * tests->source[i].n * q;
    }
    free(send);
    free(receive);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

static int test_sources(struct tests *tests, double *block, struct pulse_granger *granger,
                        struct pulse_err *err)
{
    const struct pulse_comm *comm = tests->rows->comm;
    int status = 0;
    for (int64_t round = 0; status == 0 && round * comm->size < tests->n_sources; round++) {
        status = test_round(tests, round, block, granger, err);
        pulse_comm_abort_if_interrupted(comm);
    }
    for (int64_t k = 0; status == 0 && comm->rank == comm->size - 1 && k < tests->system.q; k++) {
        const int64_t target = tests->rows->system->target[k];
        granger->method[target] = PULSE_GRANGER_RIDGE;
        granger->ridge[target] = tests->lambda;
        granger->freedom[target] = tests->fit.freedom;
    }
    return status;
}

int pulse_kernel_granger(const struct pulse_kernel_rows *rows, struct pulse_kernel_matrix *kernel,
                         double *X, struct pulse_granger *granger, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &rows->input->plan->sizes;
    const int64_t F = sizes->features->n;
    struct tests tests = {.rows = rows, .kernel = kernel, .X = X};
    bool good = false;
    if (!pulse_system_is_next(sizes, rows->system))
        return 0;
    tests.system.q = pulse_system_group(sizes, rows->system, 0).n;
    double *block = pulse_alloc_aligned(F * F, sizeof *block, "the Granger tests", err);
    int status = tests_init(&tests, err);
    for (int64_t l = 0; status == 0 && !good && l < sizes->L; l++)
        status = fit_with(&tests, rows->input->options->ridge[l], block, &good, err);
    if (status == 0 && good)
        status = test_sources(&tests, block, granger, err);
    free(block);
    tests_clear(&tests);
    return status;
}
