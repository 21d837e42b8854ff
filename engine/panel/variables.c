#include "panel/variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "mpi/collect.h"

/* ---- Names ---------------------------------------------------------------------- */

/* How unlike a name is to what was typed: one that holds it is nearer than any that does not. */
static int spelling_distance(const char *typed, const char *name)
{
    const char *at = strstr(name, typed);
    return at == NULL ? 64 + pulse_spelling_distance(typed, name) : at == name ? 0 : 1;
}

static int unknown_variable(const struct pulse_catalog *catalog, const char *data, const char *name,
                            struct pulse_err *err)
{
    int64_t best = 0;
    if (pulse_catalog_leaves_out(catalog, name))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: column %s is no variable; pulse-data info %s says what it holds",
                          data, name, data);
    for (int64_t i = 1; i < catalog->n; i++)
        if (spelling_distance(name, catalog->entries[i].name) <
            spelling_distance(name, catalog->entries[best].name))
            best = i;
    return pulse_fail(
        err, PULSE_E_USAGE,
        "%s holds no variable %s; did you mean %s? pulse-data info %s lists what there is", data,
        name, catalog->entries[best].name, data);
}

/* Long datasets are found under a name in which '/' and '\' are '_' (DEFINITIONS §1.1). */
static int64_t find_entry(const struct pulse_catalog *catalog, const char *name)
{
    for (int64_t i = 0; i < catalog->n; i++) {
        const char *a = catalog->entries[i].name, *b = name;
        while (*b != '\0' &&
               (*a == *b || (!catalog->wide && *a == '_' && (*b == '/' || *b == '\\'))))
            a++, b++;
        if (*a == '\0' && *b == '\0')
            return i;
    }
    return -1;
}

/* Leaves in the catalog only what --variables asks for, in that order. */
static int choose_variables(struct pulse_catalog *catalog, const struct pulse_options *options,
                            struct pulse_err *err)
{
    if (options->n_variables == 0)
        return 0;
    struct pulse_catalog_entry *chosen =
        pulse_calloc(options->n_variables, sizeof *chosen, "the variables", err);
    if (chosen == NULL)
        return -1;
    int status = 0;
    int64_t n = 0;
    for (int64_t i = 0; status == 0 && i < options->n_variables; i++) {
        int64_t at = find_entry(catalog, options->variables[i]);
        if (at < 0) {
            status = unknown_variable(catalog, options->data, options->variables[i], err);
            break;
        }
        struct pulse_catalog_entry *entry = &catalog->entries[at];
        chosen[n].bytes = entry->bytes;
        chosen[n].name = pulse_strdup(entry->name, err);
        chosen[n].uri = pulse_strdup(entry->uri, err);
        if (chosen[n].name == NULL || chosen[n].uri == NULL)
            status = -1;
        n++;
    }
    struct pulse_catalog kept = {.wide = catalog->wide,
                                 .id = catalog->id,
                                 .panel = catalog->panel,
                                 .n = n,
                                 .entries = chosen};
    catalog->id = NULL;
    catalog->panel = NULL;
    pulse_catalog_clear(catalog);
    *catalog = kept;
    return status;
}

static bool is_named(const struct pulse_catalog *catalog, const char *name)
{
    for (int64_t v = 0; v < catalog->n; v++)
        if (strcmp(catalog->entries[v].name, name) == 0)
            return true;
    return false;
}

/* Chooses variables, and sees that each one with a transform of its own is among them. */
static int choose_with_transforms(struct pulse_catalog *catalog,
                                  const struct pulse_options *options, struct pulse_err *err)
{
    for (int64_t i = 0; i < options->n_transform_of; i++)
        if (!is_named(catalog, options->transform_of[i].variable))
            return unknown_variable(catalog, options->data, options->transform_of[i].variable, err);
    if (choose_variables(catalog, options, err) != 0)
        return -1;
    for (int64_t i = 0; i < options->n_transform_of; i++)
        if (!is_named(catalog, options->transform_of[i].variable))
            return pulse_fail(err, PULSE_E_USAGE,
                              "--transform of %s: --variables leaves it out; name it there too, or "
                              "leave out its transform",
                              options->transform_of[i].variable);
    return 0;
}

/* Names go into JSON, HDF5 and terminals. */
static int check_names(const struct pulse_catalog *catalog, const char *data, struct pulse_err *err)
{
    for (int64_t v = 0; v < catalog->n; v++) {
        const char *name = catalog->entries[v].name;
        if (!pulse_utf8_valid(name) || strlen(name) > 255)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s: the name of variable %lld is not UTF-8 or longer than 255 bytes; "
                "convert the file (iconv -f latin1 -t utf8)",
                data, (long long)v + 1);
    }
    return 0;
}

/* Of columns that nobody chose among. */
static void warn_of_left_out(const struct pulse_catalog *catalog, const char *data)
{
    char text[PULSE_ERR_TEXT];
    if (pulse_catalog_left_out(catalog, text))
        pulse_log_keep("%s: %s", data, text);
    if (catalog->note != NULL)
        pulse_log_keep("%s: %s", data, catalog->note);
}

