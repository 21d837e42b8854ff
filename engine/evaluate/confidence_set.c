#include "evaluate/confidence_set.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/clones.h"

/* A set of M models takes M rounds, and the B × M means are more than caches hold: one look at them
 * serves up to AHEAD rounds. Eight models of DRAWS draws are worked on at once, on any machine. */
enum { LANES = 8, AHEAD = 8, DRAWS = 4 };
typedef double vec __attribute__((vector_size(64)));
typedef int64_t mask __attribute__((vector_size(64)));

/* A round since the last look. */
struct round {
    int64_t at, model;    /* which one leaves: its position, and the caller's number */
    int64_t above;        /* draws in which any was as far off as it is */
    const double *enough; /* the d* − d that is as sure as its d; of those that had left ∞ */
};

/* Positions 0 … left − 1 hold the models that were left at the last look; what fills the last
 * vector is 0. Losses are those above the model that lost least, which is never the worst one:
 * models that are all alike have exactly 0. */
struct elimination {
    int64_t B, left;
    int64_t vecs;    /* that M models take; so many are in each of the next six */
    double *loss;    /* mean over all windows; 0 of a model that has left since */
    double *root;    /* √v of the header, in the last round */
    double *t;       /* likewise */
    double *squares; /* Σ_b (d* − d)² at the last look */
    double *shift;   /* Σ of `product` over those that have left since */
    double *enough;  /* AHEAD of them: of a round each */
    int64_t *model;  /* M: which one of the caller's it is; −1: it has left since */
    double *off;     /* B × vecs: mean loss of a draw, less `loss` */
    double *mean;    /* B: of `off` over the models that were left */
    double *product; /* vecs × AHEAD vectors: Σ_b (d*_i − d_i)(d*_j − d_j) of all i and the … */
    int64_t likely[AHEAD]; /* … positions j that were likely to leave next */
    int64_t n_likely;
    struct round round[AHEAD];
    int64_t rounds;
};

/* Into what CLONES makes for each processor. */
#define INLINE static inline __attribute__((always_inline))

/* ---- One look at all draws ------------------------------------------------------ */

static int64_t count_vecs(int64_t n)
{
    return (n + LANES - 1) / LANES;
}

INLINE double add_up(const double *x, int64_t n)
{
    const vec *of = (const vec *)x;
    vec part = {0};
    double sum = 0;
    for (int64_t i = 0; i < count_vecs(n); i++)
        part += of[i];
    for (int k = 0; k < LANES; k++)
        sum += part[k];
    return sum;
}

/* Of several draws, whose rows follow each other, the number in which any model is above. */
INLINE int64_t count_above(const double *row, int64_t vecs, int64_t draws, int64_t n,
                           const double *mean, const double *enough)
{
    const vec *off = (const vec *)row, *least = (const vec *)enough;
    mask above[DRAWS] = {0};
    int64_t count = 0;
    for (int64_t i = 0; i < count_vecs(n); i++)
#pragma GCC unroll 4
        for (int64_t b = 0; b < draws; b++)
            above[b] |= off[b * vecs + i] - mean[b] >= least[i];
    for (int64_t b = 0; b < draws; b++) {
        int64_t any = 0;
        for (int k = 0; k < LANES; k++)
            any |= above[b][k];
        count += any != 0;
    }
    return count;
}

/* The rounds since the last look in so many draws, their means of those left moving on from one to
 * the next. */
INLINE void count_rounds(struct elimination *all, int64_t first, int64_t draws)
{
    const double *row = all->off + first * all->vecs * LANES, *mean = all->mean + first;
    double gone[DRAWS] = {0}, own[DRAWS];
    for (int64_t r = 0; r < all->rounds; r++) {
        struct round *round = &all->round[r];
        for (int64_t b = 0; b < draws; b++)
            own[b] = mean[b] - gone[b] / (double)(all->left - r);
        round->above += count_above(row, all->vecs, draws, all->left, own, round->enough);
        for (int64_t b = 0; b < draws; b++)
            gone[b] += row[b * all->vecs * LANES + round->at] - mean[b];
    }
}

INLINE void measure_draws(struct elimination *all, int64_t first, int64_t draws, int64_t n)
{
    const vec *off = (const vec *)(all->off + first * all->vecs * LANES);
    const double *mean = all->mean + first;
    vec *squares = (vec *)all->squares, *product = (vec *)all->product;
    double own[DRAWS][AHEAD] = {0};
    for (int64_t b = 0; b < draws; b++)
        for (int64_t j = 0; j < all->n_likely; j++)
            own[b][j] = all->off[(first + b) * all->vecs * LANES + all->likely[j]] - mean[b];
    for (int64_t i = 0; i < count_vecs(n); i++) {
        vec away[DRAWS], sum = squares[i];
#pragma GCC unroll 4
        for (int64_t b = 0; b < draws; b++) {
            away[b] = off[b * all->vecs + i] - mean[b];
            sum += away[b] * away[b];
        }
        squares[i] = sum;
#pragma GCC unroll 8
        for (int64_t j = 0; j < AHEAD; j++) {
            sum = product[i * AHEAD + j];
#pragma GCC unroll 4
            for (int64_t b = 0; b < draws; b++)
                sum += away[b] * own[b][j];
            product[i * AHEAD + j] = sum;
        }
    }
}

