#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/catalog_directory.h"
#include "data/catalog_entries.h"
#include "data/common/columns.h"
#include "data/common/stamps.h"
#include "data/dataset.h"
#include "data/dataset_file.h"
#include "data/formats.h"
#include "data/long_panel.h"
#include "data/parts.h"
#include "data/pickle/record_store.h"
#include "store/store.h"

/* ---- One file ------------------------------------------------------------------- */

enum { SMALL_PART = 1 << 30 }; /* parts so many that the first is next to nothing */

static int add_left_out(struct pulse_catalog *out, const char *name, const char *holds,
                        struct pulse_err *err)
{
    const int64_t i = out->n_left_out++;
    out->left_out[i] = pulse_strdup(name, err);
    out->holds[i] = out->left_out[i] == NULL ? NULL : pulse_strdup(holds, err);
    return out->holds[i] == NULL ? -1 : 0;
}

static int list_left_out(const struct pulse_wide *wide, int64_t n, struct pulse_catalog *out,
                         struct pulse_err *err)
{
    const char *name;
    const int64_t before = out->panel == NULL ? 0 : out->panel->n_left_out;
    out->left_out = pulse_calloc(n + before, sizeof *out->left_out, "the catalog", err);
    out->holds = pulse_calloc(n + before, sizeof *out->holds, "the catalog", err);
    int rc = out->left_out == NULL || out->holds == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < before; i++) /* before there were variables */
        rc = add_left_out(out, out->panel->left_out[i], "", err);
    for (int64_t c = 0; rc == 0 && c < n; c++)
        if (pulse_wide_leaves_out(wide, c, &name))
            rc = add_left_out(out, name, pulse_wide_holds(wide, c), err);
    return rc;
}

/* Whether the times repeat, and of which frequencies they are; of those alone the file is read. */
static int look_for_repeats(const char *uri, const struct pulse_read_options *options, bool *repeat,
                            unsigned *spans, struct pulse_err *err)
{
    struct pulse_read_options reading = pulse_read_options_or_all(options);
    struct pulse_wide *wide;
    struct pulse_block block = {0};
    int64_t bytes = 0;
    reading.every_variable = false;
    reading.as_panel = true;
    if (pulse_wide_open(uri, 0, 1, &reading, &wide, err) != 0)
        return -1;
    int rc = pulse_wide_read(wide, false, NULL, 0, &block, &bytes, err);
    if (rc == 0)
        rc = pulse_times_repeat(block.time_ns, block.rows, repeat, err);
    *spans = block.spans;
    pulse_block_clear(&block);
    pulse_wide_free(wide);
    return rc;
}

struct pulse_read_options pulse_catalog_reading(const struct pulse_catalog *catalog,
                                                const struct pulse_read_options *options)
{
    struct pulse_read_options reading = pulse_read_options_or_all(options);
    if (catalog->id != NULL)
        reading.id = catalog->id;
    reading.panel = catalog->panel;
    return reading;
}

/* Opens a wide file, unless it is open, or the long panel that a file is, which is then in `out`
 * with its id. Most files have no column that could be the ids, and are looked at no further. */
static int open_wide(const char *uri, const struct pulse_read_options *options,
                     struct pulse_catalog *out, struct pulse_wide **wide, struct pulse_err *err)
{
    const bool said = options != NULL && options->id != NULL;
    unsigned spans = 0;
    bool may_be = said;
    if (!said) {
        if (*wide == NULL && pulse_wide_open(uri, 0, SMALL_PART, options, wide, err) != 0)
            return -1;
        const enum pulse_wide_labels labels = pulse_wide_labels(*wide);
        may_be = labels != PULSE_WIDE_NO_LABELS;
        if (labels == PULSE_WIDE_LABELS &&
            look_for_repeats(uri, options, &may_be, &spans, err) != 0)
            return -1;
    }
    if (may_be && pulse_long_read(uri, options, &out->panel, err) != 0)
        return -1;
    if (out->panel == NULL && may_be && pulse_stamp_spans_differ(spans))
        return pulse_spans_refuse(uri, options, err);
    if (out->panel == NULL && !said)
        return 0;
    pulse_wide_free(*wide);
    *wide = NULL;
    if (out->panel != NULL) {
        out->id = pulse_strdup(out->panel->id_name, err);
        if (out->id == NULL)
            return -1;
    }
    const struct pulse_read_options reading = pulse_catalog_reading(out, options);
    return pulse_wide_open(uri, 0, SMALL_PART, &reading, wide, err);
}

