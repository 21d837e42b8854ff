/* The engine's walk (gram, scan, innovations form) beside LAPACK's one Cholesky per window, on one
 * core, and dgemm's speed at that moment. One line of JSON per order d on standard output:
 *
 *     bench_walk [REPETITIONS [V…]]
 */
#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "fit/walk.h"
#include "math/blas_kernels.h"
#include "mpi/comm.h"
#include "panel/row_block.h"
#include "plan/options.h"
#include "plan/plan.h"

void openblas_set_num_threads(int threads);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);

enum { WINDOW = 30, MOST_REPETITIONS = 64 };

/* Seconds that the reference may take per repetition; it then does fewer windows. */
static const double reference_budget = 1.0;

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *allocate(int64_t count)
{
    struct pulse_err err = {0};
    double *array = pulse_alloc_aligned(count, sizeof *array, "the benchmark", &err);
    if (array == NULL) {
        (void)fprintf(stderr, "bench_walk: %s\n", err.text);
        exit(1);
    }
    memset(array, 0, (size_t)count * sizeof *array);
    return array;
}

static void check_status(int status, const struct pulse_err *err)
{
    if (status != 0) {
        (void)fprintf(stderr, "bench_walk: %s\n", err->text);
        exit(1);
    }
}

/* A panel of T rows of E variables, and the plan for it. */
struct bench {
    struct pulse_comm comm;
    struct pulse_options options;
    struct pulse_plan plan;
    struct pulse_system system;
    int64_t *slot;
    struct pulse_row_block rows;
    struct pulse_fit_input input;
};

/* Numbers of about unit variance from a fixed seed: the sum of twelve uniform ones (LCG of MMIX).
 */
static void fill_panel(double *z, int64_t count)
{
    uint64_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            sum += (double)(state >> 11) * 0x1p-53;
        }
        z[i] = sum;
    }
}

static void bench_make(struct bench *bench, int64_t E)
{
    struct pulse_err err = {0};
    /* Rows enough for spans of d/2 rows, as any long history has. */
    const struct pulse_features *features = &bench->options.features;
    struct pulse_sizes sizes =
        pulse_sizes_of(features, 1, 600 + 32 * (1 + features->n * E) / 2, E, 0);
    int64_t *calendar = allocate(sizes.T);
    for (int64_t t = 0; t < sizes.T; t++)
        calendar[t] = t;
    bench->options.has_start = true;
    bench->options.start_day = 0;
    bench->options.end_day = sizes.T - 1;
    bench->options.batch_size_days = WINDOW;
    bench->plan = (struct pulse_plan){0};
    check_status(pulse_plan_windows(&bench->plan, &bench->options, 0, calendar, &sizes.T, &err),
                 &err);
    bench->system = (struct pulse_system){.q = E, .target = allocate(E)};
    bench->slot = allocate(E);
    for (int64_t e = 0; e < E; e++)
        bench->system.target[e] = bench->slot[e] = e;
    check_status(pulse_plan_spans(&bench->plan, &bench->options, &sizes, &bench->system, 1, &err),
                 &err);
    bench->rows = (struct pulse_row_block){
        .end = sizes.T, .E = E, .u = allocate(sizes.T * E), .features = features};
    fill_panel(bench->rows.u, sizes.T * E);
    bench->input = (struct pulse_fit_input){.plan = &bench->plan,
                                            .options = &bench->options,
                                            .systems = &bench->system,
                                            .n_systems = 1,
                                            .n_targets = E,
                                            .slot = bench->slot,
                                            .rows = &bench->rows,
                                            .lag_prefix = &bench->rows,
                                            .end_span = bench->plan.n_spans};
    free(calendar);
}

static void bench_clear(struct bench *bench)
{
    pulse_row_block_clear(&bench->rows);
    free(bench->slot);
    free(bench->system.target);
    pulse_plan_clear(&bench->plan);
}

/* Seconds of the engine: from the panel in memory to the retrodictions. */
static double run_engine(struct bench *bench, struct pulse_candidates *out)
{
    struct pulse_err err = {0};
    struct pulse_sums sums;
    double began = seconds();
    check_status(pulse_sums_total(&bench->input, &sums, &err), &err);
    check_status(pulse_sums_scan(&bench->comm, &bench->input, &sums, &err), &err);
    check_status(pulse_candidates_init(out, &bench->input, NULL, &err), &err);
    check_status(pulse_walk_run(&bench->comm, &bench->input, &sums, NULL, out, &err), &err);
    pulse_sums_clear(&sums, 1);
    return seconds() - began;
}

