/* A leaderboard as a page for people, in the manner of report.html. */
#ifndef PULSE_TUNE_BOARD_PAGE_H
#define PULSE_TUNE_BOARD_PAGE_H

#include <stdio.h>

#include "tune/board_types.h"

/* Write errors stay in the stream. PULSE_E_MEMORY. */
int pulse_board_page(const struct pulse_board *board, FILE *out, struct pulse_err *err);

#endif
