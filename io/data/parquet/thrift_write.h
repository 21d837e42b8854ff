/* Thrift's compact protocol, written into bytes in memory. Internal to io/data; knows nothing of
 * Parquet. */
#ifndef PULSE_DATA_PARQUET_THRIFT_WRITE_H
#define PULSE_DATA_PARQUET_THRIFT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PULSE_THRIFT_DEEPEST_WRITTEN = 16 };

/* Zero it, set `err`; free `bytes` in the end. The first allocation that fails is in `err`, and
 * from then on nothing more is written. */
struct pulse_thrift_out {
    uint8_t *bytes;
    int64_t n, capacity;
    int last[PULSE_THRIFT_DEEPEST_WRITTEN]; /* field of each structure that is open */
    int depth;
    struct pulse_err *err;
};

/* Fields of the structure that is open, in the order of their numbers. */
void pulse_thrift_put_int(struct pulse_thrift_out *t, int id, int type, int64_t value);
void pulse_thrift_put_bool(struct pulse_thrift_out *t, int id, bool value);
void pulse_thrift_put_bytes(struct pulse_thrift_out *t, int id, const void *bytes, int64_t n);
void pulse_thrift_put_text(struct pulse_thrift_out *t, int id, const char *text);

/* A structure as a field (id 0: as the element of a list, or the outermost), until _end. */
void pulse_thrift_begin(struct pulse_thrift_out *t, int id);
void pulse_thrift_end(struct pulse_thrift_out *t);

/* A list of `n` elements of a type, which follow: structures by begin(0), others by _element. */
void pulse_thrift_put_list(struct pulse_thrift_out *t, int id, int type, int64_t n);
void pulse_thrift_element_int(struct pulse_thrift_out *t, int64_t value);
void pulse_thrift_element_text(struct pulse_thrift_out *t, const char *text);

#endif
