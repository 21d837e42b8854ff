/* The flat columns of one frame of an HDF5 file: where each lies in the rows of a dataset, and what
 * it holds. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_H
#define PULSE_DATA_HDF5_FIELDS_H

#include "data/common/types.h"
#include "data/hdf5/cf/unit.h"
#include "data/hdf5/dataset.h"
#include "data/hdf5/packing.h"
#include "data/pickle/period.h"
#include "data/pickle/tree.h"
#include "data/pickle/zone.h"

/* ---- Types of HDF5 → how a cell or a row of them lies in memory ------------------ */

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
    hid_t memory;    /* the type to read with; −1: none */
    size_t bytes;    /* of one */
    bool blanks;     /* fixed text is padded with them */
    int64_t unit_ns; /* of a time: nanoseconds in one; else 0 */
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

void pulse_h5_row_clear(struct pulse_h5_row *row);

/* By name; NULL where there is none. */
const struct pulse_h5_slot *pulse_h5_row_slot(const struct pulse_h5_row *row, const char *name);

/* ---- The columns ----------------------------------------------------------------- */

/* One dataset. */
struct pulse_h5_rows {
    char *name;     /* within the location */
    hid_t memory;   /* the type of an element; of compounds of a row */
    size_t bytes;   /* of a row in memory */
    int64_t chunk;  /* rows that are stored together */
    int64_t across; /* of a matrix columns × rows: this column of it; else −1 */
    bool variable;  /* some cells are pointers */
    struct pulse_pickle_tree *pickle; /* NULL but for a pickled one */
    struct pulse_h5_packing packing;  /* of a dataset of numbers */
};

struct pulse_h5_field {
    char *name;
    enum pulse_kind_of_column kind;
    enum pulse_h5_form form;
    int64_t source;                    /* which dataset */
    size_t offset;                     /* in a row; of a pickled one its column */
    size_t size;                       /* of fixed text */
    bool blanks;                       /* at the end of fixed text are padding */
    bool marked;                       /* text that says `missing` is */
    struct pulse_cf_unit unit;         /* of a time … */
    struct pulse_period period;        /* … or the periods that it is numbers of */
    char zone[PULSE_PICKLE_ZONE_NAME]; /* of a time; "" for none */
    bool declared;
    bool index; /* of a frame by pandas: its labels of rows, or one level of them */
};

struct pulse_h5_fields {
    struct pulse_h5_location location; /* of the datasets; its group is open */
    char *path;
    int64_t rows;
    const char *time; /* name of the column that is the time; NULL: by its name. Borrowed */
    char missing[64]; /* the text that stands for none, by pandas */
    int64_t n, cap;
    struct pulse_h5_field *all;
    int64_t n_left_out, left_out_cap, holds_cap;
    char **left_out; /* names of what lies beside them and is no column … */
    char **holds;    /* … and what that holds, PULSE_HOLDS_… */
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

/* Notes that what is called so is no column, and what it holds. */
int pulse_h5_leave_out(struct pulse_h5_fields *f, const char *name, const char *holds,
                       struct pulse_err *err);

/* The name of such a one, with the reason where it does not fit the rows: "short (10 for 300
 * rows)". To be freed; NULL where memory is short. */
char *pulse_h5_left_out_label(const struct pulse_h5_fields *f, int64_t i, struct pulse_err *err);

/* The field added last counts time, if it is called so, or if the dataset, which is then it alone,
 * says so. */
int pulse_h5_take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err);

/* Adds a vector of compounds as it lies in rows. Close `d` and clear `row` in any case. */
int pulse_h5_add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                      struct pulse_h5_row *row, struct pulse_err *err);

/* ---- Finding them, fields_find.c and fields_pandas.c ---------------------------- */

/* Finds the columns of the file's only frame, or with `only` of the frame of that path, whether it
 * has a time or not; of times beside what does not fit them those alone. PULSE_E_INPUT where there
 * are none or several, with their paths. Clear `out` in any case. */
int pulse_h5_fields_find(const struct pulse_h5_location *root, const char *only,
                         struct pulse_h5_fields *out, struct pulse_err *err);

/* Adds all columns of the group that `f->location` is and that pandas' to_hdf wrote, and sets its
 * number of rows. */
int pulse_h5_find_pandas(struct pulse_h5_fields *f, struct pulse_err *err);

#endif