static void take_out(double *x, int64_t which, int64_t last)
{
    x[which] = x[last];
    x[last] = 0;
}

/* Counts what the rounds since the last look wait for, takes their models out of these draws
 * (`descending`: their positions), and measures those that stay. */
INLINE void look_at_some(struct elimination *all, const int64_t *descending, int64_t first,
                         int64_t draws)
{
    const int64_t left = all->left - all->rounds;
    count_rounds(all, first, draws);
    for (int64_t b = first; b < first + draws; b++) {
        double *row = all->off + b * all->vecs * LANES;
        for (int64_t r = 0; r < all->rounds; r++)
            take_out(row, descending[r], all->left - 1 - r);
        all->mean[b] = add_up(row, left) / (double)left;
    }
    measure_draws(all, first, draws, left);
}

CLONES static void look_at_draws(struct elimination *all, const int64_t *descending)
{
    int64_t b = 0;
    memset(all->squares, 0, (size_t)(all->vecs * LANES) * sizeof *all->squares);
    memset(all->product, 0, (size_t)(all->vecs * LANES * AHEAD) * sizeof *all->product);
    for (; b + DRAWS <= all->B; b += DRAWS)
        look_at_some(all, descending, b, DRAWS);
    for (; b < all->B; b++)
        look_at_some(all, descending, b, 1);
}

/* ---- Rounds --------------------------------------------------------------------- */

/* x in units of √v. Where nothing varies, equal losses are equal and others are sure. */
static double standardise(double x, double root)
{
    return x == 0 ? 0 : x / root;
}

/* √v of those that are left, of the round in hand: with e = d* − d at the last look, m models left
 * and G those that have left since, Σ_b (e_i + Σ_{j∈G} e_j/m)². False where a difference of such
 * sums says nothing: another look is due. */
static bool find_roots(struct elimination *all)
{
    const double m = (double)(all->left - all->rounds);
    double both = 0;
    bool sound = true;
    for (int64_t r = 0; r < all->rounds; r++)
        both += all->shift[all->round[r].at];
    for (int64_t i = 0; i < all->left; i++) {
        const double squares = all->squares[i] + (2 * all->shift[i] + both / m) / m;
        all->root[i] = sqrt(squares / (double)all->B);
        sound = sound && (all->model[i] < 0 || squares >= 1e-6 * all->squares[i]);
    }
    return sound;
}

/* Whether the model at position i is worse than that at k; of equals the first of the caller's is.
 */
static bool is_worse(const struct elimination *all, int64_t i, int64_t k)
{
    return all->t[i] > all->t[k] || (all->t[i] == all->t[k] && all->model[i] < all->model[k]);
}

/* The position of the model that is worst. */
static int64_t find_worst(struct elimination *all)
{
    const double mean = add_up(all->loss, all->left) / (double)(all->left - all->rounds);
    int64_t worst = -1;
    for (int64_t i = 0; i < all->left; i++) {
        if (all->model[i] < 0)
            continue;
        all->t[i] = standardise(all->loss[i] - mean, all->root[i]);
        if (worst < 0 || is_worse(all, i, worst))
            worst = i;
    }
    return worst;
}

/* Also of what fills the last vector, which is never enough. */
static void find_enough(const struct elimination *all, double t, double *enough)
{
    for (int64_t i = 0; i < all->vecs * LANES; i++) {
        const bool there = i < all->left && all->model[i] >= 0;
        if (there && all->root[i] > 0)
            enough[i] = t * all->root[i];
        else
            enough[i] = there && t <= 0 ? -INFINITY : INFINITY;
    }
}

/* The model at a position leaves. False where no more of them can before the next look. */
static bool leave(struct elimination *all, int64_t at)
{
    double *enough = all->enough + all->rounds * all->vecs * LANES;
    int64_t j = 0;
    find_enough(all, all->t[at], enough);
    all->round[all->rounds++] = (struct round){.at = at, .model = all->model[at], .enough = enough};
    all->model[at] = -1;
    all->loss[at] = 0;
    while (j < all->n_likely && all->likely[j] != at)
        j++;
    for (int64_t i = 0; j < all->n_likely && i < all->left; i++)
        all->shift[i] += all->product[(i / LANES * AHEAD + j) * LANES + i % LANES];
    return j < all->n_likely && all->rounds < AHEAD && all->left - all->rounds > 1;
}

static void run_rounds(struct elimination *all)
{
    bool more = true;
    memset(all->shift, 0, (size_t)all->left * sizeof *all->shift);
    all->rounds = 0;
    while (more && (find_roots(all) || all->rounds == 0))
        more = leave(all, find_worst(all));
}

