/* The catalog of a directory in which each file is a variable's dataset, or of a store of records.
 * Opens no dataset. */
#ifndef PULSE_DATA_CATALOG_DIRECTORY_H
#define PULSE_DATA_CATALOG_DIRECTORY_H

#include "data/dataset.h"

/* Local; into an empty catalog, to be cleared in every case. PULSE_E_INPUT where nothing in the
 * directory is a dataset, or two are of one name. */
int pulse_catalog_directory(const char *dir, const struct pulse_read_options *options,
                            struct pulse_catalog *out, struct pulse_err *err);

#endif
