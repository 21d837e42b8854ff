/* A cell of a pickle as text, whatever it holds. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_TEXT_H
#define PULSE_DATA_PICKLE_TEXT_H

#include "data/common/batch.h"
#include "data/common/text.h"
#include "data/pickle/array.h"

/* Appends it, as UTF-8; `swapped` is of wide text. The bytes are not checked: a surrogate makes
 * text that is no UTF-8. */
int pulse_pickle_text_put(const struct pulse_pickle_cell *cell, bool swapped,
                          struct pulse_vector *vector, struct pulse_text_buffer *capacity,
                          struct pulse_err *err);

enum { PULSE_PICKLE_SHORT_TEXT = 256 };

/* The text of a cell of text as UTF-8, in the cell itself or in `narrow`; of a long one its
 * beginning and a mark, which is neither a number nor a time. */
struct pulse_text pulse_pickle_short_text(const struct pulse_pickle_cell *cell, bool swapped,
                                          char narrow[PULSE_PICKLE_SHORT_TEXT]);

#endif
