/* Space for the rows of a part of a CSV file, whose number shows only at its end. Internal to
 * io/data/csv. */
#ifndef PULSE_DATA_CSV_SPACE_H
#define PULSE_DATA_CSV_SPACE_H

#include <stdint.h>

#include "base/error.h"
#include "data/csv/part.h"
#include "data/csv/rows.h"

/* How many rows the part has, when `rows` of them lie between `begin` and `at` of the file. Never
 * more than fit: a row of n cells has n bytes with its separators and line feed. */
int pulse_csv_guess_rows(struct pulse_csv *csv, int64_t rows, int64_t begin, int64_t at,
                         int64_t *guess, struct pulse_err *err);

/* Room for `capacity` rows of `slots` values, with those that are there. */
int pulse_csv_make_room(struct pulse_csv_sink *sink, int64_t slots, int64_t capacity,
                        struct pulse_err *err);

/* Columns `from` apart in `in` → `to` apart in `out`, which may be the same. */
void pulse_csv_move_columns(const double *in, int64_t from, double *out, int64_t to, int64_t rows,
                            int64_t n);

#endif
