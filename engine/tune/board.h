/* The leaderboard of a study: what its trials came to, which are better than the default, and
 * whether that is more than luck. Reads the study; runs nothing, prints nothing. */
#ifndef PULSE_TUNE_BOARD_H
#define PULSE_TUNE_BOARD_H

#include "tune/board_types.h"

/* All trials ever run on the data as they are now, or where there are none of these on those that
 * most of them are of; and those of `space` that are not run yet. Errors of the store;
 * PULSE_E_INPUT for results that cannot be read; PULSE_E_MEMORY. */
int pulse_board_make(const char *study, const struct pulse_space *space, struct pulse_board *board,
                     struct pulse_err *err);
void pulse_board_clear(struct pulse_board *board);

/* Why the default failed, borrowed; NULL: it did not. */
const char *pulse_board_default_failed(const struct pulse_board *board);

/* The row that the study recommends: the winner where it beats the default, else the default. −1:
 * neither is done. */
int64_t pulse_board_choice(const struct pulse_board *board);

/* The words of a row's trial as a command line; to be freed. NULL: PULSE_E_MEMORY. */
char *pulse_board_words(const struct pulse_board_row *row, struct pulse_err *err);

#endif
