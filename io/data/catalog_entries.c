#include "data/catalog_entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int pulse_catalog_add(struct pulse_catalog *catalog, int64_t *cap, const char *name,
                      const char *uri, int64_t bytes, struct pulse_err *err)
{
    if (pulse_grow(&catalog->entries, cap, catalog->n + 1, sizeof *catalog->entries, "the catalog",
                   err) != 0)
        return -1;
    struct pulse_catalog_entry entry = {pulse_strdup(name, err), pulse_strdup(uri, err), bytes};
    catalog->entries[catalog->n++] = entry;
    return entry.name == NULL || entry.uri == NULL ? -1 : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct pulse_catalog_entry *)a)->name,
                  ((const struct pulse_catalog_entry *)b)->name);
}

int pulse_catalog_sort(struct pulse_catalog *catalog, const char *where, struct pulse_err *err)
{
    if (catalog->n > 1)
        qsort(catalog->entries, (size_t)catalog->n, sizeof *catalog->entries, compare_names);
    for (int64_t i = 1; i < catalog->n; i++)
        if (strcmp(catalog->entries[i - 1].name, catalog->entries[i].name) == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: both historical_%s and %s are in it; remove one", where,
                              catalog->entries[i].name, catalog->entries[i].name);
    return 0;
}
