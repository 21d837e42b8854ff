/* Whether the data that a job is to read are there: the object or prefix, and in it the variables
 * that --variables names, as far as these credentials may look. */
#ifndef PULSE_SUBMIT_DATA_CHECK_H
#define PULSE_SUBMIT_DATA_CHECK_H

#include "base/error.h"
#include "plan/options.h"
#include "submit/preflight.h"

/* Adds what it finds; fatal is what is certainly absent or no data. Paths in the job's container
 * are passed over. -1 only for a signal and PULSE_E_MEMORY. */
int pulse_data_check(const struct pulse_options *options, struct pulse_findings *out,
                     struct pulse_err *err);

#endif
