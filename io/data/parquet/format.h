/* Parquet as a format of io/data/formats.c. */
#ifndef PULSE_DATA_PARQUET_FORMAT_H
#define PULSE_DATA_PARQUET_FORMAT_H

#include "data/common/format.h"

extern const struct pulse_format pulse_parquet_format;

#endif
