#include "tune/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "evaluate/losses.h"
#include "store/store.h"

/* ---- Objects ------------------------------------------------------------------------- */

/* The whole of a file or object of at most `most` bytes, followed by a 0; to be freed. */
static char *read_object(const char *uri, int64_t most, int64_t *n, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    char *bytes = NULL;
    if (pulse_store_open(uri, &object, err) != 0)
        return NULL;
    *n = pulse_store_size(object);
    if (*n > most)
        (void)pulse_fail(err, PULSE_E_USAGE, "%s: larger than %lld KiB: that is none of a study",
                         uri, (long long)(most >> 10));
    else
        bytes = pulse_calloc(*n + 1, 1, uri, err);
    if (bytes != NULL && pulse_store_read(object, 0, bytes, *n, err) != 0) {
        free(bytes);
        bytes = NULL;
    }
    pulse_store_close(object);
    return bytes;
}

char *pulse_study_path(const char *study, const char *folder, const char *digest,
                       struct pulse_err *err)
{
    char *above = pulse_store_join(study, folder, err);
    char *path = above == NULL ? NULL : pulse_store_join(above, digest, err);
    free(above);
    return path;
}

char *pulse_study_read_text(const char *study, int64_t *n, struct pulse_err *err)
{
    enum { MOST_BYTES = 1 << 20 };
    char *path = pulse_store_join(study, PULSE_STUDY_SPACE, err);
    char *bytes = path == NULL ? NULL : read_object(path, MOST_BYTES, n, err);
    free(path);
    return bytes;
}

int pulse_study_parse_space(const char *study, const char *bytes, int64_t n,
                            struct pulse_space *space, struct pulse_err *err)
{
    *space = (struct pulse_space){0};
    char *path = pulse_store_join(study, PULSE_STUDY_SPACE, err);
    const int status = path == NULL ? -1 : pulse_space_read(path, bytes, n, space, err);
    free(path);
    return status;
}

int pulse_study_read_space(const char *study, struct pulse_space *space, struct pulse_err *err)
{
    int64_t n = 0;
    *space = (struct pulse_space){0};
    char *bytes = pulse_study_read_text(study, &n, err);
    const int status = bytes == NULL ? -1 : pulse_study_parse_space(study, bytes, n, space, err);
    free(bytes);
    return status;
}

/* ---- Records ------------------------------------------------------------------------- */

static int copy_text(const json_t *trial, const char *key, char **out, struct pulse_err *err)
{
    const char *text = json_string_value(json_object_get(trial, key));
    if (text != NULL)
        *out = pulse_strdup(text, err);
    return text != NULL && *out == NULL ? -1 : 0;
}

static void copy_digest(const json_t *trial, const char *key, char out[PULSE_DIGEST_TEXT])
{
    const char *text = json_string_value(json_object_get(trial, key));
    out[0] = '\0';
    if (text != NULL && strlen(text) < PULSE_DIGEST_TEXT)
        (void)strcpy(out, text);
}

/* Whether losses.h5 is as long as it was when it was written: the summary comes after it, but a
 * loss of power may leave that alone. */
static int find_losses(const json_t *trial, const char *directory, bool *there,
                       struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    const json_int_t bytes = json_integer_value(json_object_get(trial, "losses_bytes"));
    char *path = pulse_store_join(directory, PULSE_LOSSES_FILE, err);
    const int status = path == NULL ? -1 : pulse_store_open_if_any(path, &object, err);
    *there = object != NULL && pulse_store_size(object) == bytes;
    pulse_store_close(object);
    free(path);
    return status;
}

/* Whether it names its options, which others build command lines of. */
static bool has_options(const json_t *trial)
{
    const json_t *words = json_object_get(trial, "words");
    bool all = json_is_array(words) && json_is_string(json_object_get(trial, "options"));
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        all = all && word != NULL && strncmp(word, "--", 2) == 0;
    }
    return all;
}

/* A trial whose files are damaged is one that was not run; one whose files cannot be had for now is
 * an error. */
static int read_state(const json_t *trial, const char *directory, enum pulse_trial_state *state,
                      struct pulse_err *err)
{
    const char *word = json_string_value(json_object_get(trial, "state"));
    bool there = false;
    *state = PULSE_TRIAL_WAITING;
    if (word == NULL || !has_options(trial))
        return 0;
    if (strcmp(word, "failed") == 0)
        *state = PULSE_TRIAL_FAILED;
    else if (strcmp(word, "done") == 0 && find_losses(trial, directory, &there, err) != 0)
        return -1;
    if (there)
        *state = PULSE_TRIAL_DONE;
    return 0;
}

