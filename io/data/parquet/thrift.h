/* Thrift's compact protocol, as Parquet writes its headers in: a reader over bytes in memory that
 * never leaves them. Internal to io/data; knows nothing of Parquet. */
#ifndef PULSE_DATA_PARQUET_THRIFT_H
#define PULSE_DATA_PARQUET_THRIFT_H

#include <stdbool.h>
#include <stdint.h>

/* What does not fit the protocol, or the bytes, sets `broken`; from then on there is nothing more:
 * numbers are 0, lists and bytes empty, no further fields. So a whole structure is read first and
 * `broken` looked at then. */
struct pulse_thrift {
    const uint8_t *at;
    const uint8_t *end;
    int depth; /* structures that are open */
    bool broken;
};

enum pulse_thrift_type {
    PULSE_THRIFT_TRUE = 1,
    PULSE_THRIFT_FALSE,
    PULSE_THRIFT_BYTE,
    PULSE_THRIFT_I16,
    PULSE_THRIFT_I32,
    PULSE_THRIFT_I64,
    PULSE_THRIFT_DOUBLE,
    PULSE_THRIFT_BINARY,
    PULSE_THRIFT_LIST,
    PULSE_THRIFT_SET,
    PULSE_THRIFT_MAP,
    PULSE_THRIFT_STRUCT
};

/* {0} before the first field of a structure. */
struct pulse_thrift_field {
    int id;
    int type; /* enum pulse_thrift_type */
};

/* LEB128: seven bits a byte, the lowest first. */
uint64_t pulse_thrift_varint(struct pulse_thrift *t);
/* The same, signed: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
int64_t pulse_thrift_zigzag(struct pulse_thrift *t);

/* The next field of the structure; false after the last. Its value is to be read by the function
 * for its type, or skipped. */
bool pulse_thrift_next(struct pulse_thrift *t, struct pulse_thrift_field *field);
void pulse_thrift_skip(struct pulse_thrift *t, int type);

/* The field's value, which must be of that type. */
int64_t pulse_thrift_int(struct pulse_thrift *t, struct pulse_thrift_field field);
bool pulse_thrift_bool(struct pulse_thrift *t, struct pulse_thrift_field field);
const uint8_t *pulse_thrift_bytes(struct pulse_thrift *t, struct pulse_thrift_field field,
                                  int64_t *length);

/* Whether the field is a structure; if so its fields follow, until pulse_thrift_next says false. */
bool pulse_thrift_struct(struct pulse_thrift *t, struct pulse_thrift_field field);

/* Elements of a list of structures, no more than bytes are left. Before each of them call
 * pulse_thrift_element, which is false where nothing more can be read. */
int64_t pulse_thrift_structs(struct pulse_thrift *t, struct pulse_thrift_field field);
bool pulse_thrift_element(struct pulse_thrift *t);

#endif
