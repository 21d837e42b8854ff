/* Finds the frames of an HDF5 file. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FRAME_H
#define PULSE_DATA_HDF5_FRAME_H

#include "data/hdf5/dataset.h"
#include "data/hdf5/group_index.h"
#include "data/hdf5/layout.h"

/* The frames of a file at any depth, none within another; with `only` just the one of that path.
 * PULSE_E_INPUT where there is none, with what was found. */
int pulse_h5_find_frames(const struct pulse_h5_location *root, const char *only,
                         struct pulse_h5_layouts *out, struct pulse_err *err);

/* Integers and reals. */
bool pulse_h5_is_number_kind(H5T_class_t kind);

/* Of a group: the position of the vector that is called like a time, or else of the only one whose
 * units say that it counts time; −1 where there is none. */
int pulse_h5_find_time(const struct pulse_h5_location *location,
                       const struct pulse_h5_members *members, int64_t *index,
                       struct pulse_err *err);

/* The one matrix of so many rows, or where there is none of so many columns, and then `across`;
 * NULL where there is none, an error where there are more. Of a square one its attribute `axes`
 * says which it is, two names of which one is that of the time's member; an error without. */
int pulse_h5_find_matrix(const struct pulse_h5_location *location,
                         const struct pulse_h5_members *members, int64_t time, int64_t rows,
                         const struct pulse_h5_member **matrix, bool *across,
                         struct pulse_err *err);

/* A dataset or a group that is a column or is to be named as left out. */
bool pulse_h5_member_is_beside(const struct pulse_h5_member *member);

/* How many columns it has. */
int64_t pulse_h5_matrix_columns(const struct pulse_h5_member *matrix, bool across);

/* A vector of `n` strings, names of a matrix's columns: one that is called so, or else the only one
 * beside the time; NULL where there is none. */
const struct pulse_h5_member *pulse_h5_find_names(const struct pulse_h5_members *members, int64_t n,
                                                  int64_t time);

/* Names of the matrix's columns into `frame`: that vector, or an attribute of the matrix or the
 * group. */
int pulse_h5_names_read(const struct pulse_h5_location *location,
                        const struct pulse_h5_members *members,
                        const struct pulse_h5_member *matrix, bool across, int64_t time,
                        struct pulse_h5_frame *frame, struct pulse_err *err);

/* The names in the vector `variables`, into `frame`, to be freed. */
int pulse_h5_names_of_axis(const struct pulse_h5_location *location, struct pulse_h5_frame *frame,
                           struct pulse_err *err);

#endif
