/* gzip streams of one or several members, in memory. Internal to io/data. */
#ifndef PULSE_DATA_GUNZIP_H
#define PULSE_DATA_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Whether the bytes begin as gzip does. */
bool pulse_gunzip_is(const char *bytes, int64_t n);

/* The bytes that `in` was made of, `padding` zero bytes behind them; to be freed. PULSE_E_INPUT,
 * naming `where`, for broken streams and for those that grow beyond 64 MiB and 64 times their size:
 * a few bytes could stand for any number. */
char *pulse_gunzip(const char *where, const char *in, int64_t n, size_t padding, int64_t *out_bytes,
                   struct pulse_err *err);

#endif
