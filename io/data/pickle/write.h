/* Pickles as we write them: a list of records, each a dict of plain values by column, protocol 2,
 * which every Python since 2.3 reads without any library, and pandas.DataFrame() takes. Instants
 * are ISO 8601 texts, missing values None. */
#ifndef PULSE_DATA_PICKLE_WRITE_H
#define PULSE_DATA_PICKLE_WRITE_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"

/* The functions of a struct pulse_table_writer_face. */
int pulse_pickle_writer_open(const struct pulse_table_writer_options *options,
                             const struct pulse_table_column *columns, int64_t n, void **file,
                             struct pulse_err *err);
int pulse_pickle_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err);
int pulse_pickle_writer_end(void *file, struct pulse_err *err);
void pulse_pickle_writer_free(void *file);

#endif
