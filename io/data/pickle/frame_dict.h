/* The columns of a dict of them: lists, arrays, series of pandas, dicts by date. Internal to
 * io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_DICT_H
#define PULSE_DATA_PICKLE_FRAME_DICT_H

#include "data/pickle/finder.h"

/* Adds them under their keys. Series and dicts must all have the same index or keys, which become
 * the first column, "index". PULSE_E_INPUT, which says what makes a frame of it, for a dict of
 * anything else. */
int pulse_pickle_find_dict(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict);

#endif
