/* The leaderboard as data, for the files that make and show it. */
#ifndef PULSE_TUNE_BOARD_TYPES_H
#define PULSE_TUNE_BOARD_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "evaluate/comparison.h"
#include "evaluate/verdict.h"
#include "tune/space/space.h"
#include "tune/space/trials.h"
#include "tune/study.h"

/* One trial; NaN where there is nothing to count. Gains are differences of mean losses of a window
 * (DEFINITIONS §9.2) as shares of persistence's. */
struct pulse_board_row {
    struct pulse_trial_record record;
    bool held;                                       /* waiting, and its family is some worker's */
    int64_t run;                                     /* in the comparison; −1: not done */
    double score;                                    /* by the study's objective */
    double over_persistence, over_persistence_error; /* gain, and its standard error */
    double over_default, over_default_error;
};

/* The holdout period, scored by the winner and the default alone. */
struct pulse_board_holdout {
    bool there;
    char why[200]; /* it was run, and there is no score; empty: it was not run */
    int64_t windows;
    double winner, by_default; /* skill there */
    double gain, error, p;     /* of the winner over the default; p: one-sided */
};

/* Zero it; clear it in every case. */
struct pulse_board {
    const struct pulse_space *space; /* borrowed */
    const char *study;
    struct pulse_board_row *row; /* n: those that are done, best first; then the others */
    int64_t n, capacity, done, failed, waiting;
    double vcpu_seconds; /* of all that were run */
    struct pulse_losses *runs;
    struct pulse_comparison comparison;
    struct pulse_verdict verdict; /* against the default, or persistence while that is not done */
    int64_t by_default, winner;   /* rows; −1: none */
    char default_digest[PULSE_DIGEST_TEXT];
    double winner_p; /* of the winner's gain over the default, given how many were tried; NaN:
                        it is the default itself, or nothing is tested */
    bool beats;      /* the winner beats the default, given how many were tried */
    double past_gain, past_error; /* over the default, of the trial that was best so far, window
                                     after window */
    struct pulse_board_holdout holdout;
};

#endif
