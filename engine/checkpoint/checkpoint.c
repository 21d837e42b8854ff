#include "checkpoint/checkpoint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "checkpoint/run_fingerprint.h"
#include "store/store.h"

const char pulse_checkpoint_description[] = "checkpoint.json";

static const char ending[] = ".spans";

/* ---- Names ---------------------------------------------------------------------- */

void pulse_checkpoint_file_name(const struct pulse_digest *identity, const char *pack,
                                int64_t bytes, struct pulse_checkpoint_file *out)
{
    char run[PULSE_DIGEST_TEXT], content[PULSE_DIGEST_TEXT];
    const struct pulse_digest digest = pulse_digest_of(pack, bytes);
    (void)snprintf(out->name, sizeof out->name, "%s-%06lld-%06lld-%.16s%s",
                   pulse_digest_text(identity, run), (long long)out->first, (long long)out->last,
                   pulse_digest_text(&digest, content), ending);
}

/* Reads "-" and decimal digits, and moves on. */
static bool take_number(const char **at, int64_t *out)
{
    char *end;
    if (**at != '-' || !isdigit((unsigned char)(*at)[1]))
        return false;
    *out = strtoll(*at + 1, &end, 10); /* too large a number is the largest: no span's */
    *at = end;
    return true;
}

/* Whether it is the name of a pack, and whose. */
static bool parse_name(const char *name, char run[PULSE_DIGEST_TEXT],
                       struct pulse_checkpoint_file *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = name + 32;
    if (strlen(name) >= sizeof out->name || strspn(name, digits) != 32)
        return false;
    (void)snprintf(run, PULSE_DIGEST_TEXT, "%.32s", name);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    return take_number(&at, &out->first) && take_number(&at, &out->last) && *at == '-' &&
           strspn(at + 1, digits) == 16 && strcmp(at + 17, ending) == 0;
}

/* ---- Looking -------------------------------------------------------------------- */

/* A whole file or object, and its size; NULL with an error. To be freed. */
static char *read_whole(const char *place, const char *name, int64_t most, int64_t *bytes,
                        struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    char *content = NULL, *path = pulse_store_join(place, name, err);
    int status = -1;
    if (path == NULL || pulse_store_open(path, &object, err) != 0)
        goto done;
    *bytes = pulse_store_size(object);
    if (*bytes > most) {
        (void)pulse_fail(err, PULSE_E_INPUT, "%s is larger than it can be", path);
        goto done;
    }
    content = pulse_calloc(*bytes + 1, 1, "a checkpoint", err);
    if (content != NULL) {
        const struct pulse_range all = {0, *bytes, content};
        status = pulse_store_read_ranges(object, &all, *bytes > 0, err);
    }
done:
    pulse_store_close(object);
    free(path);
    if (status == 0)
        return content;
    free(content);
    return NULL;
}

/* How the description that lies there differs from ours. */
static void compare(const char *place, const char *text, struct pulse_checkpoint_found *out)
{
    enum { MOST = 64 << 20 };
    struct pulse_err ignored = {.kind = PULSE_OK};
    int64_t bytes = 0;
    char *theirs = read_whole(place, pulse_checkpoint_description, MOST, &bytes, &ignored);
    out->described =
        theirs != NULL && (size_t)bytes == strlen(text) && memcmp(theirs, text, (size_t)bytes) == 0;
    if (out->described)
        (void)snprintf(out->why, sizeof out->why, "it is of an earlier run");
    else if (theirs == NULL || !pulse_run_fingerprint_difference(theirs, bytes, text, out->why,
                                                                 (int64_t)sizeof out->why))
        (void)snprintf(out->why, sizeof out->why, "%s in it is missing or damaged",
                       pulse_checkpoint_description);
    free(theirs);
}

static int add_pack(struct pulse_checkpoint_found *out, int64_t *room,
                    const struct pulse_checkpoint_file *pack, struct pulse_err *err)
{
    if (pulse_grow(&out->packs, room, out->n + 1, sizeof *out->packs, "the checkpoint", err) != 0)
        return -1;
    out->packs[out->n++] = *pack;
    return 0;
}

