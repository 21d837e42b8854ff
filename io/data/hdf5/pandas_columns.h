/* The columns of a group that pandas' to_hdf wrote, the index too, whatever they hold. Internal to
 * io/data. */
#ifndef PULSE_DATA_HDF5_PANDAS_COLUMNS_H
#define PULSE_DATA_HDF5_PANDAS_COLUMNS_H

#include "data/hdf5/dataset.h"
#include "data/pickle/zone.h"

enum pulse_h5_column_kind {
    PULSE_H5_NUMBER,
    PULSE_H5_INSTANT,
    PULSE_H5_TEXT,
    PULSE_H5_CATEGORY, /* integers: positions in a list of values; −1: missing */
    PULSE_H5_SPAN,     /* integers: of time */
    PULSE_H5_OTHER     /* truth values, or nothing that is known */
};

struct pulse_h5_column {
    char *name;       /* "" for an index */
    char *object;     /* a dataset; of a table a member */
    int64_t position; /* column of it */
    enum pulse_h5_column_kind kind;
    bool integer;                      /* a number that is one */
    int64_t unit_ns;                   /* of an instant */
    char zone[PULSE_PICKLE_ZONE_NAME]; /* of an instant; "" for none */
    int64_t rank;                      /* in the frame's own order */
    bool index;
};

/* The index first, if there is one, then the others in the frame's order. */
struct pulse_h5_columns {
    const struct pulse_h5_location *location;
    struct pulse_err *err;
    bool table; /* members of the dataset `table`; else datasets */
    int64_t rows;
    char *index_name; /* NULL where it has none */
    int64_t n;
    int64_t cap;
    struct pulse_h5_column *all;
};

/* PULSE_E_INPUT where the group is none that is read: several levels of names or rows, names that
 * are no text. Clear in any case; `location` and `err` are borrowed. */
int pulse_h5_pandas_columns(const struct pulse_h5_location *location, struct pulse_h5_columns *out,
                            struct pulse_err *err);
void pulse_h5_columns_clear(struct pulse_h5_columns *columns);

enum { PULSE_H5_WORD = 64 };

/* A text attribute of an open object; "" where there is none, cut where it is long. */
int pulse_h5_word_read(const struct pulse_h5_location *location, hid_t object,
                       const char *attribute, char out[PULSE_H5_WORD], struct pulse_err *err);

#endif
