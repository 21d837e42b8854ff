/* The footer of a Parquet file while it is being read: what its parts share. Internal to the
 * Parquet reader. */
#ifndef PULSE_DATA_PARQUET_FOOTER_H
#define PULSE_DATA_PARQUET_FOOTER_H

#include "base/error.h"
#include "data/parquet/contents.h"
#include "data/parquet/thrift.h"

enum { PULSE_PARQUET_MISSING = -1 }; /* of a number that is not said */

struct pulse_parquet_footer {
    struct pulse_thrift t;
    const char *uri;
    struct pulse_parquet_meta *meta;
    int64_t cap_leaves;
    int64_t cap_columns;
    int64_t cap_leaf_of;
    int64_t cap_nested;
    int64_t cap_groups;
    int64_t chunk_bytes; /* of all chunks so far */
    struct pulse_err *err;
};

/* PULSE_E_INPUT with the file's name; returns -1. */
int pulse_parquet_footer_fail(const struct pulse_parquet_footer *f, const char *what);

/* The schema, the tree in the order of a walk from the root, each group with its number of
 * children: leaves and flat columns into the footer's meta, and the names of the others. */
int pulse_parquet_schema_read(struct pulse_parquet_footer *f, struct pulse_thrift_field field);

/* What the values of a leaf are read as. */
enum pulse_kind_of_column pulse_parquet_kind_of(const struct pulse_parquet_leaf *leaf);

/* The row groups, each with a chunk per flat column of the schema, which was read before. */
int pulse_parquet_groups_read(struct pulse_parquet_footer *f, struct pulse_thrift_field field);

#endif
