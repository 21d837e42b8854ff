#include "judge/combine.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

int64_t pulse_combine_candidates(const struct pulse_options *options)
{
    return pulse_options_blocks(options) * options->n_ridge +
           (options->combine == PULSE_AVERAGE ? 1 : 0);
}

/* Sums of a window: of the candidates' squares, and three more. */
enum { WINDOW_N, WINDOW_CROSS, WINDOW_SPREAD, WINDOW_SUMS };

static double *window_sums(const struct pulse_combiner *combiner, int64_t w)
{
    return combiner->windows + w * (combiner->models + 1 + WINDOW_SUMS);
}

int pulse_combiner_init(struct pulse_combiner *combiner, const struct pulse_options *options,
                        int64_t horizon, int64_t windows, struct pulse_err *err)
{
    const double h = (double)horizon;
    *combiner = (struct pulse_combiner){.how = options->combine,
                                        .learning_rate = options->learning_rate / h,
                                        .caution = options->caution * (1 + log2(h)) * h,
                                        .models = pulse_options_blocks(options) * options->n_ridge};
    const int64_t each = combiner->models + 1;
    combiner->candidates = pulse_combine_candidates(options);
    combiner->squares =
        pulse_calloc(3 * each + windows * (each + WINDOW_SUMS), sizeof(double), "the weights", err);
    if (combiner->squares == NULL)
        return -1;
    combiner->weight = combiner->squares + each;
    combiner->lean = combiner->weight + each;
    combiner->windows = combiner->lean + each;
    return 0;
}

void pulse_combiner_clear(struct pulse_combiner *combiner)
{
    free(combiner->squares);
    *combiner = (struct pulse_combiner){0};
}

/* What differs by less than this share differs by rounding: no reason to choose. */
static const double rounding = 1e-10;

/* A retrodiction that is persistence up to rounding is persistence: it leans nowhere. */
static double snap_to_persistence(double y, double persistence)
{
    return fabs(y - persistence) <= rounding * fmax(1, fabs(persistence)) ? persistence : y;
}

static double find_least(const double *values, int64_t n)
{
    double low = values[0];
    for (int64_t i = 1; i < n; i++)
        low = values[i] < low ? values[i] : low;
    return low;
}

/* weight ∝ exp(−η (S − min S) / (2 s²)), summing to 1. */
static void exponential_weights(const double *squares, int64_t n, double rate, double variance,
                                double *weight)
{
    const double low = find_least(squares, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += weight[i] = exp(-rate * (squares[i] - low) / (2 * variance));
    for (int64_t i = 0; i < n; i++)
        weight[i] /= sum;
}

static void choose_best(struct pulse_combiner *combiner)
{
    const double low = find_least(combiner->squares, combiner->models);
    int64_t best = 0;
    for (int64_t l = 0; l < combiner->models; l++) {
        combiner->weight[l] = 0;
        if (combiner->squares[l] <= (1 + rounding) * low) /* of equals the last: the largest λ */
            best = l;
    }
    combiner->weight[best] = 1;
    combiner->shrinkage = 1;
}

/* The least-squares slope c/q of ẑ − ŷp on ȳ − ŷp times 1 − κ/t², t = c/√(q s²) its t-statistic. */
static double cautious_slope(const struct pulse_combiner *combiner, double variance)
{
    const double c = combiner->cross, q = combiner->spread;
    if (!(c > 0 && q > 0))
        return 0;
    return fmin(fmax(c / q - combiner->caution * variance / c, 0), 1);
}

static void absorb_window(struct pulse_combiner *combiner, int64_t w)
{
    const double *window = window_sums(combiner, w);
    for (int64_t i = 0; i < combiner->candidates; i++)
        combiner->squares[i] += window[i];
    window += combiner->models + 1;
    combiner->n += window[WINDOW_N];
    combiner->cross += window[WINDOW_CROSS];
    combiner->spread += window[WINDOW_SPREAD];
}

void pulse_combiner_begin(struct pulse_combiner *combiner, int64_t known)
{
    for (; combiner->absorbed < known; combiner->absorbed++)
        absorb_window(combiner, combiner->absorbed);
    if (combiner->how == PULSE_SELECT) {
        choose_best(combiner);
        return;
    }
    double n = combiner->n > 0 ? combiner->n : 1;
    double variance = fmax(find_least(combiner->squares, combiner->candidates) / n, 1e-12);
    exponential_weights(combiner->squares, combiner->candidates, combiner->learning_rate, variance,
                        combiner->weight);
    exponential_weights(combiner->squares, combiner->models, combiner->learning_rate, variance,
                        combiner->lean);
    combiner->shrinkage = cautious_slope(combiner, variance);
}

struct pulse_combined pulse_combiner_row(const struct pulse_combiner *combiner, const double *y,
                                         double persistence)
{
    struct pulse_combined out = {0};
    for (int64_t l = 0; l < combiner->models; l++) {
        const double predicted = snap_to_persistence(y[l], persistence);
        out.mean += combiner->weight[l] * predicted;
        out.direction += combiner->lean[l] * (predicted - persistence);
    }
    if (combiner->how == PULSE_SELECT) {
        out.value = out.mean;
        out.direction = out.value - persistence;
        return out;
    }
    out.mean += combiner->weight[combiner->models] * persistence;
    out.value = snap_to_persistence(persistence + combiner->shrinkage * (out.mean - persistence),
                                    persistence);
    return out;
}

void pulse_combiner_score(struct pulse_combiner *combiner, int64_t w, const double *y,
                          double persistence, const struct pulse_combined *combined, double z)
{
    double *window = window_sums(combiner, w);
    for (int64_t l = 0; l < combiner->models; l++) {
        const double e = z - snap_to_persistence(y[l], persistence);
        window[l] += e * e;
    }
    if (combiner->how == PULSE_AVERAGE)
        window[combiner->models] += (z - persistence) * (z - persistence);
    window += combiner->models + 1;
    window[WINDOW_N]++;
    window[WINDOW_CROSS] += (z - persistence) * (combined->mean - persistence);
    window[WINDOW_SPREAD] += (combined->mean - persistence) * (combined->mean - persistence);
}
