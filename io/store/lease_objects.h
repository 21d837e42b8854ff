/* The objects under PREFIX/.claims/, by which runs see each other's leases: each run puts one of
 * its own. Knows when another lease has expired; not when ours is taken or renewed. For one thread
 * at a time. Internal to io/store. */
#ifndef PULSE_STORE_LEASE_OBJECTS_H
#define PULSE_STORE_LEASE_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/common/listing.h"
#include "store/lease_owner.h"

/* Our object, and where those of all runs are. Owns its strings. */
struct pulse_lease_objects {
    char *output;                  /* the prefix the lease is for, as in messages */
    char *prefix;                  /* of the lease objects of all runs */
    char name[20];                 /* of our object in there */
    struct pulse_lease_owner self; /* what our object says … */
    char *text;                    /* … as JSON */
};

/* Another run that has a lease: the first one found that is alive. */
struct pulse_lease_rival {
    bool any;
    struct pulse_lease_owner owner;
    int64_t age; /* seconds since it was renewed */
};

/* Puts nothing yet; `id` makes the name. Clear in any case. Errors: PULSE_E_MEMORY. */
int pulse_lease_objects_init(struct pulse_lease_objects *objects, const char *output, uint64_t id,
                             int64_t renew_seconds, struct pulse_err *err);
void pulse_lease_objects_clear(struct pulse_lease_objects *objects);

/* Puts our object, for the first time or again. Errors as of pulse_store_put. */
int pulse_lease_objects_put(const struct pulse_lease_objects *objects, struct pulse_err *err);

/* Deletes our object. No errors: what stays expires. */
void pulse_lease_objects_withdraw(const struct pulse_lease_objects *objects);

/* Lists the objects, some times until ours is among them: S3 lists an object as soon as it is put,
 * other servers may take a moment. *own is when ours was put, by the server's clock; -1: it is not
 * listed. Clear the listing in every case. Errors as of pulse_store_list, but no objects are none;
 * a signal. */
int pulse_lease_objects_list(const struct pulse_lease_objects *objects,
                             struct pulse_listing *listing, int64_t *own, struct pulse_err *err);

/* Finds out which of the other leases in the listing are alive, at the server's time `now`; removes
 * the dead ones if `removes`, with one line on the log each. Errors as of pulse_store_read. */
int pulse_lease_objects_find_rival(const struct pulse_lease_objects *objects,
                                   const struct pulse_listing *listing, int64_t now, bool removes,
                                   struct pulse_lease_rival *rival, struct pulse_err *err);

/* The same of all leases that there are now, for one who has put none; removes nothing. */
int pulse_lease_objects_look(const struct pulse_lease_objects *objects,
                             struct pulse_lease_rival *rival, struct pulse_err *err);

#endif
