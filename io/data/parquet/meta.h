/* Reads what a Parquet file's footer says. Internal to the Parquet reader; knows nothing of
 * pages. */
#ifndef PULSE_DATA_PARQUET_META_H
#define PULSE_DATA_PARQUET_META_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/parquet/contents.h"
#include "store/store.h"

/* PULSE_E_INPUT names the file and what is wrong: no Parquet file, encrypted, truncated, or of
 * sizes that cannot be. */
int pulse_parquet_meta_read(struct pulse_object *object, struct pulse_parquet_meta *out,
                            struct pulse_err *err);
void pulse_parquet_meta_clear(struct pulse_parquet_meta *meta);

/* Whether `bytes` bytes can mean so many values: a run of equal values takes few, so small files
 * may mean many, but no small file may fill the memory. */
bool pulse_parquet_is_plausible(int64_t values, int64_t bytes);

#endif
