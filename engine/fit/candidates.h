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
    const double *value; /* columns × C × its rows (pulse_saved_layout) */
};

/* How saved spans lie; borrowed. */
struct pulse_saved_layout {
    int64_t columns;
    const int64_t *column; /* per target: which of the columns, −1 for one that is not saved */
};

/* One span's predictions: where they are made, or where they were saved (borrowed). Neither: NaN.
 */
struct pulse_candidate_span {
    double *made;        /* targets × C × the span's rows */
    const double *saved; /* columns × C × the span's rows */
};

/* Owned. A span's predictions lie together, as what is written and saved at a time. */
struct pulse_candidates {
    const struct pulse_plan *plan;     /* borrowed */
    int64_t targets;                   /* of all horizons */
    double *value;                     /* what is made, span after span */
    struct pulse_candidate_span *span; /* per span of the plan */
    int32_t *failed; /* per window of the plan: system·L + l of a system without solution, or −1 */
    struct pulse_saved_layout saved;
    bool refitted; /* a span whose innovations form a penalty does not allow, for all of them */
    const int64_t *pick; /* borrowed: whoever reads gets these candidates alone; NULL: all */
    int64_t picks;       /* how many */
};

/* Local. Allocates the candidates of this rank's spans that are trained and not done;
 * undefined until pulse_candidates_begin. `done` is per span of the plan, NULL: none is. Clear in
 * every case. PULSE_E_MEMORY. */
int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const bool *done, struct pulse_err *err);

/* Nothing is predicted in span `i` so far: NaN, if it is made here. */
void pulse_candidates_begin(struct pulse_candidates *out, int64_t i);

/* Candidate c's predictions of a target from calendar row t on, to the end of t's span, which is
 * made here. */
double *pulse_candidates_at(const struct pulse_candidates *candidates, int64_t c, int64_t target,
                            int64_t t);

/* Rows from the first of spans [first, end) of the plan that is trained and not done to the last
 * one; *first_row = *end_row where there is none. */
void pulse_candidates_rows(const struct pulse_plan *plan, const bool *done, int64_t first,
                           int64_t end, int64_t *first_row, int64_t *end_row);

/* Local. Takes saved spans (one element per span of the plan, of any ranks), which are to outlive
 * the candidates: by reference, or into what is made here. */
void pulse_candidates_take(struct pulse_candidates *out, const struct pulse_saved_span *span,
                           const struct pulse_saved_layout *layout);

/* Copies the candidates' predictions of a target in n rows from `first` on: those of the c-th to
 * out + c · step. */
void pulse_candidates_read(const struct pulse_candidates *candidates, int64_t target, int64_t first,
                           int64_t n, int64_t step, double *out);

void pulse_candidates_clear(struct pulse_candidates *candidates);

#endif
