/* What the groups of an HDF5 file hold, found without following any link that is not a hard one.
 * Internal to io/data. */
#ifndef PULSE_DATA_HDF5_GROUP_INDEX_H
#define PULSE_DATA_HDF5_GROUP_INDEX_H

#include "data/hdf5/dataset.h"

/* One hard link of a group. */
struct pulse_h5_member {
    char *name;
    H5O_type_t type;
    haddr_t address; /* of the object */
    int rank;        /* of a dataset */
    int64_t dims[PULSE_H5_RANK];
    H5T_class_t kind;
    bool instants;  /* numbers that count time from some day on */
    char *bounds;   /* of an axis of CF: the member that holds where its cells begin and end; NULL
                       for none … */
    bool is_bounds; /* … and whether this is one */
};

struct pulse_h5_members {
    int64_t n;
    int64_t cap;
    struct pulse_h5_member *all; /* in the order they were made, if the group knows; else by name */
};

/* External and user-defined links are PULSE_E_INPUT: they lead to other files. Soft links are
 * passed over: they may lead through an external link, and what they name within the file is found
 * under its own name. Clear in any case. */
int pulse_h5_members_list(const struct pulse_h5_location *location, struct pulse_h5_members *out,
                          struct pulse_err *err);
void pulse_h5_members_clear(struct pulse_h5_members *members);

/* "historical_a (group), b (dataset), …" */
void pulse_h5_members_describe(const struct pulse_h5_members *members, char *out, size_t size);

/* The axes that matrices in the groups below share, as results have them: a vector `calendar` that
 * counts time, and a vector of names `variables`. */
struct pulse_h5_axes {
    int64_t rows, columns; /* 0: there are none */
};
struct pulse_h5_axes pulse_h5_find_axes(const struct pulse_h5_members *members);

/* Whether it is a matrix of numbers over these axes. */
bool pulse_h5_member_is_over(const struct pulse_h5_member *member,
                             const struct pulse_h5_axes *axes);

/* A vector of `rows` elements; of any number where `rows` is negative. */
bool pulse_h5_member_is_vector(const struct pulse_h5_member *member, int64_t rows);

/* Gets every group, parents first: 0 to see the groups below it too, 1 to pass those over, −1 with
 * `err` to end the walk. */
typedef int pulse_h5_visit(void *data, const struct pulse_h5_location *location,
                           const struct pulse_h5_members *members, struct pulse_err *err);

/* Visits the root group and all below it, to a depth of 16, 10,000 of them at most; none within
 * itself. Those that PyTables keeps its indexes in are passed over. */
int pulse_h5_walk(const struct pulse_h5_location *root, pulse_h5_visit *visit, void *data,
                  struct pulse_err *err);

#endif
