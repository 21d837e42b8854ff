/* Directories as the original project's RecursiveDataStore keeps them: under data/datasets/NAME/
 * lists of records' ids, and under data/XX/ID/ the records, each a pickled dict. Knows where they
 * lie, and nothing of what is in them. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_RECORD_STORE_H
#define PULSE_DATA_PICKLE_RECORD_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/* Whether `uri` names a dataset of a store: "DIR/data/datasets/NAME". By its name alone. */
bool pulse_record_store_is_dataset(const char *uri);

/* The datasets in the store `dir`; `is_store` false, and none, where it is no such directory. Clear
 * `out` in any case. */
int pulse_record_store_list(const char *dir, bool *is_store, struct pulse_listing *out,
                            struct pulse_err *err);

/* "DIR/data/datasets/NAME"; NULL with PULSE_E_MEMORY. To be freed. */
char *pulse_record_store_dataset(const char *dir, const char *name, struct pulse_err *err);

struct pulse_record_files {
    int64_t n;
    int64_t cap;
    char **uris;
};

/* The newest version of every record of a dataset, the oldest list of ids first. PULSE_E_INPUT
 * where the lists cannot be read. Clear `out` in any case. */
int pulse_record_store_files(const char *dataset, struct pulse_record_files *out,
                             struct pulse_err *err);
void pulse_record_files_clear(struct pulse_record_files *files);

#endif
