/* What a pickle holds → named columns: a DataFrame or Series of pandas, a structured array, a dict
 * of columns, a list of record dicts. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FRAME_H
#define PULSE_DATA_PICKLE_FRAME_H

#include "data/pickle/array.h"

/* What all cells of a column are: CELL_MISSING where all are missing, CELL_OTHER where they differ
 * or are of no kind that is read. Integers beside reals are reals. */
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

/* The columns borrow from the tree, made of `bytes` bytes, which may be added to. PULSE_E_INPUT,
 * naming `where`, for anything else than those objects, and for columns of unequal length. Clear in
 * any case. */
int pulse_pickle_frame_find(const char *where, int64_t bytes, struct pulse_pickle_tree *tree,
                            struct pulse_pickle_frame *out, struct pulse_err *err);
void pulse_pickle_frame_clear(struct pulse_pickle_frame *frame);

#endif