static bool is_misfit(const char *holds)
{
    static const char misfit[] = PULSE_HOLDS_MISFIT;
    return strncmp(holds, misfit, sizeof misfit - 1) == 0;
}

static bool is_field(const char *holds)
{
    static const char end[] = PULSE_HOLDS_FIELD;
    const size_t length = strlen(holds);
    return is_misfit(holds) && strcmp(holds + length - (sizeof end - 1), end) == 0;
}

/* A matrix that is no good is why there is no variable, and not the names beside it. */
static bool is_matrix(const char *holds)
{
    static const char begin[] = PULSE_HOLDS_MISFIT PULSE_HOLDS_MATRIX;
    return strncmp(holds, begin, sizeof begin - 1) == 0;
}

/* Says of the first that does not fit the rows why, and of a field what to do. */
static int fail_no_variable(const char *uri, const struct pulse_wide *wide, int64_t n,
                            struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT], why[PULSE_COLUMNS_TEXT] = "";
    char *const *columns = pulse_wide_columns(wide);
    bool field = false, text = false, matrix = false;
    for (int64_t c = n; c-- > 0;) {
        const char *holds = pulse_wide_holds(wide, c);
        field |= is_field(holds);
        text |= strcmp(holds, pulse_kind_name(PULSE_KIND_TEXT)) == 0;
        matrix |= is_matrix(holds);
        if (is_misfit(holds) && is_matrix(holds) == matrix)
            (void)snprintf(why, sizeof why, "; '%.100s' holds %s", columns[c], holds);
    }
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no column of numbers is observed beside the time (columns: %s)%s%s", uri,
                      pulse_columns_list(columns, n, list), why,
                      field ? "; of a field of more than two dimensions write the series of a "
                              "point, or a mean, first"
                      : why[0] != '\0' ? "; write numbers, one per row"
                      : text ? "; texts that mean numbers, as USD 12.50, must be written as 12.50"
                             : "");
}

/* `wide` is the open file, which it closes; NULL: it is to be opened. */
static int catalog_wide(const struct pulse_location *location,
                        const struct pulse_read_options *options, struct pulse_wide *wide,
                        struct pulse_catalog *out, struct pulse_err *err)
{
    const char *uri = location->uri;
    int64_t n, cap = 0, variables = 0;
    int rc = open_wide(uri, options, out, &wide, err);
    if (rc != 0) {
        pulse_wide_free(wide);
        return -1;
    }
    char *const *names = pulse_wide_names(wide, &n);
    const int64_t bytes = pulse_store_bytes_of(location->file);
    for (int64_t c = 0; c < n; c++)
        variables += names[c][0] != '\0';
    for (int64_t c = 0; rc == 0 && c < n; c++)
        if (names[c][0] != '\0')
            rc = pulse_catalog_add(out, &cap, names[c], uri, bytes / variables, err);
    if (rc == 0 && out->panel != NULL && out->panel->n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no rows, and so no ids in '%s'", uri, out->id);
    if (rc == 0 && variables == 0)
        rc = fail_no_variable(uri, wide, n, err);
    if (rc == 0)
        rc = list_left_out(wide, n, out, err);
    out->attributes =
        pulse_wide_attributes(wide) + (out->panel == NULL ? 0 : out->panel->attributes);
    if (rc == 0 && pulse_wide_note(wide) != NULL) {
        out->note = pulse_strdup(pulse_wide_note(wide), err);
        rc = out->note == NULL ? -1 : 0;
    }
    out->wide = true;
    pulse_wide_free(wide);
    return rc;
}

/* A file of several frames: each is a variable's dataset. */
static int catalog_frames(const struct pulse_dataset_file *file, struct pulse_catalog *out,
                          struct pulse_err *err)
{
    const int64_t bytes = pulse_store_bytes_of(file->location.file);
    const int64_t frames = pulse_dataset_file_frames(file);
    int64_t cap = 0;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < frames; i++) {
        const char *path = pulse_dataset_file_frame(file, i).path;
        char *uri = pulse_location_of_frame(file->location.file, path, err);
        rc = uri == NULL
                 ? -1
                 : pulse_catalog_add(out, &cap, pulse_variable_of_name(strrchr(path, '/') + 1), uri,
                                     bytes / frames, err);
        free(uri);
    }
    if (rc != 0)
        return -1;
    return pulse_catalog_sort(out, file->location.file, err);
}

