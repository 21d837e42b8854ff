/* What a new panel changes of the last one: values that are others, gone, or came late. Reads the
 * last panel part by part. */
#ifndef PULSE_PREPARE_REVISION_H
#define PULSE_PREPARE_REVISION_H

#include "prepare/quality.h"

/* Fills quality->revisions and those of the variables. `against` is a wide file; days outside
 * `from` to `to` are not compared. PULSE_E_INPUT where it is no panel; the store's errors. */
int pulse_revisions_find(const char *against, int64_t from, int64_t to,
                         struct pulse_quality *quality, struct pulse_err *err);

#endif
