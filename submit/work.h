/* How much work and memory a training is, before any data are seen: the engine's own plan over a
 * calendar of weekdays. Pure; knows nothing of nodes or AWS. */
#ifndef PULSE_SUBMIT_WORK_H
#define PULSE_SUBMIT_WORK_H

#include <stdint.h>

#include "base/error.h"
#include "options.h"
#include "plan.h"

struct pulse_work {
    const struct pulse_options *options;
    struct pulse_plan plan;
    struct pulse_system system; /* all variables dense: the most there can be to do */
};

/* Of `variables` variables from options->start_day to options->end_day, both borrowed.
 * PULSE_E_USAGE when the engine would refuse their number. Clear it in every case. */
int pulse_work_init(struct pulse_work *work, const struct pulse_options *options, int64_t variables,
                    struct pulse_err *err);
void pulse_work_clear(struct pulse_work *work);

/* On so many ranks: bytes that the fullest rank needs, seconds that the busiest takes. */
struct pulse_work_cost {
    int64_t bytes;
    double seconds;
};
struct pulse_work_cost pulse_work_cost(const struct pulse_work *work, int ranks);

#endif
