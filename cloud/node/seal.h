/* What nodes of a job say to each other through S3, sealed with the job's secret: who may write
 * there but has not the secret cannot speak for a node. Knows nothing of S3. */
#ifndef PULSE_NODE_SEAL_H
#define PULSE_NODE_SEAL_H

#include <stdbool.h>

#include "base/error.h"
#include "node/job.h"

enum { PULSE_SECRET_LEAST = 32, PULSE_SECRET_MOST = 1024 };

#define PULSE_SECRET_VARIABLE "PULSE_RENDEZVOUS_SECRET"

struct pulse_seal {
    const struct pulse_node_job *job;   /* a seal is of this job and attempt; borrowed */
    char secret[PULSE_SECRET_MOST + 1]; /* "": there is none */
    bool warned;                        /* of something that was not sealed */
};

/* Takes the secret out of the environment, so that no program that is started later has it, and
 * /proc shows it no more. PULSE_E_USAGE when it is too short or too long. */
int pulse_seal_take(struct pulse_seal *seal, const struct pulse_node_job *job,
                    struct pulse_err *err);

/* PULSE_E_USAGE where there is no secret. */
int pulse_seal_check(const struct pulse_seal *seal, struct pulse_err *err);

/* The text as it goes into the object of this name: a JSON object that holds it and its
 * HMAC-SHA256 over job, attempt, name and text. To be freed; NULL with PULSE_E_MEMORY. */
char *pulse_seal_close(const struct pulse_seal *seal, const char *name, const char *text,
                       struct pulse_err *err);

/* The text in a sealed object; NULL, with a warning the first time, when this job's secret did not
 * seal it under this name. To be freed; NULL with PULSE_E_MEMORY too. */
char *pulse_seal_open(struct pulse_seal *seal, const char *name, const char *sealed,
                      struct pulse_err *err);

/* Forgets the secret. */
void pulse_seal_clear(struct pulse_seal *seal);

#endif