/* ---- Between rounds and looks --------------------------------------------------- */

/* Those of the largest t so far; a few where few are left, so that what is looked at is not worked
 * on in vain. */
static void choose_likely(struct elimination *all, int64_t left)
{
    const int64_t most = left / 2 < AHEAD ? left / 2 : AHEAD;
    all->n_likely = 0;
    for (int64_t i = 0; i < left; i++) {
        int64_t j = all->n_likely < most ? all->n_likely++ : most;
        for (; j > 0 && is_worse(all, i, all->likely[j - 1]); j--)
            if (j < most)
                all->likely[j] = all->likely[j - 1];
        if (j < most)
            all->likely[j] = i;
    }
}

static int compare_descending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* What run_rounds has decided is looked up in the draws, and those that left are taken out. */
static void look(struct elimination *all)
{
    int64_t at[AHEAD];
    for (int64_t r = 0; r < all->rounds; r++)
        at[r] = all->round[r].at;
    qsort(at, (size_t)all->rounds, sizeof *at, compare_descending);
    for (int64_t r = 0; r < all->rounds; r++) {
        const int64_t last = all->left - 1 - r;
        take_out(all->loss, at[r], last);
        take_out(all->t, at[r], last);
        all->model[at[r]] = all->model[last];
    }
    choose_likely(all, all->left - all->rounds);
    look_at_draws(all, at);
    all->left -= all->rounds;
}

/* ---- All of it ------------------------------------------------------------------ */

static double *allocate_vecs(int64_t vecs, struct pulse_err *err)
{
    const int64_t n = vecs * LANES;
    double *x = pulse_alloc_aligned(n, sizeof *x, "the confidence set", err);
    if (x != NULL)
        memset(x, 0, (size_t)n * sizeof *x);
    return x;
}

static int allocate(struct elimination *all, struct pulse_err *err)
{
    static const char what[] = "the confidence set";
    all->loss = allocate_vecs(all->vecs, err);
    all->root = allocate_vecs(all->vecs, err);
    all->t = allocate_vecs(all->vecs, err);
    all->squares = allocate_vecs(all->vecs, err);
    all->shift = allocate_vecs(all->vecs, err);
    all->enough = allocate_vecs(all->vecs * AHEAD, err);
    all->product = allocate_vecs(all->vecs * AHEAD, err);
    all->off = allocate_vecs(all->B * all->vecs, err);
    all->model = pulse_calloc(all->left, sizeof *all->model, what, err);
    all->mean = pulse_calloc(all->B, sizeof *all->mean, what, err);
    return err->kind == PULSE_OK ? 0 : -1;
}

static void clear(struct elimination *all)
{
    free(all->model);
    free(all->loss);
    free(all->root);
    free(all->t);
    free(all->squares);
    free(all->shift);
    free(all->enough);
    free(all->product);
    free(all->off);
    free(all->mean);
}

/* Losses of the models, and of their draws. The largest losses are likely to leave first. */
static int begin(struct elimination *all, const struct pulse_bootstrap *bootstrap, int64_t M,
                 const double *loss, struct pulse_err *err)
{
    double *drawn = pulse_calloc(all->B, (size_t)M * sizeof *drawn, "the confidence set", err);
    int64_t best = 0;
    if (drawn == NULL)
        return -1;
    pulse_bootstrap_means(bootstrap, M, loss, drawn);
    for (int64_t i = 0; i < M; i++) {
        all->model[i] = i;
        all->loss[i] = pulse_mean(loss + i * bootstrap->n, bootstrap->n);
        best = all->loss[i] < all->loss[best] ? i : best;
    }
    const double least = all->loss[best];
    for (int64_t i = 0; i < M; i++)
        all->t[i] = all->loss[i] -= least;
    for (int64_t b = 0; b < all->B; b++)
        for (int64_t i = 0; i < M; i++)
            all->off[b * all->vecs * LANES + i] =
                drawn[b * M + i] - drawn[b * M + best] - all->loss[i];
    free(drawn);
    look(all);
    return 0;
}

int pulse_confidence_set(const struct pulse_bootstrap *bootstrap, int64_t M, const double *loss,
                         double *p, struct pulse_err *err)
{
    struct elimination all = {.B = bootstrap->draws, .left = M, .vecs = count_vecs(M)};
    double so_far = 0;
    int status = allocate(&all, err);
    if (status == 0)
        status = begin(&all, bootstrap, M, loss, err);
    while (status == 0 && all.left > 1) {
        run_rounds(&all);
        look(&all);
        for (int64_t r = 0; r < all.rounds; r++) {
            so_far = fmax(so_far, (double)all.round[r].above / (double)all.B);
            p[all.round[r].model] = so_far;
        }
    }
    if (status == 0 && M > 0)
        p[all.model[0]] = 1;
    clear(&all);
    return status;
}
