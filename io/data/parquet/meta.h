/* What a Parquet file's footer says: its columns and where their chunks lie. Internal to the
 * Parquet reader; knows nothing of pages. */
#ifndef PULSE_DATA_PARQUET_META_H
#define PULSE_DATA_PARQUET_META_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"
#include "data/pickle/period.h"
#include "store/store.h"

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

/* PULSE_E_INPUT names the file and what is wrong: no Parquet file, encrypted, truncated, or of
 * sizes that cannot be. */
int pulse_parquet_meta_read(struct pulse_object *object, struct pulse_parquet_meta *out,
                            struct pulse_err *err);
void pulse_parquet_meta_clear(struct pulse_parquet_meta *meta);

/* Whether `bytes` bytes can mean so many values: a run of equal values takes few, so small files
 * may mean many, but no small file may fill the memory. */
bool pulse_parquet_is_plausible(int64_t values, int64_t bytes);

#endif
