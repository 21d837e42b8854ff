/* ranks_unit CASE: parts of the engine on as many ranks as mpirun gives. Exits with 0 when all is
 * as it should be; `scan` also prints a hash of its sums, to be the same on any number of ranks. */
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"
#include "mpi/collect.h"
#include "mpi/scan.h"
#include "panel/exchange.h"

static struct pulse_comm comm;

static void must(bool right, const char *what)
{
    if (right)
        return;
    (void)fprintf(stderr, "rank %d of %d: %s\n", comm.rank, comm.size, what);
    abort(); /* mpirun ends the others */
}

static bool same_bits(double a, double b)
{
    uint64_t bits_a, bits_b;
    memcpy(&bits_a, &a, sizeof a);
    memcpy(&bits_b, &b, sizeof b);
    return bits_a == bits_b;
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

enum { SPANS = 37, MOST_ELEMENTS = 40000 };

/* What a span adds to an element: magnitudes from 2⁻²⁷ to 2⁵³ with either sign. */
static double addend(int64_t span, int64_t element)
{
    const uint64_t index = (uint64_t)(span * MOST_ELEMENTS + element);
    const double x = noise(1, index), sign = noise(2, index) < 0.5 ? -1 : 1;
    return ldexp(sign * (1 + x), (int)(80 * noise(3, index)) - 27);
}

struct share {
    int64_t first, end; /* spans */
    double before[MOST_ELEMENTS];
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

static void check_conditioning(int64_t elements)
{
    int64_t differ = 0;
    for (int64_t i = 0; i < elements; i++) {
        double backwards = 0;
        for (int64_t s = SPANS - 1; s >= 0; s--)
            backwards += addend(s, i);
        differ += !same_bits(backwards, plain_sum(SPANS, i));
    }
    must(differ > elements / 2, "the order of these sums hardly matters");
}

static uint64_t hash_of(const double *sums, int64_t n)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const unsigned char *bytes = (const unsigned char *)sums;
    for (size_t i = 0; i < (size_t)n * sizeof *sums; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Spans cut among the ranks in a way of their own for each `cut`, some ranks without any. */
static struct share *share_of(uint64_t cut)
{
    static struct share share;
    const double at = noise(10 + cut, (uint64_t)comm.rank);
    const double next = noise(10 + cut, (uint64_t)comm.rank + 1);
    share.first = (int64_t)(SPANS * (comm.rank + (comm.rank == 0 ? 0 : at - 0.5)) / comm.size);
    share.end = (int64_t)(SPANS * (comm.rank + 1 + next - 0.5) / comm.size);
    if (comm.rank == comm.size - 1)
        share.end = SPANS;
    return &share;
}

static void scan_once(uint64_t cut, int64_t elements, int64_t tile)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    static double result[MOST_ELEMENTS];
    struct share *share = share_of(cut);
    must(pulse_scan(&comm, NULL, elements, tile, fold, share, result, &err) == 0, err.text);
    for (int64_t i = 0; i < elements; i++)
        must(same_bits(share->before[i], plain_sum(share->first, i)), "what came before is wrong");
    must(pulse_share(&comm, result, elements * (int64_t)sizeof *result, comm.size - 1, "sharing",
                     &err) == 0,
         err.text);
    if (comm.rank == 0)
        (void)printf("%016" PRIx64 "\n", hash_of(result, elements));
}

/* Small tiles, that MPI takes along at once, and large ones, whose send waits for the receiver. */
static void scan_case(void)
{
    check_conditioning(1003);
    for (uint64_t cut = 0; cut < 5; cut++)
        scan_once(cut, 1003, 64);
    for (uint64_t cut = 5; cut < 7; cut++)
        scan_once(cut, MOST_ELEMENTS, 3333);
}

/* ---- Exchange ------------------------------------------------------------------- */

enum { V = 11, T = 230, L = 3, P = 4, TARGETS = 6 };

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
    struct pulse_sizes sizes;
    struct pulse_plan plan;
    int owner[V];
    struct pulse_distribution shares;
    struct pulse_column columns[V];
};

/* Owners at random, eight of eleven variables enter and six of these are predicted, a short span
 * for every few rows; a lag and two averages. */
static void scene_make(struct scene *scene, uint64_t seed)
{
    static const int64_t entering[] = {0, 1, 3, 4, 6, 8, 9, 10};
    static const bool predicted[] = {true, true, false, true, true, true, false, true};
    const int64_t E = sizeof entering / sizeof *entering;
    static double ridge[L] = {1, 10, 100};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t calendar[T], rows = T, *entered = malloc(sizeof entering);
    *scene = (struct scene){.options = {.batch_size_days = 7,
                                        .end_day = T + 20,
                                        .ridge = ridge,
                                        .n_ridge = L,
                                        .history = PULSE_ROLLING,
                                        .rolling_windows = 2}};
    must(pulse_features_parse("ewma16,lag4+ewma2.5", &scene->options.features, &err) == 0,
         err.text);
    scene->sizes = pulse_sizes_of(&scene->options.features, L, T, E, 0);
    must(scene->sizes.p == P, "the first usable row");
    for (int64_t t = 0; t < T; t++)
        calendar[t] = t;
    must(entered != NULL, "no memory");
    memcpy(entered, entering, sizeof entering);
    must(pulse_plan_windows(&scene->plan, &scene->options, 0, calendar, &rows, &err) == 0 &&
             pulse_plan_spans(&scene->plan, &scene->options, &scene->sizes, NULL, 0, &err) == 0,
         err.text);
    for (int64_t v = 0; v < V; v++) {
        scene->owner[v] = (int)(noise(seed, (uint64_t)v) * comm.size);
        if (scene->owner[v] != comm.rank)
            continue;
        scene->columns[v].u = malloc(T * sizeof(double));
        must(scene->columns[v].u != NULL, "no memory");
        for (int64_t t = 0; t < T; t++)
            scene->columns[v].u[t] = cell(v, t);
    }
    scene->shares =
        (struct pulse_distribution){.V = V, .owner = scene->owner, .E = E, .entered = entered};
    must(pulse_distribution_init(&scene->shares, &scene->plan, &scene->options, comm.size,
                                 predicted, &err) == 0,
         err.text);
    must(scene->shares.n_targets == TARGETS, "how many are predicted");
}

static void scene_clear(struct scene *scene)
{
    for (int64_t v = 0; v < V; v++)
        free(scene->columns[v].u);
    pulse_distribution_clear(&scene->shares);
    pulse_plan_clear(&scene->plan);
}

/* The averages of variable v before rows 0 … end, row by row: whoever begins later has the same
 * bits.
 */
static void check_averages(const struct pulse_row_block *rows, int64_t e, int64_t v)
{
    const struct pulse_family *family = rows->features->family;
    double average[2] = {0};
    for (int64_t t = 0; t <= rows->end; t++) {
        for (int64_t i = 0; i < 2 && t >= rows->first; i++)
            must(same_bits(pulse_row_block_family(rows, 2 * i, t)[e], average[i]), "an average");
        for (int64_t i = 0; i < 2 && t < rows->end; i++)
            average[i] = pulse_family_decay(&family[2 * i]) * average[i] +
                         pulse_family_gain(&family[2 * i]) * cell(v, t);
    }
}

static void check_rows(const struct scene *scene)
{
    const struct pulse_distribution *shares = &scene->shares;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_row_block rows;
    must(pulse_exchange_to_rows(&comm, shares, &scene->sizes, scene->columns, shares->low,
                                shares->high, &rows, &err) == 0,
         err.text);
    must(rows.first == shares->low[comm.rank] && rows.end == shares->high[comm.rank], "which rows");
    for (int64_t t = rows.first; t < rows.end; t++)
        for (int64_t e = 0; e < shares->E; e++)
            must(pulse_row_block_at(&rows, t)[e] == cell(shares->entered[e], t), "a row's value");
    for (int64_t e = 0; e < shares->E; e++)
        check_averages(&rows, e, shares->entered[e]);
    pulse_row_block_clear(&rows);
}

/* A rank is asked for rows of its own alone, and those that no rank sends. */
static void make_rows(const void *context, int64_t target, int64_t first, int64_t n, int64_t step,
                      double *out)
{
    const struct scene *scene = context;
    int64_t from, end;
    for (int r = 0; r < comm.size; r++) {
        from = scene->shares.back_first[r];
        end = scene->shares.back_end[r];
        must(r == comm.rank || first >= end || first + n <= from, "rows of another rank");
    }
    for (int64_t i = 0; i < scene->sizes.C * n; i++)
        out[i / n * step + i % n] = candidate(i / n, target, first + i % n);
}

static void check_variables(const struct scene *scene, int64_t count)
{
    const struct pulse_distribution *shares = &scene->shares;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const int64_t C = scene->sizes.C;
    int64_t first, end, most = 0;
    pulse_distribution_rows(shares, &scene->plan, comm.rank, &first, &end);
    const int64_t n = end - first;
    struct pulse_slice slice = {
        .count = count,
        .send = malloc((size_t)(comm.size * count * C * n + 1) * sizeof(double)),
        .receive = malloc((size_t)(count * C * T) * sizeof(double))};
    const struct pulse_way_back way = {&comm, shares, &scene->plan, make_rows, scene};
    double *out = malloc((size_t)(C * T) * sizeof *out);
    must(slice.send != NULL && slice.receive != NULL && out != NULL, "no memory");
    for (int r = 0; r < comm.size; r++)
        most =
            pulse_distribution_owned(shares, r) > most ? pulse_distribution_owned(shares, r) : most;
    for (; slice.skip < most; slice.skip += count) {
        must(pulse_exchange_to_variables(&way, &slice, &err) == 0, err.text);
        for (int64_t k = 0; k < count; k++) {
            const int64_t e = pulse_distribution_kth(shares, comm.rank, slice.skip + k);
            if (e >= 0)
                pulse_exchange_take_variable(&way, &slice, k, out);
            for (int64_t i = 0; e >= 0 && i < C * T; i++)
                must(out[i] == candidate(i / T, shares->slot[e], i % T), "a variable's value");
        }
    }
    free(slice.send);
    free(slice.receive);
    free(out);
}

static void exchange_case(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct scene scene;
        scene_make(&scene, seed);
        check_rows(&scene);
        for (int64_t count = 1; count <= 4; count += 3)
            check_variables(&scene, count);
        for (int r = 0; r < comm.size; r++) { /* all but some rows can be read by all */
            const int64_t n = scene.shares.back_end[r] - scene.shares.back_first[r];
            scene.shares.back_first[r] += r % 3 == 2 ? n : n / 3;
            scene.shares.back_end[r] -= n / 4;
            if (scene.shares.back_end[r] < scene.shares.back_first[r])
                scene.shares.back_end[r] = scene.shares.back_first[r] = 0;
        }
        check_variables(&scene, 2);
        scene_clear(&scene);
    }
}

