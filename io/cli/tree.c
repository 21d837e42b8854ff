#include "cli/tree.h"

#include <stdlib.h>

#include "base/mem.h"

enum { DEEPEST = 64 };

struct walk {
    struct pulse_listing *out;
    int64_t cap;
};

/* Takes the path over. */
static int add_entry(struct walk *walk, char *path, int64_t bytes, struct pulse_err *err)
{
    struct pulse_listing *out = walk->out;
    if (pulse_grow(&out->entries, &walk->cap, out->n + 1, sizeof *out->entries, "a listing", err) !=
        0) {
        free(path);
        return -1;
    }
    out->entries[out->n++] = (struct pulse_store_entry){.name = path, .bytes = bytes};
    return 0;
}

/* What lies under `uri`/`below`; at the root `below` is "". */
static int list_level(struct walk *walk, const char *uri, const char *below, int depth,
                      struct pulse_err *err)
{
    struct pulse_listing level = {0};
    if (depth == DEEPEST)
        return pulse_fail(err, PULSE_E_INPUT, "%s/%s: more than %d levels deep", uri, below,
                          DEEPEST);
    char *location = below[0] == '\0' ? pulse_strdup(uri, err) : pulse_store_join(uri, below, err);
    int rc = location == NULL ? -1 : pulse_store_list(location, true, &level, err);
    walk->out->left_out += level.left_out;
    for (int64_t i = 0; rc == 0 && i < level.n; i++) {
        const struct pulse_store_entry *entry = &level.entries[i];
        char *path = below[0] == '\0' ? pulse_strdup(entry->name, err)
                                      : pulse_store_join(below, entry->name, err);
        if (path == NULL) {
            rc = -1;
        } else if (entry->directory) {
            rc = list_level(walk, uri, path, depth + 1, err);
            free(path);
        } else {
            rc = add_entry(walk, path, entry->bytes, err);
        }
    }
    free(location);
    pulse_listing_clear(&level);
    return rc;
}

int pulse_tree_list(const char *uri, struct pulse_listing *out, struct pulse_err *err)
{
    struct walk walk = {.out = out};
    *out = (struct pulse_listing){0};
    return list_level(&walk, uri, "", 0, err);
}
