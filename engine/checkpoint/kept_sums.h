/* The sums over all rows before one span, kept for the run of the next night (DEFINITIONS §6.5): it
 * begins its fold there. Local. */
#ifndef PULSE_CHECKPOINT_KEPT_SUMS_H
#define PULSE_CHECKPOINT_KEPT_SUMS_H

#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "store/whole.h"

/* The name under which a location keeps them. */
extern const char pulse_kept_sums_name[];

/* Owned; zero where there are none. */
struct pulse_kept_sums {
    struct pulse_whole content;
    struct pulse_digest identity; /* of the span before (span_identity.h): of all that is summed */
    const double *sums;
};

/* Replaces what the location, which there is, keeps by n sums. Errors as of pulse_store_put. */
int pulse_kept_sums_write(const char *location, const struct pulse_digest *identity,
                          const double *sums, int64_t n, struct pulse_err *err);

/* What the location keeps, if that is n sums and whole: else zero, and they are summed again. */
void pulse_kept_sums_read(const char *location, int64_t n, struct pulse_kept_sums *out);
void pulse_kept_sums_clear(struct pulse_kept_sums *kept);

#endif
