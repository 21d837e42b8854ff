/* What is asked of Batch: the JSON of SubmitJob, the job's name with the digest of all else, and
 * the limits that Batch sets. Pure. */
#ifndef PULSE_SUBMIT_REQUEST_H
#define PULSE_SUBMIT_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/definition.h"

enum {
    PULSE_JOB_NAME = 129,
    PULSE_JOB_DIGEST = 13,
    PULSE_JOB_STAMP = 24,
    PULSE_MOST_ATTEMPTS = 10,
    PULSE_MOST_CHILDREN = 10000, /* of an array */
    PULSE_MOST_DEPENDENCIES = 20,
    PULSE_MOST_TAGS = 50,
    PULSE_LEAST_TIMEOUT = 60
};

/* All borrowed. */
struct pulse_request {
    const char *queue;
    const char *definition;
    const char *program;           /* NULL: pulse-train */
    const char *const *node_words; /* n_node_words options of pulse-node */
    const char *const *argv;       /* argc words: the options of the program */
    const char *argv_file;         /* NULL, or "s3://…#sha256=HEX" that stands for argv */
    const char *region;            /* NULL: not given to the job */
    const char *share_identifier;  /* NULL: the queue has no shares */
    const char *const *depends_on;
    const char *const *tags; /* "KEY=VALUE" */
    int64_t memory_mib;
    int64_t timeout_seconds;
    enum pulse_layout layout; /* not PULSE_LAYOUT_ECS */
    int argc;
    int n_node_words;
    int n_depends_on;
    int n_tags;
    int nodes;    /* when multi */
    int children; /* of an array; 0 and 1: it is none, Batch takes arrays of two and more */
    int vcpus;    /* of a node */
    int ranks;    /* on a node */
    int priority; /* in its share, 0 to 9999; -1: the definition's */
    int attempts;
    bool multi;
};

/* The request without jobName; NULL with PULSE_E_MEMORY, or PULSE_E_USAGE for a bad tag. */
json_t *pulse_request_build(const struct pulse_request *request, struct pulse_err *err);

/* Twelve hex digits that stand for the whole request but its name. */
int pulse_request_digest(const json_t *request, char out[PULSE_JOB_DIGEST], struct pulse_err *err);

/* PREFIX-DIGEST-STAMP, all of PREFIX that Batch does not allow replaced by '-', cut to fit. Returns
 * `out`. */
char *pulse_request_name(const char *prefix, const char *digest, const char *stamp,
                         char out[PULSE_JOB_NAME]);

/* "20261124-081500", UTC. Returns `out`. */
char *pulse_request_stamp(int64_t unix_seconds, char out[PULSE_JOB_STAMP]);

/* Whether overrides (8192 characters) and payload (30 KiB) are within what Batch takes, and no word
 * of the command is empty. */
bool pulse_request_fits(const json_t *request);

/* The options as a file for pulse-node, a JSON array of strings; heap, with its SHA-256 in
 * hex (65 bytes). */
char *pulse_request_argv_file(const char *const *argv, int argc, char sha256[65],
                              struct pulse_err *err);

#endif
