/* What a training costs in time and memory, before any data are seen: the engine's own plan over a
 * calendar of weekdays, or a known one. Pure; knows nothing of nodes or AWS. */
#ifndef PULSE_SUBMIT_COST_H
#define PULSE_SUBMIT_COST_H

#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "plan/plan.h"

struct pulse_cost {
    const struct pulse_options *options;
    struct pulse_plan plan;
    struct pulse_system system; /* all targets dense: the most there can be to do */
};

/* Of `variables` variables from options->start_day (without one thirty years of data are assumed)
 * to options->end_day, both borrowed.
 * PULSE_E_USAGE when the engine would refuse their number. Clear it in every case. */
int pulse_cost_init(struct pulse_cost *cost, const struct pulse_options *options, int64_t variables,
                    struct pulse_err *err);

/* The same on the T days of a calendar that is known. */
int pulse_cost_init_on(struct pulse_cost *cost, const struct pulse_options *options,
                       int64_t variables, const int64_t *calendar, int64_t T,
                       struct pulse_err *err);
void pulse_cost_clear(struct pulse_cost *cost);

/* On so many ranks: bytes that the fullest rank needs, seconds that the busiest takes. */
struct pulse_cost_of_run {
    int64_t bytes;
    double seconds;
    double judging; /* of these */
};
struct pulse_cost_of_run pulse_cost_of_run(const struct pulse_cost *cost, int ranks);

#endif
