/* Rows that repeat a date: which are so many that a row must be of something else than its date
 * says, or whose dates are of several frequencies, and what is said then. Works on times, and on
 * tables for the names of columns. */
#ifndef PULSE_DATA_REPEATS_H
#define PULSE_DATA_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* Whether more than one row in a hundred has the time of another. */
int pulse_times_repeat(const int64_t *time_ns, int64_t n, bool *repeat, struct pulse_err *err);

/* PULSE_E_INPUT: rows of the file overrule values of the variable; which columns could be the ids.
 * `alone`: the file is all of the data, so that --id can be said of it. */
int pulse_repeats_refuse(const char *uri, const struct pulse_read_options *options,
                         const char *variable, bool alone, struct pulse_err *err);

/* PULSE_E_INPUT where the `n` times of a variable's dataset repeat. Records of a store overlap, and
 * may. */
int pulse_series_check_repeats(const char *uri, const char *name,
                               const struct pulse_read_options *options, const int64_t *time_ns,
                               int64_t n, struct pulse_err *err);

/* PULSE_E_INPUT where the blocks of one file together have times of several frequencies. */
int pulse_spans_check(const char *uri, unsigned spans, struct pulse_err *err);

/* PULSE_E_INPUT: the times are of several frequencies for one id, and which columns are the ids. */
int pulse_spans_refuse(const char *uri, const struct pulse_read_options *options,
                       struct pulse_err *err);

/* PULSE_E_INPUT: the file is no long panel, and which columns could be the ids. */
int pulse_long_refuse(const char *uri, const struct pulse_read_options *options,
                      struct pulse_err *err);

#endif
