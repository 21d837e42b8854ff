/* The operations of AWS Batch that are used here: one function each, JSON in and out. Knows nothing
 * of what a job does. */
#ifndef PULSE_SUBMIT_BATCH_H
#define PULSE_SUBMIT_BATCH_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/aws.h"

enum { PULSE_JOB_ID = 160 };

/* Submits `request` (its jobName and jobQueue are read) and fills `job_id`. When the answer is lost
 * or broken, the job's name, which must be no other job's, is looked up in the queue before the
 * request is sent again, so that there are never two. PULSE_E_STORAGE: refused;
 * PULSE_E_TEMPORARY: no answer, the message says whether there may be a job. */
int pulse_batch_submit(const struct pulse_aws *aws, json_t *request, char job_id[PULSE_JOB_ID],
                       struct pulse_err *err);

/* Descriptions of all `n` ids, in batches of a hundred; those that Batch does not know are left
 * out. A new array of JobDetail objects; NULL with an error. */
json_t *pulse_batch_describe(const struct pulse_aws *aws, const char *const *ids, int64_t n,
                             struct pulse_err *err);

/* The same of jobs that may be new: those that do not show yet are looked for a few times, a second
 * apart. */
json_t *pulse_batch_find(const struct pulse_aws *aws, const char *const *ids, int64_t n,
                         struct pulse_err *err);

/* Summaries of at most `most` jobs of a queue: those with `name` (a last '*' stands for anything)
 * in any state, or those in `status` when `name` is NULL. A new array; NULL with an error. */
json_t *pulse_batch_list(const struct pulse_aws *aws, const char *queue, const char *name,
                         const char *status, int64_t most, struct pulse_err *err);

/* The same of the children of an array that are in `status`. */
json_t *pulse_batch_list_children(const struct pulse_aws *aws, const char *array,
                                  const char *status, int64_t most, struct pulse_err *err);

int pulse_batch_terminate(const struct pulse_aws *aws, const char *job_id, const char *reason,
                          struct pulse_err *err);

/* ---- What jobs run on ----------------------------------------------------------- */

/* All three: NULL with `err` untouched where there is none of that name. */
json_t *pulse_batch_queue(const struct pulse_aws *aws, const char *queue, struct pulse_err *err);

/* The newest active revision when `definition` names none. */
json_t *pulse_batch_definition(const struct pulse_aws *aws, const char *definition,
                               struct pulse_err *err);

/* The compute environments of a queue's description, in its order: a new array. */
json_t *pulse_batch_environments(const struct pulse_aws *aws, const json_t *queue,
                                 struct pulse_err *err);

/* The position of a job among those of its queue that wait, from 1 on; 0 where it is not known. */
int pulse_batch_position(const struct pulse_aws *aws, const char *queue, const char *job_arn);

#endif
