#include "report/local_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/temporary.h"
#include "results/part_name.h"
#include "store/store.h"

/* What a trial of pulse-tune has of results.h5. */
static const char losses_name[] = "losses.h5";

/* Results are a directory, and results.h5 in it is at hand to be named instead. */
static int refuse_file(const char *results, struct pulse_err *err)
{
    struct stat info;
    if (pulse_store_is_s3(results) || stat(results, &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: is a file; name the directory of a run's results, in which "
                      "summary.json and results.h5 are",
                      results);
}

/* Of `summary`, NULL where it was no JSON; a run has predicted some variable. */
static json_t *check_summary(json_t *summary, const char *uri, const json_error_t *fault,
                             struct pulse_err *err)
{
    if (summary == NULL)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s, line %d: %s; train again", uri, fault->line,
                         fault->text);
    else if (json_object_size(json_object_get(summary, "metrics")) == 0)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: not the summary of a run; name what --output of pulse-train named",
                         uri);
    if (err->kind == PULSE_OK)
        return summary;
    json_decref(summary);
    return NULL;
}

json_t *pulse_local_results_summary(const char *results, struct pulse_err *err)
{
    enum { MOST_BYTES = 1 << 30 };
    struct pulse_object *object = NULL;
    json_t *summary = NULL;
    json_error_t fault;
    char *text = NULL, *uri = NULL;
    if (refuse_file(results, err) == 0)
        uri = pulse_store_join(results, "summary.json", err);
    if (uri == NULL || pulse_store_open(uri, &object, err) != 0)
        goto done;
    const int64_t bytes = pulse_store_size(object);
    if (bytes > MOST_BYTES) {
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: too large for a summary", uri);
        goto done;
    }
    text = pulse_calloc(bytes, 1, "the summary", err);
    if (text == NULL || pulse_store_read(object, 0, text, bytes, err) != 0)
        goto done;
    summary = json_loadb(text, (size_t)bytes, JSON_REJECT_DUPLICATES, &fault);
    summary = check_summary(summary, uri, &fault, err);
done:
    pulse_store_close(object);
    free(uri);
    free(text);
    return summary;
}

/* Copies an object into the file `path`, piece by piece. */
static int copy_object(const char *uri, const char *path, struct pulse_err *err)
{
    enum { PIECE = 8 << 20 };
    struct pulse_object *object = NULL;
    struct pulse_writer writer = {0};
    int status = -1;
    char *piece = pulse_calloc(PIECE, 1, "a piece of results.h5", err);
    if (piece == NULL || pulse_store_open(uri, &object, err) != 0 ||
        pulse_writer_open(&writer, path, err) != 0)
        goto done;
    const int64_t bytes = pulse_store_size(object);
    pulse_store_will_read(object, 0, bytes);
    for (int64_t at = 0; at < bytes; at += PIECE) {
        const int64_t n = bytes - at < PIECE ? bytes - at : PIECE;
        if (pulse_store_read(object, at, piece, n, err) != 0)
            goto done;
        (void)fwrite(piece, 1, (size_t)n, writer.stream); /* commit reports whether it went well */
    }
    status = pulse_writer_commit(&writer, err);
done:
    pulse_writer_discard(&writer);
    pulse_store_close(object);
    free(piece);
    return status;
}

/* Copies an object of the results into the directory `scratch`. */
static int copy_into(const char *scratch, const char *results, const char *name,
                     struct pulse_err *err)
{
    char *uri = pulse_store_join(results, name, err), *path = pulse_store_join(scratch, name, err);
    const int status = uri == NULL || path == NULL ? -1 : copy_object(uri, path, err);
    free(path);
    free(uri);
    return status;
}

/* What the summary calls a file of the results; the name that everybody knows where it says none,
 * or none that it could have. */
static const char *read_file_name(const json_t *summary, enum pulse_result_file file)
{
    const char *name = json_string_value(
        json_object_get(json_object_get(summary, "results"), pulse_file_key(file)));
    const bool losses =
        file == PULSE_FILE_RESULTS && name != NULL && strcmp(name, losses_name) == 0;
    return losses || (name != NULL && pulse_file_is_name(file, name)) ? name
                                                                      : pulse_file_names[file];
}

/* The names of the parts of results.h5 that the summary lists: NULL after the last one, and where
 * what is listed is no name of a part. */
static const char *read_part_name(const json_t *summary, size_t i)
{
    const json_t *parts = json_object_get(json_object_get(summary, "results"), "parts");
    const char *name = json_string_value(json_object_get(json_array_get(parts, i), "file"));
    return name != NULL && pulse_part_is_name(name) ? name : NULL;
}

/* A local results.h5, whatever its name: that of the directory, or a copy in the scratch directory,
 * which is made for it, as are those of its parts. */
static char *find_local_results(const char *results, struct pulse_local_results *local,
                                struct pulse_err *err)
{
    const json_t *summary = local->summary;
    const char *file = read_file_name(summary, PULSE_FILE_RESULTS), *name;
    char *scratch = local->scratch;
    if (!pulse_store_is_s3(results))
        return pulse_store_join(results, file, err);
    local->lock = pulse_temporary_make("pulse-report", pulse_file_is_remnant, scratch,
                                       sizeof local->scratch, err);
    if (local->lock < 0 || copy_into(scratch, results, file, err) != 0)
        return NULL;
    for (size_t i = 0; (name = read_part_name(summary, i)) != NULL; i++)
        if (copy_into(scratch, results, name, err) != 0)
            return NULL;
    return pulse_store_join(scratch, file, err);
}

static void remove_copy(const char *scratch, const char *name)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *path = pulse_store_join(scratch, name, &ignored);
    if (path != NULL)
        (void)unlink(path);
    free(path);
}

static void remove_copies(const char *scratch, const json_t *summary)
{
    const char *name;
    remove_copy(scratch, read_file_name(summary, PULSE_FILE_RESULTS));
    for (size_t i = 0; (name = read_part_name(summary, i)) != NULL; i++)
        remove_copy(scratch, name);
    (void)rmdir(scratch);
}

int pulse_local_results_open(const char *results, struct pulse_local_results *local,
                             struct pulse_err *err)
{
    *local = (struct pulse_local_results){0};
    local->summary = pulse_local_results_summary(results, err);
    if (local->summary != NULL)
        local->path = find_local_results(results, local, err);
    return local->path != NULL ? 0 : -1;
}

void pulse_local_results_close(struct pulse_local_results *local)
{
    if (local->scratch[0] != '\0')
        remove_copies(local->scratch, local->summary);
    if (local->lock > 0)
        (void)close(local->lock);
    json_decref(local->summary);
    free(local->path);
    *local = (struct pulse_local_results){0};
}

const char *pulse_local_results_name(const struct pulse_local_results *local,
                                     enum pulse_result_file file)
{
    return read_file_name(local->summary, file);
}
