#include "store/store.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "store/aws/credential_chain.h"
#include "store/aws/http.h"
#include "store/common/counts.h"
#include "store/common/object.h"
#include "store/common/store_lock.h"
#include "store/file.h"
#include "store/s3/list.h"
#include "store/s3/object.h"
#include "store/s3/put.h"
#include "store/s3/read.h"
#include "store/s3/stream.h"
#include "store/s3/tidy.h"

void pulse_store_configure(const struct pulse_store_options *options)
{
    pulse_http_stop_when(options->stop);
    pulse_s3_configure(options);
}

void pulse_store_leave(void)
{
    pulse_http_leave();
}

void pulse_store_finish(void)
{
    pulse_s3_finish();
    pulse_http_finish();
}

/* What was opened in S3 since pulse_store_begin_opening; hashes, 0: nothing yet. */
static struct {
    uint64_t uri, version;
    bool several;
} opened;

/* Never 0. */
static uint64_t hash_text(const char *text)
{
    return pulse_digest_of_text(text).word[0] | 1;
}

static void note_opened(const struct pulse_object *object)
{
    const uint64_t uri = hash_text(object->uri), version = hash_text(object->version);
    opened.several = opened.several || (opened.uri != 0 && opened.uri != uri);
    opened.uri = uri;
    opened.version = version;
}

void pulse_store_begin_opening(void)
{
    memset(&opened, 0, sizeof opened);
}

uint64_t pulse_store_opened_version(void)
{
    return opened.several ? 0 : opened.version;
}

static int open_any(const char *uri, bool advises, struct pulse_object **out, struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_open(uri, out, err)
                                          : pulse_file_open(uri, advises, out, err);
    if (rc == 0 && (*out)->s3)
        note_opened(*out);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    return open_any(uri, true, out, err);
}

int pulse_store_open_if_any(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    *out = NULL;
    if (open_any(uri, false, out, &why) == 0 || why.kind == PULSE_E_INPUT)
        return 0;
    *err = why;
    return -1;
}

void pulse_store_close(struct pulse_object *object)
{
    if (object == NULL)
        return;
    pulse_store_lock_take();
    if (object->s3)
        pulse_s3_close(object);
    else
        pulse_file_close(object);
    pulse_store_lock_release();
}

int64_t pulse_store_size(const struct pulse_object *object)
{
    return object->size;
}

int64_t pulse_store_bytes_of(const char *uri)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_object *object = NULL;
    (void)pulse_store_open_if_any(uri, &object, &ignored);
    const int64_t bytes = object == NULL ? 0 : object->size;
    pulse_store_close(object);
    return bytes;
}

const char *pulse_store_uri(const struct pulse_object *object)
{
    return object->uri;
}

const char *pulse_store_version(const struct pulse_object *object)
{
    return object->version;
}

int pulse_store_descriptor(const struct pulse_object *object)
{
    return object->s3 ? -1 : pulse_file_descriptor(object);
}

void pulse_store_was_read(int64_t bytes)
{
    pulse_store_count(&(struct pulse_store_counts){.bytes_read = bytes});
}

void pulse_store_will_read(struct pulse_object *object, int64_t offset, int64_t bytes)
{
    if (object->s3) /* the kernel sees by itself how a local file is read */
        pulse_s3_will_read(object, offset, bytes);
}

int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err)
{
    if (!object->s3)
        return pulse_file_read(object, offset, out, bytes, err);
    pulse_store_lock_take();
    const int rc = pulse_s3_read(object, offset, out, bytes, err);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_read_ranges(struct pulse_object *object, const struct pulse_range *ranges,
                            int64_t n, struct pulse_err *err)
{
    int rc = 0;
    pulse_store_lock_take();
    if (object->s3)
        rc = pulse_s3_read_ranges(object, ranges, n, err);
    for (int64_t i = 0; rc == 0 && !object->s3 && i < n; i++)
        rc = pulse_file_read(object, ranges[i].offset, ranges[i].out, ranges[i].bytes, err);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                       struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc =
        object->s3 ? pulse_s3_stream(object, sink, err) : pulse_file_stream(object, sink, err);
    pulse_store_lock_release();
    return rc;
}

bool pulse_store_leads_back(const char *uri, const char *top)
{
    return !pulse_store_is_s3(uri) && pulse_file_leads_back(uri, top);
}

int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_is_directory(uri, is_directory, err)
                                          : pulse_file_is_directory(uri, is_directory, err);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_list(const char *uri, bool with_directories, struct pulse_listing *out,
                     struct pulse_err *err)
{
    *out = (struct pulse_listing){0};
    pulse_store_lock_take();
    int rc = pulse_store_is_s3(uri) ? pulse_s3_list(uri, with_directories, out, err)
                                    : pulse_file_list(uri, with_directories, out, err);
    pulse_store_lock_release();
    if (rc != 0)
        pulse_listing_clear(out);
    else
        pulse_listing_sort(out);
    return rc;
}

void pulse_store_drop_secrets(void)
{
    pulse_credentials_forget();
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
        if (strncmp(*variable, "AWS_", 4) == 0)
            explicit_bzero(*variable, strlen(*variable));
}

void pulse_store_forget(void)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    pulse_store_lock_release();
}

