/* The labels of a pandas index, as names of columns. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_LABELS_H
#define PULSE_DATA_PICKLE_LABELS_H

#include "data/pickle/array.h"

/* An array; or start, start + step, …; or codes into several levels. */
struct pulse_pickle_labels {
    int64_t n;
    struct pulse_pickle_column array; /* of no rows where they are counted */
    int64_t start;
    int64_t step;
    const struct pulse_pickle_value *levels; /* of a MultiIndex, its dict; NULL: one level */
};

/* The dict of an index, {"data": …, "name": …}; NULL where it is none. */
const struct pulse_pickle_value *pulse_pickle_index_dict(const struct pulse_pickle_value *index);

/* {"start": 0, "stop": 3, "step": 1}; false for others. It may count down. */
bool pulse_pickle_range_read(const struct pulse_pickle_value *dict,
                             struct pulse_pickle_labels *out);

/* Those of an index of text, numbers or instants, in one level or several; false for others, and
 * where its levels and codes contradict each other. */
bool pulse_pickle_labels_read(const struct pulse_pickle_value *index,
                              struct pulse_pickle_labels *out);

/* A value as a name: a text, a number as Python writes it, a day or an instant; "" for a missing
 * one. To be freed. NULL with an error: PULSE_E_INPUT, naming `where`, for others. */
char *pulse_pickle_name(const struct pulse_pickle_value *value, const char *where,
                        struct pulse_err *err);

/* Label `i`, those of several levels joined (common/levels.h): to be freed. NULL with an error:
 * PULSE_E_INPUT, naming `where`, where it is none of these. */
char *pulse_pickle_label(const struct pulse_pickle_labels *labels, int64_t i, const char *where,
                         struct pulse_err *err);

#endif
