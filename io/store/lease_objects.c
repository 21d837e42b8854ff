#include "store/lease_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "store/aws/retry_state.h"
#include "store/store.h"

/* Attempts to find our own object in a listing. */
enum { LIST_ATTEMPTS = 3 };

int pulse_lease_objects_init(struct pulse_lease_objects *objects, const char *output, uint64_t id,
                             int64_t renew_seconds, struct pulse_err *err)
{
    *objects = (struct pulse_lease_objects){.output = NULL};
    (void)snprintf(objects->name, sizeof objects->name, "%016llx", (unsigned long long)id);
    pulse_lease_owner_self(renew_seconds, &objects->self);
    objects->output = pulse_strdup(output, err);
    objects->prefix = pulse_store_join(output, ".claims", err);
    objects->text = pulse_lease_owner_text(&objects->self, err);
    return objects->output != NULL && objects->prefix != NULL && objects->text != NULL ? 0 : -1;
}

void pulse_lease_objects_clear(struct pulse_lease_objects *objects)
{
    free(objects->output);
    free(objects->prefix);
    free(objects->text);
    *objects = (struct pulse_lease_objects){.output = NULL};
}

/* ---- One lease object ----------------------------------------------------------- */

static int put_text(const struct pulse_lease_objects *objects, const char *text,
                    struct pulse_err *err)
{
    char *uri = pulse_store_join(objects->prefix, objects->name, err);
    const int rc = uri == NULL ? -1 : pulse_store_put(text, (int64_t)strlen(text), uri, err);
    free(uri);
    return rc;
}

static int delete_object(const char *prefix, const char *name, struct pulse_err *err)
{
    char *uri = pulse_store_join(prefix, name, err);
    const int rc = uri == NULL ? -1 : pulse_store_delete(uri, err);
    free(uri);
    return rc;
}

int pulse_lease_objects_put(const struct pulse_lease_objects *objects, struct pulse_err *err)
{
    return put_text(objects, objects->text, err);
}

/* PutObject may be allowed where DeleteObject is not: then the object is
 * overwritten with "ended". */
void pulse_lease_objects_withdraw(const struct pulse_lease_objects *objects)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_lease_owner ended = objects->self;
    ended.ended = true;
    if (delete_object(objects->prefix, objects->name, &err) == 0)
        return;
    const enum pulse_kind why = err.kind;
    char *text = why == PULSE_E_STORAGE ? pulse_lease_owner_text(&ended, &err) : NULL;
    if (text == NULL || put_text(objects, text, &err) != 0)
        pulse_debug("the lease on %s stays until it expires: %s", objects->output, err.text);
    free(text);
}

/* Reads another run's lease. All of *out is unknown where we may not read it, and where it goes or
 * changes in this moment: then it still counts, until the next listing shows that it is gone. */
static int read_lease(const char *prefix, const char *name, struct pulse_lease_owner *out,
                      struct pulse_err *err)
{
    enum { MAX_BYTES = 64 << 10 };
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    struct pulse_object *object = NULL;
    char *text = NULL, *uri = pulse_store_join(prefix, name, &why);
    *out = (struct pulse_lease_owner){0};
    if (uri != NULL && pulse_store_open(uri, &object, &why) == 0 &&
        pulse_store_size(object) <= MAX_BYTES) {
        const int64_t bytes = pulse_store_size(object);
        text = pulse_calloc(bytes, 1, "a lease", &why);
        if (text != NULL && pulse_store_read(object, 0, text, bytes, &why) == 0)
            pulse_lease_owner_read(text, bytes, out);
    }
    pulse_store_close(object);
    free(text);
    free(uri);
    if (why.kind == PULSE_OK || why.kind == PULSE_E_INPUT || why.kind == PULSE_E_STORAGE ||
        why.kind == PULSE_E_CHANGED)
        return 0;
    *err = why;
    return -1;
}

/* ---- The lease objects of all runs ----------------------------------------------- */

/* Lists the lease objects. *own is when ours was put, by the server's clock; -1: it is not listed.
 * Clear the listing in every case. */
static int list_leases(const struct pulse_lease_objects *objects, struct pulse_listing *listing,
                       int64_t *own, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    *own = -1;
    if (pulse_store_list(objects->prefix, false, listing, &why) != 0 && why.kind != PULSE_E_INPUT) {
        *err = why;
        return -1;
    }
    for (int64_t i = 0; i < listing->n; i++)
        if (strcmp(listing->entries[i].name, objects->name) == 0)
            *own = listing->entries[i].modified;
    return 0;
}

int pulse_lease_objects_list(const struct pulse_lease_objects *objects,
                             struct pulse_listing *listing, int64_t *own, struct pulse_err *err)
{
    for (int attempt = 1;; attempt++) {
        if (list_leases(objects, listing, own, err) != 0)
            return -1;
        if (*own >= 0 || attempt == LIST_ATTEMPTS)
            return 0;
        pulse_listing_clear(listing);
        if (pulse_retry_state_sleep(pulse_seconds() + 0.3, err) != 0)
            return -1;
    }
}

/* Removes the lease of a run that has ended, and logs whose it was. */
static void remove_dead_lease(const struct pulse_lease_objects *objects, const char *name,
                              const struct pulse_lease_owner *owner, const char *why)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    char who[600];
    if (!owner->ended)
        pulse_info("--output %s is taken over from %s: %s", objects->output,
                   pulse_lease_owner_describe(owner, who), why);
    (void)delete_object(objects->prefix, name, &ignored); /* if it stays, it is as dead as before */
}

int pulse_lease_objects_find_rival(const struct pulse_lease_objects *objects,
                                   const struct pulse_listing *listing, int64_t now, bool removes,
                                   struct pulse_lease_rival *rival, struct pulse_err *err)
{
    *rival = (struct pulse_lease_rival){.any = false};
    for (int64_t i = 0; i < listing->n; i++) {
        const struct pulse_store_entry *it = &listing->entries[i];
        struct pulse_lease_owner owner;
        char expired[64];
        const char *why;
        if (strcmp(it->name, objects->name) == 0)
            continue;
        if (read_lease(objects->prefix, it->name, &owner, err) != 0)
            return -1;
        const int64_t age = now - it->modified;
        bool gone = pulse_lease_owner_gone(&owner, &objects->self, &why);
        if (!gone && age >= pulse_lease_owner_expiry_seconds(&owner)) {
            (void)snprintf(expired, sizeof expired, "it was not renewed for %lld s",
                           (long long)age);
            why = expired;
            gone = true;
        }
        if (gone && removes)
            remove_dead_lease(objects, it->name, &owner, why);
        if (!gone && !rival->any)
            *rival = (struct pulse_lease_rival){.any = true, .owner = owner, .age = age};
    }
    return 0;
}

int pulse_lease_objects_look(const struct pulse_lease_objects *objects,
                             struct pulse_lease_rival *rival, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t own;
    *rival = (struct pulse_lease_rival){.any = false};
    pulse_store_forget(); /* they were renewed meanwhile */
    int status = list_leases(objects, &listing, &own, err);
    if (status == 0)
        status = pulse_lease_objects_find_rival(objects, &listing, pulse_retry_state_server_time(),
                                                false, rival, err);
    pulse_listing_clear(&listing);
    return status;
}
