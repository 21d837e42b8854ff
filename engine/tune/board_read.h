/* What the leaderboard is made from, out of the study. Internal to board.c. */
#ifndef PULSE_TUNE_BOARD_READ_H
#define PULSE_TUNE_BOARD_READ_H

#include "tune/board_types.h"

/* Rows of all trials, unsorted and without scores, and the losses of those that are done. Errors as
 * of pulse_board_make. */
int pulse_board_read_rows(struct pulse_board *board, struct pulse_err *err);

/* Losses of the winner and the default over the whole period; *there: both were run. Where one of
 * them failed, the holdout says why. */
int pulse_board_read_holdout(struct pulse_board *board, struct pulse_losses runs[2], bool *there,
                             struct pulse_err *err);

/* What became of a row's trial over the whole period, and that trial's digest. Zero the record;
 * clear it in every case. */
int pulse_board_read_whole(const struct pulse_board *board, const struct pulse_board_row *row,
                           char digest[PULSE_DIGEST_TEXT], struct pulse_trial_record *record,
                           struct pulse_err *err);

#endif
