/* CSV as we write it: names quoted where need be, numbers shortest, missing empty. */
#ifndef PULSE_DATA_CSV_WRITE_H
#define PULSE_DATA_CSV_WRITE_H

#include <stdio.h>

#include "data/common/format.h"

/* How values are written, or'ed: times as their dates; names and texts escaped, for a terminal. */
enum { PULSE_CSV_DATES = 1, PULSE_CSV_SHOWN = 2 };

/* In quotes where need be. */
void pulse_csv_put_name(FILE *to, const char *name, unsigned how);
void pulse_csv_put_number(FILE *to, double value);

/* The names of columns, and rows of them, one line each: times ISO 8601 with all their digits,
 * unless `how` has just dates. */
void pulse_csv_put_header(FILE *to, const struct pulse_table_column *columns, int64_t n,
                          unsigned how);
void pulse_csv_put_batch(FILE *to, unsigned how, const struct pulse_batch *batch);

/* The functions of a struct pulse_table_writer_face. */
int pulse_csv_writer_open(const struct pulse_table_writer_options *options,
                          const struct pulse_table_column *columns, int64_t n, void **file,
                          struct pulse_err *err);
int pulse_csv_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err);
int pulse_csv_writer_end(void *file, struct pulse_err *err);
void pulse_csv_writer_free(void *file);

#endif