static int warn_of_repeated(const struct pulse_catalog *catalog, const char *data,
                            struct pulse_err *err)
{
    struct pulse_panel_facts facts;
    if (catalog->panel == NULL)
        return 0;
    const int status = pulse_panel_facts(catalog->panel, &facts, err);
    if (status == 0 && facts.repeated > 0)
        pulse_log_keep(PULSE_PANEL_REPEATED_WARNING, data, facts.id, (long long)facts.repeated);
    free(facts.values);
    return status;
}

/* ---- The catalog on all ranks --------------------------------------------------- */

struct blob {
    char *data;
    int64_t n, capacity;
};

static int blob_add(struct blob *blob, const void *data, size_t n, struct pulse_err *err)
{
    if (pulse_grow(&blob->data, &blob->capacity, blob->n + (int64_t)n, 1, "the catalog", err) != 0)
        return -1;
    memcpy(blob->data + blob->n, data, n);
    blob->n += (int64_t)n;
    return 0;
}

static int pack_catalog(const struct pulse_catalog *catalog, struct blob *blob,
                        struct pulse_err *err)
{
    const int64_t head[3] = {catalog->wide, catalog->n, catalog->id != NULL};
    const char *id = catalog->id == NULL ? "" : catalog->id;
    if (blob_add(blob, head, sizeof head, err) != 0 || blob_add(blob, id, strlen(id) + 1, err) != 0)
        return -1;
    for (int64_t i = 0; i < catalog->n; i++) {
        const struct pulse_catalog_entry *entry = &catalog->entries[i];
        if (blob_add(blob, &entry->bytes, sizeof entry->bytes, err) != 0 ||
            blob_add(blob, entry->name, strlen(entry->name) + 1, err) != 0 ||
            blob_add(blob, entry->uri, strlen(entry->uri) + 1, err) != 0)
            return -1;
    }
    return 0;
}

static int unpack_catalog(const struct blob *blob, struct pulse_catalog *catalog,
                          struct pulse_err *err)
{
    const char *at = blob->data;
    int64_t head[3];
    memcpy(head, at, sizeof head);
    at += sizeof head;
    *catalog = (struct pulse_catalog){.wide = head[0] != 0};
    catalog->entries = pulse_calloc(head[1], sizeof *catalog->entries, "the catalog", err);
    if (head[2] != 0)
        catalog->id = pulse_strdup(at, err);
    if (catalog->entries == NULL || (head[2] != 0 && catalog->id == NULL))
        return -1;
    at += strlen(at) + 1;
    for (; catalog->n < head[1]; catalog->n++) {
        struct pulse_catalog_entry *entry = &catalog->entries[catalog->n];
        memcpy(&entry->bytes, at, sizeof entry->bytes);
        at += sizeof entry->bytes;
        entry->name = pulse_strdup(at, err);
        at += strlen(at) + 1;
        entry->uri = pulse_strdup(at, err);
        at += strlen(at) + 1;
        if (entry->name == NULL || entry->uri == NULL)
            return -1;
    }
    return 0;
}

int pulse_variables_find(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_read_options *reading, struct pulse_catalog *catalog,
                         struct pulse_err *err)
{
    struct blob blob = {0};
    int status = -1;
    if (comm->rank == 0 && pulse_catalog_open(options->data, reading, catalog, err) == 0 &&
        check_names(catalog, options->data, err) == 0 &&
        choose_with_transforms(catalog, options, err) == 0 &&
        warn_of_repeated(catalog, options->data, err) == 0) {
        warn_of_left_out(catalog, options->data);
        (void)pack_catalog(catalog, &blob, err);
    }
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    if (pulse_comm_bcast(comm, &blob.n, sizeof blob.n, err) != 0)
        goto done;
    if (comm->rank != 0)
        blob.data = pulse_calloc(blob.n, 1, "the catalog", err);
    if (pulse_comm_agree(comm, err) != 0 || pulse_comm_bcast(comm, blob.data, blob.n, err) != 0)
        goto done;
    if (comm->rank != 0)
        (void)unpack_catalog(&blob, catalog, err);
    status = pulse_comm_agree(comm, err);
done:
    free(blob.data);
    return status;
}

/* ---- Who owns which variable ---------------------------------------------------- */

int pulse_variables_deal(const struct pulse_catalog *catalog, int ranks, int *owner,
                         struct pulse_err *err)
{
    int64_t *load = pulse_calloc(ranks, sizeof *load, "the work of the ranks", err);
    if (load == NULL)
        return -1;
    for (int64_t v = 0; v < catalog->n; v++)
        owner[v] = catalog->wide ? (int)(v * ranks / catalog->n) : -1;
    for (int64_t dealt = 0; !catalog->wide && dealt < catalog->n; dealt++) {
        int64_t largest = -1;
        for (int64_t v = 0; v < catalog->n; v++)
            if (owner[v] < 0 &&
                (largest < 0 || catalog->entries[v].bytes > catalog->entries[largest].bytes))
                largest = v;
        int lightest = 0;
        for (int r = 1; r < ranks; r++)
            lightest = load[r] < load[lightest] ? r : lightest;
        owner[largest] = lightest;
        load[lightest] += catalog->entries[largest].bytes + 1;
    }
    free(load);
    return 0;
}
