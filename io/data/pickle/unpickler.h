/* What the files of the pickle machine share: its state, its bytes and its stack. Internal to them.
 */
#ifndef PULSE_DATA_PICKLE_UNPICKLER_H
#define PULSE_DATA_PICKLE_UNPICKLER_H

#include "data/pickle/arena.h"

struct pulse_unpickler {
    const char *where;
    const uint8_t *begin;
    const uint8_t *p; /* next byte */
    const uint8_t *end;
    struct pulse_pickle_tree *tree;
    struct pulse_pickle_value **stack;
    int64_t n;
    int64_t cap;
    int64_t *marks; /* stack sizes, innermost last */
    int64_t marks_n;
    int64_t marks_cap;
    struct pulse_pickle_value **memo;
    int64_t memo_n; /* one more than the largest index put */
    int64_t memo_cap;
    int64_t encoded; /* bytes of text that became bytes */
    bool stopped;
    struct pulse_err *err;
};

/* Records PULSE_E_INPUT with the place in the file; returns -1. */
int pulse_pickle_fail(const struct pulse_unpickler *m, const char *what);

/* The next `n` bytes; NULL where there are not so many. */
const uint8_t *pulse_pickle_take(struct pulse_unpickler *m, uint64_t n);

/* An unsigned number of `bytes` bytes, least significant first. */
int pulse_pickle_take_number(struct pulse_unpickler *m, int bytes, uint64_t *number);

/* The bytes up to the next line feed, which is passed over. */
const char *pulse_pickle_take_line(struct pulse_unpickler *m, size_t *length);

/* Fails too where `value` is NULL. */
int pulse_pickle_push(struct pulse_unpickler *m, struct pulse_pickle_value *value);
struct pulse_pickle_value *pulse_pickle_add(struct pulse_unpickler *m, enum pulse_pickle_kind kind);

/* ---- pickle_scalars.c: opcodes of numbers, constants, text and bytes ------------- */

int pulse_pickle_push_text(struct pulse_unpickler *m, enum pulse_pickle_kind kind, const char *at,
                           uint64_t n);

typedef int pulse_pickle_step(struct pulse_unpickler *m, uint8_t op);

pulse_pickle_step pulse_pickle_do_constant, pulse_pickle_do_small_integer, pulse_pickle_do_long,
    pulse_pickle_do_integer_line, pulse_pickle_do_real_line, pulse_pickle_do_real,
    pulse_pickle_do_text, pulse_pickle_do_text_line;

#endif
