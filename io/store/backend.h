/* What store.c chooses between: local files and S3. Each function does what its namesake in store.h
 * says. Internal to io/store. */
#ifndef PULSE_STORE_BACKEND_H
#define PULSE_STORE_BACKEND_H

#include "store/store.h"

/* Every kind of object begins with this. */
struct pulse_object {
    bool s3;
    int64_t size;
    char *uri;
    char *version;
};

int pulse_file_open(const char *path, struct pulse_object **out, struct pulse_err *err);
void pulse_file_close(struct pulse_object *object);
int pulse_file_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                    struct pulse_err *err);
int pulse_file_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                      struct pulse_err *err);
int pulse_file_is_directory(const char *path, bool *is_directory, struct pulse_err *err);
int pulse_file_list(const char *path, bool with_directories, struct pulse_listing *out,
                    struct pulse_err *err);
int pulse_file_put(const void *bytes, int64_t n, const char *path, struct pulse_err *err);
int pulse_file_put_file(const char *from, const char *path, struct pulse_err *err);
int pulse_file_delete(const char *path, struct pulse_err *err);

void pulse_s3_configure(const struct pulse_store_options *options);
void pulse_s3_finish(void);
void pulse_s3_forget(void); /* what objects were: one was written */
int pulse_s3_open(const char *uri, struct pulse_object **out, struct pulse_err *err);
void pulse_s3_close(struct pulse_object *object);
void pulse_s3_will_read(struct pulse_object *object, int64_t offset, int64_t bytes);
int pulse_s3_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                  struct pulse_err *err);
int pulse_s3_read_ranges(struct pulse_object *object, const struct pulse_range *ranges, int64_t n,
                         struct pulse_err *err);
int pulse_s3_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                    struct pulse_err *err);
int pulse_s3_is_directory(const char *uri, bool *is_directory, struct pulse_err *err);
int pulse_s3_list(const char *uri, bool with_directories, struct pulse_listing *out,
                  struct pulse_err *err);
int pulse_s3_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err);
int pulse_s3_put_file(const char *from, const char *uri, struct pulse_err *err);
void pulse_s3_watch_puts(void (*at)(void *context, double share), void *context);
int pulse_s3_delete(const char *uri, struct pulse_err *err);

/* Adds to a listing, whose capacity is *cap; the name is copied. */
int pulse_listing_add(struct pulse_listing *listing, int64_t *cap,
                      const struct pulse_store_entry *entry, struct pulse_err *err);

#endif
