/* What results.h5 holds (DEFINITIONS §7.1): the table of its datasets with a column per variable,
 * their shapes and sizes, and which of them lie in parts. Knows no open file and no rank. */
#ifndef PULSE_RESULTS_SCHEMA_H
#define PULSE_RESULTS_SCHEMA_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "fit/granger.h"
#include "fit/walk.h"
#include "judge/evaluate.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/part_layout.h"

/* Datasets with a column per variable, in the order of `sets`. */
enum pulse_results_set {
    ACTUAL,
    PREDICTED,
    PERSISTENCE,
    BOUND, /* four of them */
    N_ROWS = BOUND + PULSE_BOUNDS,
    ABS_ERROR,
    SQUARED_ERROR,
    PERSISTENCE_ABS_ERROR,
    PERSISTENCE_SQUARED_ERROR,
    HITS,
    MOVES,
    INTERVAL_ROWS,
    INSIDE_80,
    INSIDE_95,
    INTERVAL_SCORE_80,
    INTERVAL_SCORE_95,
    ALPHA,
    BETA,
    MEAN,
    TRUST_LOW,
    TRUST_HIGH,
    SCALE,
    CENTRE,
    WEIGHTS,
    SHRINKAGE,
    FINAL_WEIGHTS,
    FINAL_SHRINKAGE,
    FINAL_ERROR_SCALE,
    FINAL_FACTOR_80,
    FINAL_FACTOR_95,
    FORECAST,
    FORECAST_BOUND, /* four of them */
    SETS = FORECAST_BOUND + PULSE_BOUNDS
};

/* All datasets of that kind: number j·SETS + s is set s of horizon j. Those of horizon 0 have the
 * paths below, those of horizon 5 the same below /horizons/5. */
enum { PULSE_RESULTS_MOST_SETS = SETS * PULSE_MOST_HORIZONS, PULSE_RESULTS_PATH = 80 };

/* How a dataset's elements lie before the last axis, which is the variable. */
enum pulse_results_shape { BY_ROW, BY_WINDOW, BY_WINDOW_AND_CANDIDATE, BY_CANDIDATE, ONE };

struct pulse_results_kind {
    const char *path;
    enum pulse_results_shape shape;
    bool whole; /* int64, else double */
    const char *units;
    const char *description;
};

/* Of dataset `number`. */
const struct pulse_results_kind *pulse_results_kind_of(int number);

/* What the file says about the run as a whole; borrowed. */
struct pulse_results_header {
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const char *directory;   /* where the file is made; NULL while only its size is asked for */
    const char *file;        /* its name there */
    const char *fingerprint; /* of the run; in the parts too */
    const int64_t *calendar; /* T days */
    char *const *names;      /* V */
    int64_t V;
    const int64_t *entered; /* E */
    const int64_t *slot;    /* horizons × E: which target of `final` each is; −1: none */
    const struct pulse_final *final;     /* coefficients are on the last rank */
    const struct pulse_granger *granger; /* on the last rank */
    bool gather; /* rank 0 alone writes the file, and the others send it what they have */
    const struct pulse_part_layout *parts; /* but for what lies in these; none where their n is 0 */
};

/* How many datasets there are. */
int pulse_results_sets(const struct pulse_results_header *header);

/* Whether dataset `number` is that of horizon 0 under another name: what was observed, and what is
 * known of a variable before anything is predicted. */
bool pulse_results_is_shared(int number);

/* "/horizons/5/metrics/n": `path` of horizon j. Returns `out`. */
char *pulse_results_path_of(const struct pulse_results_header *header, int64_t j, const char *path,
                            char out[PULSE_RESULTS_PATH]);

/* The same of dataset `number`. */
char *pulse_results_path(const struct pulse_results_header *header, int number,
                         char out[PULSE_RESULTS_PATH]);

/* Bytes that results.h5 will take, about, with all parts. Local, pure, as all here. */
int64_t pulse_results_bytes(const struct pulse_results_header *header);

/* Bytes of it that so many variables' columns take in a part, about; in the header's plan and
 * options alone. */
int64_t pulse_results_part_bytes(const struct pulse_results_header *header, int64_t columns);

/* Dimensions of a dataset of `variables` columns, the variable last; returns how many, and the
 * elements of a column. */
int pulse_results_dimensions(const struct pulse_results_header *header, int set, int64_t variables,
                             hsize_t dims[3], int64_t *column);

/* Whether a dataset lies in parts (DEFINITIONS §7.2): those with a value per row, and those per
 * window too where they would make results.h5 large. */
bool pulse_results_in_parts(const struct pulse_results_header *header, int set);

#endif
