#include "store/common/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int pulse_listing_add(struct pulse_listing *listing, int64_t *capacity,
                      const struct pulse_store_entry *entry, struct pulse_err *err)
{
    if (pulse_grow(&listing->entries, capacity, listing->n + 1, sizeof *listing->entries,
                   "a directory listing", err) != 0)
        return -1;
    char *copy = pulse_strdup(entry->name, err);
    if (copy == NULL)
        return -1;
    listing->entries[listing->n] = *entry;
    listing->entries[listing->n++].name = copy;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct pulse_store_entry *)a)->name,
                  ((const struct pulse_store_entry *)b)->name);
}

void pulse_listing_sort(struct pulse_listing *listing)
{
    if (listing->n > 1)
        qsort(listing->entries, (size_t)listing->n, sizeof *listing->entries, compare_entries);
}

void pulse_listing_clear(struct pulse_listing *listing)
{
    for (int64_t i = 0; i < listing->n; i++)
        free(listing->entries[i].name);
    free(listing->entries);
    *listing = (struct pulse_listing){0};
}
