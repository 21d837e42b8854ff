/* Who has what on so many ranks: the layout that the cost model (plan/scaling.h) counts and times.
 * Pure. */
#ifndef PULSE_PLAN_SCALING_LAYOUT_H
#define PULSE_PLAN_SCALING_LAYOUT_H

#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "plan/plan.h"

/* A run, whatever its ranks; all borrowed. */
struct pulse_scaling_run {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const struct pulse_system *systems; /* as they are solved */
    int64_t n_systems;
    int64_t variables;     /* all that are read */
    int64_t targets;       /* those that are predicted */
    int64_t results_bytes; /* of results.h5; 0: it is not written */
    double rate;           /* operations of dgemm that a core does in a second */
};

/* The ranks' parts; arrays of a rank each but `first`, which has one more. */
struct pulse_layout {
    int ranks;
    int64_t *first;      /* spans */
    int64_t *own, *held; /* rows of its spans; those that it sees */
    int64_t all_held;
};

/* PULSE_E_MEMORY. Clear it in every case. */
int pulse_layout_init(struct pulse_layout *layout, const struct pulse_scaling_run *run, int ranks,
                      struct pulse_err *err);
void pulse_layout_clear(struct pulse_layout *layout);

/* Of n variables, those of rank r, as the columns of one file are dealt; and the most of a rank. */
int64_t pulse_layout_owned(int64_t n, int r, int ranks);
int64_t pulse_layout_most_owned(int64_t n, int ranks);

/* Numbers of a row and variable that travel first: u, and targets that are not u itself. */
int64_t pulse_layout_travelling(const struct pulse_sizes *sizes);

/* Variables that a slice of the second exchange has of each owner, where an owner has `most`, and
 * how many slices that makes. */
int64_t pulse_layout_slice(const struct pulse_sizes *sizes, int64_t most);
int64_t pulse_layout_slices(const struct pulse_sizes *sizes, int64_t most);

/* Elements that the fold of a system's sums carries, in tiles of `*tile`; 0: it has none. */
int64_t pulse_layout_folded(const struct pulse_scaling_run *run, const struct pulse_system *system,
                            int64_t *tile);

#endif
