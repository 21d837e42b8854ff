#include "store/lease.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "store/aws/retry_state.h"
#include "store/lease_objects.h"
#include "store/store.h"

/* Attempts to take a lease that another run has. */
enum { TAKE_ATTEMPTS = 6 };

/* Seconds from a renewal that failed to the next one; seconds by which the times in listings, which
 * are whole seconds, may be wrong. */
enum { RETRY_SECONDS = 10, CLOCK_GRAIN = 2 };

/* Seconds for the removal of the lease: at an orderly end, and at an early one. */
static const double release_seconds = 10, abort_seconds = 3;

struct pulse_lease {
    struct pulse_lease_objects objects;
    pthread_mutex_t requests; /* one renewal or check at a time; guards `renewed` */
    double renewed;           /* on the clock of read_boot_clock */
    pthread_mutex_t lock;     /* guards all below */
    pthread_cond_t changed;
    pthread_t thread;
    bool quit;
    struct pulse_err lost;    /* PULSE_OK: it is not lost */
    struct pulse_err trouble; /* of the first renewal that failed */
    bool warned;              /* of that */
};

/* Seconds on a clock that does not stop while the machine sleeps. */
static double read_boot_clock(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t draw_random_bits(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        bits = (uint64_t)(read_boot_clock() * 1e9);
    return bits;
}

static int64_t read_renew_seconds(void)
{
    const char *text = getenv("PULSE_CLAIM_SECONDS");
    int64_t n;
    return pulse_parse_int(text, 1, PULSE_LEASE_OWNER_RENEWS - 1, &n) ? n
                                                                      : PULSE_LEASE_OWNER_RENEWS;
}

/* ---- Keeping -------------------------------------------------------------------- */

static int lose_lease(struct pulse_lease *lease, struct pulse_err *err)
{
    (void)pthread_mutex_lock(&lease->lock);
    if (lease->lost.kind == PULSE_OK)
        (void)pulse_fail(&lease->lost, PULSE_E_TEMPORARY,
                         "--output %s: the lease of this run was lost: it was not renewed in time, "
                         "as when a process is suspended, and another run took over, or somebody "
                         "removed it; nothing was written; run the same command again",
                         lease->objects.output);
    *err = lease->lost;
    (void)pthread_mutex_unlock(&lease->lock);
    return -1;
}

bool pulse_lease_is_lost(struct pulse_lease *lease)
{
    if (lease == NULL)
        return false;
    (void)pthread_mutex_lock(&lease->lock);
    const bool lost = lease->lost.kind != PULSE_OK;
    (void)pthread_mutex_unlock(&lease->lock);
    return lost;
}

/* Our lease was renewed after `age` seconds: if it had expired by then, another run may have taken
 * over, and ours is lost. A lease that is renewed in time stays, whoever else asks for it. */
static int check_late_renewal(struct pulse_lease *lease, const struct pulse_listing *listing,
                              int64_t age, int64_t now, struct pulse_err *err)
{
    struct pulse_lease_rival rival;
    if (age < pulse_lease_owner_expiry_seconds(&lease->objects.self) - CLOCK_GRAIN)
        return 0;
    if (pulse_lease_objects_find_rival(&lease->objects, listing, now, false, &rival, err) != 0)
        return -1;
    if (!rival.any)
        return 0;
    pulse_lease_objects_withdraw(&lease->objects);
    return lose_lease(lease, err);
}

/* Puts our object again; afterwards finds out whether the lease had been lost before that, which
 * must not revive it. Call with `requests` locked. */
static int renew_lease(struct pulse_lease *lease, int64_t before, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    const double asked = read_boot_clock();
    int64_t after;
    if (pulse_lease_objects_put(&lease->objects, err) != 0)
        return -1;
    int rc = pulse_lease_objects_list(&lease->objects, &listing, &after, err);
    if (rc == 0)
        rc = after < 0 ? lose_lease(lease, err)
                       : check_late_renewal(lease, &listing, after - before, after, err);
    pulse_listing_clear(&listing);
    if (rc == 0)
        lease->renewed = asked;
    return rc;
}

/* Checks that our object is still there, and renews it if `renews` or if that is overdue. */
static int check_and_renew(struct pulse_lease *lease, bool renews, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t own = -1;
    (void)pthread_mutex_lock(&lease->requests);
    int rc = pulse_lease_is_lost(lease)
                 ? lose_lease(lease, err)
                 : pulse_lease_objects_list(&lease->objects, &listing, &own, err);
    pulse_listing_clear(&listing);
    if (rc == 0 && own < 0)
        rc = lose_lease(lease, err);
    const double overdue = 2 * (double)lease->objects.self.renew_seconds;
    if (rc == 0 && (renews || read_boot_clock() - lease->renewed > overdue))
        rc = renew_lease(lease, own, err);
    (void)pthread_mutex_unlock(&lease->requests);
    return rc;
}

int pulse_lease_check(struct pulse_lease *lease, struct pulse_err *err)
{
    return lease == NULL ? 0 : check_and_renew(lease, false, err);
}

int pulse_lease_check_local(struct pulse_lease *lease, struct pulse_err *err)
{
    struct pulse_err trouble = {.kind = PULSE_OK, .text = ""};
    if (lease == NULL)
        return 0;
    (void)pthread_mutex_lock(&lease->lock);
    const bool lost = lease->lost.kind != PULSE_OK;
    if (lost)
        *err = lease->lost;
    else if (!lease->warned) {
        trouble = lease->trouble;
        lease->warned = trouble.kind != PULSE_OK;
    }
    (void)pthread_mutex_unlock(&lease->lock);
    if (trouble.kind != PULSE_OK)
        pulse_warn("the lease on %s could not be renewed, training goes on: %s",
                   lease->objects.output, trouble.text);
    return lost ? -1 : 0;
}

/* ---- The thread ----------------------------------------------------------------- */

/* Waits so many seconds, or until `quit`; call with `lock` locked. */
static void wait_seconds(struct pulse_lease *lease, int64_t seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    int late = 0;
    while (!lease->quit && late == 0)
        late = pthread_cond_timedwait(&lease->changed, &lease->lock, &until);
}

static void *renew_until_quit(void *context)
{
    struct pulse_lease *lease = context;
    int64_t seconds = lease->objects.self.renew_seconds;
    (void)pthread_mutex_lock(&lease->lock);
    for (wait_seconds(lease, seconds); !lease->quit && lease->lost.kind == PULSE_OK;
         wait_seconds(lease, seconds)) {
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        (void)pthread_mutex_unlock(&lease->lock);
        const int rc = check_and_renew(lease, true, &err);
        (void)pthread_mutex_lock(&lease->lock);
        seconds = lease->objects.self.renew_seconds;
        if (rc != 0 && seconds > RETRY_SECONDS)
            seconds = RETRY_SECONDS;
        if (rc != 0 && lease->trouble.kind == PULSE_OK && pulse_shutdown_get_signal() == PULSE_OK)
            lease->trouble = err;
    }
    (void)pthread_mutex_unlock(&lease->lock);
    pulse_store_leave();
    return NULL;
}

/* ---- Taking and releasing ------------------------------------------------------- */

static void free_lease(struct pulse_lease *lease)
{
    (void)pthread_cond_destroy(&lease->changed);
    (void)pthread_mutex_destroy(&lease->lock);
    (void)pthread_mutex_destroy(&lease->requests);
    pulse_lease_objects_clear(&lease->objects);
    free(lease);
}

static struct pulse_lease *make_lease(const char *output, struct pulse_err *err)
{
    pthread_condattr_t monotonic;
    struct pulse_lease *lease = pulse_calloc(1, sizeof *lease, "a lease", err);
    if (lease == NULL)
        return NULL;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&lease->requests, NULL);
    (void)pthread_mutex_init(&lease->lock, NULL);
    (void)pthread_cond_init(&lease->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pulse_lease_objects_init(&lease->objects, output, draw_random_bits(), read_renew_seconds(),
                                 err) == 0)
        return lease;
    free_lease(lease);
    return NULL;
}

