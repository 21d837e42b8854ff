#include "judge/score.h"

#include <math.h>

static int sign(double x)
{
    return (x > 0) - (x < 0);
}

void pulse_score_row(struct pulse_score *score, double x, double predicted, double previous,
                     double direction)
{
    const double e = x - predicted, ep = x - previous;
    score->n++;
    score->abs_error += fabs(e);
    score->squared_error += e * e;
    score->persistence_abs_error += fabs(ep);
    score->persistence_squared_error += ep * ep;
    if (ep != 0) {
        score->moves++;
        score->hits += sign(direction) == sign(ep);
    }
    score->closer += fabs(e) < fabs(ep);
    score->farther += fabs(e) > fabs(ep);
}

void pulse_score_interval(struct pulse_score *score, int level, double x, double lower,
                          double upper)
{
    static const double alpha[] = {0.2, 0.05};
    const double outside = fmax(fmax(lower - x, x - upper), 0);
    score->inside[level] += lower <= x && x <= upper;
    score->interval_score[level] += upper - lower + 2 / alpha[level] * outside;
}

void pulse_score_add(struct pulse_score *total, const struct pulse_score *window)
{
    total->n += window->n;
    total->abs_error += window->abs_error;
    total->squared_error += window->squared_error;
    total->persistence_abs_error += window->persistence_abs_error;
    total->persistence_squared_error += window->persistence_squared_error;
    total->hits += window->hits;
    total->moves += window->moves;
    total->interval_rows += window->interval_rows;
    total->inside[0] += window->inside[0];
    total->inside[1] += window->inside[1];
    total->interval_score[0] += window->interval_score[0];
    total->interval_score[1] += window->interval_score[1];
    total->closer += window->closer;
    total->farther += window->farther;
}

void pulse_gain_row(struct pulse_gain *gain, double x, double predicted, double previous)
{
    const double e = x - predicted, ep = x - previous;
    const double delta = ep * ep - e * e, off = delta - gain->mean;
    if (gain->lags > 0)
        gain->delta[gain->n] = delta;
    gain->n++;
    gain->mean += off / (double)gain->n;
    gain->squares += off * (delta - gain->mean);
}

/* 2 Σ_k (1 − k/(lags + 1)) Σ_t (δ_t − δ̄)(δ_{t−k} − δ̄), k from 1 to the lags (Newey and West 1987).
 */
static double covariances(const struct pulse_gain *gain)
{
    double sum = 0;
    for (int64_t k = 1; k <= gain->lags; k++) {
        double products = 0;
        for (int64_t t = k; t < gain->n; t++)
            products += (gain->delta[t] - gain->mean) * (gain->delta[t - k] - gain->mean);
        sum += 2 * (1 - (double)k / (double)(gain->lags + 1)) * products;
    }
    return sum;
}

double pulse_gain_statistic(const struct pulse_gain *gain)
{
    const double squares = gain->squares + covariances(gain);
    if (gain->n < 2 || !(squares > 0))
        return NAN;
    double variance = squares / (double)(gain->n - 1);
    return gain->mean / sqrt(variance / (double)gain->n);
}

double pulse_normal_tail(double statistic)
{
    return 0.5 * erfc(statistic / sqrt(2));
}

double pulse_score_skill(const struct pulse_score *score)
{
    if (!(score->persistence_squared_error > 0))
        return NAN;
    return 1 - score->squared_error / score->persistence_squared_error;
}
