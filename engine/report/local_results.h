/* The results of a run as local files: those of a directory, or copies of what is in S3. Knows
 * nothing of what they hold. */
#ifndef PULSE_REPORT_LOCAL_RESULTS_H
#define PULSE_REPORT_LOCAL_RESULTS_H

#include <jansson.h>
#include <limits.h>

#include "base/error.h"
#include "results/part_name.h"

struct pulse_local_results {
    json_t *summary;        /* summary.json; owned */
    char *path;             /* of results.h5, its parts beside it; owned */
    char scratch[PATH_MAX]; /* the directory of the copies; "": none were made */
    int lock;               /* by which others know that it is in use; 0: none */
};

/* Finds summary.json and results.h5 of `results`, a directory or s3://BUCKET/PREFIX; copies are
 * made in a new temporary directory. PULSE_E_INPUT, PULSE_E_STORAGE, PULSE_E_MEMORY. Close in every
 * case: that removes the copies. */
int pulse_local_results_open(const char *results, struct pulse_local_results *local,
                             struct pulse_err *err);

/* The summary alone, to be released; NULL with an error as above. */
json_t *pulse_local_results_summary(const char *results, struct pulse_err *err);

/* What a file of the results is called, by its summary; borrowed. */
const char *pulse_local_results_name(const struct pulse_local_results *local,
                                     enum pulse_result_file file);
void pulse_local_results_close(struct pulse_local_results *local);

#endif
