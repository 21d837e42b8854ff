/* The columns of a Parquet file and where their chunks lie, as its footer says. Plain values;
 * internal to io/data. */
#ifndef PULSE_DATA_PARQUET_CONTENTS_H
#define PULSE_DATA_PARQUET_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/types.h"
#include "data/pickle/period.h"

/* How values lie in the file, by Parquet's numbers. */
enum pulse_parquet_type {
    PULSE_PARQUET_BOOLEAN,
    PULSE_PARQUET_INT32,
    PULSE_PARQUET_INT64,
    PULSE_PARQUET_INT96,
    PULSE_PARQUET_FLOAT,
    PULSE_PARQUET_DOUBLE,
    PULSE_PARQUET_BYTE_ARRAY,
    PULSE_PARQUET_FIXED
};

/* What they mean, where the type does not say it. */
enum pulse_parquet_meaning {
    PULSE_PARQUET_PLAIN,
    PULSE_PARQUET_UNSIGNED,
    PULSE_PARQUET_DATE,
    PULSE_PARQUET_INSTANT,
    PULSE_PARQUET_DECIMAL,
    PULSE_PARQUET_HALF,   /* a real of two bytes */
    PULSE_PARQUET_PERIOD, /* a number of pandas' for one */
    PULSE_PARQUET_CLOCK,  /* what a clock shows of a day; text */
    PULSE_PARQUET_UUID,
    PULSE_PARQUET_BYTES /* of any meaning: text where they are one, else hexadecimal digits */
};

/* One leaf of the schema. */
struct pulse_parquet_leaf {
    enum pulse_parquet_type type;
    int width; /* bytes of a value; 0 for BYTE_ARRAY */
    enum pulse_parquet_meaning meaning;
    int64_t unit_ns;            /* of an INSTANT or a CLOCK */
    bool utc;                   /* of an INSTANT: it is said to be one, not what some clock shows */
    struct pulse_period period; /* of a PERIOD */
    int scale;                  /* of a DECIMAL: digits after its point */
    bool flat;                  /* not inside a group, not repeated */
    bool optional;
    int64_t column; /* which flat column it is */
};

struct pulse_parquet_chunk {
    int codec;
    int64_t values; /* with the missing ones */
    int64_t offset; /* of its first page */
    int64_t bytes;
    bool bounded; /* the statistics say between which whole numbers all values lie, as stored */
    int64_t least, most;
};

struct pulse_parquet_group {
    int64_t rows;
    int64_t first;                      /* row of the file */
    struct pulse_parquet_chunk *chunks; /* one per flat column */
};

struct pulse_parquet_meta {
    int64_t rows;
    int64_t n_leaves;
    struct pulse_parquet_leaf *leaves;
    int64_t n; /* flat columns */
    struct pulse_table_column *columns;
    int64_t *leaf_of; /* n */
    char **zones;     /* n: names of the zones in which instants are shown, or of what periods are
                         numbered; NULL: none is said */
    int64_t n_nested;
    char **nested; /* names of the other fields: lists, maps, structs */
    int64_t n_groups;
    struct pulse_parquet_group *groups;
    int64_t end; /* offset of the footer: chunks lie before it */
    int64_t bytes_read;
};

#endif
