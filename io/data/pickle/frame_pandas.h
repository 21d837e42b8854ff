/* The columns of a DataFrame or Series of pandas. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_PANDAS_H
#define PULSE_DATA_PICKLE_FRAME_PANDAS_H

#include "data/pickle/finder.h"

/* Add them, the index first. PULSE_E_INPUT where blocks and index contradict each other. */
int pulse_pickle_find_dataframe(struct pulse_pickle_finder *f,
                                const struct pulse_pickle_value *object);
int pulse_pickle_find_series(struct pulse_pickle_finder *f,
                             const struct pulse_pickle_value *object);

#endif
