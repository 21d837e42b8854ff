/* What is to be computed, and by which rank: windows and spans, the systems of equations, and the
 * distribution of variables, dates and spans. Once prepared it changes no more, but that windows
 * fail. */
#ifndef PULSE_RUN_WORK_H
#define PULSE_RUN_WORK_H

#include "panel/exchange.h"
#include "plan/plan.h"

struct pulse_work {
    struct pulse_plan plan;
    struct pulse_system *systems; /* n_systems */
    int64_t n_systems;
    struct pulse_distribution distribution;
};

#endif
