/* A cell of a pickle as text, whatever it holds. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_TEXT_H
#define PULSE_DATA_PICKLE_TEXT_H

#include "data/common/batch.h"
#include "data/pickle/array.h"

/* Appends it, as UTF-8; `swapped` is of wide text. The bytes are not checked: a surrogate makes
 * text that is no UTF-8. */
int pulse_pickle_text_put(const struct pulse_pickle_cell *cell, bool swapped,
                          struct pulse_vector *vector, struct pulse_text_buffer *capacity,
                          struct pulse_err *err);

#endif