/* One attempt: puts our object and looks for other runs; withdraws it if there is one. *listed is
 * false where the lease objects may not be listed: then nothing is known of other runs. */
static int attempt_take(struct pulse_lease *lease, struct pulse_lease_rival *rival, bool *listed,
                        struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t own;
    *rival = (struct pulse_lease_rival){.any = false};
    *listed = true;
    lease->renewed = read_boot_clock();
    if (pulse_lease_objects_put(&lease->objects, err) != 0)
        return -1;
    int rc = pulse_lease_objects_list(&lease->objects, &listing, &own, err);
    if (rc == 0 && own < 0)
        rc = pulse_fail(err, PULSE_E_TEMPORARY,
                        "%s/%s: the object was put and is not listed; run the same command again",
                        lease->objects.prefix, lease->objects.name);
    else if (rc == 0)
        rc = pulse_lease_objects_find_rival(&lease->objects, &listing, own, true, rival, err);
    else if (err->kind == PULSE_E_STORAGE) {
        pulse_warn("cannot check whether another run is at work in --output %s: %s",
                   lease->objects.output, err->text);
        *err = (struct pulse_err){.kind = PULSE_OK};
        *listed = false;
        rc = 0;
    }
    pulse_listing_clear(&listing);
    if (rc != 0)
        pulse_shutdown_grant_grace(abort_seconds);
    if (rc != 0 || rival->any || !*listed)
        pulse_lease_objects_withdraw(&lease->objects);
    if (rc != 0)
        pulse_shutdown_end_grace();
    return rc;
}

