/* checkpoint.json: the settings of the run that saved (run_fingerprint.h), and its data as digests,
 * so that the next run can say what has changed since. Pure; nothing is used or refused because of
 * it, span records know themselves what they are of. */
#ifndef PULSE_CHECKPOINT_DESCRIPTION_H
#define PULSE_CHECKPOINT_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

/* The data of a run; arrays owned where they were read. */
struct pulse_described_data {
    int64_t T;
    uint64_t *row; /* T digests of rows (span_identity.h) */
    int64_t V;
    struct pulse_digest *content; /* V: each variable's values on all T rows */
};

/* Settings and data as one text; `last_day` is that of row T − 1. NULL with PULSE_E_MEMORY. To be
 * freed. */
char *pulse_description_text(const char *settings, const struct pulse_described_data *data,
                             int64_t last_day, struct pulse_err *err);

/* Reads the data out of such a text; false, and no data, where it is none, or damaged, or not of
 * the settings with this digest. Clear in every case. */
bool pulse_description_read(const char *text, int64_t bytes, const struct pulse_digest *settings,
                            struct pulse_described_data *out);
void pulse_described_data_clear(struct pulse_described_data *data);

#endif
