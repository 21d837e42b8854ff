#include "checkpoint/checkpoint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "checkpoint/kept_sums.h"
#include "store/store.h"

const char pulse_checkpoint_description[] = "checkpoint.json";

static const char ending[] = ".spans";

/* ---- Names ---------------------------------------------------------------------- */

void pulse_checkpoint_file_name(const struct pulse_digest *fingerprint, const char *content,
                                int64_t bytes, struct pulse_checkpoint_file *out)
{
    char run[PULSE_DIGEST_TEXT], end[PULSE_DIGEST_TEXT];
    const struct pulse_digest digest = pulse_digest_of(content, bytes);
    (void)snprintf(out->name, sizeof out->name, "%s-%06lld-%06lld-%.16s%s",
                   pulse_digest_text(fingerprint, run), (long long)out->first, (long long)out->last,
                   pulse_digest_text(&digest, end), ending);
}

/* Reads "-" and decimal digits, and moves on. */
static bool read_number(const char **at, int64_t *out)
{
    if (**at != '-' || !isdigit((unsigned char)(*at)[1]))
        return false;
    *at = pulse_parse_digits(*at + 1, out);
    return *at != NULL;
}

/* Whether it is the name of a checkpoint file, and whose. */
static bool parse_name(const char *name, char run[PULSE_DIGEST_TEXT],
                       struct pulse_checkpoint_file *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = name + 32;
    if (strlen(name) >= sizeof out->name || strspn(name, digits) != 32)
        return false;
    (void)snprintf(run, PULSE_DIGEST_TEXT, "%.32s", name);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    return read_number(&at, &out->first) && read_number(&at, &out->last) && *at == '-' &&
           strspn(at + 1, digits) == 16 && strcmp(at + 17, ending) == 0;
}

/* ---- Looking -------------------------------------------------------------------- */

/* A file or object of the location. */
static int read_whole(const char *location, const char *name, int64_t most, struct pulse_whole *out,
                      struct pulse_err *err)
{
    char *path = pulse_store_join(location, name, err);
    const int status = path == NULL ? -1 : pulse_whole_read(path, most, out, err);
    free(path);
    return status;
}

/* The description that lies there, if one can be read. */
static void read_description(const char *location, struct pulse_checkpoint_found *out)
{
    enum { MOST = 256 << 20 };
    struct pulse_err ignored = {.kind = PULSE_OK};
    (void)read_whole(location, pulse_checkpoint_description, MOST, &out->description, &ignored);
}

static int add_file(struct pulse_checkpoint_found *out, int64_t *capacity,
                    const struct pulse_checkpoint_file *file, struct pulse_err *err)
{
    if (pulse_grow(&out->files, capacity, out->n + 1, sizeof *out->files, "the checkpoint", err) !=
        0)
        return -1;
    out->files[out->n++] = *file;
    return 0;
}

