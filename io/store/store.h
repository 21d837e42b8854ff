/* Where datasets lie: open, size, read a range, list. Paths on local disks so far; a reader of
 * io/data asks for ranges of bytes and never for a file descriptor. Knows nothing of formats. */
#ifndef PULSE_STORE_STORE_H
#define PULSE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_object; /* one open file */

/* PULSE_E_INPUT when it is absent, not readable or no regular file. */
int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err);
void pulse_store_close(struct pulse_object *object);

/* Bytes it had when it was opened; the uri is borrowed from the object. */
int64_t pulse_store_size(const struct pulse_object *object);
const char *pulse_store_uri(const struct pulse_object *object);

/* Reads exactly `bytes` bytes from `offset`. A file that has become shorter is PULSE_E_INPUT. */
int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err);

/* Whether `uri` is a directory; an absent or unreadable one is PULSE_E_INPUT. */
int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err);

struct pulse_store_entry {
    char *name; /* without the directory */
    int64_t bytes;
};

struct pulse_listing {
    int64_t n;
    struct pulse_store_entry *entries; /* in strcmp order of their names */
};

/* The files right inside a directory, without hidden ones and sub-directories. */
int pulse_store_list(const char *uri, struct pulse_listing *out, struct pulse_err *err);
void pulse_listing_clear(struct pulse_listing *listing);

#endif
