/* A part of a CSV file's bytes, read through a buffer: where its first row begins, and what comes
 * next. Knows nothing of cells. Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_PART_H
#define PULSE_DATA_CSV_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/byte_reader.h"
#include "data/csv/layout.h"

/* Where a packed file ends whose end was not seen yet. */
#define PULSE_CSV_ANY_END (INT64_MAX / 2)

struct pulse_csv {
    struct pulse_byte_reader *input;
    struct pulse_csv_layout layout;
    int64_t first; /* the part is [first, last) of the file */
    int64_t last;  /* PULSE_CSV_ANY_END until the end of a packed file was seen */
    char *bytes;   /* the file's [from, from + length), then PULSE_CSV_CELL_PADDING line feeds */
    int64_t from;
    int64_t length;
    int64_t capacity;
    int64_t bytes_read; /* not yet reported to the caller */
    bool flips;
    enum pulse_time_unit time_unit;
    bool every_variable;
    bool instants; /* are wanted of times with an offset */
};

/* Up to `n` bytes of the file; `got` is less only where it ends. */
int pulse_csv_part_read(struct pulse_csv *csv, int64_t from, char *out, int64_t n, int64_t *got,
                        struct pulse_err *err);

/* Sets `flips`, by reading the part. */
int pulse_csv_part_count_quotes(struct pulse_csv *csv, struct pulse_err *err);

/* Whether the buffer holds the file's last byte. */
bool pulse_csv_part_holds_last(const struct pulse_csv *csv);

/* Forgets the bytes before bytes[at] and reads on. PULSE_E_INPUT for a NUL and for a row without an
 * end. */
int pulse_csv_part_read_on(struct pulse_csv *csv, int64_t at, struct pulse_err *err);

/* Sets `at` to where in the buffer the first row that begins in the part does, or to -1: a row
 * begins after a line feed outside quotes. `quoted`: the part begins within some. */
int pulse_csv_part_find_first_row(struct pulse_csv *csv, bool quoted, int64_t *at,
                                  struct pulse_err *err);

/* Line of a byte of the file, by reading the file up to it: only ever done for an error. 0 where
 * that cannot be read. */
int64_t pulse_csv_part_line(struct pulse_csv *csv, int64_t offset);

/* PULSE_E_INPUT, always: what is wrong in the line of `at`, a byte of the buffer. */
int pulse_csv_part_fail(struct pulse_csv *csv, const char *at, struct pulse_err *err,
                        const char *what);

#endif
