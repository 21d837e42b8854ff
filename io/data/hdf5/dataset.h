/* One dataset of an HDF5 file, checked before anything of it is read: no bytes of other files, no
 * more memory than the file can account for. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_DATASET_H
#define PULSE_DATA_HDF5_DATASET_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* Where an object is looked for, for calls and for messages. */
struct pulse_h5_location {
    const char *file;               /* its path */
    int64_t bytes;                  /* and size */
    hid_t id;                       /* open file or group */
    const char *path;               /* of the group, "/" or "/data" */
    enum pulse_time_unit time_unit; /* what integers for times count where the file does not say */
    const char *time;               /* name of the time that was asked for; NULL: it is found */
};

/* Fails with PULSE_E_INPUT, naming file and object, and what the library has just said. */
int pulse_h5_fail(const struct pulse_h5_location *location, const char *name, const char *what,
                  struct pulse_err *err);

/* Fails so where `text`, the name of a column or a group at the object `name`, is no UTF-8. */
int pulse_h5_check_text(const struct pulse_h5_location *location, const char *name,
                        const char *text, struct pulse_err *err);

enum { PULSE_H5_RANK = 2 };

struct pulse_h5_dataset {
    hid_t id;
    hid_t type;       /* as stored */
    H5T_class_t kind; /* its class; H5T_OPAQUE of complex numbers and of texts of MATLAB, H5T_TIME
                         of all types of times (cf/stored_time.h) */
    int rank;         /* 0 .. H5S_MAX_RANK; only the first two sizes are kept */
    int64_t dims[PULSE_H5_RANK];
    int64_t chunk[PULSE_H5_RANK]; /* size of a chunk; the whole where there are none */
    bool chunked;
    int axis;    /* of a vector: the axis that it lies along … */
    bool matrix; /* … of a matrix of one row or column, as MATLAB stores all its vectors: they are
                    of rank 1 here */
};

/* Opens the dataset `name` right inside `location`. Refuses external storage, virtual layouts,
 * filters the library has not got, and sizes that the file cannot hold. Close it in any case. */
int pulse_h5_dataset_open(const struct pulse_h5_location *location, const char *name,
                          struct pulse_h5_dataset *out, struct pulse_err *err);
/* The same, for who reads its chunks whole and once: where they are not packed, they go straight to
 * where they are wanted, and not by way of the library's cache. */
int pulse_h5_dataset_open_whole(const struct pulse_h5_location *location, const char *name,
                                struct pulse_h5_dataset *out, struct pulse_err *err);
void pulse_h5_dataset_close(struct pulse_h5_dataset *dataset);

/* The elements [first, first + n) of a vector, as a selection of its space: to be closed; −1 where
 * the library fails. */
hid_t pulse_h5_vector_select(const struct pulse_h5_dataset *vector, int64_t first, int64_t n);

/* Strings of a vector of them, fixed or of variable length. */
struct pulse_h5_strings {
    int64_t n;
    char *bytes; /* fixed: n × size */
    size_t size;
    char **pointers; /* variable: n */
    hid_t type;
    hid_t space;
};

/* The stored type of a compound type's member, -1 where it has none; and a compound in memory of
 * just that member, of type `inner`, to read it alone. Close both. */
hid_t pulse_h5_member_type(hid_t compound, const char *member);
hid_t pulse_h5_compound_of(const char *member, hid_t inner);

/* Elements [first, first + n) of a dataset of rank 1; with `member` not NULL, that member of its
 * compounds. Clear in any case. */
int pulse_h5_strings_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *dataset, const char *member, int64_t first,
                          int64_t n, struct pulse_h5_strings *out, struct pulse_err *err);

/* The attribute `attribute` of an open object; `n` is 0 where there is no such vector of strings
 * (a single string is a vector of one). */
int pulse_h5_attribute_read(const struct pulse_h5_location *location, hid_t object,
                            const char *attribute, struct pulse_h5_strings *out,
                            struct pulse_err *err);

/* The first string of such an attribute in a buffer of `size` bytes; "" where there is none, cut
 * where it is longer. */
int pulse_h5_attribute_text(const struct pulse_h5_location *location, hid_t object,
                            const char *attribute, size_t size, char *out, struct pulse_err *err);

/* Length of string i, `at` its first byte; padding is not counted. */
size_t pulse_h5_string(const struct pulse_h5_strings *strings, int64_t i, const char **at);
void pulse_h5_strings_clear(struct pulse_h5_strings *strings);

#endif
