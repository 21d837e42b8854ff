/* The columns of a DataFrame or Series of pandas. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_PANDAS_H
#define PULSE_DATA_PICKLE_FRAME_PANDAS_H

#include "data/pickle/finder.h"

/* Add them, the index first. PULSE_E_INPUT where blocks and index contradict each other. */
int pulse_pickle_find_dataframe(struct pulse_pickle_finder *f,
                                const struct pulse_pickle_value *object);
int pulse_pickle_find_series(struct pulse_pickle_finder *f,
                             const struct pulse_pickle_value *object);

/* The values of a series, and its index. PULSE_E_INPUT where they are of a type that is not read or
 * contradict each other. */
int pulse_pickle_series_values(struct pulse_pickle_finder *f,
                               const struct pulse_pickle_value *object,
                               const struct pulse_pickle_value **index,
                               struct pulse_pickle_column *out);

/* Adds an index of rows. One that is an array of cells is a column, called by its name or "index",
 * one of several levels is a column for each; one that is not read is one too, of no cells. Others
 * only count rows. `rows` is the length of an index, −1 where it is not known. */
int pulse_pickle_add_index(struct pulse_pickle_finder *f, const struct pulse_pickle_value *index,
                           int64_t *rows);

#endif
