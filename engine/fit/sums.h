/* The sums over the history that the walk starts its spans from: totals of spans, folded over the
 * ranks by the scan. Knows nothing of what they are used for. */
#ifndef PULSE_FIT_SUMS_H
#define PULSE_FIT_SUMS_H

#include <stdint.h>

#include "fit/gram.h"
#include "mpi/comm.h"
#include "panel/row_block.h"
#include "plan/plan.h"

/* What the walk works on; all borrowed. */
struct pulse_walk {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const struct pulse_system *systems;
    int64_t n_systems;
    const struct pulse_row_block *rows; /* this rank's rows with what lies before them */
    const struct pulse_row_block *head; /* rows 0 … p−1 */
    int64_t first_span;                 /* this rank's spans */
    int64_t end_span;
    const bool *done; /* per span of the plan: its candidates are there already; NULL: none is */
    void (*span_done)(void *context, int64_t span, double share); /* after each; may be NULL */
    void *context;
};

/* Sums over the history, at the start of each of this rank's spans; owned. */
struct pulse_sums {
    /* Innovations form: H before each of the spans. Each has a room of its own, which fits into
     * what loading and exchanging left: memory that was never touched is dearer than the sums. */
    double **totals;
    int64_t n_totals;
    double *end;       /* H over all rows, on the last rank */
    double **gram;     /* per system: [P | Q] before the first span, NULL where not used */
    double **gram_end; /* per system: [P | Q] over all rows, on the last rank */
    double *squares;   /* E: Σ y² over the rows of the target's system where that is carried
                          unweighted, on the last rank */
};

/* Local: H of each of this rank's spans. */
int pulse_walk_totals(const struct pulse_walk *walk, struct pulse_sums *sums,
                      struct pulse_err *err);

/* Collective: turns totals into sums over all earlier rows, and makes the plain sums. */
int pulse_walk_scan(const struct pulse_comm *comm, const struct pulse_walk *walk,
                    struct pulse_sums *sums, struct pulse_err *err);
void pulse_sums_clear(struct pulse_sums *sums, int64_t n_systems);

/* Local, on the last rank: [P | Q] (d × (d + q)) of system s over all rows that the final fit
 * learns from, into G; returns how many rows. `work` as for pulse_gram_add. */
int64_t pulse_sums_at_end(const struct pulse_walk *walk, const struct pulse_sums *sums, int64_t s,
                          double *G, double *work);

/* Local, on the last rank: Σ y² over the same rows, of the targets of system s, into `squares` (E).
 * Not for a weighted history. */
void pulse_sums_squares(const struct pulse_walk *walk, const struct pulse_sums *sums, int64_t s,
                        double *squares);

/* Whether the sums of system s are plain [P | Q] carried from window to window. */
bool pulse_sums_carried(const struct pulse_walk *walk, int64_t s);

/* What a window's sums are multiplied by when the next window is reached. */
double pulse_sums_decay(const struct pulse_options *options);

#endif
