/* What the rows of a long panel have in common: the distinct times, the order of the ids, how often
 * an id has a date twice. Works on arrays. Internal to io/data. */
#ifndef PULSE_DATA_LONG_INDEX_H
#define PULSE_DATA_LONG_INDEX_H

#include "base/error.h"
#include "data/long.h"

/* Of a panel whose `date` holds times: sorts the distinct ones to `times`, and makes positions of
 * them; fills `order` and `repeated`. */
int pulse_long_index(struct pulse_long *panel, struct pulse_err *err);

/* Position of a time among the distinct ones, −1 where it is not there. */
int64_t pulse_long_find_time(const struct pulse_long *panel, int64_t time);

/* Sorts `n` times and drops those that another equals; returns how many are left. */
int64_t pulse_times_sort(int64_t *times, int64_t n);

#endif
