/* What everything in fit/ works on: the plan of the model and this rank's rows. Borrowed; says
 * nothing of what is computed from it. */
#ifndef PULSE_FIT_INPUT_H
#define PULSE_FIT_INPUT_H

#include <stdint.h>

#include "panel/row_block.h"
#include "plan/options.h"
#include "plan/plan.h"

struct pulse_fit_input {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const struct pulse_system *systems;
    int64_t n_systems;
    int64_t n_targets;   /* variables that are predicted × horizons */
    const int64_t *slot; /* horizons × E: which of them a variable's target is; −1: none */
    const struct pulse_row_block *rows;       /* this rank's rows with what lies before them */
    const struct pulse_row_block *lag_prefix; /* rows 0 … p − 1 of the calendar, on all ranks */
    int64_t first_span;                       /* this rank's spans: [first_span, end_span) */
    int64_t end_span;
    int64_t known_spans;  /* spans of the plan whose sums need not be made: all are in … */
    const double *before; /* … H before the first other one, on rank 0; unused where 0 are */
};

#endif
