/* Where the frames of an HDF5 file lie: which dataset holds the times, which the values, and what
 * the columns are called. Plain values; no call of the HDF5 library. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_LAYOUT_H
#define PULSE_DATA_HDF5_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/pickle/period.h"

/* Column c is meant by position. */
struct pulse_h5_frame {
    char *path; /* "/data" */
    int64_t rows;
    int64_t n;
    char **names;
    bool *numeric; /* n: of an open file (hdf5.h); NULL in a layout, whose columns all are */
    bool *empty;   /* n: the same; text without a value */
    char **holds;  /* n: the same; what one that is not numeric holds, "" for the others */
    char *zone;    /* of its times; NULL: none */
};

enum pulse_h5_kind {
    PULSE_H5_MATRIX,    /* a group: times, one matrix rows × columns or columns × rows */
    PULSE_H5_VECTORS,   /* a group: times and a vector per column */
    PULSE_H5_COMPOUNDS, /* a dataset of compounds, a member per column */
    PULSE_H5_BLOCKS,    /* a group by pandas: matrices, each of the columns of one type */
    PULSE_H5_TABLE      /* a group by pandas: a dataset of compounds of vectors */
};

/* Where a column by pandas lies. */
struct pulse_h5_source {
    char *object;     /* a dataset; of a table a member */
    int64_t position; /* column of it */
};

struct pulse_h5_layout {
    char *time;                      /* the time's dataset or member */
    char *values;                    /* the matrix's dataset; NULL for the other kinds */
    struct pulse_h5_source *sources; /* by column, of a frame by pandas; NULL for the other kinds */
    int64_t time_position;           /* the time's column in its dataset or member, by pandas */
    int64_t time_unit_ns;            /* of its integers */
    char *time_level; /* the dataset among whose values the time's integers choose, by
                         pandas; NULL: none */
    char *time_name;  /* of a column that is the time, by pandas; NULL: none is */
    struct pulse_period time_period; /* that its integers number, by pandas; else of no unit */
    struct pulse_h5_frame frame;
    enum pulse_h5_kind kind;
    bool across;      /* the matrix is columns × rows */
    bool at_root;     /* the datasets are named from the root group on */
    bool time_digits; /* the time's integers are 20161230, or 2016, by pandas */
    bool more;        /* there is something beside time and numbers, perhaps numbers as text */
};

struct pulse_h5_layouts {
    int64_t n;
    struct pulse_h5_layout *all;
};

/* Both may be cleared twice. */
void pulse_h5_layout_clear(struct pulse_h5_layout *layout);
void pulse_h5_layouts_clear(struct pulse_h5_layouts *layouts);

#endif
