#include "evaluate/confidence_set.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/clones.h"

/* A set of M models takes M rounds through B × M means: eight models are worked on at once, on any
 * machine. */
enum { LANES = 8 };
typedef double vec __attribute__((vector_size(64)));
typedef int64_t mask __attribute__((vector_size(64)));

/* Models 0 … left − 1 are left; what fills the last vector is 0. Losses are those above the model
 * that lost least, which is never the worst one: models that are all alike have exactly 0. */
struct elimination {
    int64_t B, left;
    int64_t vecs;    /* that M models take; so many are in each of the next five */
    double *loss;    /* mean over all windows */
    double *d;       /* of the header, as the next */
    double *root;    /* √v */
    double *squares; /* Σ_b (d* − d)² */
    double *enough;  /* the d* − d that is as sure as the worst model's d */
    int64_t *model;  /* M: which one of the caller's it is */
    double *off;     /* B × vecs: mean loss of a draw, less `loss` */
    double *mean;    /* B: of `off` over the models left */
};

/* x in units of √v. Where nothing varies, equal losses are equal and others are sure. */
static double standardise(double x, double root)
{
    return x == 0 ? 0 : x / root;
}

/* ---- One draw ------------------------------------------------------------------- */

static int64_t count_vecs(int64_t n)
{
    return (n + LANES - 1) / LANES;
}

static inline double find_mean(const double *x, int64_t n)
{
    const vec *of = (const vec *)x;
    vec part = {0};
    double sum = 0;
    for (int64_t i = 0; i < count_vecs(n); i++)
        part += of[i];
    for (int k = 0; k < LANES; k++)
        sum += part[k];
    return sum / (double)n;
}

static inline void measure_draw(struct elimination *all, int64_t b)
{
    const double *row = all->off + b * all->vecs * LANES, mean = find_mean(row, all->left);
    const vec *off = (const vec *)row;
    vec *squares = (vec *)all->squares;
    all->mean[b] = mean;
    for (int64_t i = 0; i < count_vecs(all->left); i++)
        squares[i] += (off[i] - mean) * (off[i] - mean);
}

/* Whether any model is as far off in this draw as the worst one is. */
static inline bool is_above(const struct elimination *all, int64_t b)
{
    const vec *off = (const vec *)(all->off + b * all->vecs * LANES);
    const vec *enough = (const vec *)all->enough;
    mask above = {0};
    bool any = false;
    for (int64_t i = 0; i < count_vecs(all->left); i++)
        above |= off[i] - all->mean[b] >= enough[i];
    for (int k = 0; k < LANES; k++)
        any = any || above[k] != 0;
    return any;
}

/* ---- One round ------------------------------------------------------------------ */

static void clear_squares(struct elimination *all)
{
    for (int64_t i = 0; i < all->vecs * LANES; i++)
        all->squares[i] = 0;
}

/* The model that is worst; *t says how sure that is. */
static int64_t find_worst(struct elimination *all, double *t)
{
    const double mean = find_mean(all->loss, all->left);
    int64_t worst = -1;
    for (int64_t i = 0; i < all->left; i++) {
        all->d[i] = all->loss[i] - mean;
        all->root[i] = sqrt(all->squares[i] / (double)all->B);
        const double own = standardise(all->d[i], all->root[i]);
        if (worst < 0 || own > *t) {
            worst = i;
            *t = own;
        }
    }
    return worst;
}

/* Also of what fills the last group, which is never enough. */
static void find_enough(struct elimination *all, double t)
{
    for (int64_t i = 0; i < all->vecs * LANES; i++)
        if (i < all->left && all->root[i] > 0)
            all->enough[i] = t * all->root[i];
        else
            all->enough[i] = i < all->left && t <= 0 ? -INFINITY : INFINITY;
}

static void take_out(double *x, int64_t which, int64_t last)
{
    x[which] = x[last];
    x[last] = 0;
}

/* The model leaves. The share of draws in which any was as far off; the same look at each draw
 * measures those that stay. */
CLONES static double eliminate(struct elimination *all, int64_t worst)
{
    const int64_t last = all->left - 1;
    int64_t above = 0;
    clear_squares(all);
    for (int64_t b = 0; b < all->B; b++) {
        all->left = last + 1;
        above += is_above(all, b);
        take_out(all->off + b * all->vecs * LANES, worst, last);
        all->left = last;
        measure_draw(all, b);
    }
    take_out(all->loss, worst, last);
    all->model[worst] = all->model[last];
    return (double)above / (double)all->B;
}

/* ---- All of it ------------------------------------------------------------------ */

static double *allocate_vecs(int64_t vecs, struct pulse_err *err)
{
    const int64_t n = vecs * LANES;
    double *x = pulse_alloc_aligned(n, sizeof *x, "the confidence set", err);
    for (int64_t i = 0; x != NULL && i < n; i++)
        x[i] = 0;
    return x;
}

static int allocate(struct elimination *all, struct pulse_err *err)
{
    static const char what[] = "the confidence set";
    all->loss = allocate_vecs(all->vecs, err);
    all->d = allocate_vecs(all->vecs, err);
    all->root = allocate_vecs(all->vecs, err);
    all->squares = allocate_vecs(all->vecs, err);
    all->enough = allocate_vecs(all->vecs, err);
    all->off = allocate_vecs(all->B * all->vecs, err);
    all->model = pulse_calloc(all->left, sizeof *all->model, what, err);
    all->mean = pulse_calloc(all->B, sizeof *all->mean, what, err);
    return err->kind == PULSE_OK ? 0 : -1;
}

static void clear(struct elimination *all)
{
    free(all->model);
    free(all->loss);
    free(all->d);
    free(all->root);
    free(all->squares);
    free(all->enough);
    free(all->off);
    free(all->mean);
}

/* Losses of the models, and of their draws. */
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
        all->loss[i] -= least;
    for (int64_t b = 0; b < all->B; b++) {
        for (int64_t i = 0; i < M; i++)
            all->off[b * all->vecs * LANES + i] =
                drawn[b * M + i] - drawn[b * M + best] - all->loss[i];
        measure_draw(all, b);
    }
    free(drawn);
    return 0;
}

int pulse_confidence_set(const struct pulse_bootstrap *bootstrap, int64_t M, const double *loss,
                         double *p, struct pulse_err *err)
{
    struct elimination all = {.B = bootstrap->draws, .left = M, .vecs = count_vecs(M)};
    double so_far = 0, t = 0;
    int status = allocate(&all, err);
    if (status == 0)
        status = begin(&all, bootstrap, M, loss, err);
    while (status == 0 && all.left > 1) {
        const int64_t worst = find_worst(&all, &t), model = all.model[worst];
        find_enough(&all, t);
        so_far = fmax(so_far, eliminate(&all, worst));
        p[model] = so_far;
    }
    if (status == 0 && M > 0)
        p[all.model[0]] = 1;
    clear(&all);
    return status;
}
