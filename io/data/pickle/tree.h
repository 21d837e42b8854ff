/* The tree of values that a pickle describes, and the memory that they live in. A call of a known
 * (module, name) pair is a value that says what would be called with what; nothing is ever called.
 * Knows nothing of opcodes, of files, or of what the calls mean. Internal to io/data. */
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

/* Argument `i` of a call; NULL where there is none, or `value` is no call. It may be NULL. */
const struct pulse_pickle_value *pulse_pickle_argument(const struct pulse_pickle_value *value,
                                                       int64_t i);

bool pulse_pickle_is(const struct pulse_pickle_value *value, enum pulse_pickle_kind kind);
bool pulse_pickle_is_call(const struct pulse_pickle_value *value, enum pulse_pickle_name name);
bool pulse_pickle_is_text(const struct pulse_pickle_value *value, const char *text);

/* Whether `value` is an integer, and which; *integer is left alone where it is none. */
bool pulse_pickle_get_integer(const struct pulse_pickle_value *value, int64_t *integer);

/* ---- Making values -------------------------------------------------------------- */

/* Takes `bytes` in any case; they are freed with the tree. */
struct pulse_pickle_tree *pulse_pickle_tree_new(char *bytes, struct pulse_err *err);

/* A zeroed value of the tree; NULL with an error. */
struct pulse_pickle_value *pulse_pickle_tree_add(struct pulse_pickle_tree *tree,
                                                 enum pulse_pickle_kind kind,
                                                 struct pulse_err *err);
void pulse_pickle_tree_set_root(struct pulse_pickle_tree *tree, struct pulse_pickle_value *root);

/* The root, to be put into another tree's group; this tree must live as long as that. */
struct pulse_pickle_value *pulse_pickle_tree_take_root(struct pulse_pickle_tree *tree);

#endif