/* ---- Writing -------------------------------------------------------------------- */

static int read_source(void *context, int64_t offset, void *out, int64_t bytes,
                       struct pulse_err *err)
{
    return pulse_store_read(context, offset, out, bytes, err);
}

int pulse_store_put_file(const char *from, const char *uri, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    pulse_store_lock_take();
    pulse_s3_forget();
    int rc = pulse_store_open(from, &object, err);
    if (rc == 0) {
        const struct pulse_store_source source = {object->size, read_source, object};
        rc = pulse_store_is_s3(uri) ? pulse_s3_put_source(&source, uri, err)
                                    : pulse_file_put_source(&source, uri, err);
    }
    pulse_store_close(object);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_put(bytes, n, uri, err)
                                          : pulse_file_put(bytes, n, uri, err);
    pulse_store_lock_release();
    return rc;
}

bool pulse_store_is_output(const char *to)
{
    return to != NULL && strcmp(to, "-") == 0;
}

/* Whether two names lie in one directory, and are the same there; or are links to one file. */
static bool is_one_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    char parent[2][PATH_MAX], real[2][PATH_MAX];
    const char *const path[] = {a, b};
    const char *name[2];
    if (stat(a, &of_a) == 0 && stat(b, &of_b) == 0)
        return S_ISREG(of_a.st_mode) && of_a.st_ino == of_b.st_ino && of_a.st_dev == of_b.st_dev;
    for (int i = 0; i < 2; i++) {
        const char *slash = strrchr(path[i], '/');
        name[i] = slash == NULL ? path[i] : slash + 1;
        if (snprintf(parent[i], PATH_MAX, "./%.*s", (int)(name[i] - path[i]), path[i]) >= PATH_MAX)
            return false;
        if (realpath(path[i][0] == '/' ? parent[i] + 2 : parent[i], real[i]) == NULL)
            return false;
    }
    return strcmp(name[0], name[1]) == 0 && strcmp(real[0], real[1]) == 0;
}

static bool is_one(const struct pulse_store_use *a, const struct pulse_store_use *b)
{
    if (a->path == NULL || b->path == NULL || (a->read && b->read))
        return false;
    const bool output = pulse_store_is_output(a->path);
    if (output || pulse_store_is_output(b->path) || pulse_store_is_s3(a->path) ||
        pulse_store_is_s3(b->path))
        return strcmp(a->path, b->path) == 0;
    return is_one_file(a->path, b->path);
}

int pulse_store_refuse_shared(const struct pulse_store_use *uses, int64_t n, struct pulse_err *err)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            if (is_one(&uses[j], &uses[i]))
                return pulse_fail(err, PULSE_E_USAGE,
                                  "%s and %s are one %s, %s: name another one for %s", uses[j].what,
                                  uses[i].what,
                                  pulse_store_is_output(uses[i].path) ? "stream" : "file",
                                  uses[i].path, uses[i].read ? uses[j].what : uses[i].what);
    return 0;
}

int pulse_store_text_open(const char *to, struct pulse_store_text *text, struct pulse_err *err)
{
    *text = (struct pulse_store_text){.to = to};
    text->out = pulse_store_is_output(to) ? stdout : open_memstream(&text->bytes, &text->n);
    return text->out != NULL ? 0 : pulse_fail(err, PULSE_E_MEMORY, "out of memory for %s", to);
}

int pulse_store_text_close(struct pulse_store_text *text, int status, struct pulse_err *err)
{
    if (text->out == stdout)
        return status;
    const bool full = ferror(text->out) != 0;
    if ((fclose(text->out) != 0 || full) && status == 0)
        status = pulse_fail(err, PULSE_E_MEMORY, "out of memory for %s", text->to);
    if (status == 0)
        status = pulse_store_put(text->bytes, (int64_t)text->n, text->to, err);
    free(text->bytes);
    return status;
}

void pulse_store_watch_puts(void (*at)(void *context, double share), void *context)
{
    pulse_s3_watch_puts(at, context);
}

int pulse_store_delete(const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_delete(uri, err) : pulse_file_delete(uri, err);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_copy_object(const char *from, const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_s3_copy(from, uri, err);
    pulse_store_lock_release();
    return rc;
}

int pulse_store_abort_uploads(const char *prefix, bool (*goes)(const char *name),
                              struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc = pulse_s3_abort_uploads(prefix, goes, err);
    pulse_store_lock_release();
    return rc;
}