/* What is in `location`; one that is not there holds nothing. */
static int list_location(const char *location, struct pulse_listing *listing, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    *listing = (struct pulse_listing){0};
    if (!pulse_store_is_s3(location) && access(location, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (pulse_store_list(location, false, listing, &why) == 0)
        return 0;
    if (pulse_store_is_s3(location) && why.kind == PULSE_E_INPUT)
        return 0; /* no object under this prefix */
    *err = why;
    return -1;
}

int pulse_checkpoint_find(const char *location, const struct pulse_digest *fingerprint,
                          struct pulse_checkpoint_found *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    char ours[PULSE_DIGEST_TEXT], run[PULSE_DIGEST_TEXT];
    int64_t capacity = 0;
    *out = (struct pulse_checkpoint_found){0};
    if (list_location(location, &listing, err) != 0)
        return -1;
    int status = 0;
    (void)pulse_digest_text(fingerprint, ours);
    for (int64_t i = 0; status == 0 && i < listing.n; i++) {
        struct pulse_checkpoint_file file;
        if (!parse_name(listing.entries[i].name, run, &file))
            continue;
        if (strcmp(run, ours) == 0)
            status = add_file(out, &capacity, &file, err);
        else
            out->others++;
    }
    pulse_listing_clear(&listing);
    if (status == 0 && (out->n > 0 || out->others > 0))
        read_description(location, out);
    return status;
}

void pulse_checkpoint_found_clear(struct pulse_checkpoint_found *found)
{
    free(found->files);
    pulse_whole_clear(&found->description);
    *found = (struct pulse_checkpoint_found){0};
}

/* ---- Reading -------------------------------------------------------------------- */

/* Bytes of a file that holds all that this plan has, and as much again as the run of a longer panel
 * puts into one: none is larger. */
static int64_t most_bytes(const struct pulse_plan *plan)
{
    const int64_t cells = plan->sizes.C * plan->sizes.E * plan->sizes.T, longer = INT64_C(64) << 20;
    return longer + 256 * plan->n_spans + 8 * (plan->n_windows + cells);
}

/* The spans of the i-th file, read into `content`; *n is how many, −1 of one that is damaged. */
static int open_file(const struct pulse_checkpoint_files *files, int64_t i,
                     struct pulse_whole *content, int64_t *n, struct pulse_err *err)
{
    if (content->bytes == NULL && read_whole(files->location, files->found->files[i].name,
                                             most_bytes(files->shape->plan), content, err) != 0)
        return -1;
    *n = pulse_span_record_open(content->bytes, content->n, files->fingerprint);
    return 0;
}

static int fail_damaged(const struct pulse_checkpoint_files *files, int64_t i,
                        struct pulse_err *err)
{
    const char *location = files->location;
    return pulse_fail(err, PULSE_E_INPUT, "%s%s%s is damaged", location,
                      location[strlen(location) - 1] == '/' ? "" : "/",
                      files->found->files[i].name);
}

int pulse_checkpoint_spans_init(struct pulse_checkpoint_spans *spans, int64_t n_spans,
                                int64_t n_files, struct pulse_err *err)
{
    *spans = (struct pulse_checkpoint_spans){
        .done = pulse_calloc(n_spans, sizeof *spans->done, "the checkpoint", err),
        .kept = pulse_calloc(n_spans, sizeof *spans->kept, "the checkpoint", err),
        .saved = pulse_calloc(n_spans, sizeof *spans->saved, "the checkpoint", err),
        .source = pulse_calloc(n_spans, sizeof *spans->source, "the checkpoint", err),
        .content = pulse_calloc(n_files, sizeof *spans->content, "the checkpoint", err)};
    spans->n_files = spans->content == NULL ? 0 : n_files;
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_checkpoint_spans_clear(struct pulse_checkpoint_spans *spans)
{
    for (int64_t i = 0; i < spans->n_files; i++)
        pulse_whole_clear(&spans->content[i]);
    free(spans->done);
    free(spans->kept);
    free(spans->saved);
    free(spans->source);
    free(spans->content);
    *spans = (struct pulse_checkpoint_spans){0};
}

/* Whether some of the n spans of an opened file are not the plan's: rows have changed since. */
static bool holds_stale(const struct pulse_span_record_shape *shape, const char *content, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        if (pulse_span_record_span(shape, content, k) < 0)
            return true;
    return false;
}

/* Those of the n spans of the opened i-th file that the caller asked for. −1: one is damaged. */
static int take_from(const struct pulse_span_record_shape *shape, const char *content, int64_t n,
                     int64_t i, int64_t first_span, int64_t end_span,
                     struct pulse_checkpoint_spans *spans)
{
    const bool stale = holds_stale(shape, content, n);
    int status = 0;
    for (int64_t k = 0; k < n; k++) {
        const int64_t span = pulse_span_record_span(shape, content, k);
        if (span < first_span || span >= end_span || spans->done[span])
            continue; /* stale, or another rank's */
        spans->done[span] = pulse_span_record_take(shape, content, k, &spans->saved[span]);
        spans->kept[span] = spans->done[span] && !stale;
        if (spans->done[span])
            spans->source[span] = (int)i + 1;
        else
            status = -1;
    }
    return status;
}

/* What the i-th file was good for. */
static int use_of(const struct pulse_checkpoint_spans *spans, int64_t n_spans, int64_t i)
{
    for (int64_t s = 0; s < n_spans; s++)
        if (spans->source[s] == i + 1)
            return spans->kept[s] ? PULSE_FILE_KEPT : PULSE_FILE_STALE;
    return PULSE_FILE_UNUSED;
}

int pulse_checkpoint_take(const struct pulse_checkpoint_files *files, int64_t i, int64_t first_span,
                          int64_t end_span, struct pulse_checkpoint_spans *spans, int *use,
                          struct pulse_err *err)
{
    const struct pulse_span_record_shape *shape = files->shape;
    struct pulse_whole *content = &spans->content[i];
    int64_t n;
    *use = PULSE_FILE_UNUSED;
    if (open_file(files, i, content, &n, err) != 0)
        return -1;
    int status = n < 0 ? -1 : take_from(shape, content->bytes, n, i, first_span, end_span, spans);
    if (status != 0)
        status = fail_damaged(files, i, err);
    *use = use_of(spans, shape->plan->n_spans, i);
    if (*use == PULSE_FILE_UNUSED)
        pulse_whole_clear(content);
    return status;
}

/* Whether another rank took a span from the i-th file. */
static bool is_shared(const struct pulse_checkpoint_spans *spans, int64_t n_spans, int64_t i)
{
    for (int64_t s = 0; s < n_spans; s++)
        if (spans->source[s] == i + 1 && spans->saved[s].value == NULL)
            return true;
    return false;
}

int pulse_checkpoint_share(const struct pulse_checkpoint_files *files,
                           struct pulse_checkpoint_spans *spans, struct pulse_err *err)
{
    const struct pulse_span_record_shape *shape = files->shape;
    const int64_t n_spans = shape->plan->n_spans;
    for (int64_t i = 0; i < spans->n_files; i++) {
        struct pulse_whole *content = &spans->content[i];
        int64_t n;
        if (!is_shared(spans, n_spans, i))
            continue;
        if (open_file(files, i, content, &n, err) != 0)
            return -1;
        for (int64_t k = 0; k < n; k++) {
            const int64_t s = pulse_span_record_span(shape, content->bytes, k);
            if (s >= 0 && spans->source[s] == i + 1 && spans->saved[s].value == NULL)
                spans->saved[s] = pulse_span_record_at(content->bytes, k);
        }
        if (is_shared(spans, n_spans, i))
            return fail_damaged(files, i, err);
    }
    return 0;
}

/* ---- Removing ------------------------------------------------------------------- */

static int remove_one(const char *location, const char *name, struct pulse_err *err)
{
    char *path = pulse_store_join(location, name, err);
    int status = path == NULL ? -1 : pulse_store_delete(path, err);
    free(path);
    return status;
}

int pulse_checkpoint_remove_files(const char *location, const struct pulse_checkpoint_found *found,
                                  const int *uses, enum pulse_checkpoint_use use,
                                  struct pulse_err *err)
{
    int status = 0;
    for (int64_t i = 0; status == 0 && i < found->n; i++)
        if (uses[i] == (int)use)
            status = remove_one(location, found->files[i].name, err);
    return status;
}

int pulse_checkpoint_remove(const char *location, const struct pulse_digest *fingerprint,
                            struct pulse_err *err)
{
    struct pulse_listing listing;
    char ours[PULSE_DIGEST_TEXT] = "", run[PULSE_DIGEST_TEXT];
    bool described = false, summed = false, others = false;
    if (list_location(location, &listing, err) != 0)
        return -1;
    int status = 0;
    if (fingerprint != NULL)
        (void)pulse_digest_text(fingerprint, ours);
    for (int64_t i = 0; status == 0 && i < listing.n; i++) {
        struct pulse_checkpoint_file file;
        const char *name = listing.entries[i].name;
        described = described || strcmp(name, pulse_checkpoint_description) == 0;
        summed = summed || strcmp(name, pulse_kept_sums_name) == 0;
        if (!parse_name(name, run, &file))
            continue;
        if (fingerprint == NULL || strcmp(run, ours) == 0)
            status = remove_one(location, name, err);
        else
            others = true;
    }
    pulse_listing_clear(&listing);
    if (status == 0 && summed && !others)
        status = remove_one(location, pulse_kept_sums_name, err);
    if (status == 0 && described && !others)
        status = remove_one(location, pulse_checkpoint_description, err);
    if (!pulse_store_is_s3(location)) {
        pulse_writer_sweep(location, ending);
        pulse_writer_sweep(location, pulse_checkpoint_description);
        pulse_writer_sweep(location, pulse_kept_sums_name);
        (void)rmdir(location); /* stays where something else is in it */
    }
    return status;
}
