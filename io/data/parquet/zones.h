/* The time zones of a Parquet file's columns, which the footer's key-value metadata say: pandas',
 * as JSON, and Arrow's schema (zones_arrow.c). Knows nothing of Thrift. Internal to the Parquet
 * reader. */
#ifndef PULSE_DATA_PARQUET_ZONES_H
#define PULSE_DATA_PARQUET_ZONES_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

#define PULSE_PARQUET_PERIOD_NAME "period["

/* Names of zones, by column, or of what periods pandas numbers in it, "period[M]"; NULL for
 * neither. Marks the columns that are levels of pandas' rows. What cannot be understood says
 * nothing. */
int pulse_parquet_zones_of_pandas(const uint8_t *json, int64_t length,
                                  struct pulse_table_column *columns, int64_t n, char **out,
                                  struct pulse_err *err);

/* The same of Arrow's schema, a flat buffer in base64. */
int pulse_parquet_zones_of_arrow(const uint8_t *text, int64_t length,
                                 struct pulse_table_column *columns, int64_t n, char **out,
                                 struct pulse_err *err);

#endif
