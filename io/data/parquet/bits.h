/* Parquet's packings of integers: hybrid of runs and packed bits, the older packed bits, deltas.
 * Internal to the Parquet reader; works on bytes in memory and never leaves them. */
#ifndef PULSE_DATA_PARQUET_BITS_H
#define PULSE_DATA_PARQUET_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/parquet/thrift.h"

/* `in` is what is left to read. Each returns NULL, or what is wrong. */

/* RLE: `n` integers of `width` bits (0 to 32). */
const char *pulse_parquet_hybrid(struct pulse_thrift *in, int width, int64_t n, uint32_t *out);

/* Whether those begin with one run of at least `n` times the one-bit integer 1. */
bool pulse_parquet_is_run_of_ones(struct pulse_thrift in, int64_t n);

/* BIT_PACKED: `n` bits, the highest of a byte first. */
const char *pulse_parquet_old_bits(struct pulse_thrift *in, int64_t n, uint32_t *out);

/* DELTA_BINARY_PACKED: exactly `n` integers, sums modulo 2^64. */
const char *pulse_parquet_deltas(struct pulse_thrift *in, int64_t n, int64_t *out);

/* Four bytes, the lowest first. */
uint32_t pulse_parquet_u32(const uint8_t *at);

#endif
