/* How a catalog is filled, whatever it is of. */
#ifndef PULSE_DATA_CATALOG_ENTRIES_H
#define PULSE_DATA_CATALOG_ENTRIES_H

#include "data/dataset.h"

/* Adds a variable, whose dataset has so many bytes; `cap` begins as 0. PULSE_E_MEMORY. */
int pulse_catalog_add(struct pulse_catalog *catalog, int64_t *cap, const char *name,
                      const char *uri, int64_t bytes, struct pulse_err *err);

/* Sorts by name; PULSE_E_INPUT where two in `where` are of one name. */
int pulse_catalog_sort(struct pulse_catalog *catalog, const char *where, struct pulse_err *err);

#endif