/* What the reference works with, all column-major. */
struct reference {
    double *P; /* d × d, lower triangle */
    double *Q; /* d × E */
    double *A; /* d × d */
    double *B; /* d × E */
    double *X; /* d × WINDOW */
    double *Y; /* WINDOW × E: retrodictions */
};

static void add_rows(const struct bench *bench, struct reference *ref, int64_t first, int64_t n)
{
    const int d = (int)bench->plan.sizes.d, E = (int)bench->plan.sizes.E;
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, d, (int)n, 1.0, ref->X, d, 1.0, ref->P, d);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, d, E, (int)n, 1.0, ref->X, d,
                pulse_row_block_at(&bench->rows, first), E, 1.0, ref->Q, d);
}

static void fill_rows(const struct bench *bench, struct reference *ref, int64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        pulse_row_block_features(&bench->rows, first + i, ref->X + i * bench->plan.sizes.d);
}

/* One window refitted from scratch out of P and Q: a Cholesky factorisation and two triangular
 * solves, the window's retrodictions, then its rows added. */
static void reference_refit(const struct bench *bench, struct reference *ref, int64_t w)
{
    const struct pulse_window *window = &bench->plan.windows[w];
    const int d = (int)bench->plan.sizes.d, E = (int)bench->plan.sizes.E, n = (int)window->rows;
    int info;
    fill_rows(bench, ref, window->first_row, n);
    memcpy(ref->A, ref->P, (size_t)d * (size_t)d * sizeof *ref->A);
    for (int i = 1; i < d; i++)
        ref->A[i * (d + 1)] += bench->options.ridge[0];
    memcpy(ref->B, ref->Q, (size_t)d * (size_t)E * sizeof *ref->B);
    dpotrf_("L", &d, ref->A, &d, &info);
    if (info == 0)
        dpotrs_("L", &d, &E, ref->A, &d, ref->B, &d, &info);
    if (info != 0) {
        (void)fprintf(stderr, "bench_walk: LAPACK found no solution\n");
        exit(1);
    }
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, E, d, 1.0, ref->X, d, ref->B, d, 0.0,
                ref->Y, WINDOW);
    add_rows(bench, ref, window->first_row, n);
}

/* The largest difference of a window's retrodictions from the engine's, of the largest value. */
static void compare(const struct bench *bench, const struct reference *ref, int64_t w,
                    const struct pulse_candidates *ours, double *difference, double *largest)
{
    const struct pulse_window *window = &bench->plan.windows[w];
    for (int64_t e = 0; e < bench->plan.sizes.E; e++) {
        double mine[WINDOW]; /* of the only candidate */
        assert(bench->plan.sizes.C == 1);
        pulse_candidates_read(ours, e, window->first_row, window->rows, WINDOW, mine);
        for (int64_t i = 0; i < window->rows; i++) {
            double y = ref->Y[e * WINDOW + i];
            *difference = fmax(*difference, fabs(mine[i] - y));
            *largest = fmax(*largest, fabs(y));
            if (isnan(mine[i]))
                *difference = INFINITY;
        }
    }
}

/* Seconds per window of the reference, and the relative difference of its numbers from ours. */
static double run_reference(const struct bench *bench, const struct pulse_candidates *ours,
                            double *difference)
{
    const int64_t d = bench->plan.sizes.d, E = bench->plan.sizes.E;
    struct reference ref = {allocate(d * d), allocate(d * E),      allocate(d * d),
                            allocate(d * E), allocate(d * WINDOW), allocate(WINDOW * E)};
    const int64_t from = bench->plan.n_windows / 2;
    assert(bench->plan.windows != NULL);
    for (int64_t t = bench->plan.sizes.p; t < bench->plan.windows[from].first_row; t += WINDOW) {
        int64_t n = bench->plan.windows[from].first_row - t;
        n = n < WINDOW ? n : WINDOW;
        fill_rows(bench, &ref, t, n);
        add_rows(bench, &ref, t, n);
    }
    double spent = 0, apart = 0, largest = 0;
    int64_t w = from;
    for (; w < bench->plan.n_windows && (spent < reference_budget || w < from + 8); w++) {
        double began = seconds();
        reference_refit(bench, &ref, w);
        spent += seconds() - began;
        compare(bench, &ref, w, ours, &apart, &largest);
    }
    free(ref.P);
    free(ref.Q);
    free(ref.A);
    free(ref.B);
    free(ref.X);
    free(ref.Y);
    *difference = apart / largest;
    return spent / (double)(w - from);
}

