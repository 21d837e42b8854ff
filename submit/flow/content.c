#include "submit/flow/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"

enum { BLOCK = 4 << 20 };

/* Digests of a file's blocks, one after the other. */
static int add_blocks(struct pulse_object *object, struct pulse_text_buffer *out,
                      struct pulse_err *err)
{
    const int64_t bytes = pulse_store_size(object);
    char text[PULSE_DIGEST_TEXT], *block = pulse_calloc(BLOCK, 1, "a file", err);
    int status = block == NULL ? -1 : 0;
    for (int64_t at = 0; status == 0 && at < bytes; at += BLOCK) {
        const int64_t n = bytes - at < BLOCK ? bytes - at : BLOCK;
        status = pulse_store_read(object, at, block, n, err);
        if (status == 0) {
            const struct pulse_digest digest = pulse_digest_of(block, n);
            pulse_text_buffer_add(out, pulse_digest_text(&digest, text));
        }
    }
    free(block);
    return status;
}

static int add_object(const char *uri, struct pulse_text_buffer *out, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    if (pulse_store_open(uri, &object, err) != 0)
        return -1;
    int status = 0;
    pulse_text_buffer_print(out, "%lld ", (long long)pulse_store_size(object));
    if (pulse_store_is_s3(uri))
        pulse_text_buffer_add(out, pulse_store_version(object));
    else
        status = add_blocks(object, out, err);
    pulse_store_close(object);
    return status;
}

/* A directory in hand. */
struct folder {
    const char *uri, *top; /* top: the topmost one */
    const struct pulse_flow_content_filter *filter;
};

static int add_directory(const struct folder *folder, const char *above,
                         struct pulse_text_buffer *out, struct pulse_err *err);

/* `name` is what the entry is called from the topmost directory on. */
static int add_entry(const struct folder *folder, const char *path, const char *name,
                     bool directory, struct pulse_text_buffer *out, struct pulse_err *err)
{
    const struct pulse_flow_content_filter *filter = folder->filter;
    if (filter != NULL && filter->leaves_out(filter->context, path))
        return 0;
    if (directory) {
        const struct folder inside = {.uri = path, .top = folder->top, .filter = filter};
        return pulse_store_leads_back(path, folder->top) ? 0
                                                         : add_directory(&inside, name, out, err);
    }
    pulse_text_buffer_print(out, "%s ", name);
    const int status = add_object(path, out, err);
    pulse_text_buffer_add(out, "\n");
    return status;
}

static int add_directory(const struct folder *folder, const char *above,
                         struct pulse_text_buffer *out, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int status = pulse_store_list(folder->uri, true, &listing, err);
    for (int64_t i = 0; status == 0 && i < listing.n; i++) {
        const struct pulse_store_entry *entry = &listing.entries[i];
        char *path = pulse_store_join(folder->uri, entry->name, err);
        char *name = above == NULL ? pulse_strdup(entry->name, err)
                                   : pulse_store_join(above, entry->name, err);
        status = path == NULL || name == NULL
                     ? -1
                     : add_entry(folder, path, name, entry->directory, out, err);
        free(path);
        free(name);
    }
    pulse_listing_clear(&listing);
    return status;
}

/* The name without a frame within the file. */
static char *copy_file_name(const char *uri, struct pulse_err *err)
{
    const char *frame = strstr(uri, "#/");
    return pulse_print(err, "%.*s", (int)(frame == NULL ? strlen(uri) : (size_t)(frame - uri)),
                       uri);
}

int pulse_flow_content_digest(const char *uri, const struct pulse_flow_content_filter *filter,
                              char out[PULSE_DIGEST_TEXT], struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a digest", .err = err};
    char *name = copy_file_name(uri, err);
    bool directory = false;
    int status = name == NULL ? -1 : pulse_store_is_directory(name, &directory, err);
    if (status == 0)
        status = directory
                     ? add_directory(&(struct folder){.uri = name, .top = name, .filter = filter},
                                     NULL, &text, err)
                     : add_object(name, &text, err);
    if (status == 0 && !text.failed) {
        const struct pulse_digest digest = pulse_digest_of(text.bytes, text.n);
        (void)pulse_digest_text(&digest, out);
    }
    free(name);
    pulse_text_buffer_clear(&text);
    return text.failed ? -1 : status;
}

int pulse_flow_content_exists(const char *uri, bool *there, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    bool directory = false;
    *there = false;
    pulse_store_forget();
    int status = pulse_store_is_directory(uri, &directory, err);
    if (status == 0 && directory) {
        status = pulse_store_list(uri, true, &listing, err);
        *there = listing.n > 0;
    } else if (status == 0) {
        *there = true;
    }
    pulse_listing_clear(&listing);
    if (status == 0 || err->kind != PULSE_E_INPUT)
        return status;
    *err = (struct pulse_err){.kind = PULSE_OK};
    *there = false;
    return 0;
}
