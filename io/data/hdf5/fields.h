/* The flat columns of one frame of an HDF5 file: where each lies in the rows of a dataset, and what
 * it holds. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_H
#define PULSE_DATA_HDF5_FIELDS_H

#include "data/common/types.h"
#include "data/hdf5/group_index.h"
#include "data/pickle/tree.h"

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

/* One dataset. */
struct pulse_h5_rows {
    char *name;                       /* within the place */
    hid_t memory;                     /* the type of an element; of compounds of a row */
    size_t bytes;                     /* of a row in memory */
    int64_t chunk;                    /* rows that are stored together */
    bool variable;                    /* some cells are pointers */
    struct pulse_pickle_tree *pickle; /* NULL but for a pickled one */
};

struct pulse_h5_field {
    char *name;
    enum pulse_kind_of_column kind;
    enum pulse_h5_form form;
    int64_t source;            /* which dataset */
    size_t offset;             /* in a row; of a pickled one its column */
    size_t size;               /* of fixed text */
    bool blanks;               /* at the end of fixed text are padding */
    bool marked;               /* text that says `missing` is */
    int64_t unit_ns, epoch_ns; /* of a time */
    bool declared;
};

struct pulse_h5_fields {
    struct pulse_h5_place place; /* of the datasets; its group is open */
    char *path;
    int64_t rows;
    char missing[64]; /* the text that stands for none, by pandas */
    int64_t n, cap;
    struct pulse_h5_field *all;
    int64_t n_sources, sources_cap;
    struct pulse_h5_rows *sources;
    int64_t n_categories, categories_cap;
    struct pulse_batch *categories; /* one column each */
    int depth;                      /* 1: these are categories themselves, and have none */
};

/* Finds the columns of the file's only frame, or with `only` of the frame of that path, whether it
 * has a time or not. PULSE_E_INPUT where there are none or several, with their paths. Clear in any
 * case. */
int pulse_h5_fields_find(const struct pulse_h5_place *root, const char *only,
                         struct pulse_h5_fields *out, struct pulse_err *err);
void pulse_h5_fields_clear(struct pulse_h5_fields *fields);

/* Reads rows [first, first + n) of a dataset, packed, into `to`; what they point to is the
 * library's, to be given back. */
int pulse_h5_rows_read(const struct pulse_h5_fields *fields, const struct pulse_h5_rows *source,
                       hid_t dataset, int64_t first, int64_t n, void *to, struct pulse_err *err);
void pulse_h5_rows_give_back(const struct pulse_h5_rows *source, int64_t n, void *rows);

#endif
