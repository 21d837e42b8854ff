#include "evaluate/confidence_set.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* What one round of elimination works with; all of M models, those that left unused. */
struct round {
    int64_t M, B, left;
    double *loss, *drawn; /* M and B × M: mean losses, of all windows and of the draws */
    bool *gone;
    double *d, *root; /* M: as in the header, d and √v */
    double *mean;     /* B: of the losses of a draw, over the models left */
};

static double mean_of_left(const struct round *round, const double *loss)
{
    double sum = 0;
    for (int64_t i = 0; i < round->M; i++)
        if (!round->gone[i])
            sum += loss[i];
    return sum / (double)round->left;
}

/* How far model i is above the others in draw b, beside how far it is at all. */
static double deviation(const struct round *round, int64_t b, int64_t i)
{
    return round->drawn[b * round->M + i] - round->mean[b] - round->d[i];
}

/* x in units of √v. Where nothing varies, equal losses are equal and others are sure. */
static double standardise(double x, double root)
{
    return x == 0 ? 0 : x / root;
}

static void measure_models(struct round *round)
{
    const double mean = mean_of_left(round, round->loss);
    for (int64_t b = 0; b < round->B; b++)
        round->mean[b] = mean_of_left(round, round->drawn + b * round->M);
    for (int64_t i = 0; i < round->M; i++) {
        round->d[i] = round->loss[i] - mean;
        double v = 0;
        for (int64_t b = 0; b < round->B && !round->gone[i]; b++)
            v += deviation(round, b, i) * deviation(round, b, i) / (double)round->B;
        round->root[i] = sqrt(v);
    }
}

/* The model that is worst; *t says how sure that is. */
static int64_t find_worst(const struct round *round, double *t)
{
    int64_t worst = -1;
    for (int64_t i = 0; i < round->M; i++) {
        const double own = standardise(round->d[i], round->root[i]);
        if (!round->gone[i] && (worst < 0 || own > *t)) {
            worst = i;
            *t = own;
        }
    }
    return worst;
}

static double share_of_draws_above(const struct round *round, double t)
{
    int64_t above = 0;
    for (int64_t b = 0; b < round->B; b++) {
        double most = -INFINITY;
        for (int64_t i = 0; i < round->M; i++)
            if (!round->gone[i])
                most = fmax(most, standardise(deviation(round, b, i), round->root[i]));
        above += most >= t;
    }
    return (double)above / (double)round->B;
}

static int allocate_round(struct round *round, struct pulse_err *err)
{
    static const char what[] = "the confidence set";
    round->gone = pulse_calloc(round->M, sizeof *round->gone, what, err);
    round->loss = pulse_calloc(round->M, sizeof *round->loss, what, err);
    round->drawn = pulse_calloc(round->B, (size_t)round->M * sizeof *round->drawn, what, err);
    round->d = pulse_calloc(round->M, sizeof *round->d, what, err);
    round->root = pulse_calloc(round->M, sizeof *round->root, what, err);
    round->mean = pulse_calloc(round->B, sizeof *round->mean, what, err);
    return err->kind == PULSE_OK ? 0 : -1;
}

int pulse_confidence_set(const struct pulse_bootstrap *bootstrap, int64_t M, const double *loss,
                         double *p, struct pulse_err *err)
{
    struct round round = {.M = M, .B = bootstrap->draws, .left = M};
    double so_far = 0;
    const int status = allocate_round(&round, err);
    if (status == 0) {
        pulse_bootstrap_means(bootstrap, M, loss, round.drawn);
        for (int64_t i = 0; i < M; i++)
            round.loss[i] = pulse_mean(loss + i * bootstrap->n, bootstrap->n);
    }
    for (; status == 0 && round.left > 0; round.left--) {
        double t = 0;
        measure_models(&round);
        const int64_t worst = find_worst(&round, &t);
        so_far = round.left == 1 ? 1 : fmax(so_far, share_of_draws_above(&round, t));
        p[worst] = so_far;
        round.gone[worst] = true;
    }
    free(round.gone);
    free(round.loss);
    free(round.drawn);
    free(round.d);
    free(round.root);
    free(round.mean);
    return status;
}
