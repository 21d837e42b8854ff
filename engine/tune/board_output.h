/* A leaderboard as text, JSON and CSV. Computes nothing. */
#ifndef PULSE_TUNE_BOARD_OUTPUT_H
#define PULSE_TUNE_BOARD_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "tune/board_types.h"

/* "done", "failed", "running" or "waiting". */
const char *pulse_board_state(const struct pulse_board_row *row);

/* What is to be concluded, in sentences of a line each: each is handed to `say`. */
void pulse_board_conclude(const struct pulse_board *board,
                          void (*say)(void *context, const char *sentence), void *context);

/* The same as a list; a new reference. NULL: out of memory. */
json_t *pulse_board_conclusions(const struct pulse_board *board);

/* For people: the first `most` rows. Write errors stay in the stream, as in the next. */
void pulse_board_print(const struct pulse_board *board, int64_t most, FILE *out);

/* A row a trial: rank,trial,state,score,skill,error,over_persistence,over_persistence_error,
 * over_default,over_default_error,set_p,vcpu_seconds,digest,options,reason. */
void pulse_board_csv(const struct pulse_board *board, FILE *out);

/* Everything, with the losses of each window and the bootstrap's draws if `draws`; a new reference.
 * NULL: out of memory. */
json_t *pulse_board_json(const struct pulse_board *board, bool draws);

#endif
