#include "evaluate/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "evaluate/confidence_set.h"

/* ---- Scores --------------------------------------------------------------------- */

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

/* A kind's sum over all windows and variables of run r. */
static double sum_all(const struct pulse_comparison *comparison, enum pulse_loss kind, int64_t r)
{
    double sum = 0;
    for (int64_t v = 0; v < comparison->V; v++)
        sum += pulse_comparison_sum(comparison, kind, r, v, 0, comparison->W);
    return sum;
}

static void score_skill(const struct pulse_comparison *comparison, int64_t r,
                        struct pulse_run_scores *scores)
{
    scores->worst = -1;
    scores->worst_skill = NAN;
    for (int64_t v = 0; v < comparison->V; v++) {
        const double skill = pulse_comparison_skill(comparison, r, v);
        if (!isnan(skill) && (scores->worst < 0 || skill < scores->worst_skill)) {
            scores->worst = v;
            scores->worst_skill = skill;
        }
    }
    scores->skill = pulse_comparison_mean_skill(comparison, r);
}

/* Mean interval score of a level over the variables, each in units of its persistence's error. */
static double score_intervals(const struct pulse_comparison *comparison, enum pulse_loss kind,
                              int64_t r)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t v = 0; v < comparison->V; v++) {
        const double rows =
            pulse_comparison_sum(comparison, PULSE_LOSS_INTERVAL_ROWS, r, v, 0, comparison->W);
        if (!(rows > 0) || !(comparison->unit[v] > 0))
            continue;
        sum += pulse_comparison_sum(comparison, kind, r, v, 0, comparison->W) / rows /
               sqrt(comparison->unit[v]);
        n++;
    }
    return share(sum, (double)n);
}

static void score_run(const struct pulse_comparison *comparison, int64_t r,
                      struct pulse_run_scores *scores)
{
    const double rows = sum_all(comparison, PULSE_LOSS_INTERVAL_ROWS, r);
    score_skill(comparison, r, scores);
    scores->hit =
        share(sum_all(comparison, PULSE_LOSS_HITS, r), sum_all(comparison, PULSE_LOSS_MOVES, r));
    scores->coverage[0] = share(sum_all(comparison, PULSE_LOSS_INSIDE_80, r), rows);
    scores->coverage[1] = share(sum_all(comparison, PULSE_LOSS_INSIDE_95, r), rows);
    scores->score[0] = score_intervals(comparison, PULSE_LOSS_SCORE_80, r);
    scores->score[1] = score_intervals(comparison, PULSE_LOSS_SCORE_95, r);
}

/* Persistence's skill is 0 by definition; it has neither direction nor intervals. */
static void score_all(const struct pulse_comparison *comparison, struct pulse_verdict *verdict)
{
    const int64_t R = comparison->R;
    for (int64_t r = 0; r < R; r++)
        score_run(comparison, r, &verdict->scores[r]);
    verdict->scores[R] = (struct pulse_run_scores){.worst = -1,
                                                   .hit = NAN,
                                                   .coverage = {NAN, NAN},
                                                   .score = {NAN, NAN},
                                                   .t = NAN,
                                                   .p = NAN,
                                                   .membership = NAN};
    for (int64_t model = 0; model <= R; model++)
        verdict->scores[model].loss =
            pulse_mean(comparison->loss + model * comparison->W, comparison->W);
}

/* ---- Tests ---------------------------------------------------------------------- */

/* The runs' gains over the baseline into `gain` (K × W), without its own; returns K. */
static int64_t find_gains(const struct pulse_verdict *verdict, const double *loss, double *gain)
{
    const int64_t W = verdict->bootstrap.n;
    const double *base = loss + verdict->baseline * W;
    int64_t K = 0;
    for (int64_t r = 0; r < verdict->R; r++) {
        if (r == verdict->baseline)
            continue;
        for (int64_t w = 0; w < W; w++)
            gain[K * W + w] = base[w] - loss[r * W + w];
        K++;
    }
    return K;
}

/* How sure each run's gain over the baseline is, and whether any has one. */
static int test_gains(struct pulse_verdict *verdict, const double *loss, struct pulse_err *err)
{
    const int64_t R = verdict->R, W = verdict->bootstrap.n;
    double *gain = pulse_calloc(R, (size_t)W * sizeof *gain, "the gains", err);
    double *t = pulse_calloc(R, sizeof *t, "the gains", err);
    int status = -1;
    if (gain != NULL && t != NULL)
        status = pulse_superior_test(&verdict->bootstrap, find_gains(verdict, loss, gain), gain,
                                     &verdict->superior, t, err);
    for (int64_t r = 0, k = 0; status == 0 && r < R; r++) {
        struct pulse_run_scores *scores = &verdict->scores[r];
        scores->t = r == verdict->baseline ? (double)NAN : t[k++];
        scores->p = 0.5 * erfc(scores->t / sqrt(2));
    }
    free(gain);
    free(t);
    return status;
}

/* Membership of the runs in the set of those that cannot be distinguished from the best. */
static int find_members(struct pulse_verdict *verdict, const double *loss, struct pulse_err *err)
{
    const int64_t R = verdict->R;
    double *p = pulse_calloc(R, sizeof *p, "the confidence set", err);
    const int status = p == NULL ? -1 : pulse_confidence_set(&verdict->bootstrap, R, loss, p, err);
    for (int64_t r = 0; status == 0 && r < R; r++) {
        verdict->scores[r].membership = p[r];
        verdict->scores[r].in_set = p[r] >= 0.1;
    }
    free(p);
    return status;
}

int pulse_verdict_make(const struct pulse_comparison *comparison, int64_t baseline, uint64_t seed,
                       struct pulse_verdict *verdict, struct pulse_err *err)
{
    *verdict = (struct pulse_verdict){.R = comparison->R, .baseline = baseline};
    verdict->scores = pulse_calloc(comparison->R + 1, sizeof *verdict->scores, "the scores", err);
    if (verdict->scores == NULL || pulse_bootstrap_init(&verdict->bootstrap, comparison->W,
                                                        PULSE_BOOTSTRAP_DRAWS, seed, err) != 0)
        return -1;
    score_all(comparison, verdict);
    return test_gains(verdict, comparison->loss, err) != 0
               ? -1
               : find_members(verdict, comparison->loss, err);
}

void pulse_verdict_clear(struct pulse_verdict *verdict)
{
    free(verdict->scores);
    pulse_bootstrap_clear(&verdict->bootstrap);
    *verdict = (struct pulse_verdict){0};
}
