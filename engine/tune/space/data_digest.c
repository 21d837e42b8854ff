#include "tune/space/data_digest.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/pipe.h"
#include "store/store.h"
#include "tune/space/space_file.h"
#include "tune/space/trial_words.h"

enum { PIECE = 8 << 20 };

static struct pulse_digest join_digests(const struct pulse_digest *a, const struct pulse_digest *b)
{
    const struct pulse_digest both[] = {*a, *b};
    return pulse_digest_of(both, sizeof both);
}

/* Of the bytes of a file, piece by piece. */
static int digest_bytes(struct pulse_object *object, struct pulse_digest *out,
                        struct pulse_err *err)
{
    const int64_t bytes = pulse_store_size(object);
    int status = 0;
    char *piece = pulse_calloc(PIECE, 1, "a piece of the data", err);
    *out = pulse_digest_of(&bytes, sizeof bytes);
    pulse_store_will_read(object, 0, bytes);
    for (int64_t at = 0; piece != NULL && status == 0 && at < bytes; at += PIECE) {
        const int64_t n = bytes - at < PIECE ? bytes - at : PIECE;
        status = pulse_store_read(object, at, piece, n, err);
        const struct pulse_digest next = pulse_digest_of(piece, n);
        *out = join_digests(out, &next);
    }
    free(piece);
    return piece == NULL ? -1 : status;
}

static int digest_file(const char *uri, struct pulse_digest *out, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    if (pulse_store_open(uri, &object, err) != 0)
        return -1;
    int status = 0;
    if (pulse_store_is_s3(uri))
        *out = pulse_digest_of_text(pulse_store_version(object));
    else
        status = digest_bytes(object, out, err);
    pulse_store_close(object);
    return status;
}

/* ---- A study among the data -------------------------------------------------------- */

static bool is_study(const struct pulse_listing *listing)
{
    for (int64_t i = 0; i < listing->n; i++)
        if (strcmp(listing->entries[i].name, PULSE_STUDY_SPACE) == 0)
            return true;
    return false;
}

/* What a study has of its own. */
static bool is_of_study(const char *name)
{
    static const char *const own[] = {PULSE_STUDY_SPACE, PULSE_STUDY_TRIALS, PULSE_STUDY_HOLDOUT,
                                      PULSE_STUDY_LEASES};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

/* ---- Directories ------------------------------------------------------------------- */

/* Studies that lie in it do not count, nor what the directory has where it is one itself: each
 * trial would make other data of them. *counts: whether it is none. */
static int digest_directory(const char *uri, const char *top, struct pulse_digest *out,
                            bool *counts, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int status = pulse_store_list(uri, true, &listing, err);
    const bool study = is_study(&listing);
    *counts = !study || uri == top;
    *out = pulse_digest_of_text("directory");
    for (int64_t i = 0; *counts && status == 0 && i < listing.n; i++) {
        const struct pulse_store_entry *entry = &listing.entries[i];
        const struct pulse_digest name = pulse_digest_of_text(entry->name);
        struct pulse_digest content = name;
        bool entry_counts = !study || !is_of_study(entry->name);
        char *inside = pulse_store_join(uri, entry->name, err);
        if (inside == NULL)
            status = -1;
        else if (entry_counts && !entry->directory)
            status = digest_file(inside, &content, err);
        else if (entry_counts && !pulse_store_leads_back(inside, top))
            status = digest_directory(inside, top, &content, &entry_counts, err);
        if (entry_counts) {
            *out = join_digests(out, &name);
            *out = join_digests(out, &content);
        }
        free(inside);
    }
    pulse_listing_clear(&listing);
    return status;
}

static int digest_data(const char *data, struct pulse_digest *out, struct pulse_err *err)
{
    bool directory = false, counts;
    if (pulse_pipe_is(data))
        return pulse_fail(err, PULSE_E_USAGE,
                          "--data %s: a study reads its data again and again; write a file", data);
    if (pulse_store_is_directory(data, &directory, err) != 0)
        return -1;
    return directory ? digest_directory(data, data, out, &counts, err)
                     : digest_file(data, out, err);
}

int pulse_data_digest_default(const struct pulse_space *space, struct pulse_digest *out,
                              struct pulse_err *err)
{
    struct pulse_trial_words words = {0};
    struct pulse_options options = {0};
    int status = -1;
    if (pulse_trial_words_make(space, NULL, false, &words, err) == 0 &&
        pulse_trial_words_parse(&words, &options, err) == 0)
        status = digest_data(options.data, out, err);
    pulse_options_clear(&options);
    pulse_trial_words_clear(&words);
    return status;
}
