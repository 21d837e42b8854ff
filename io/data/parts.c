#include "data/parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/formats.h"
#include "store/store.h"

bool pulse_is_parts_uri(const char *uri)
{
    const size_t length = strlen(uri);
    return length > 1 && uri[length - 1] == '/';
}

/* ---- Names ----------------------------------------------------------------------- */

/* part-00000-1f2e.snappy.parquet, part.0.parquet, data_0.parquet */
static bool is_part_name(const char *name)
{
    static const char *const stems[] = {"part-", "part.", "part_", "data_"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (strncmp(name, stems[i], strlen(stems[i])) == 0 &&
            isdigit((unsigned char)name[strlen(stems[i])]))
            return true;
    return false;
}

/* What writers put beside their parts. */
static bool is_marker(const char *name)
{
    return strcmp(name, "_SUCCESS") == 0 || strcmp(name, "_metadata") == 0 ||
           strcmp(name, "_common_metadata") == 0;
}

static bool is_key_folder(const struct pulse_store_entry *entry)
{
    const char *sign = strchr(entry->name, '=');
    return entry->directory && sign != NULL && sign != entry->name;
}

/* A table of Delta Lake: rows that were deleted or replaced stay in its files, and its log alone
 * says which of them count. */
static bool is_delta_table(const struct pulse_listing *listing)
{
    bool is = false;
    for (int64_t i = 0; i < listing->n; i++)
        is = is ||
             (listing->entries[i].directory && strcmp(listing->entries[i].name, "_delta_log") == 0);
    return is;
}

static bool is_data_file(const struct pulse_store_entry *entry)
{
    return !entry->directory && entry->name[0] != '_' && pulse_format_of(entry->name) != NULL;
}

/* A listing is of a dataset where all that it holds of data belongs to one. */
static bool is_dataset(const struct pulse_listing *listing)
{
    int64_t folders = 0, others = 0, parts = 0, files = 0;
    bool marked = false;
    for (int64_t i = 0; i < listing->n; i++) {
        const struct pulse_store_entry *entry = &listing->entries[i];
        marked = marked || is_marker(entry->name);
        folders += is_key_folder(entry);
        others += entry->directory && entry->name[0] != '_' && !is_key_folder(entry);
        files += is_data_file(entry);
        parts += is_data_file(entry) && is_part_name(entry->name);
    }
    return (folders > 0 && others == 0 && files == 0) ||
           (files > 0 && folders == 0 && (marked || parts == files));
}

/* The value of a folder, %3A and the like read back; NULL with an error. */
static char *decode_value(const char *text, struct pulse_err *err)
{
    char *out = pulse_strdup(text, err);
    if (out == NULL)
        return NULL;
    char *to = out;
    for (const char *p = text; *p != '\0'; p++) {
        const char digits[] = {p[0] == '%' ? p[1] : '\0', p[0] == '%' && p[1] != '\0' ? p[2] : '\0',
                               '\0'};
        char *end;
        const long code = strtol(digits, &end, 16);
        const bool coded = end == digits + 2 && code > 0;
        *to++ = coded ? (char)code : *p;
        p += coded ? 2 : 0;
    }
    *to = '\0';
    if (strcmp(out, "__HIVE_DEFAULT_PARTITION__") == 0)
        out[0] = '\0';
    return out;
}

/* ---- The walk -------------------------------------------------------------------- */

struct walk {
    const char *root;
    struct pulse_parts *out;
    char *values[PULSE_PARTS_KEYS_MOST]; /* of the folders we are in */
    struct pulse_err *err;
};

static int add_part(const struct walk *walk, const char *uri, int64_t bytes, int64_t depth)
{
    struct pulse_parts *out = walk->out;
    if (depth != out->n_keys)
        return pulse_fail(walk->err, PULSE_E_INPUT,
                          "%s: it lies in fewer folders key=value than others of %s", uri,
                          walk->root);
    if (pulse_grow(&out->all, &out->cap, out->n + 1, sizeof *out->all, "part files", walk->err) !=
        0)
        return -1;
    struct pulse_part *part = &out->all[out->n++];
    *part = (struct pulse_part){.uri = pulse_strdup(uri, walk->err), .bytes = bytes};
    for (int64_t k = 0; part->uri != NULL && k < depth; k++) {
        part->values[k] = pulse_strdup(walk->values[k], walk->err);
        if (part->values[k] == NULL)
            return -1;
    }
    return part->uri == NULL ? -1 : 0;
}

static int enter_folder(struct walk *walk, const char *name, int64_t depth)
{
    struct pulse_parts *out = walk->out;
    const char *sign = strchr(name, '=');
    if (depth == PULSE_PARTS_KEYS_MOST)
        return pulse_fail(walk->err, PULSE_E_INPUT, "%s: more than 8 folders key=value deep",
                          walk->root);
    char *key = pulse_print(walk->err, "%.*s", (int)(sign - name), name);
    walk->values[depth] = key == NULL ? NULL : decode_value(sign + 1, walk->err);
    int rc = walk->values[depth] == NULL ? -1 : 0;
    if (rc == 0 && depth < out->n_keys && strcmp(key, out->keys[depth]) != 0)
        rc = pulse_fail(walk->err, PULSE_E_INPUT,
                        "%s: folders of the keys '%s' and '%s' lie beside "
                        "each other",
                        walk->root, out->keys[depth], key);
    if (rc == 0 && depth == out->n_keys && out->n == 0) {
        out->keys[out->n_keys++] = key;
        key = NULL;
    }
    free(key);
    return rc;
}

static int list_folder(struct walk *walk, const char *uri, int64_t depth)
{
    struct pulse_listing listing;
    const char *slash = pulse_is_parts_uri(uri) ? "" : "/";
    if (pulse_store_list(uri, true, &listing, walk->err) != 0)
        return -1;
    const bool dataset = depth > 0 || is_dataset(&listing);
    int rc = 0;
    if (depth == 0 && is_delta_table(&listing))
        rc = pulse_fail(walk->err, PULSE_E_INPUT,
                        "%s: a table of Delta Lake, whose log says which of its files count: write "
                        "it anew, as DeltaTable('%s').to_pandas().to_parquet('NEW.parquet')",
                        uri, uri);
    for (int64_t i = 0; dataset && rc == 0 && i < listing.n; i++) {
        const struct pulse_store_entry *entry = &listing.entries[i];
        char *inner = pulse_print(walk->err, "%s%s%s", uri, slash, entry->name);
        rc = inner == NULL ? -1 : 0;
        if (rc == 0 && is_key_folder(entry)) {
            rc = enter_folder(walk, entry->name, depth);
            if (rc == 0)
                rc = list_folder(walk, inner, depth + 1);
            if (depth < PULSE_PARTS_KEYS_MOST) {
                free(walk->values[depth]);
                walk->values[depth] = NULL;
            }
        } else if (rc == 0 && is_data_file(entry)) {
            rc = add_part(walk, inner, entry->bytes, depth);
        }
        free(inner);
    }
    pulse_listing_clear(&listing);
    return rc;
}

int pulse_parts_list(const char *directory, struct pulse_parts *out, struct pulse_err *err)
{
    struct walk walk = {.root = directory, .out = out, .err = err};
    *out = (struct pulse_parts){0};
    return list_folder(&walk, directory, 0);
}

void pulse_parts_clear(struct pulse_parts *parts)
{
    for (int64_t i = 0; i < parts->n; i++) {
        free(parts->all[i].uri);
        for (int k = 0; k < PULSE_PARTS_KEYS_MOST; k++)
            free(parts->all[i].values[k]);
    }
    for (int64_t k = 0; k < parts->n_keys; k++)
        free(parts->keys[k]);
    free(parts->all);
    *parts = (struct pulse_parts){0};
}
