/* From the sums over history to retrodictions of every candidate λ (SPEC §4): the innovations form
 * over spans where it applies, else one refit per window. Uses scan for the sums; knows nothing of
 * original units, scores or files. */
#ifndef PULSE_WALK_H
#define PULSE_WALK_H

#include <stdint.h>

#include "comm.h"
#include "gram.h"
#include "plan.h"
#include "rows.h"

/* What the walk works on; all borrowed. */
struct pulse_walk {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const struct pulse_system *systems;
    int64_t n_systems;
    const struct pulse_rows *rows; /* this rank's rows with what lies before them */
    const struct pulse_rows *head; /* rows 0 … p−1 */
    int64_t first_span;            /* this rank's spans */
    int64_t end_span;
    void (*progress)(void *context, double share); /* called after each span; may be NULL */
    void *progress_context;
};

/* Sums over the history, at the start of each of this rank's spans; owned. */
struct pulse_sums {
    double *totals;    /* spans × pulse_gram_total_size: H before each span (innovations form) */
    double *end;       /* H over all rows, on the last rank */
    double **gram;     /* per system: [P | Q] before the first span, NULL where not used */
    double **gram_end; /* per system: [P | Q] over all rows, on the last rank */
};

/* Local: H of each of this rank's spans. */
int pulse_walk_totals(const struct pulse_walk *walk, struct pulse_sums *sums,
                      struct pulse_err *err);

/* Collective: turns totals into sums over all earlier rows, and makes the plain sums. */
int pulse_walk_scan(const struct pulse_comm *comm, const struct pulse_walk *walk,
                    struct pulse_sums *sums, struct pulse_err *err);
void pulse_sums_clear(struct pulse_sums *sums, int64_t n_systems);

/* Candidate retrodictions on the scaled values, of this rank's rows; owned. */
struct pulse_candidates {
    int64_t first_row;
    int64_t rows;
    double
        *value; /* L × E × rows: value[(l·E + e)·rows + t − first_row]; NaN where there is none */
    int32_t
        *failed; /* per window of the plan: system·L + l of a system that has no solution, or −1 */
};

/* Local. Retrodicts all trained windows of this rank's spans. Ends the job when interrupted. */
int pulse_walk_run(const struct pulse_comm *comm, const struct pulse_walk *walk,
                   const struct pulse_sums *sums, struct pulse_candidates *out,
                   struct pulse_err *err);
void pulse_candidates_clear(struct pulse_candidates *candidates);

/* The model on all rows, and what it says of the next one. */
struct pulse_final {
    double *coefficients; /* L × d × E row-major; NaN where a system has no solution */
    double *next;         /* L × E retrodictions of row T; NaN likewise */
    int32_t failed;       /* system·L + l, or −1 */
};

/* Local, on the last rank: the final fit. Allocates on all ranks, computes on the one where
 * `sums` has the end. */
int pulse_walk_final(const struct pulse_walk *walk, const struct pulse_sums *sums, bool here,
                     struct pulse_final *out, struct pulse_err *err);
void pulse_final_clear(struct pulse_final *final);

#endif
