/* Parquet files: their flat columns, row group by row group. Nested and repeated columns are passed
 * over. Reads only the chunks of the columns asked for. Internal to io/data, and `pulse-data cat`;
 * knows nothing of which column is the time. */
#ifndef PULSE_DATA_PARQUET_PARQUET_H
#define PULSE_DATA_PARQUET_PARQUET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_parquet;

/* Reads the footer. PULSE_E_INPUT names the file and what is wrong with it. */
int pulse_parquet_open(const char *uri, struct pulse_parquet **out, struct pulse_err *err);
void pulse_parquet_free(struct pulse_parquet *parquet);

/* Rows in all; flat columns, borrowed. */
int64_t pulse_parquet_rows(const struct pulse_parquet *parquet);
const struct pulse_table_column *pulse_parquet_columns(const struct pulse_parquet *parquet,
                                                       int64_t *n);

/* Whether a column is declared as text; bytes of another meaning are kept as text too. */
bool pulse_parquet_is_text(const struct pulse_parquet *parquet, int64_t column);

/* Names of the fields that are no flat columns (lists, maps, structs), borrowed. */
char *const *pulse_parquet_nested(const struct pulse_parquet *parquet, int64_t *n);

/* A sentence that names them, to be freed; NULL where there are none. */
int pulse_parquet_note_nested(const struct pulse_parquet *parquet, char **note,
                              struct pulse_err *err);

/* Row groups; group `group` has the rows [first, first + rows). */
int64_t pulse_parquet_groups(const struct pulse_parquet *parquet);
void pulse_parquet_group(const struct pulse_parquet *parquet, int64_t group, int64_t *first,
                         int64_t *rows);

/* Between which instants those of a column of times lie in a row group; false where the statistics
 * do not say. */
bool pulse_parquet_period(const struct pulse_parquet *parquet, int64_t group, int64_t column,
                          int64_t *first_ns, int64_t *last_ns);

/* The zone of a column of times: NULL where it has none, UTC where it names none or `resolve` is
 * false. PULSE_E_INPUT for one that this machine does not know. */
int pulse_parquet_zone(const struct pulse_parquet *parquet, int64_t column, bool resolve,
                       const struct pulse_zone **out, struct pulse_err *err);

/* Bytes of a column in a row group, as they lie in the file. */
int64_t pulse_parquet_chunk_bytes(const struct pulse_parquet *parquet, int64_t group,
                                  int64_t column);

/* Reads `n` columns (by position) of a row group, all their bytes in one go. `bytes_read` is added
 * to: the chunks, and once the footer. PULSE_E_INPUT names file, row group and column. */
int pulse_parquet_read(struct pulse_parquet *parquet, int64_t group, const int64_t *columns,
                       int64_t n, struct pulse_batch *out, int64_t *bytes_read,
                       struct pulse_err *err);

#endif
