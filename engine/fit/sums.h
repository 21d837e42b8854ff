/* The sums over the history that the walk starts its spans from: totals of spans, folded over the
 * ranks by the scan. Knows nothing of what they are used for. */
#ifndef PULSE_FIT_SUMS_H
#define PULSE_FIT_SUMS_H

#include <stdint.h>

#include "fit/input.h"
#include "mpi/comm.h"

/* Sums over the history, up to the base (fit/history.h) of each of this rank's spans; owned. */
struct pulse_sums {
    /* Innovations form: H before the base of each span, NULL of known_spans (fit/input.h). One
     * allocation per span, so that freed pages are reused: first-touch faults cost more than the
     * arithmetic. */
    double **totals;
    int64_t n_totals;
    double *end;       /* H up to the base of the row after the last, on the last rank */
    double **gram;     /* per system: [P | Q] before the first span, NULL where not used */
    double **gram_end; /* per system: [P | Q] at the end likewise, on the last rank */
    double *squares;   /* E: Σ u² over the rows of the next row's system where that is carried
                          unweighted, on the last rank */
};

/* Local: H of each of this rank's spans. */
int pulse_sums_total(const struct pulse_fit_input *input, struct pulse_sums *sums,
                     struct pulse_err *err);

/* Collective: turns totals into sums over all earlier rows, and makes the plain sums. */
int pulse_sums_scan(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                    struct pulse_sums *sums, struct pulse_err *err);
void pulse_sums_clear(struct pulse_sums *sums, int64_t n_systems);

/* Local, on the last rank: [P | Q] (d × (d + q)) of system s over all rows that the final fit
 * learns from for targets `ahead` + 1 steps ahead, into G; returns how many rows. `work` as for
 * pulse_gram_add. */
int64_t pulse_sums_at_end(const struct pulse_fit_input *input, const struct pulse_sums *sums,
                          int64_t s, int64_t ahead, double *G, double *work);

/* Local, on the last rank: Σ u² over the rows of the next-row targets of system s, into `squares`
 * (E). Not for a weighted history. */
void pulse_sums_squares(const struct pulse_fit_input *input, const struct pulse_sums *sums,
                        int64_t s, double *squares);

/* Whether the sums of system s are plain [P | Q] carried from window to window. */
bool pulse_sums_carried(const struct pulse_fit_input *input, int64_t s);

#endif
