#include "data/pickle/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    VALUES_MOST = 1 << 26, /* one byte of a file makes one value at most, of some 40 bytes */
    CHUNK_MOST = 1 << 16
};

struct chunk {
    struct chunk *next;
    int64_t n;
    int64_t cap;
    struct pulse_pickle_value values[];
};

struct kept {
    struct kept *next;
    _Alignas(16) char bytes[];
};

struct pulse_pickle_tree {
    char *bytes;
    struct chunk *chunks; /* newest first */
    struct kept *kept;
    int64_t n; /* values */
    struct pulse_pickle_value *root;
};

struct pulse_pickle_tree *pulse_pickle_tree_new(char *bytes, struct pulse_err *err)
{
    struct pulse_pickle_tree *tree = pulse_calloc(1, sizeof *tree, "a pickle", err);
    if (tree == NULL)
        free(bytes);
    else
        tree->bytes = bytes;
    return tree;
}

void pulse_pickle_tree_free(struct pulse_pickle_tree *tree)
{
    if (tree == NULL)
        return;
    for (struct chunk *chunk = tree->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        for (int64_t i = 0; i < chunk->n; i++) {
            enum pulse_pickle_kind kind = chunk->values[i].kind;
            if (kind == PULSE_PICKLE_TUPLE || kind == PULSE_PICKLE_LIST ||
                kind == PULSE_PICKLE_DICT)
                free(chunk->values[i].as.list.items);
        }
        free(chunk);
    }
    for (struct kept *kept = tree->kept, *next; kept != NULL; kept = next) {
        next = kept->next;
        free(kept);
    }
    free(tree->bytes);
    free(tree);
}

struct pulse_pickle_value *pulse_pickle_tree_add(struct pulse_pickle_tree *tree,
                                                 enum pulse_pickle_kind kind, struct pulse_err *err)
{
    struct chunk *chunk = tree->chunks;
    if (tree->n == VALUES_MOST) {
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "the pickle holds more than %d values; write the data as Parquet or HDF5",
                         VALUES_MOST);
        return NULL;
    }
    if (chunk == NULL || chunk->n == chunk->cap) {
        int64_t cap = chunk == NULL ? 64 : chunk->cap < CHUNK_MOST ? 2 * chunk->cap : CHUNK_MOST;
        chunk = pulse_calloc(1, sizeof *chunk + (size_t)cap * sizeof(struct pulse_pickle_value),
                             "a pickle", err);
        if (chunk == NULL)
            return NULL;
        chunk->cap = cap;
        chunk->next = tree->chunks;
        tree->chunks = chunk;
    }
    struct pulse_pickle_value *value = &chunk->values[chunk->n++];
    value->kind = kind;
    tree->n++;
    return value;
}

void *pulse_pickle_tree_keep(struct pulse_pickle_tree *tree, int64_t count, size_t size,
                             struct pulse_err *err)
{
    int64_t bytes;
    if (__builtin_mul_overflow(count, (int64_t)size, &bytes) || bytes < 0 ||
        __builtin_add_overflow(bytes, (int64_t)sizeof(struct kept), &bytes))
        bytes = -1;
    struct kept *kept = pulse_calloc(bytes, 1, "a pickle", err);
    if (kept == NULL)
        return NULL;
    kept->next = tree->kept;
    tree->kept = kept;
    return kept->bytes;
}

void pulse_pickle_tree_set_root(struct pulse_pickle_tree *tree, struct pulse_pickle_value *root)
{
    tree->root = root;
}

struct pulse_pickle_value *pulse_pickle_tree_take_root(struct pulse_pickle_tree *tree)
{
    return tree->root;
}

const struct pulse_pickle_value *pulse_pickle_tree_root(const struct pulse_pickle_tree *tree)
{
    return tree->root;
}

/* ---- Looking at values ---------------------------------------------------------- */

bool pulse_pickle_is(const struct pulse_pickle_value *value, enum pulse_pickle_kind kind)
{
    return value != NULL && value->kind == kind;
}

bool pulse_pickle_is_call(const struct pulse_pickle_value *value, enum pulse_pickle_name name)
{
    return pulse_pickle_is(value, PULSE_PICKLE_CALL) && value->name == name;
}

bool pulse_pickle_is_text(const struct pulse_pickle_value *value, const char *text)
{
    return pulse_pickle_is(value, PULSE_PICKLE_TEXT) &&
           (size_t)value->as.text.length == strlen(text) &&
           memcmp(value->as.text.at, text, strlen(text)) == 0;
}

const struct pulse_pickle_value *pulse_pickle_find(const struct pulse_pickle_value *dict,
                                                   const char *key)
{
    if (!pulse_pickle_is(dict, PULSE_PICKLE_DICT))
        return NULL;
    for (int64_t i = dict->as.list.n - 2; i >= 0; i -= 2)
        if (pulse_pickle_is_text(dict->as.list.items[i], key))
            return dict->as.list.items[i + 1];
    return NULL;
}

const struct pulse_pickle_value *pulse_pickle_item(const struct pulse_pickle_value *value,
                                                   int64_t i)
{
    bool list =
        pulse_pickle_is(value, PULSE_PICKLE_TUPLE) || pulse_pickle_is(value, PULSE_PICKLE_LIST);
    return list && i >= 0 && i < value->as.list.n ? value->as.list.items[i] : NULL;
}

const struct pulse_pickle_value *pulse_pickle_argument(const struct pulse_pickle_value *value,
                                                       int64_t i)
{
    return pulse_pickle_is(value, PULSE_PICKLE_CALL)
               ? pulse_pickle_item(value->as.call.arguments, i)
               : NULL;
}

bool pulse_pickle_get_integer(const struct pulse_pickle_value *value, int64_t *integer)
{
    if (!pulse_pickle_is(value, PULSE_PICKLE_INT))
        return false;
    *integer = value->as.integer;
    return true;
}
