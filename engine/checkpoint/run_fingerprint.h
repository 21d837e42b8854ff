/* What determines the candidates' numbers, as a JSON text: two runs with the same text compute the
 * same bits, and where texts differ they say in which option or variable. Pure;
 * knows nothing of checkpoint files. */
#ifndef PULSE_CHECKPOINT_RUN_FINGERPRINT_H
#define PULSE_CHECKPOINT_RUN_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "plan/options.h"
#include "plan/plan.h"

/* Not in it: what changes no number (ranks, locations, files and their format) and how
 * candidates are judged, which a resumed run does anew. */
struct pulse_run_fingerprint_input {
    const struct pulse_options *options;
    const struct pulse_plan *plan; /* with its windows */
    const int64_t *calendar;       /* T days */
    int64_t T;
    int64_t V;
    char *const *names;                 /* V */
    const struct pulse_digest *content; /* V: of the T values on the calendar */
    const char *arithmetic;             /* which products of matrices: library, processor */
};

/* The text; NULL with PULSE_E_MEMORY. To be freed. */
char *pulse_run_fingerprint_text(const struct pulse_run_fingerprint_input *of,
                                 struct pulse_err *err);

/* Says in `why` in what `ours` differs from the `theirs` of an earlier run; false when `theirs` is
 * no such text. At most `capacity` bytes with the final zero. */
bool pulse_run_fingerprint_difference(const char *theirs, int64_t bytes, const char *ours,
                                      char *why, int64_t capacity);

#endif
