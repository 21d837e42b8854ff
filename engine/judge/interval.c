#include "judge/interval.h"

#include <math.h>

static const double normal_quantile[PULSE_LEVELS] = {1.2815515655446004, 1.959963984540054};
static const double start_factor[PULSE_LEVELS] = {1.28, 2.1};
static const double miss[PULSE_LEVELS] = {0.2, 0.05};
static const double step = 0.05;

struct pulse_intervals pulse_intervals_start(const struct pulse_options *options)
{
    const double *factor = options->interval == PULSE_ADAPTIVE ? start_factor : normal_quantile;
    return (struct pulse_intervals){.kind = options->interval,
                                    .forget = exp2(-1 / options->interval_halflife),
                                    .v = 1,
                                    .m = (double)options->burn_in,
                                    .k = (double)options->burn_in,
                                    .factor = {factor[0], factor[1]}};
}

double pulse_intervals_scale(const struct pulse_intervals *intervals)
{
    if (intervals->kind == PULSE_ADAPTIVE)
        return sqrt(fmax(intervals->v, 0.01 * intervals->m / intervals->k));
    const bool none = !(intervals->rows > 0 && intervals->errors > 0);
    return none ? (double)NAN : sqrt(intervals->errors / intervals->rows);
}

void pulse_intervals_half(const struct pulse_intervals *intervals, double half[PULSE_LEVELS])
{
    const double scale = pulse_intervals_scale(intervals);
    for (int i = 0; i < PULSE_LEVELS; i++)
        half[i] = scale * intervals->factor[i];
}

void pulse_intervals_error(struct pulse_intervals *intervals, double error, bool scored)
{
    const double scale = pulse_intervals_scale(intervals), g = intervals->forget;
    if (scored) {
        intervals->window_errors += error * error;
        intervals->window_rows++;
    }
    const bool adapts = scored && intervals->kind == PULSE_ADAPTIVE;
    for (int i = 0; adapts && i < PULSE_LEVELS; i++) {
        const double missed = fabs(error) > intervals->factor[i] * scale ? 1 : 0;
        intervals->factor[i] *= exp(step * (missed - miss[i]));
    }
    intervals->v = g * intervals->v + (1 - g) * error * error;
    intervals->m += error * error;
    intervals->k++;
}

void pulse_intervals_end(struct pulse_intervals *intervals)
{
    intervals->errors += intervals->window_errors;
    intervals->rows += intervals->window_rows;
    intervals->window_errors = intervals->window_rows = 0;
}
