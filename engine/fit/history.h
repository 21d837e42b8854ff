/* Which rows of a system are history, and how sums take them up (DEFINITIONS §2.3, §3.9): a target
 * h steps ahead is known h − 1 rows later than that of the next row. Knows no model. */
#ifndef PULSE_FIT_HISTORY_H
#define PULSE_FIT_HISTORY_H

#include <stdint.h>

#include "fit/gram.h"
#include "fit/input.h"

/* Rows of window w in system s, and those of its history whose targets `ahead` + 1 steps ahead are
 * known before the window. A window after the last one with rows begins after the last row. */
struct pulse_row_range pulse_fit_window_rows(const struct pulse_fit_input *input, int64_t s,
                                             int64_t w);
struct pulse_row_range pulse_fit_history_rows(const struct pulse_fit_input *input, int64_t s,
                                              int64_t w, int64_t ahead);

/* The base of `row`: the rows before it have all targets of the system known before `row`. */
int64_t pulse_history_base(const struct pulse_fit_input *input, const struct pulse_system *system,
                           int64_t row);

/* What a window's sums are multiplied by when the next window is reached. */
double pulse_history_decay(const struct pulse_options *options);

/* Columns [first, first + n) of [P | Q], at G, as pulse_gram_add: from the sums up to the base of
 * window w to those up to the base of the next one. */
void pulse_history_advance(const struct pulse_fit_input *input, int64_t s, int64_t w, int64_t first,
                           int64_t n, double *G, double *work);

/* The same over all d + q columns, tile by tile as in the scan: the same bits. */
void pulse_history_advance_all(const struct pulse_fit_input *input, int64_t s, int64_t w, double *G,
                               double *work);

/* [P | Q] from the sums up to the base of window w to those of all its history whose targets one
 * step and `ahead` further are known. Not for a rolling history. */
void pulse_history_complete(const struct pulse_fit_input *input, int64_t s, int64_t w,
                            int64_t ahead, double *G, double *work);

#endif
