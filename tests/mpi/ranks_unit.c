/* ranks_unit CASE: parts of the engine on as many ranks as mpirun gives. Exits with 0 when all is
 * as it should be; `scan` also prints a hash of its sums, to be the same on any number of ranks. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "scan.h"

static struct pulse_comm comm;

static void must(bool right, const char *what)
{
    if (right)
        return;
    (void)fprintf(stderr, "rank %d of %d: %s\n", comm.rank, comm.size, what);
    (void)MPI_Abort(comm.comm, 1);
}

/* The same numbers on every rank: a generator with a seed of its own for every index. */
static double noise(uint64_t seed, uint64_t index)
{
    uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + index;
    for (int i = 0; i < 3; i++)
        z = (z ^ z >> 29) * UINT64_C(0xbf58476d1ce4e5b9) + 1;
    return (double)(z >> 11) * 0x1p-53;
}

/* ---- Scan ----------------------------------------------------------------------- */

enum { SPANS = 37, ELEMENTS = 1003, TILE = 64 };

/* What a span adds to an element: magnitudes from 1e−8 to 1e16 with either sign. */
static double addend(int64_t span, int64_t element)
{
    uint64_t index = (uint64_t)(span * ELEMENTS + element);
    double size = pow(10, 24 * noise(1, index) - 8);
    return noise(2, index) < 0.5 ? -size : size;
}

struct share {
    int64_t first, end; /* spans */
    double before[ELEMENTS];
};

static void fold(void *context, int64_t first, int64_t n, double *running)
{
    struct share *share = context;
    memcpy(share->before + first, running, (size_t)n * sizeof *running);
    for (int64_t s = share->first; s < share->end; s++)
        for (int64_t i = 0; i < n; i++)
            running[i] += addend(s, first + i);
}

/* Left to right up to span `end`. */
static double plain_sum(int64_t end, int64_t element)
{
    double sum = 0;
    for (int64_t s = 0; s < end; s++)
        sum += addend(s, element);
    return sum;
}

static void check_conditioning(void)
{
    int64_t differ = 0;
    for (int64_t i = 0; i < ELEMENTS; i++) {
        double backwards = 0;
        for (int64_t s = SPANS - 1; s >= 0; s--)
            backwards += addend(s, i);
        differ += backwards != plain_sum(SPANS, i);
    }
    must(differ > ELEMENTS / 2, "the order of these sums hardly matters");
}

static void print_hash(const double *sums)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const unsigned char *bytes = (const unsigned char *)sums;
    for (size_t i = 0; i < ELEMENTS * sizeof *sums; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    (void)printf("%016" PRIx64 "\n", hash);
}

/* Spans cut among the ranks in several ways, some ranks without any. */
static void scan_case(void)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    static struct share share;
    double result[ELEMENTS];
    check_conditioning();
    for (uint64_t cut = 0; cut < 5; cut++) {
        double at = noise(10 + cut, (uint64_t)comm.rank);
        double next = noise(10 + cut, (uint64_t)comm.rank + 1);
        share.first = (int64_t)(SPANS * (comm.rank + (comm.rank == 0 ? 0 : at - 0.5)) / comm.size);
        share.end = (int64_t)(SPANS * (comm.rank + 1 + next - 0.5) / comm.size);
        if (comm.rank == comm.size - 1)
            share.end = SPANS;
        must(pulse_scan(&comm, ELEMENTS, TILE, fold, &share, result, &err) == 0, err.text);
        for (int64_t i = 0; i < ELEMENTS; i++) {
            double want = plain_sum(share.first, i);
            must(memcmp(&share.before[i], &want, sizeof want) == 0, "what came before is wrong");
        }
    }
    (void)MPI_Bcast(result, ELEMENTS, MPI_DOUBLE, comm.size - 1, comm.comm);
    if (comm.rank == 0)
        print_hash(result);
}

/* ---- Exchange ------------------------------------------------------------------- */

enum { V = 11, T = 230, L = 3, P = 4 };

static double cell(int64_t v, int64_t t)
{
    return (double)(v * 1000 + t);
}

static double candidate(int64_t l, int64_t e, int64_t t)
{
    return (double)((l * 100 + e) * 1000 + t) + 0.25;
}

struct scene {
    struct pulse_options options;
    struct pulse_plan plan;
    int owner[V];
    struct pulse_shares shares;
    struct pulse_column columns[V];
};

