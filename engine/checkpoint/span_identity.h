/* What a span's numbers depend on, as digests: one per row of the calendar, and from these one per
 * span, of all rows up to its end (DEFINITIONS §6.5). Pure; knows nothing of files. */
#ifndef PULSE_CHECKPOINT_SPAN_IDENTITY_H
#define PULSE_CHECKPOINT_SPAN_IDENTITY_H

#include <stdint.h>

#include "base/digest.h"
#include "plan/plan.h"

/* Adds variable v's T values to the digests of T rows. They are sums modulo 2^64, so that ranks can
 * add up their own variables in any order; begin with zeros. */
void pulse_row_digests_add_values(uint64_t *row, int64_t T, int64_t v, const double *values);

/* Adds the days of the rows, once. */
void pulse_row_digests_add_days(uint64_t *row, int64_t T, const int64_t *calendar);

/* How many rows of two panels are the same, from the first one on. */
int64_t pulse_row_digests_count_same(const uint64_t *a, int64_t a_rows, const uint64_t *b,
                                     int64_t b_rows);

/* The row before which all lies that the numbers of span s depend on: its end, and as many rows
 * after it as the longest horizon reaches beyond the next row, since freshness there decides which
 * rows a sparse system has. T at most. */
int64_t pulse_span_reach(const struct pulse_plan *plan, int64_t s);

/* The identity of each of the plan's spans: of the settings, of the cuts between spans and of the
 * rows, up to its reach. Rows that are appended change those of the last spans alone. */
void pulse_span_identities(const struct pulse_plan *plan, const uint64_t *row,
                           const struct pulse_digest *settings, struct pulse_digest *out);

#endif
