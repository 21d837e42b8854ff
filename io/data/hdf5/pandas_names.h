/* The columns of a frame that pandas' to_hdf wrote while they are looked for: the list of them,
 * attributes, and names, in one level or several. Internal to io/data/hdf5. */
#ifndef PULSE_DATA_HDF5_PANDAS_NAMES_H
#define PULSE_DATA_HDF5_PANDAS_NAMES_H

#include "data/hdf5/dataset.h"
#include "data/pickle/period.h"
#include "data/pickle/tree.h"
#include "data/pickle/zone.h"

enum { PULSE_H5_LEVELS = 8 };

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
    char *level;      /* the dataset among whose values the object's integers choose, as those of a
                         level of an index of rows do; NULL: none */
    int64_t position; /* column of it */
    enum pulse_h5_column_kind kind;
    bool integer;                      /* a number that is one */
    int64_t unit_ns;                   /* of an instant */
    bool digits;                       /* of one: integers whose digits are a day, or a year */
    bool days;                         /* of an index: its integers begin with such a day */
    struct pulse_period period;        /* of an instant that is the beginning of one */
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
    char *index_name;              /* NULL where it has none */
    char *levels[PULSE_H5_LEVELS]; /* of a table: what the levels of names are called; or NULL */
    int64_t n;
    int64_t cap;
    struct pulse_h5_column *all;
};

void pulse_h5_columns_clear(struct pulse_h5_columns *columns);

/* Adds a copy of `column` with the first `length` bytes of `name`. */
int pulse_h5_columns_add(struct pulse_h5_columns *columns, const struct pulse_h5_column *column,
                         const char *name, size_t length);

/* ---- Attributes ----------------------------------------------------------------- */

enum { PULSE_H5_WORD = 64 };

/* An attribute that is a word; "" where there is none, cut where it is longer. */
int pulse_h5_pandas_word(const struct pulse_h5_columns *columns, hid_t object,
                         const char *attribute, char out[PULSE_H5_WORD]);

/* The attribute tz of a vector of instants: a name, or the pickle of a zone; "" where there is
 * none, PULSE_E_INPUT where it is of a kind that is not read. */
int pulse_h5_pandas_zone(const struct pulse_h5_columns *columns, hid_t object,
                         char out[PULSE_PICKLE_ZONE_NAME]);

/* A column's kind, unit and periods, by what pandas says of it ("datetime64[ns]", "date") and by
 * how it is stored. */
void pulse_h5_column_set_kind(struct pulse_h5_column *column, const char *type, H5T_class_t class);

/* A pickle in an attribute, to be freed. */
int pulse_h5_pickled_attribute(const struct pulse_h5_columns *columns, hid_t object,
                               const char *attribute, struct pulse_pickle_tree **out);

/* ---- Names ---------------------------------------------------------------------- */

struct pulse_h5_names {
    int64_t n;
    char **all;
};

/* Those that the datasets AXIS, a vector of strings, numbers or instants, or AXIS_level0,
 * AXIS_label0, … hold; of several levels they are joined (common/levels.h). Clear in any case. */
int pulse_h5_names_of_labels(const struct pulse_h5_columns *columns, const char *axis,
                             struct pulse_h5_names *out);
void pulse_h5_names_clear(struct pulse_h5_names *names);

/* Names that are no text: PULSE_E_INPUT. */
int pulse_h5_fail_names(const struct pulse_h5_columns *columns, const char *name);

#endif
