/* What summary.json and the table on the terminal are made from. Plain data; knows
 * neither JSON nor the terminal. */
#ifndef PULSE_RESULTS_SUMMARY_INPUT_H
#define PULSE_RESULTS_SUMMARY_INPUT_H

#include <stdint.h>

#include "base/digest.h"
#include "fit/granger.h"
#include "judge/evaluate.h"
#include "mpi/timeline.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/part_layout.h"
#include "store/store.h"

/* Seconds per stage: of the slowest rank and on average; and what the ranks did in all. Times of
 * day are seconds since the first rank began. */
struct pulse_timings {
    double slowest[PULSE_STAGES];
    double mean[PULSE_STAGES];
    double waiting[PULSE_STAGES];   /* of it for other ranks, on average */
    double processor[PULSE_STAGES]; /* of the processor, waiting left out, of the slowest rank */
    double first[PULSE_STAGES];     /* when the first rank began it; NaN: none ever did */
    double last[PULSE_STAGES];      /* and the last one was through with it */
    double *per_rank;               /* ranks × PULSE_STAGES; owned */
    struct pulse_strip *strips;     /* PULSE_RANKS_SHOWN at most, by rank; owned */
    int n_strips;
    double total; /* from start to end, wall clock */
    double busy;  /* seconds that all ranks together worked in stages: the estimate for one rank */
};

void pulse_timings_clear(struct pulse_timings *timings);

/* What a run was made with, and where; rank 0's. */
struct pulse_versions {
    char host[256];
    char mpi[128];
    char hdf5[32];
};

/* All that summary.json and the table say; borrowed. */
struct pulse_summary_input {
    const struct pulse_options *options;
    const struct pulse_plan *plan;
    const int64_t *calendar;
    char *const *names; /* V */
    int64_t V;
    const struct pulse_variable_summary *summaries; /* horizons × V, in the variables' order */
    const struct pulse_system *systems;
    int64_t n_systems;
    const int64_t *entered;
    int32_t final_failed; /* as pulse_final.failed */
    const struct pulse_granger_digest *granger;
    const struct pulse_timings *timings;
    int ranks, nodes;
    const struct pulse_store_counts *io; /* of all ranks */
    int64_t peak_rss_bytes;              /* of the largest rank */
    const char *arithmetic;              /* the BLAS and its kernels, on the first rank */
    int64_t resumed_spans;               /* taken from a checkpoint */
    const char *fingerprint;             /* of the run */
    const struct pulse_versions *versions;
    const char *data_digest;            /* of all values, names and dates */
    const struct pulse_digest *digests; /* V: of the values of each variable */
    const char *results_name;
    const struct pulse_part_layout *parts;
};

/* a / b; NaN where b is 0. */
double pulse_summary_ratio(double a, double b);

/* The name of the e-th variable that enters. */
const char *pulse_summary_name(const struct pulse_summary_input *input, int64_t e);

#endif
