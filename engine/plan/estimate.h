/* How much memory a rank will need, out of the plan. Pure: no MPI, no BLAS, no data; the
 * caller says what a rank's part is. */
#ifndef PULSE_PLAN_ESTIMATE_H
#define PULSE_PLAN_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/options.h"
#include "plan/plan.h"

/* One rank's part of the work. */
struct pulse_estimate_part {
    int ranks;
    int64_t first_span, end_span; /* its spans */
    int64_t held_rows;            /* rows it keeps, with those its first window looks back to */
    int64_t all_held_rows;        /* the sum over all ranks */
    int64_t own_rows;             /* rows of its spans */
    int64_t owned;                /* variables that enter, of those it reads */
    int64_t most_targets;         /* the most variables that any rank evaluates */
    int64_t targets;              /* variables that all ranks evaluate */
    int64_t variables;            /* all, those included that never enter */
    bool last;                    /* the last rank: it makes the final fit and the Granger tests */
};

/* Bytes that the rank will need beside what it has before: at the exchange of rows, at the walk, or
 * when judging, whichever is most. `systems` as they are solved. */
int64_t pulse_estimate_bytes(const struct pulse_plan *plan, const struct pulse_options *options,
                             const struct pulse_system *systems, int64_t n_systems,
                             const struct pulse_estimate_part *part);

#endif
