/* The files in a directory, or the objects under a prefix. Plain data; asks no disk and no server.
 */
#ifndef PULSE_STORE_COMMON_LISTING_H
#define PULSE_STORE_COMMON_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_store_entry {
    char *name; /* without the directory */
    int64_t bytes;
    int64_t modified; /* Unix time in seconds, by the server's clock; 0: the server does not say */
    bool directory;   /* only where directories are listed */
};

/* Zeroed is empty. Owns its entries and their names. */
struct pulse_listing {
    int64_t n;
    int64_t left_out;                  /* keys that name no file; each was warned about */
    struct pulse_store_entry *entries; /* pulse_listing_sort: in strcmp order of their names */
};

/* Adds a copy of `entry` and of its name to a listing with space for *capacity entries, which
 * grows. -1 with PULSE_E_MEMORY. */
int pulse_listing_add(struct pulse_listing *listing, int64_t *capacity,
                      const struct pulse_store_entry *entry, struct pulse_err *err);

/* Sorts the entries by name, in strcmp order. */
void pulse_listing_sort(struct pulse_listing *listing);

/* Frees the entries; legal on one that is zeroed or cleared. */
void pulse_listing_clear(struct pulse_listing *listing);

#endif