static int fail_with_rival(const struct pulse_lease *lease, const struct pulse_lease_rival *rival,
                           struct pulse_err *err)
{
    char who[600];
    const int64_t left = pulse_lease_owner_expiry_seconds(&rival->owner) - rival->age;
    return pulse_fail(err, PULSE_E_TEMPORARY,
                      "--output %s: another run is at work there: %s, its lease was renewed %lld s "
                      "ago; wait until it ends, or choose another prefix; if it is dead, its lease "
                      "expires in %lld s",
                      lease->objects.output, pulse_lease_owner_describe(&rival->owner, who),
                      (long long)rival->age, (long long)(left > 0 ? left : 0));
}

/* Attempts until the lease is ours, or the last attempt finds another run too. */
static int take_with_retries(struct pulse_lease *lease, bool *listed, struct pulse_err *err)
{
    for (int attempt = 1;; attempt++) {
        struct pulse_lease_rival rival;
        if (attempt_take(lease, &rival, listed, err) != 0)
            return -1;
        if (!rival.any)
            return 0;
        if (attempt == TAKE_ATTEMPTS)
            return fail_with_rival(lease, &rival, err);
        /* Longer each time, from 0.2 s on, and different for each of the runs that met. */
        const double share = (double)(draw_random_bits() >> 11) * 0x1p-53;
        const double pause = 0.1 * (double)(1 << attempt) * (0.2 + 0.8 * share);
        if (pulse_retry_state_sleep(pulse_seconds() + pause, err) != 0)
            return -1;
    }
}

/* The release hook: on an early end, in whichever thread that happens. */
static void release_on_abort(void *context)
{
    struct pulse_lease *lease = context;
    struct timespec until;
    (void)pthread_mutex_lock(&lease->lock);
    lease->quit = true;
    (void)pthread_cond_broadcast(&lease->changed);
    (void)pthread_mutex_unlock(&lease->lock);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    pulse_shutdown_grant_grace(abort_seconds);
    (void)pthread_mutex_timedlock(&lease->requests, &until); /* no renewal may come after */
    if (!pulse_lease_is_lost(lease))
        pulse_lease_objects_withdraw(&lease->objects);
}

/* Begins to renew a lease that is ours, and hands it over; frees one that nothing is known of. */
static int keep_lease(struct pulse_lease *lease, bool listed, struct pulse_lease **out,
                      struct pulse_err *err)
{
    if (!listed) {
        free_lease(lease);
        return 0;
    }
    const int failed = pulse_shutdown_start_thread(&lease->thread, renew_until_quit, lease);
    if (failed != 0) {
        pulse_lease_objects_withdraw(&lease->objects);
        (void)pulse_fail_errno(err, failed, "starting the thread that renews the lease on %s",
                               lease->objects.output);
        free_lease(lease);
        return -1;
    }
    pulse_shutdown_set_release(release_on_abort, lease);
    *out = lease;
    return 0;
}

int pulse_lease_take(const char *output, struct pulse_lease **out, struct pulse_err *err)
{
    bool listed;
    *out = NULL;
    struct pulse_lease *lease = make_lease(output, err);
    if (lease == NULL)
        return -1;
    if (take_with_retries(lease, &listed, err) == 0)
        return keep_lease(lease, listed, out, err);
    free_lease(lease);
    return -1;
}

int pulse_lease_try(const char *output, struct pulse_lease **out, bool *taken,
                    struct pulse_err *err)
{
    struct pulse_lease_rival rival;
    bool listed;
    *out = NULL;
    *taken = false;
    struct pulse_lease *lease = make_lease(output, err);
    if (lease == NULL)
        return -1;
    const int status = attempt_take(lease, &rival, &listed, err);
    *taken = status == 0 && !rival.any;
    if (*taken)
        return keep_lease(lease, listed, out, err);
    free_lease(lease);
    return status;
}

int pulse_lease_look(const char *output, bool *any, struct pulse_lease_owner *owner,
                     struct pulse_err *err)
{
    struct pulse_lease_objects objects;
    struct pulse_lease_rival rival = {.any = false};
    int status = pulse_lease_objects_init(&objects, output, 0, read_renew_seconds(), err);
    if (status == 0)
        status = pulse_lease_objects_look(&objects, &rival, err);
    pulse_lease_objects_clear(&objects);
    *any = rival.any;
    *owner = rival.owner;
    return status;
}

void pulse_lease_release(struct pulse_lease *lease)
{
    if (lease == NULL)
        return;
    pulse_shutdown_set_release(NULL, NULL);
    pulse_shutdown_grant_grace(release_seconds);
    (void)pthread_mutex_lock(&lease->lock);
    lease->quit = true;
    (void)pthread_cond_broadcast(&lease->changed);
    (void)pthread_mutex_unlock(&lease->lock);
    (void)pthread_join(lease->thread, NULL);
    if (!pulse_lease_is_lost(lease))
        pulse_lease_objects_withdraw(&lease->objects);
    pulse_shutdown_end_grace();
    free_lease(lease);
}