static int catalog_file(const struct pulse_location *location,
                        const struct pulse_read_options *options, struct pulse_catalog *out,
                        struct pulse_err *err)
{
    struct pulse_dataset_file file;
    struct pulse_wide *wide = NULL;
    if (location->format == NULL || !location->format->has_frames ||
        (options != NULL && options->id != NULL))
        return catalog_wide(location, options, NULL, out, err);
    int rc = pulse_dataset_file_open(location->uri, 0, SMALL_PART, options, &file, err);
    if (rc == 0 && pulse_dataset_file_frames(&file) == 1)
        return pulse_wide_of_file(&file, options, &wide, err) == 0
                   ? catalog_wide(location, options, wide, out, err)
                   : -1;
    if (rc == 0)
        rc = catalog_frames(&file, out, err);
    pulse_dataset_file_clear(&file);
    return rc;
}

/* A directory that is one dataset: a wide file whose uri ends with a slash. */
static int catalog_parts(const char *dir, const struct pulse_read_options *options,
                         bool *is_dataset, struct pulse_catalog *out, struct pulse_err *err)
{
    struct pulse_parts parts;
    struct pulse_location location = {0};
    int rc = pulse_parts_list(dir, &parts, err);
    *is_dataset = rc == 0 && parts.n > 0;
    pulse_parts_clear(&parts);
    if (!*is_dataset)
        return rc;
    location.uri = pulse_print(err, "%s%s", dir, pulse_is_parts_uri(dir) ? "" : "/");
    location.file = location.uri == NULL ? NULL : pulse_strdup(location.uri, err);
    rc = location.file == NULL ? -1 : catalog_wide(&location, options, NULL, out, err);
    pulse_location_clear(&location);
    return rc;
}

/* One dataset of a store. */
static int catalog_dataset(const char *uri, struct pulse_catalog *out, struct pulse_err *err)
{
    int64_t cap = 0;
    char *path = pulse_strdup(uri, err);
    if (path == NULL)
        return -1;
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    int rc =
        pulse_catalog_add(out, &cap, pulse_variable_of_name(pulse_base_name(path)), path, 1, err);
    free(path);
    return rc;
}

/* Options that mean something in no file of the catalog. */
static void warn_unused(const char *data, const struct pulse_read_options *options,
                        const struct pulse_catalog *catalog)
{
    struct pulse_location location;
    struct pulse_err ignored;
    unsigned takes = 0;
    bool known = true;
    for (int64_t i = 0; i < catalog->n; i++) {
        if (pulse_location_resolve(catalog->entries[i].uri, &location, &ignored) == 0 &&
            location.format != NULL)
            takes |= location.format->takes;
        else
            known = false; /* a directory of parts */
        pulse_location_clear(&location);
    }
    if (known)
        pulse_formats_warn_unused(data, takes, options);
}

