/* What a pickle holds → named columns: a DataFrame or Series of pandas, a structured array, a dict
 * of columns, a list of record dicts. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_H
#define PULSE_DATA_PICKLE_FRAME_H

#include "data/pickle/finder.h"

/* The columns borrow from the tree, made of `bytes` bytes, which may be added to. PULSE_E_INPUT,
 * naming `where`, for anything else than those objects, and for columns of unequal length. Clear in
 * any case. */
int pulse_pickle_frame_find(const char *where, int64_t bytes, struct pulse_pickle_tree *tree,
                            struct pulse_pickle_frame *out, struct pulse_err *err);
void pulse_pickle_frame_clear(struct pulse_pickle_frame *frame);

#endif
