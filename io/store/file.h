/* Local files as the store has them: each function does what its namesake in store.h says, for a
 * path. Knows nothing of S3. Internal to io/store. */
#ifndef PULSE_STORE_FILE_H
#define PULSE_STORE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/common/listing.h"
#include "store/common/types.h"

struct pulse_object;

/* With `advises` an error names the file that may have been meant: a directory is read for it. */
int pulse_file_open(const char *path, bool advises, struct pulse_object **out,
                    struct pulse_err *err);
void pulse_file_close(struct pulse_object *object);
int pulse_file_descriptor(const struct pulse_object *object);
int pulse_file_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                    struct pulse_err *err);
int pulse_file_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                      struct pulse_err *err);
int pulse_file_is_directory(const char *path, bool *is_directory, struct pulse_err *err);
int pulse_file_list(const char *path, bool with_directories, struct pulse_listing *out,
                    struct pulse_err *err);
bool pulse_file_leads_back(const char *path, const char *top);
int pulse_file_put(const void *bytes, int64_t n, const char *path, struct pulse_err *err);
int pulse_file_put_source(const struct pulse_store_source *source, const char *path,
                          struct pulse_err *err);
int pulse_file_delete(const char *path, struct pulse_err *err);

#endif
