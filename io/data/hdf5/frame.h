/* Finds the frames of an HDF5 file. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FRAME_H
#define PULSE_DATA_HDF5_FRAME_H

#include "data/hdf5/dataset.h"
#include "data/hdf5/group_index.h"
#include "data/hdf5/hdf5.h"

enum pulse_h5_kind {
    PULSE_H5_MATRIX,    /* a group: times, one matrix rows × columns */
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
    struct pulse_h5_frame frame;
    enum pulse_h5_kind kind;
    char *time;                      /* the time's dataset or member */
    char *values;                    /* the matrix's dataset; NULL for the other kinds */
    struct pulse_h5_source *sources; /* by column, of a frame by pandas; NULL for the other kinds */
    int64_t time_position;           /* the time's column in its dataset or member, by pandas */
    int64_t time_unit_ns;            /* of its integers */
};

struct pulse_h5_layouts {
    int64_t n;
    struct pulse_h5_layout *all;
};

/* The frames of a file at any depth, none within another; with `only` just the one of that path.
 * PULSE_E_INPUT where there is none, with what was found. */
int pulse_h5_find_frames(const struct pulse_h5_place *root, const char *only,
                         struct pulse_h5_layouts *out, struct pulse_err *err);
/* Of a group: the position of the vector that is called like a time, −1 where there is none. */
int pulse_h5_find_time(const struct pulse_h5_place *place, const struct pulse_h5_members *members,
                       int64_t *index, struct pulse_err *err);

/* The one matrix of so many rows; NULL where there is none, an error where there are more. */
int pulse_h5_find_matrix(const struct pulse_h5_place *place, const struct pulse_h5_members *members,
                         int64_t rows, const struct pulse_h5_member **matrix,
                         struct pulse_err *err);

/* A vector of `n` strings, names of a matrix's columns: one that is called so, or else the only one
 * beside the time; NULL where there is none. */
const struct pulse_h5_member *pulse_h5_find_names(const struct pulse_h5_members *members, int64_t n,
                                                  int64_t time);

/* Names of the matrix's columns into `frame`: that vector, or an attribute of the matrix or the
 * group. */
int pulse_h5_names_read(const struct pulse_h5_place *place, const struct pulse_h5_members *members,
                        const struct pulse_h5_member *matrix, int64_t time,
                        struct pulse_h5_frame *frame, struct pulse_err *err);

void pulse_h5_layout_clear(struct pulse_h5_layout *layout);
void pulse_h5_layouts_clear(struct pulse_h5_layouts *layouts);

#endif
