/* What one run lost: sums of errors, hits and intervals per window and variable, read back from its
 * results. Knows nothing of other runs. */
#ifndef PULSE_EVALUATE_LOSSES_H
#define PULSE_EVALUATE_LOSSES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The sums of /metrics (DEFINITIONS §7.1) that runs are compared by. */
enum pulse_loss {
    PULSE_LOSS_ROWS,
    PULSE_LOSS_SQUARED,
    PULSE_LOSS_PERSISTENCE_SQUARED,
    PULSE_LOSS_HITS,
    PULSE_LOSS_MOVES,
    PULSE_LOSS_INTERVAL_ROWS,
    PULSE_LOSS_INSIDE_80,
    PULSE_LOSS_INSIDE_95,
    PULSE_LOSS_SCORE_80,
    PULSE_LOSS_SCORE_95,
    PULSE_LOSSES
};

/* The path of a kind's dataset in results.h5, of the main horizon (`steps` 0) or one of the others;
 * and whether it counts rows. */
enum { PULSE_LOSSES_PATH = 96 };
const char *pulse_losses_path(enum pulse_loss kind, int64_t steps, char out[PULSE_LOSSES_PATH]);
bool pulse_losses_are_counts(enum pulse_loss kind);

/* A file that has these datasets of results.h5 alone. */
#define PULSE_LOSSES_FILE "losses.h5"

struct pulse_loss_window {
    int64_t start, end; /* days since 1970, the last one included */
    bool trained;
};

/* Of one of the further horizons. */
struct pulse_losses_ahead {
    int64_t steps;
    double *sum[PULSE_LOSSES]; /* W × V */
};

struct pulse_losses {
    char *label; /* what the user calls the run */
    json_t *run; /* its --name (null: none) and --tag: {"name", "tags"}; owned */
    char *about; /* the same in words; "" where it has neither */
    int64_t W, V;
    char **names; /* V; well-formed UTF-8 */
    struct pulse_loss_window *windows;
    double *sum[PULSE_LOSSES];        /* W × V; of the main horizon, which is … */
    int64_t steps;                    /* rows ahead */
    struct pulse_losses_ahead *ahead; /* n_ahead, as far as they were read */
    int64_t n_ahead;
};

/* Reads the run in `results`, a directory or s3://BUCKET/PREFIX with results.h5, or losses.h5 where
 * summary.json names that, of which a copy is made in the temporary directory where it is in S3;
 * the further horizons only with `all`. PULSE_E_INPUT where it holds no results of a run;
 * PULSE_E_STORAGE; PULSE_E_MEMORY. Clear in every case. */
int pulse_losses_read(const char *label, const char *results, bool all, struct pulse_losses *losses,
                      struct pulse_err *err);
void pulse_losses_clear(struct pulse_losses *losses);

#endif