/* Operations a second of dgemm, the best of a few products of order 768. */
static double dgemm_peak(void)
{
    enum { N = 768 };
    double *a = allocate(N * N), *b = allocate(N * N), *c = allocate(N * N), best = 0;
    fill_panel(a, N * N);
    fill_panel(b, N * N);
    for (int i = 0; i < 8; i++) {
        double began = seconds();
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0, a, N, b, N, 0.0, c, N);
        best = fmax(best, 2.0 * N * N * N / (seconds() - began));
    }
    free(a);
    free(b);
    free(c);
    return best;
}

/* Operations of the walk as its algorithm counts them: the sums over rows, and per span that trains
 * factor, L⁻¹[Q|Xᵀ], residuals, I + ZᵀZ (half of it), its factor, the solve and the last products.
 */
static double count_operations(const struct pulse_plan *plan)
{
    const double d = (double)plan->sizes.d, q = (double)plan->sizes.E;
    double sum = 0;
    for (int64_t s = 0; s < plan->n_spans; s++) {
        const struct pulse_span *span = &plan->spans[s];
        const double m = (double)span->rows;
        sum += 2 * (d + q) * q * m;
        if (!span->trains)
            continue;
        sum +=
            d * d * d / 3 + d * d * (q + m) + 2 * d * m * q + d * m * m + m * m * m / 3 + m * m * q;
        for (int64_t w = span->first_window; w < span->first_window + span->windows; w++)
            sum += (double)(plan->windows[w].rows * plan->windows[w].rows) * q;
    }
    return sum;
}

static void print_array(const char *name, int n, const double *value)
{
    (void)printf(", \"%s\": [", name);
    for (int i = 0; i < n; i++)
        (void)printf("%s%.9g", i == 0 ? "" : ", ", value[i]);
    (void)printf("]");
}

/* Ours, the reference and dgemm in turn. */
static void measure(struct bench *bench, int64_t E, int repetitions)
{
    double ours[MOST_REPETITIONS], theirs[MOST_REPETITIONS], peak[MOST_REPETITIONS], difference = 0;
    bench_make(bench, E);
    int64_t trained = 0;
    for (int64_t w = 0; w < bench->plan.n_windows; w++)
        trained += bench->plan.windows[w].status == PULSE_TRAINED;
    for (int i = -1; i < repetitions; i++) { /* the first round only warms up */
        struct pulse_candidates candidates;
        double apart, spent = run_engine(bench, &candidates);
        double reference = run_reference(bench, &candidates, &apart);
        double rate = dgemm_peak();
        pulse_candidates_clear(&candidates);
        difference = fmax(difference, apart);
        if (i < 0)
            continue;
        ours[i] = spent;
        theirs[i] = reference * (double)trained;
        peak[i] = rate;
    }
    (void)printf("{\"d\": %lld, \"V\": %lld, \"rows\": %lld, \"windows\": %lld, \"spans\": %lld, "
                 "\"operations\": %.9g, \"difference\": %.3g",
                 (long long)bench->plan.sizes.d, (long long)E, (long long)bench->plan.sizes.T,
                 (long long)trained, (long long)bench->plan.n_spans, count_operations(&bench->plan),
                 difference);
    print_array("ours", repetitions, ours);
    print_array("reference", repetitions, theirs);
    print_array("dgemm", repetitions, peak);
    (void)printf("}\n");
    (void)fflush(stdout);
    bench_clear(bench);
}

/* The n-th argument as a number from 1 to `most`, or `otherwise` when it is not there. */
static int number_argument(int argc, char **argv, int n, int otherwise, int most)
{
    if (argc <= n)
        return otherwise;
    char *end;
    long value = strtol(argv[n], &end, 10);
    if (*end != '\0' || value < 1 || value > most) {
        (void)fprintf(stderr, "usage: bench_walk [REPETITIONS [V...]]: '%s' is not 1 to %d\n",
                      argv[n], most);
        exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv)
{
    static char *options[] = {"bench_walk", "--data", "none", "--output",   "none", "--ridge",
                              "1",          "--lags", "5",    "--calendar", "off"};
    static struct bench bench;
    struct pulse_err err = {0};
    pulse_blas_choose_kernels(argv);
    const int repetitions = number_argument(argc, argv, 1, 5, MOST_REPETITIONS);
    openblas_set_num_threads(1);
    check_status(pulse_comm_init(&bench.comm, &err), &err);
    check_status(
        pulse_options_parse(&bench.options, sizeof options / sizeof *options, options, &err), &err);
    if (argc > 2)
        for (int i = 2; i < argc; i++)
            measure(&bench, number_argument(argc, argv, i, 1, 1000), repetitions);
    else
        for (int64_t E = 20; E <= 200; E = E == 20 ? 50 : 2 * E)
            measure(&bench, E, repetitions);
    pulse_options_clear(&bench.options);
    pulse_comm_finalize(&bench.comm);
    return 0;
}
