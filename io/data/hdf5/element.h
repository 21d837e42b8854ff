/* Types of HDF5 → how a cell or a row of them lies in memory. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_ELEMENT_H
#define PULSE_DATA_HDF5_ELEMENT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* How a cell lies in memory. */
enum pulse_h5_form {
    PULSE_H5_INTEGER,  /* int64, or uint64 */
    PULSE_H5_REAL,     /* double */
    PULSE_H5_TRUTH,    /* one byte */
    PULSE_H5_FIXED,    /* so many bytes of text */
    PULSE_H5_VARIABLE, /* a pointer to text */
    PULSE_H5_CODED,    /* int64: a position among categories; −1: missing */
    PULSE_H5_PICKLED   /* a cell of the pickle that is the whole dataset */
};

struct pulse_h5_element {
    enum pulse_kind_of_column kind;
    enum pulse_h5_form form;
    hid_t memory; /* the type to read with; −1: none */
    size_t bytes; /* of one */
    bool blanks;  /* fixed text is padded with them */
};

/* Whether elements of this class are cells: numbers, truth values, text. */
bool pulse_h5_is_flat_class(H5T_class_t kind);

/* False where `stored` is no type of cells: lists, spans, complex numbers. Clear in any case. */
bool pulse_h5_element_of(hid_t stored, struct pulse_h5_element *out);
void pulse_h5_element_clear(struct pulse_h5_element *element);

/* A flat member of a compound. */
struct pulse_h5_slot {
    char *name;
    struct pulse_h5_element element;
    bool array;
    int64_t count; /* elements; 1 where it is no array */
    size_t offset; /* in memory */
};

struct pulse_h5_row {
    hid_t memory; /* a compound of all slots, packed */
    size_t bytes;
    bool variable; /* some cells are pointers */
    int64_t n;
    struct pulse_h5_slot *slots;
};

/* The flat members of a compound type; false where there are none, or with an error in `err` where
 * memory is short. Clear in any case. */
bool pulse_h5_row_of(hid_t stored, struct pulse_h5_row *out, struct pulse_err *err);
void pulse_h5_row_clear(struct pulse_h5_row *row);

/* By name; NULL where there is none. */
const struct pulse_h5_slot *pulse_h5_row_slot(const struct pulse_h5_row *row, const char *name);

#endif
