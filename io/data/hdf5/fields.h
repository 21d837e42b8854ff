/* The flat columns of one frame of an HDF5 file: where each lies in the rows of a dataset, and what
 * it holds. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_H
#define PULSE_DATA_HDF5_FIELDS_H

#include "data/common/types.h"
#include "data/hdf5/dataset.h"
#include "data/hdf5/element.h"
#include "data/pickle/tree.h"

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

/* Clear in any case. */
void pulse_h5_fields_clear(struct pulse_h5_fields *fields);

/* ---- Putting them together ------------------------------------------------------ */

/* Adds a dataset; `out` is good until the next is added. */
int pulse_h5_add_source(struct pulse_h5_fields *f, const char *name, struct pulse_h5_rows **out,
                        struct pulse_err *err);

/* Adds a column of the source that was added last. */
int pulse_h5_add_field(struct pulse_h5_fields *f, const char *name,
                       const struct pulse_h5_element *element, size_t offset,
                       struct pulse_err *err);

/* The field added last counts time, if it is called so, or if the dataset, which is then it alone,
 * says so. */
int pulse_h5_take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err);

/* Adds a vector of compounds as it lies in rows. Close `d` and clear `row` in any case. */
int pulse_h5_add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                      struct pulse_h5_row *row, struct pulse_err *err);

#endif
