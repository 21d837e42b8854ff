/* What every candidate predicts of u in this rank's rows: where the walk puts it, and where what an
 * earlier run has computed lies. Holds predictions; makes none. */
#ifndef PULSE_FIT_CANDIDATES_H
#define PULSE_FIT_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/input.h"

/* One span as an earlier run has computed it; borrowed. Zero: it has not. */
struct pulse_saved_span {
    const int32_t *failed; /* marks of its first `windows` windows, as below */
    int64_t windows;
    const double *value; /* C × columns × its rows (pulse_saved_layout) */
};

/* How saved spans lie; borrowed. */
struct pulse_saved_layout {
    int64_t columns;
    const int64_t *column; /* per target: which of the columns, −1 for one that is not saved */
};

/* A run of rows that lie together. */
struct pulse_candidate_rows {
    int64_t first_row, rows;
    const double *value; /* C × (targets, or columns where it was saved) × rows; NULL: all NaN */
    bool saved;
};

/* Owned. */
struct pulse_candidates {
    int64_t first_row; /* of the rows that the walk fills */
    int64_t rows;
    int64_t targets; /* of all horizons */
    double *value;   /* C × targets × rows (pulse_candidates_of); NaN where there is none */
    int32_t *failed; /* per window of the plan: system·L + l of a system without solution, or −1 */
    int64_t n_parts; /* all rows of this rank, and others that were saved, ascending; 0: they are
                        those of `value` */
    struct pulse_candidate_rows *part;
    struct pulse_saved_layout saved;
    bool refitted; /* a span whose innovations form a penalty does not allow, for all of them */
    const int64_t *pick; /* borrowed: what reads candidate c gets pick[c]; NULL: c */
};

/* Candidate c's predictions of a target that the walk makes, row first_row first. */
static inline double *pulse_candidates_of(const struct pulse_candidates *candidates, int64_t c,
                                          int64_t target)
{
    return candidates->value + (c * candidates->targets + target) * candidates->rows;
}

/* Local. Makes the candidates of this rank's spans, NaN and no failed window, but of those that are
 * done before the first and after the last one that is not: nobody has to touch memory for them.
 * `done` is per span of the plan, NULL: none is. Clear in every case. PULSE_E_MEMORY. */
int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const bool *done, struct pulse_err *err);

/* Rows from the first of spans [first, end) of the plan that is trained and not done to the last
 * one; *first_row = *end_row where there is none. */
void pulse_candidates_rows(const struct pulse_plan *plan, const bool *done, int64_t first,
                           int64_t end, int64_t *first_row, int64_t *end_row);

/* Local. Takes saved spans (one element per span of the plan, of any ranks), which are to outlive
 * the candidates: into `value` where that has their rows, else by reference. PULSE_E_MEMORY. */
int pulse_candidates_take(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const struct pulse_saved_span *span,
                          const struct pulse_saved_layout *layout, struct pulse_err *err);

/* Copies candidate c's predictions of a target in n rows from `first` on, which are this rank's or
 * were saved. */
void pulse_candidates_read(const struct pulse_candidates *candidates, int64_t c, int64_t target,
                           int64_t first, int64_t n, double *out);

void pulse_candidates_clear(struct pulse_candidates *candidates);

#endif
