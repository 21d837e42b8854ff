/* Numbers and texts as bytes, between the process that reads an HDF5 file and the one that wants
 * what is in it. What is taken is checked: the maker may have gone wrong. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_WIRE_H
#define PULSE_DATA_COMMON_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Put: begins as zeros with `err` set, owned bytes. Take: bytes borrowed, `used` their number.
 * After a failure, which `err` describes, puts do nothing and takes give 0 and NULL. */
struct pulse_wire {
    struct pulse_err *err;
    char *bytes;
    int64_t used, cap;
    int64_t at; /* what is taken next */
    bool failed;
};

void pulse_wire_put_integer(struct pulse_wire *wire, int64_t value);
void pulse_wire_put_bytes(struct pulse_wire *wire, const void *bytes, int64_t n);
void pulse_wire_put_text(struct pulse_wire *wire, const char *text);

int64_t pulse_wire_take_integer(struct pulse_wire *wire);

/* A number of things of at least a byte each: not negative, no more than bytes are left. */
int64_t pulse_wire_take_count(struct pulse_wire *wire);

/* `n` bytes into `to`. */
void pulse_wire_take_bytes(struct pulse_wire *wire, void *to, int64_t n);

/* A text, to be freed. */
char *pulse_wire_take_text(struct pulse_wire *wire);

#endif
