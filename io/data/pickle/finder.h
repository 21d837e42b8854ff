/* What frame.c and frame_pandas.c share while they look for the columns of a pickle. Internal to
 * them.
 */
#ifndef PULSE_DATA_PICKLE_FINDER_H
#define PULSE_DATA_PICKLE_FINDER_H

#include "data/pickle/array.h"

/* What all cells of a column are, CELL_FAR where times are and some of them far: CELL_MISSING where
 * all are missing, CELL_OTHER where they differ or are of no kind that is read. Integers beside
 * reals are reals. */
struct pulse_pickle_named {
    char *name;
    enum pulse_pickle_cell_kind kind;
    struct pulse_pickle_column column;
    bool index; /* the frame's own index of rows */
};

struct pulse_pickle_frame {
    int64_t rows;
    int64_t n;
    int64_t n_unread; /* of them, of no cells: what they hold is not read. Their kind is OTHER */
    int64_t cap;
    struct pulse_pickle_named *all; /* in the frame's order, the index first */
};

enum { PULSE_PICKLE_CELLS_MOST = 1 << 28 }; /* of columns of objects */

struct pulse_pickle_finder {
    const char *where;
    struct pulse_pickle_tree *tree;
    struct pulse_pickle_frame *frame;
    int64_t bytes_left; /* that columns of numbers may have: four times the file's */
    int64_t cells_left; /* of columns of objects; begins as PULSE_PICKLE_CELLS_MOST */
    struct pulse_err *err;
};

/* PULSE_E_INPUT, naming the file. */
int pulse_pickle_frame_fail(const struct pulse_pickle_finder *f, const char *what);

/* Adds a column; the first `length` bytes of `name` are copied. All have equally many rows. */
int pulse_pickle_add_column(struct pulse_pickle_finder *f, const char *name, int64_t length,
                            const struct pulse_pickle_column *column, bool index);

/* The same with a name that is a value (pulse_pickle_name); NULL: PULSE_E_INPUT. */
int pulse_pickle_add_named(struct pulse_pickle_finder *f, const struct pulse_pickle_value *name,
                           const struct pulse_pickle_column *column, bool index);

#endif
