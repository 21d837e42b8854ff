/* NumPy and pandas arrays, lists and scalars in a pickle's tree → cells one by one. Knows nothing
 * of frames or files. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_ARRAY_H
#define PULSE_DATA_PICKLE_ARRAY_H

#include "data/pickle/period.h"
#include "data/pickle/tree.h"

/* How an element is stored. */
struct pulse_pickle_dtype {
    char kind; /* b, i, u, f: numbers; M: an instant; U, S: text; O: values; V: fields; 0: other */
    bool swapped;     /* most significant byte first */
    int64_t size;     /* bytes */
    char unit;        /* of an instant: Y and M (months) are calendar's, the rest is … */
    int64_t multiply; /* … × multiply / divide nanoseconds */
    int64_t divide;
    struct pulse_period period; /* of an instant that is the beginning of one; else of no unit */
    const struct pulse_pickle_value *names;  /* of fields: a tuple of texts */
    const struct pulse_pickle_value *fields; /* name → (dtype, offset, …) */
};

/* One column of elements, borrowed from the tree. */
struct pulse_pickle_column {
    int64_t rows;
    struct pulse_pickle_dtype dtype;
    const uint8_t *data; /* element i at data + i × step */
    int64_t step;
    bool counted; /* there are no data: element i is start + i × step */
    int64_t start;
    struct pulse_pickle_value *const
        *objects;        /* kind O: element i at objects[i × step]; NULL: None */
    const uint8_t *mask; /* not NULL: element i is missing if mask[i × …] */
    int64_t mask_step;
    const struct pulse_pickle_value *zone;       /* of instants; NULL: none */
    const struct pulse_pickle_value *categories; /* an array; not NULL: the elements are positions
                                                    in it, missing below 0 */
};

enum pulse_pickle_cell_kind {
    PULSE_PICKLE_CELL_MISSING,
    PULSE_PICKLE_CELL_BOOL,
    PULSE_PICKLE_CELL_INT,
    PULSE_PICKLE_CELL_UINT,
    PULSE_PICKLE_CELL_REAL,
    PULSE_PICKLE_CELL_TIME, /* nanoseconds since 1970 UTC, or by the zone's clock */
    PULSE_PICKLE_CELL_TEXT,
    PULSE_PICKLE_CELL_FAR,  /* an instant outside int64 nanoseconds: seconds since 1970 */
    PULSE_PICKLE_CELL_OTHER /* nothing that is read */
};

struct pulse_pickle_cell {
    enum pulse_pickle_cell_kind kind;
    int64_t integer;
    double real;
    const uint8_t *text; /* UTF-8, or UCS-4 as stored when `wide` */
    int64_t length;      /* bytes; of UCS-4 characters */
    bool wide;
    const struct pulse_pickle_value *zone; /* of a time (zone.h); NULL: none */
    bool by_clock;                         /* the time is what the zone's clock shows */
};

/* Reads dtype("f8", …). False where it is none, or broken. */
bool pulse_pickle_dtype_read(const struct pulse_pickle_value *value,
                             struct pulse_pickle_dtype *out);

/* The periods that a frequency is of: an offset, MonthEnd(1, False), or its name. False for others.
 */
bool pulse_pickle_period_of(const struct pulse_pickle_value *freq, struct pulse_period *out);

/* How many columns an array of at most two dimensions is made of: one, or as many as it has rows,
 * each with `rows` elements. -1 where `value` is no array, list or tuple. */
int64_t pulse_pickle_array_columns(const struct pulse_pickle_value *value, int64_t *rows);

/* Column `i` of them; false where the array is broken or of a kind that is not read. */
bool pulse_pickle_array_column(const struct pulse_pickle_value *value, int64_t i,
                               struct pulse_pickle_column *out);

/* Column `i` of an array of two dimensions that is rows × columns, as others than pandas keep their
 * numbers: `columns` of them, of `rows` elements each. False as above, and for other arrays. */
bool pulse_pickle_array_sizes(const struct pulse_pickle_value *value, int64_t *rows,
                              int64_t *columns);
bool pulse_pickle_array_across(const struct pulse_pickle_value *value, int64_t i,
                               struct pulse_pickle_column *out);

/* The field of a structured array, its offset within an element added to `out`. */
bool pulse_pickle_array_field(const struct pulse_pickle_column *structured,
                              const struct pulse_pickle_value *name,
                              struct pulse_pickle_column *out);

/* The names of a structured array some of whose fields are objects, a tuple, and its elements, a
 * list of tuples. False for others. */
bool pulse_pickle_array_tuples(const struct pulse_pickle_value *value,
                               const struct pulse_pickle_value **names,
                               const struct pulse_pickle_value **rows);

void pulse_pickle_column_cell(const struct pulse_pickle_column *column, int64_t i,
                              struct pulse_pickle_cell *out);

/* Whether the dtype holds one kind of cell whatever the element (all but O). */
enum pulse_pickle_cell_kind pulse_pickle_dtype_cells(const struct pulse_pickle_dtype *dtype);

#endif
