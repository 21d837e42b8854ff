/* What frame.c and frame_pandas.c share while they look for the columns of a pickle. Internal to
 * them.
 */
#ifndef PULSE_DATA_PICKLE_FINDER_H
#define PULSE_DATA_PICKLE_FINDER_H

#include "data/pickle/frame.h"

struct pulse_pickle_finder {
    const char *where;
    struct pulse_pickle_tree *tree;
    struct pulse_pickle_frame *frame;
    int64_t bytes_left; /* that columns of numbers may have: four times the file's */
    int64_t cells_left; /* of columns of objects */
    struct pulse_err *err;
};

int pulse_pickle_frame_fail(const struct pulse_pickle_finder *f, const char *what);

/* Adds a column; the first `length` bytes of `name` are copied. All have equally many rows. */
int pulse_pickle_add_column(struct pulse_pickle_finder *f, const char *name, int64_t length,
                            const struct pulse_pickle_column *column, bool index);

/* The same with a name that is a value: a text, or an integer in digits. */
int pulse_pickle_add_named(struct pulse_pickle_finder *f, const struct pulse_pickle_value *name,
                           const struct pulse_pickle_column *column, bool index);

/* Add the columns of a DataFrame or Series of pandas. */
int pulse_pickle_find_dataframe(struct pulse_pickle_finder *f,
                                const struct pulse_pickle_value *object);
int pulse_pickle_find_series(struct pulse_pickle_finder *f,
                             const struct pulse_pickle_value *object);

#endif
