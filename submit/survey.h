/* Looks in AWS, before a job is submitted, at all that it needs: definition, queue, environments,
 * the jobs it depends on, the data. Changes nothing; preflight.h judges. */
#ifndef PULSE_SUBMIT_SURVEY_H
#define PULSE_SUBMIT_SURVEY_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "submit/aws.h"
#include "submit/preflight.h"

/* All borrowed. */
struct pulse_survey {
    const struct pulse_aws *batch;
    struct pulse_need need; /* all but the platform, which is the definition's */
    const char *const *depends_on;
    int64_t n_depends_on;
    const struct pulse_options *train; /* NULL: the data are not looked at */
};

/* Adds what it finds. *definition, the caller's to release, is NULL where there is none or it may
 * not be looked at. What may not be looked at is a warning; no answer at all is an error. */
int pulse_survey_run(const struct pulse_survey *survey, json_t **definition,
                     struct pulse_findings *out, struct pulse_err *err);

/* After a look at `what`: 0 if it was a good one, 1 if it was refused (a warning then, and `err` is
 * cleared), -1 if there was no answer. */
int pulse_survey_note_unchecked(struct pulse_findings *out, const char *what,
                                struct pulse_err *err);

#endif
