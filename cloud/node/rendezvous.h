/* The location in S3 where the nodes of a job find each other: small objects below
 * PREFIX/rendezvous/JOB/ATTEMPT. Knows nothing of ssh. */
#ifndef PULSE_NODE_RENDEZVOUS_H
#define PULSE_NODE_RENDEZVOUS_H

#include <stdbool.h>

#include "base/error.h"
#include "node/job.h"
#include "node/seal.h"
#include "store/store.h"

/* Where the job's objects lie: below `setting` (PULSE_RENDEZVOUS, may be NULL), else below where
 * the command line of pulse-train (ending with NULL) writes its results: --output,
 * --s3-results-bucket or --s3-output-file. Pure. To be freed; NULL with PULSE_E_USAGE when none of
 * these is in S3. */
char *pulse_rendezvous_location(char *const *argv, const char *setting,
                                const struct pulse_node_job *job, struct pulse_err *err);

/* Region and server, from the command line of pulse-train; and every request ends when a signal is
 * pending, or within the seconds that follow in the calls below. */
void pulse_rendezvous_configure(char *const *argv);

/* Writes an object, sealed. PULSE_E_TEMPORARY when S3 does not take it within `seconds`. */
int pulse_rendezvous_put(const char *location, const struct pulse_seal *seal, const char *name,
                         const char *text, double seconds, struct pulse_err *err);

/* What is sealed in an object; *text is NULL when it is not there yet, or not from a node of this
 * job; else to be freed. S3 out of reach is PULSE_E_TEMPORARY. */
int pulse_rendezvous_get(const char *location, struct pulse_seal *seal, const char *name,
                         double seconds, char **text, struct pulse_err *err);

/* The objects that are there; PULSE_E_TEMPORARY as above. */
int pulse_rendezvous_list(const char *location, double seconds, struct pulse_listing *listing,
                          struct pulse_err *err);

/* Removes the nodes' objects and the main node's; and the one that says that all is over, unless a
 * node may still have to read it. What cannot be removed is left. */
void pulse_rendezvous_clear(const char *location, int nodes, bool end_too);

/* How the main node's and the others' objects are called. */
#define PULSE_RENDEZVOUS_MAIN "main.json"
#define PULSE_RENDEZVOUS_END "end"
char *pulse_rendezvous_name(int node, char out[24]);

/* Seconds that the nodes wait for each other: PULSE_RENDEZVOUS_SECONDS, else 600. */
int pulse_rendezvous_seconds(double *seconds, struct pulse_err *err);

/* Reads an object of at most `most` bytes anywhere, as it is; *text is to be freed. */
int pulse_rendezvous_read(const char *uri, int64_t most, double seconds, char **text,
                          struct pulse_err *err);

#endif
