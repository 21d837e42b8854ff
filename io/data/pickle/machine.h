/* The state of a pickle being read: its bytes, the stack with its marks, and the memo. What the
 * opcodes (unpickler.c, scalars.c) work on; knows none of them. Internal to io/data/pickle. */
#ifndef PULSE_DATA_PICKLE_MACHINE_H
#define PULSE_DATA_PICKLE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/pickle/tree.h"

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

/* Records PULSE_E_INPUT with the position in the file; returns -1. */
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

/* How many values lie above the innermost mark. */
int64_t pulse_pickle_above_mark(const struct pulse_unpickler *m);

/* The top value, removed or not; never one below a mark: NULL with an error. */
struct pulse_pickle_value *pulse_pickle_pop(struct pulse_unpickler *m);
struct pulse_pickle_value *pulse_pickle_top(struct pulse_unpickler *m);

/* Adds a mark; removes the innermost one, where the values above it, `n` of them, stay. */
int pulse_pickle_push_mark(struct pulse_unpickler *m);
int pulse_pickle_pop_mark(struct pulse_unpickler *m, int64_t *n);

#endif