/* Owners at random, eight of eleven variables enter, a short span for every few rows. */
static void scene_make(struct scene *scene, uint64_t seed)
{
    static const int64_t entering[] = {0, 1, 3, 4, 6, 8, 9, 10};
    const int64_t E = sizeof entering / sizeof *entering;
    static double ridge[L] = {1, 10, 100};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t calendar[T], rows = T, *entered = malloc(sizeof entering);
    *scene = (struct scene){.options = {.batch_size_days = 7,
                                        .end_day = T + 20,
                                        .lags = P,
                                        .ridge = ridge,
                                        .n_ridge = L,
                                        .history = PULSE_ROLLING,
                                        .rolling_windows = 2}};
    const struct pulse_sizes sizes = {.T = T, .E = E, .p = P, .d = 1 + P * E, .L = L};
    for (int64_t t = 0; t < T; t++)
        calendar[t] = t;
    must(entered != NULL, "no memory");
    memcpy(entered, entering, sizeof entering);
    must(pulse_plan_windows(&scene->plan, &scene->options, 0, calendar, &rows, &err) == 0 &&
             pulse_plan_spans(&scene->plan, &scene->options, &sizes, NULL, 0, &err) == 0,
         err.text);
    for (int64_t v = 0; v < V; v++) {
        scene->owner[v] = (int)(noise(seed, (uint64_t)v) * comm.size);
        if (scene->owner[v] != comm.rank)
            continue;
        scene->columns[v].z = malloc(T * sizeof(double));
        must(scene->columns[v].z != NULL, "no memory");
        for (int64_t t = 0; t < T; t++)
            scene->columns[v].z[t] = cell(v, t);
    }
    must(pulse_shares_init(&scene->shares, &comm, &scene->plan, &scene->options, V, scene->owner, E,
                           entered, &err) == 0,
         err.text);
}

static void scene_clear(struct scene *scene)
{
    for (int64_t v = 0; v < V; v++)
        free(scene->columns[v].z);
    pulse_shares_clear(&scene->shares);
    pulse_plan_clear(&scene->plan);
}

static void check_rows(const struct scene *scene)
{
    const struct pulse_shares *shares = &scene->shares;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_rows rows;
    must(pulse_exchange_to_rows(&comm, shares, scene->columns, shares->low, shares->high, &rows,
                                &err) == 0,
         err.text);
    must(rows.first == shares->low[comm.rank] && rows.end == shares->high[comm.rank], "which rows");
    for (int64_t t = rows.first; t < rows.end; t++)
        for (int64_t e = 0; e < shares->E; e++)
            must(pulse_row(&rows, t)[e] == cell(shares->entered[e], t), "a row's value");
    free(rows.z);
}

static void check_variables(const struct scene *scene, int64_t count)
{
    const struct pulse_shares *shares = &scene->shares;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t first, end, most = 0;
    pulse_shares_rows(shares, &scene->plan, comm.rank, &first, &end);
    const int64_t n = end - first;
    double *candidates = malloc((size_t)(L * shares->E * n + 1) * sizeof *candidates);
    struct pulse_slice slice = {
        .count = count,
        .send = malloc((size_t)(comm.size * count * L * n + 1) * sizeof(double)),
        .receive = malloc((size_t)(count * L * T) * sizeof(double)),
        .out = malloc((size_t)(count * L * T) * sizeof(double))};
    must(candidates != NULL && slice.send != NULL && slice.receive != NULL && slice.out != NULL,
         "no memory");
    for (int64_t i = 0; i < L * shares->E; i++)
        for (int64_t t = first; t < end; t++)
            candidates[i * n + t - first] = candidate(i / shares->E, i % shares->E, t);
    for (int r = 0; r < comm.size; r++)
        most = pulse_shares_owned(shares, r) > most ? pulse_shares_owned(shares, r) : most;
    for (; slice.skip < most; slice.skip += count) {
        must(pulse_exchange_to_variables(&comm, shares, &scene->plan, candidates, &slice, &err) ==
                 0,
             err.text);
        for (int64_t k = 0; k < count; k++) {
            int64_t e = pulse_shares_kth(shares, comm.rank, slice.skip + k);
            for (int64_t i = 0; e >= 0 && i < L * T; i++)
                must(slice.out[k * L * T + i] == candidate(i / T, e, i % T), "a variable's value");
        }
    }
    free(candidates);
    free(slice.send);
    free(slice.receive);
    free(slice.out);
}

static void exchange_case(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct scene scene;
        scene_make(&scene, seed);
        check_rows(&scene);
        for (int64_t count = 1; count <= 4; count += 3)
            check_variables(&scene, count);
        scene_clear(&scene);
    }
}

/* ---- Agreement ------------------------------------------------------------------ */

static void agree_case(void)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    must(pulse_agree(&comm, &err) == 0, "all is well");
    for (int from = 0; from < comm.size; from++) {
        char want[64];
        (void)snprintf(want, sizeof want, "rank %d has no disk", from);
        err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
        if (comm.rank < from) /* not as grave */
            (void)pulse_fail(&err, PULSE_E_INPUT, "rank %d cannot read", comm.rank);
        else if (comm.rank == from || comm.rank % 2 == 1)
            (void)pulse_fail(&err, PULSE_E_STORAGE, "rank %d has no disk", comm.rank);
        must(pulse_agree(&comm, &err) == -1, "nobody noticed");
        must(err.kind == PULSE_E_STORAGE && strcmp(err.text, want) == 0, err.text);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {{"scan", scan_case}, {"exchange", exchange_case}, {"agree", agree_case}};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int ran = 0;
    if (pulse_comm_init(&comm, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            ran++;
        }
    pulse_comm_finalize(&comm);
    return ran == 1 ? 0 : 2;
}
