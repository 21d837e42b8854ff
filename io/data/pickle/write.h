/* Pickles as we write them: a list of records, each a dict of plain values by column, protocol 2,
 * which every Python since 2.3 reads without any library, and pandas.DataFrame() takes. Instants
 * are ISO 8601 texts, missing values None. */
#ifndef PULSE_DATA_PICKLE_WRITE_H
#define PULSE_DATA_PICKLE_WRITE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_pickle_writer;

/* `columns` are borrowed until the end; errors of the stream are for its owner to look at. */
int pulse_pickle_writer_open(FILE *stream, const struct pulse_table_column *columns, int64_t n,
                             struct pulse_pickle_writer **out, struct pulse_err *err);
void pulse_pickle_writer_batch(struct pulse_pickle_writer *out, const struct pulse_batch *batch);
void pulse_pickle_writer_end(struct pulse_pickle_writer *out);
void pulse_pickle_writer_free(struct pulse_pickle_writer *out);

#endif
