/* Columns of what Python itself keeps a table in: tuples and lists of columns or of rows, arrays, a
 * dict from dates to numbers, a dict with a matrix. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_PLAIN_H
#define PULSE_DATA_PICKLE_FRAME_PLAIN_H

#include "data/pickle/finder.h"

/* Add the columns of `value`, where it is one of those; `found` is whether it is. A column without
 * a name is called "date" where it is the only one of times (or the first of an array of numbers),
 * "value" where it is the only other one, else c0, c1, … */
int pulse_pickle_find_plain(struct pulse_pickle_finder *f, const struct pulse_pickle_value *value,
                            bool *found);

/* Adds the columns of a list of tuples, one for each of the tuple `names`, of texts. PULSE_E_INPUT
 * where a tuple has more or fewer items. */
int pulse_pickle_find_tuples(struct pulse_pickle_finder *f, const struct pulse_pickle_value *names,
                             const struct pulse_pickle_value *rows);

#endif