static int read_trial(const json_t *trial, struct pulse_trial_record *record, struct pulse_err *err)
{
    record->k = json_integer_value(json_object_get(trial, "k"));
    record->seconds = json_number_value(json_object_get(trial, "seconds"));
    record->vcpu_seconds = json_number_value(json_object_get(trial, "vcpu_seconds"));
    record->words = json_incref(json_object_get(trial, "words"));
    record->windows_failed = json_integer_value(json_object_get(trial, "windows_failed"));
    copy_digest(trial, "digest", record->digest);
    copy_digest(trial, "data", record->data);
    copy_digest(trial, "command", record->command);
    return copy_text(trial, "options", &record->options, err) != 0
               ? -1
               : copy_text(trial, "reason", &record->reason, err);
}

int pulse_study_read_record(const char *study, const char *folder, const char *digest,
                            struct pulse_trial_record *record, struct pulse_err *err)
{
    enum { MOST_BYTES = 256 << 20 };
    struct pulse_err absent = {.kind = PULSE_OK};
    int64_t n = 0;
    int status = -1;
    *record = (struct pulse_trial_record){0};
    char *directory = pulse_study_path(study, folder, digest, err);
    char *path = directory == NULL ? NULL : pulse_store_join(directory, "summary.json", err);
    char *bytes = path == NULL ? NULL : read_object(path, MOST_BYTES, &n, &absent);
    if (bytes != NULL) {
        json_t *summary = json_loadb(bytes, (size_t)n, 0, NULL);
        const json_t *trial = json_object_get(summary, "trial");
        status = read_state(trial, directory, &record->state, err);
        if (record->state != PULSE_TRIAL_WAITING)
            status = read_trial(trial, record, err);
        json_decref(summary);
    } else if (path != NULL && (absent.kind == PULSE_E_INPUT || absent.kind == PULSE_E_CHANGED))
        status = 0;
    else if (path != NULL)
        *err = absent;
    free(bytes);
    free(path);
    free(directory);
    return status;
}

void pulse_trial_record_clear(struct pulse_trial_record *record)
{
    free(record->options);
    free(record->reason);
    json_decref(record->words);
    *record = (struct pulse_trial_record){0};
}

/* ---- Writing ------------------------------------------------------------------------- */

/* On disk without waiting for it: a trial that a loss of power damaged is run again. */
static int write_local(const char *path, const void *bytes, int64_t n, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    (void)fwrite(bytes, 1, (size_t)n, writer.stream); /* commit reports whether it went well */
    return pulse_writer_commit_unsynced(&writer, err);
}

static int put_file(const char *directory, const char *name, const void *bytes, int64_t n,
                    struct pulse_err *err)
{
    char *path = pulse_store_join(directory, name, err);
    const int status = path == NULL              ? -1
                       : pulse_store_is_s3(path) ? pulse_store_put(bytes, n, path, err)
                                                 : write_local(path, bytes, n, err);
    free(path);
    return status;
}

static int put_json(const char *directory, const json_t *summary, struct pulse_err *err)
{
    char *text = json_dumps(summary, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    if (text == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for a trial's summary");
    const int64_t n = (int64_t)strlen(text);
    text[n] = '\n'; /* instead of the final zero: it is written by its length */
    const int status = put_file(directory, "summary.json", text, n + 1, err);
    free(text);
    return status;
}

int pulse_study_put_trial(const char *study, const char *folder, const char *digest,
                          const json_t *summary, const void *losses, int64_t n,
                          struct pulse_err *err)
{
    char *directory = pulse_study_path(study, folder, digest, err);
    int status = directory == NULL ? -1 : 0;
    if (status == 0 && !pulse_store_is_s3(study)) {
        const int failed = pulse_make_directories(directory, 0777);
        if (failed != 0)
            status = pulse_fail_writing(err, failed, "making %s", directory);
    }
    if (status == 0 && losses != NULL)
        status = put_file(directory, PULSE_LOSSES_FILE, losses, n, err);
    if (status == 0)
        status = put_json(directory, summary, err);
    free(directory);
    return status;
}

int pulse_study_list(const char *study, const char *folder, char ***names, int64_t *n,
                     struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    struct pulse_err absent = {.kind = PULSE_OK};
    *n = 0;
    *names = NULL;
    char *path = pulse_store_join(study, folder, err);
    int status = path == NULL ? -1 : pulse_store_list(path, true, &listing, &absent);
    if (path != NULL && status != 0 && absent.kind == PULSE_E_INPUT)
        status = 0;
    else if (path != NULL && status != 0)
        *err = absent;
    if (status == 0)
        *names = pulse_calloc(listing.n, sizeof **names, "the trials", err);
    for (int64_t i = 0; *names != NULL && i < listing.n; i++)
        if (listing.entries[i].directory) {
            (*names)[*n] = listing.entries[i].name; /* taken over */
            listing.entries[i].name = NULL;
            (*n)++;
        }
    pulse_listing_clear(&listing);
    free(path);
    return status == 0 && *names != NULL ? 0 : -1;
}