int pulse_catalog_open(const char *data, const struct pulse_read_options *options,
                       struct pulse_catalog *out, struct pulse_err *err)
{
    struct pulse_location location;
    bool is_directory = false, is_dataset = false;
    *out = (struct pulse_catalog){0};
    int rc = pulse_location_resolve(data, &location, err);
    if (rc == 0 && location.frame == NULL)
        rc = pulse_store_is_directory(data, &is_directory, err);
    if (rc == 0 && is_directory && pulse_record_store_is_dataset(data))
        rc = catalog_dataset(data, out, err);
    else if (rc == 0 && is_directory)
        rc = catalog_parts(data, options, &is_dataset, out, err);
    if (rc == 0 && is_directory && !is_dataset && !pulse_record_store_is_dataset(data))
        rc = pulse_catalog_directory(data, options, out, err);
    else if (rc == 0 && !is_directory)
        rc = catalog_file(&location, options, out, err);
    if (rc == 0 && options != NULL)
        warn_unused(data, options, out);
    if (rc != 0)
        pulse_catalog_clear(out);
    pulse_location_clear(&location);
    return rc;
}

void pulse_catalog_clear(struct pulse_catalog *catalog)
{
    for (int64_t i = 0; i < catalog->n; i++) {
        free(catalog->entries[i].name);
        free(catalog->entries[i].uri);
    }
    free(catalog->entries);
    for (int64_t i = 0; i < catalog->n_left_out; i++) {
        free(catalog->left_out[i]);
        if (catalog->holds != NULL) /* another rank's catalog has none */
            free(catalog->holds[i]);
    }
    free(catalog->left_out);
    free(catalog->holds);
    free(catalog->note);
    free(catalog->id);
    pulse_long_free(catalog->panel);
    *catalog = (struct pulse_catalog){0};
}

/* How many have no name and hold numbers. */
static int64_t count_nameless(const struct pulse_catalog *catalog)
{
    int64_t nameless = 0;
    for (int64_t i = 0; i < catalog->n_left_out; i++)
        nameless += catalog->left_out[i][0] == '\0' &&
                    (strcmp(catalog->holds[i], pulse_kind_name(PULSE_KIND_DOUBLE)) == 0 ||
                     strcmp(catalog->holds[i], pulse_kind_name(PULSE_KIND_INT)) == 0);
    return nameless;
}

static int64_t count_misfits(const struct pulse_catalog *catalog)
{
    int64_t misfits = 0;
    for (int64_t i = 0; catalog->holds != NULL && i < catalog->n_left_out; i++)
        misfits += is_misfit(catalog->holds[i]);
    return misfits;
}

/* Why columns are left out: what they are, or are not. */
static const char *why_left_out(const struct pulse_catalog *catalog, int64_t nameless)
{
    const int64_t n = catalog->n_left_out, misfits = count_misfits(catalog);
    const bool one = n == 1;
    if (misfits == n)
        return one ? "is no column beside the time" : "are no columns beside the time";
    if (catalog->attributes == n)
        return one ? "is one of the " PULSE_ATTRIBUTES_TEXT : "are " PULSE_ATTRIBUTES_TEXT;
    if (catalog->attributes > 0)
        return "hold no number, or are " PULSE_ATTRIBUTES_TEXT ",";
    if (misfits > 0)
        return "hold no number, or none per row,";
    if (nameless == 0)
        return one ? "holds no number" : "hold no number";
    if (nameless < n)
        return "hold no number, or have no name,";
    return one ? "has no name" : "have no name";
}

bool pulse_catalog_left_out(const struct pulse_catalog *catalog, char *text)
{
    char list[PULSE_COLUMNS_TEXT];
    const int64_t n = catalog->n_left_out, nameless = count_nameless(catalog);
    const bool one = n == 1, objects = count_misfits(catalog) == n;
    if (n == 0)
        return false;
    (void)snprintf(text, PULSE_ERR_TEXT, "%lld %s%s %s and %s left out: %s%s", (long long)n,
                   objects ? "object" : "column", one ? "" : "s", why_left_out(catalog, nameless),
                   one ? "is" : "are", pulse_columns_list(catalog->left_out, n, list),
                   catalog->attributes > 0 ? "; --value NAME,NAME takes those of numbers"
                   : nameless == 0         ? ""
                                           : "; a name in the header makes a variable of numbers");
    return true;
}

bool pulse_catalog_leaves_out(const struct pulse_catalog *catalog, const char *name)
{
    bool found = false;
    for (int64_t i = 0; i < catalog->n_left_out && !found; i++)
        found = strcmp(catalog->left_out[i], name) == 0;
    return found;
}
