/* From the sums over history to retrodictions of every candidate λ (DEFINITIONS §4.1): the
 * innovations form (§6.3) over spans where it applies, else one refit per window. Knows nothing of
 * original units, scores or files. */
#ifndef PULSE_FIT_WALK_H
#define PULSE_FIT_WALK_H

#include <stdint.h>

#include "fit/fitted.h"
#include "fit/sums.h"

/* Who is interested in the walk's progress; borrowed. */
struct pulse_walk_watch {
    const bool *done; /* per span of the plan: its candidates are there already; NULL: none is */
    void (*span_done)(void *context, int64_t span, double fraction); /* after each; may be NULL */
    void *context;
};

/* Local. Retrodicts all trained windows of this rank's spans into candidates that were made for
 * them, but of those that are done. `watch` may be NULL. Ends the job when interrupted. */
int pulse_walk_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                   const struct pulse_sums *sums, const struct pulse_walk_watch *watch,
                   struct pulse_candidates *out, struct pulse_err *err);

#endif
