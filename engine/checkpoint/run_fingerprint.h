/* What determines the candidates' numbers beside the values, as a JSON text: two runs with the same
 * text compute the same bits from the same rows, and where texts differ they say in which option or
 * variable. Pure; knows nothing of checkpoint files. */
#ifndef PULSE_CHECKPOINT_RUN_FINGERPRINT_H
#define PULSE_CHECKPOINT_RUN_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "plan/options.h"
#include "plan/plan.h"

/* Not in it: what changes no number (ranks, locations, files and their format), how candidates are
 * judged, which a later run does anew, and values and dates (span_identity.h). */
struct pulse_run_fingerprint_input {
    const struct pulse_options *options;
    const struct pulse_plan *plan; /* with its windows */
    int64_t V;
    char *const *names; /* V */
    int64_t E;
    const int64_t *entered; /* E: the variables that enter, ascending */
    const struct pulse_system *systems;
    int64_t n_systems;
    const char *arithmetic; /* which products of matrices: library, processor */
};

/* The text; NULL with PULSE_E_MEMORY. To be freed. */
char *pulse_run_fingerprint_text(const struct pulse_run_fingerprint_input *of,
                                 struct pulse_err *err);

/* Says in `why` in what `ours` differs from the `theirs` of an earlier run, which may hold more
 * members; false when `theirs` is no such text. At most `capacity` bytes with the final zero. */
bool pulse_run_fingerprint_difference(const char *theirs, int64_t bytes, const char *ours,
                                      char *why, int64_t capacity);

#endif