/* What is in the place; one that is not there holds nothing. */
static int list(const char *place, struct pulse_listing *listing, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    *listing = (struct pulse_listing){0};
    if (!pulse_store_is_s3(place) && access(place, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (pulse_store_list(place, false, listing, &why) == 0)
        return 0;
    if (pulse_store_is_s3(place) && why.kind == PULSE_E_INPUT)
        return 0; /* no object under this prefix */
    *err = why;
    return -1;
}

int pulse_checkpoint_find(const char *place, const char *text, const struct pulse_digest *identity,
                          struct pulse_checkpoint_found *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    char ours[PULSE_DIGEST_TEXT], run[PULSE_DIGEST_TEXT];
    int64_t room = 0;
    *out = (struct pulse_checkpoint_found){0};
    if (list(place, &listing, err) != 0)
        return -1;
    int status = 0;
    (void)pulse_digest_text(identity, ours);
    for (int64_t i = 0; status == 0 && i < listing.n; i++) {
        struct pulse_checkpoint_file pack;
        if (!parse_name(listing.entries[i].name, run, &pack))
            continue;
        if (strcmp(run, ours) == 0)
            status = add_pack(out, &room, &pack, err);
        else
            out->others++;
    }
    pulse_listing_clear(&listing);
    if (status == 0 && (out->n > 0 || out->others > 0))
        compare(place, text, out);
    return status;
}

void pulse_checkpoint_found_clear(struct pulse_checkpoint_found *found)
{
    free(found->packs);
    *found = (struct pulse_checkpoint_found){0};
}

/* ---- Reading -------------------------------------------------------------------- */

/* Bytes of a pack that holds all that this plan has: no pack is larger. */
static int64_t most_bytes(const struct pulse_plan *plan)
{
    const int64_t cells = plan->sizes.L * plan->sizes.E * plan->sizes.T;
    return 4096 + 256 * plan->n_spans + 8 * (plan->n_windows + cells);
}

static int damaged(const char *place, const struct pulse_checkpoint_file *pack,
                   struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s%s%s is damaged", place,
                      place[strlen(place) - 1] == '/' ? "" : "/", pack->name);
}

int pulse_checkpoint_take(const char *place, const struct pulse_checkpoint_file *pack,
                          const struct pulse_digest *identity,
                          const struct pulse_span_record_shape *shape, int64_t first_span,
                          int64_t end_span, bool *done, struct pulse_candidates *into,
                          struct pulse_err *err)
{
    int64_t bytes = 0;
    int status = 0;
    char *content = read_whole(place, pack->name, most_bytes(shape->plan), &bytes, err);
    if (content == NULL)
        return -1;
    const int64_t n = pulse_span_record_open(content, bytes, identity);
    if (n < 0)
        status = damaged(place, pack, err);
    for (int64_t k = 0; k < n; k++) {
        const int64_t span = pulse_span_record_span(shape, content, k);
        if (span >= 0 && (span < first_span || span >= end_span || done[span]))
            continue; /* another rank's */
        if (span >= 0 && pulse_span_record_take(shape, content, k, into))
            done[span] = true;
        else
            status = damaged(place, pack, err);
    }
    free(content);
    return status;
}

/* ---- Removing ------------------------------------------------------------------- */

static int remove_one(const char *place, const char *name, struct pulse_err *err)
{
    char *path = pulse_store_join(place, name, err);
    int status = path == NULL ? -1 : pulse_store_delete(path, err);
    free(path);
    return status;
}

int pulse_checkpoint_remove(const char *place, const struct pulse_digest *identity,
                            struct pulse_err *err)
{
    struct pulse_listing listing;
    char ours[PULSE_DIGEST_TEXT] = "", run[PULSE_DIGEST_TEXT];
    bool described = false, others = false;
    if (list(place, &listing, err) != 0)
        return -1;
    int status = 0;
    if (identity != NULL)
        (void)pulse_digest_text(identity, ours);
    for (int64_t i = 0; status == 0 && i < listing.n; i++) {
        struct pulse_checkpoint_file pack;
        const char *name = listing.entries[i].name;
        described = described || strcmp(name, pulse_checkpoint_description) == 0;
        if (!parse_name(name, run, &pack))
            continue;
        if (identity == NULL || strcmp(run, ours) == 0)
            status = remove_one(place, name, err);
        else
            others = true;
    }
    pulse_listing_clear(&listing);
    if (status == 0 && described && !others)
        status = remove_one(place, pulse_checkpoint_description, err);
    if (!pulse_store_is_s3(place)) {
        pulse_writer_sweep(place, ending);
        pulse_writer_sweep(place, pulse_checkpoint_description);
        (void)rmdir(place); /* stays where something else is in it */
    }
    return status;
}
