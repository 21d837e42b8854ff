/* summary.json and the table on the terminal: the run in words and numbers. Local, rank 0; computes
 * nothing but ratios. */
#ifndef PULSE_RESULTS_SUMMARY_H
#define PULSE_RESULTS_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "fit/granger.h"
#include "judge/evaluate.h"
#include "mpi/timeline.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/parts.h"
#include "store/store.h"

/* Seconds per stage: of the slowest rank and on average; and what the ranks did in all. Times of
 * day are seconds since the first rank began. */
struct pulse_timings {
    double slowest[PULSE_STAGES];
    double mean[PULSE_STAGES];
    double waiting[PULSE_STAGES]; /* of it for other ranks, on average */
    double first[PULSE_STAGES];   /* when the first rank began it; NaN: none ever did */
    double last[PULSE_STAGES];    /* and the last one was through with it */
    double *per_rank;             /* ranks × PULSE_STAGES; owned */
    struct pulse_strip *strips;   /* PULSE_RANKS_SHOWN at most, by rank; owned */
    int n_strips;
    double total; /* from start to end, wall clock */
    double busy;  /* seconds that all ranks together worked in stages: the estimate for one rank */
};

void pulse_timings_clear(struct pulse_timings *timings);

/* All that the summary tells; borrowed. */
struct pulse_summary_input {
    const struct pulse_options *options;
    const char *directory; /* where summary.json is made */
    const struct pulse_plan *plan;
    const int64_t *calendar;
    char *const *names; /* V */
    int64_t V;
    const struct pulse_variable_summary *verdicts; /* V, in the variables' order */
    const struct pulse_system *systems;
    int64_t n_systems;
    const int64_t *entered;
    int32_t final_failed; /* as pulse_final.failed */
    const struct pulse_granger_digest *drivers;
    const struct pulse_timings *timings;
    int ranks, nodes;
    const struct pulse_store_counts *io; /* of all ranks */
    int64_t peak_rss_bytes;              /* of the largest rank */
    int64_t resumed_spans;               /* taken from a checkpoint */
    bool report;                         /* report.html is there */
    const struct pulse_parts *parts;
};

/* All of summary.json; NULL with PULSE_E_MEMORY. To be released with json_decref. */
json_t *pulse_summary_build(const struct pulse_summary_input *account, struct pulse_err *err);

/* Writes it into the directory and, if asked for, to --output-file and --s3-output-file. */
int pulse_summary_write(const struct pulse_summary_input *account, const json_t *summary,
                        struct pulse_err *err);

/* The table on standard output: a line per variable, by skill, at most 80 columns. */
void pulse_summary_print(const struct pulse_summary_input *account);

/* Windows with a status. */
int64_t pulse_summary_count(const struct pulse_plan *plan, enum pulse_window_status status);

#endif
