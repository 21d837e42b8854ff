/* A pickle's bytes → the tree of values that they describe. The machine knows the opcodes of
 * protocols 0 to 5 and a list of exact (module, name) pairs; a call of one of them becomes a value
 * that says what would be called with what, and nothing is ever called. Knows nothing of files or
 * of what the calls mean. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_TREE_H
#define PULSE_DATA_PICKLE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/pickle/names.h"

enum pulse_pickle_kind {
    PULSE_PICKLE_NONE,
    PULSE_PICKLE_BOOL,
    PULSE_PICKLE_INT,
    PULSE_PICKLE_REAL,
    PULSE_PICKLE_TEXT, /* UTF-8 */
    PULSE_PICKLE_BYTES,
    PULSE_PICKLE_TUPLE,
    PULSE_PICKLE_LIST,
    PULSE_PICKLE_DICT,
    PULSE_PICKLE_GLOBAL,
    PULSE_PICKLE_CALL
};

/* Values may be shared and may even hold themselves: walk them to a fixed depth only. */
struct pulse_pickle_value {
    enum pulse_pickle_kind kind;
    enum pulse_pickle_name name; /* of a global; of a call, what is called */
    union {
        int64_t integer;
        double real;
        struct {
            const char *at;
            int64_t length;
        } text; /* and bytes */
        struct {
            struct pulse_pickle_value **items; /* of a dict: key, value, key, value, … */
            int64_t n;
            int64_t cap;
        } list;
        struct {
            struct pulse_pickle_value *arguments; /* a tuple */
            struct pulse_pickle_value *state;     /* what BUILD gave; NULL */
        } call;
    } as;
};

struct pulse_pickle_tree;

enum { PULSE_PICKLE_PADDING = 8 }; /* zero bytes that must follow a pickle in memory */

/* Parses `n` bytes, which end with padding; `bytes` (from malloc) is taken in any case. `where`
 * names the file in messages. PULSE_E_INPUT for anything unknown, broken or beyond the limits: 2^26
 * values, 2^24 of them on the stack, marks 1000 deep. */
int pulse_pickle_tree_parse(const char *where, char *bytes, int64_t n,
                            struct pulse_pickle_tree **out, struct pulse_err *err);
void pulse_pickle_tree_free(struct pulse_pickle_tree *tree);
const struct pulse_pickle_value *pulse_pickle_tree_root(const struct pulse_pickle_tree *tree);

/* Memory that lives as long as the tree. */
void *pulse_pickle_tree_keep(struct pulse_pickle_tree *tree, int64_t count, size_t size,
                             struct pulse_err *err);

/* The value of a dict's text key, the last of several; NULL where `dict` is none or has not got it.
 */
const struct pulse_pickle_value *pulse_pickle_find(const struct pulse_pickle_value *dict,
                                                   const char *key);

/* Item `i` of a tuple or list; NULL where there is none. `value` may be NULL. */
const struct pulse_pickle_value *pulse_pickle_item(const struct pulse_pickle_value *value,
                                                   int64_t i);

bool pulse_pickle_is(const struct pulse_pickle_value *value, enum pulse_pickle_kind kind);
bool pulse_pickle_is_call(const struct pulse_pickle_value *value, enum pulse_pickle_name name);
bool pulse_pickle_is_text(const struct pulse_pickle_value *value, const char *text);

#endif
