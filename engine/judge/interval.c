#include "judge/interval.h"

#include <math.h>

static const double normal_quantile[PULSE_LEVELS] = {1.2815515655446004, 1.959963984540054};
static const double start_factor[PULSE_LEVELS] = {1.28, 2.1};
static const double miss[PULSE_LEVELS] = {0.2, 0.05};

struct pulse_intervals pulse_intervals_start(const struct pulse_options *options, int64_t horizon)
{
    const double h = (double)horizon, halflife = options->interval_halflife;
    const double *factor = options->interval == PULSE_ADAPTIVE ? start_factor : normal_quantile;
    struct pulse_intervals out = {.kind = options->interval,
                                  .root = sqrt(h),
                                  .forget = exp2(-1 / (h > 1 ? fmax(halflife, 3 * h) : halflife)),
                                  .v = 1,
                                  .m = (double)options->burn_in,
                                  .k = (double)options->burn_in,
                                  .factor = {factor[0], factor[1]}};
    for (int i = 0; i < PULSE_LEVELS; i++)
        for (int missed = 0; missed < 2; missed++)
            out.step[i][missed] = exp(0.05 / sqrt(h) * (missed - miss[i]));
    return out;
}

double pulse_intervals_scale(const struct pulse_intervals *intervals)
{
    if (intervals->kind == PULSE_ADAPTIVE)
        return intervals->root * sqrt(fmax(intervals->v, 0.01 * intervals->m / intervals->k));
    const bool none = !(intervals->rows > 0 && intervals->errors > 0);
    return none ? (double)NAN : sqrt(intervals->errors / intervals->rows);
}

void pulse_intervals_half(const struct pulse_intervals *intervals, double half[PULSE_LEVELS])
{
    const double scale = pulse_intervals_scale(intervals);
    for (int i = 0; i < PULSE_LEVELS; i++)
        half[i] = scale * intervals->factor[i];
}

struct pulse_interval_error pulse_intervals_note(const struct pulse_intervals *intervals,
                                                 double error, bool scored)
{
    const double scale = pulse_intervals_scale(intervals);
    struct pulse_interval_error noted = {.known = true, .scored = scored, .error = error};
    for (int i = 0; i < PULSE_LEVELS; i++)
        noted.missed[i] = fabs(error) > intervals->factor[i] * scale;
    return noted;
}

void pulse_intervals_learn(struct pulse_intervals *intervals,
                           const struct pulse_interval_error *noted)
{
    const double g = intervals->forget, e = noted->error / intervals->root;
    const bool adapts = noted->scored && intervals->kind == PULSE_ADAPTIVE;
    for (int i = 0; adapts && i < PULSE_LEVELS; i++)
        intervals->factor[i] *= intervals->step[i][noted->missed[i]];
    intervals->v = g * intervals->v + (1 - g) * e * e;
    intervals->m += e * e;
    intervals->k++;
}

void pulse_intervals_absorb(struct pulse_intervals *intervals, double squares, int64_t rows)
{
    intervals->errors += squares;
    intervals->rows += (double)rows;
}