/* ---- Agreement ------------------------------------------------------------------ */

static void agree_case(void)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    must(pulse_comm_agree(&comm, &err) == 0, "all is well");
    for (int from = 0; from < comm.size; from++) {
        char want[64];
        (void)snprintf(want, sizeof want, "rank %d has no disk", from);
        err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
        if (comm.rank < from) /* not as grave */
            (void)pulse_fail(&err, PULSE_E_INPUT, "rank %d cannot read", comm.rank);
        else if (comm.rank == from || comm.rank % 2 == 1)
            (void)pulse_fail(&err, PULSE_E_STORAGE, "rank %d has no disk", comm.rank);
        must(pulse_comm_agree(&comm, &err) == -1, "nobody noticed");
        must(err.kind == PULSE_E_STORAGE && strcmp(err.text, want) == 0, err.text);
    }
}

/* ---- Waiting -------------------------------------------------------------------- */

static double processor_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Nobody goes on before the last one is there, and those who wait do not work. */
static void rest_case(void)
{
    const double late = 1.5, began = pulse_seconds(), worked = processor_seconds();
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (comm.rank == comm.size - 1)
        (void)usleep((useconds_t)(late * 1e6));
    must(pulse_barrier_sleep(&comm, &err) == 0, err.text);
    must(pulse_seconds() - began > 0.9 * late, "did not wait for the last");
    must(processor_seconds() - worked < late / 2, "worked while it waited");
}

/* What goes to mpirun is not held back: the connection of PMIx, the only one over TCP. One rank has
 * none, since it never starts MPI. */
static void launcher_case(void)
{
    int connections = 0;
    for (int fd = 3; fd < 256; fd++) {
        int at_once = 0;
        socklen_t bytes = sizeof at_once;
        if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, &bytes) != 0)
            continue;
        must(at_once != 0, "a message to mpirun waits");
        connections++;
    }
    must((connections > 0) == (comm.size > 1), "whether mpirun is asked over TCP");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {{"scan", scan_case},
                 {"exchange", exchange_case},
                 {"agree", agree_case},
                 {"rest", rest_case},
                 {"launcher", launcher_case}};
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
