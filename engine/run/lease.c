#include "run/lease.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "mpi/comm.h"
#include "run/lease_owner.h"
#include "store/retry_state.h"
#include "store/store.h"

/* Tries to get a place that another claims; looks for the own claim in a listing. */
enum { TRIES = 6, LOOKS = 3 };

/* Seconds: after a renewal that failed; what whole seconds in listings may hide. */
enum { RETRY_SECONDS = 10, CLOCK_GRAIN = 2 };

/* Seconds in which a claim must be removed: at an orderly end, and when the rank dies. */
static const double release_seconds = 10, death_seconds = 3;

struct pulse_lease {
    char *output;                  /* for messages */
    char *place;                   /* where all claims on it are */
    char name[20];                 /* of ours in there */
    char *text;                    /* what it says */
    struct pulse_lease_owner self; /* … and that as a struct */
    pthread_mutex_t requests;      /* one renewal or check at a time; of what follows: */
    double renewed;                /* on awake_seconds' clock */
    pthread_mutex_t lock;          /* of all below */
    pthread_cond_t changed;
    pthread_t thread;
    bool quit;
    struct pulse_err lost;    /* PULSE_OK: it is not */
    struct pulse_err trouble; /* of the first renewal that failed */
    bool complained;
};

/* Seconds on a clock that goes on while the machine sleeps. */
static double awake_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t random_bits(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        bits = (uint64_t)(awake_seconds() * 1e9);
    return bits;
}

static int64_t renew_seconds(void)
{
    const char *text = getenv("PULSE_CLAIM_SECONDS");
    const long n = text == NULL ? 0 : strtol(text, NULL, 10);
    return n >= 1 && n < PULSE_LEASE_OWNER_RENEWS ? n : PULSE_LEASE_OWNER_RENEWS;
}

/* ---- One claim ------------------------------------------------------------------ */

static int put(const struct pulse_lease *claim, const char *text, struct pulse_err *err)
{
    char *uri = pulse_store_join(claim->place, claim->name, err);
    const int rc = uri == NULL ? -1 : pulse_store_put(text, (int64_t)strlen(text), uri, err);
    free(uri);
    return rc;
}

static int delete_claim(const char *place, const char *name, struct pulse_err *err)
{
    char *uri = pulse_store_join(place, name, err);
    const int rc = uri == NULL ? -1 : pulse_store_delete(uri, err);
    free(uri);
    return rc;
}

/* Who may put need not be one who may delete: then the claim says that it is none any more. */
static void withdraw(const struct pulse_lease *claim)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_lease_owner ended = claim->self;
    ended.ended = true;
    if (delete_claim(claim->place, claim->name, &err) == 0)
        return;
    const enum pulse_kind why = err.kind;
    char *text = why == PULSE_E_STORAGE ? pulse_lease_owner_text(&ended, &err) : NULL;
    if (text == NULL || put(claim, text, &err) != 0)
        pulse_debug("the claim on %s stays until it lapses: %s", claim->output, err.text);
    free(text);
}

/* What another's claim says; nothing where it is not for us to read. One that goes or changes just
 * now is there as yet: the next look will tell. */
static int read_claim(const char *place, const char *name, struct pulse_lease_owner *out,
                      struct pulse_err *err)
{
    enum { MOST_BYTES = 64 << 10 };
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    struct pulse_object *object = NULL;
    char *text = NULL, *uri = pulse_store_join(place, name, &why);
    *out = (struct pulse_lease_owner){0};
    if (uri != NULL && pulse_store_open(uri, &object, &why) == 0 &&
        pulse_store_size(object) <= MOST_BYTES) {
        const int64_t bytes = pulse_store_size(object);
        text = pulse_calloc(bytes, 1, "a claim", &why);
        if (text != NULL && pulse_store_read(object, 0, text, bytes, &why) == 0)
            pulse_lease_owner_read(text, bytes, out);
    }
    pulse_store_close(object);
    free(text);
    free(uri);
    if (why.kind == PULSE_OK || why.kind == PULSE_E_INPUT || why.kind == PULSE_E_STORAGE)
        return 0;
    *err = why;
    return -1;
}

/* ---- All claims ----------------------------------------------------------------- */

/* Who else claims the place: the first of those that live. */
struct rival {
    bool any;
    struct pulse_lease_owner holder;
    int64_t age; /* seconds since it was renewed */
};

/* Lists the claims; *own is when ours was put, by the server's clock, -1 where it is not among
 * them. Clear the listing in every case. */
static int list(const struct pulse_lease *claim, struct pulse_listing *listing, int64_t *own,
                struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    *own = -1;
    if (pulse_store_list(claim->place, false, listing, &why) != 0 && why.kind != PULSE_E_INPUT) {
        *err = why;
        return -1;
    }
    for (int64_t i = 0; i < listing->n; i++)
        if (strcmp(listing->entries[i].name, claim->name) == 0)
            *own = listing->entries[i].modified;
    return 0;
}

/* The same, until ours is among them: S3 shows at once what was put, other servers may take a
 * moment. */
static int list_with_own(const struct pulse_lease *claim, struct pulse_listing *listing,
                         int64_t *own, struct pulse_err *err)
{
    for (int look = 1;; look++) {
        if (list(claim, listing, own, err) != 0)
            return -1;
        if (*own >= 0 || look == LOOKS)
            return 0;
        pulse_listing_clear(listing);
        if (pulse_retry_state_sleep(pulse_seconds() + 0.3, err) != 0)
            return -1;
    }
}

/* Removes another's claim, and says whose. */
static void sweep(const struct pulse_lease *claim, const char *name,
                  const struct pulse_lease_owner *holder, const char *why)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    char who[600];
    if (!holder->ended)
        pulse_info("--output %s is taken over from %s: %s", claim->output,
                   pulse_lease_owner_describe(holder, who), why);
    (void)delete_claim(claim->place, name, &ignored); /* else it stays, as dead as it is */
}

/* Judges every other claim in the listing, at the time `now` of the server; sweeps the dead away if
 * that is asked for. */
static int judge(const struct pulse_lease *claim, const struct pulse_listing *listing, int64_t now,
                 bool sweeps, struct rival *rival, struct pulse_err *err)
{
    *rival = (struct rival){.any = false};
    for (int64_t i = 0; i < listing->n; i++) {
        const struct pulse_store_entry *it = &listing->entries[i];
        struct pulse_lease_owner holder;
        char unheard[64];
        const char *why;
        if (strcmp(it->name, claim->name) == 0)
            continue;
        if (read_claim(claim->place, it->name, &holder, err) != 0)
            return -1;
        const int64_t age = now - it->modified;
        bool gone = pulse_lease_owner_gone(&holder, &claim->self, &why);
        if (!gone && age >= pulse_lease_owner_expiry_seconds(&holder)) {
            (void)snprintf(unheard, sizeof unheard, "it was not heard of for %lld s",
                           (long long)age);
            why = unheard;
            gone = true;
        }
        if (gone && sweeps)
            sweep(claim, it->name, &holder, why);
        if (!gone && !rival->any)
            *rival = (struct rival){.any = true, .holder = holder, .age = age};
    }
    return 0;
}

/* ---- Keeping -------------------------------------------------------------------- */

static int lose(struct pulse_lease *claim, struct pulse_err *err)
{
    (void)pthread_mutex_lock(&claim->lock);
    if (claim->lost.kind == PULSE_OK)
        (void)pulse_fail(&claim->lost, PULSE_E_TEMPORARY,
                         "--output %s: the claim of this run was lost: it was not renewed for too "
                         "long, as of a process that was suspended, and another run took over, or "
                         "somebody removed it; nothing was written; run the same command again",
                         claim->output);
    *err = claim->lost;
    (void)pthread_mutex_unlock(&claim->lock);
    return -1;
}

static bool is_lost(struct pulse_lease *claim)
{
    (void)pthread_mutex_lock(&claim->lock);
    const bool lost = claim->lost.kind != PULSE_OK;
    (void)pthread_mutex_unlock(&claim->lock);
    return lost;
}

/* Whether ours, which was renewed only after `age` seconds, was dead meanwhile and is another's
 * now: one that is renewed in time stays, whoever asks for the place. */
static int judge_late(struct pulse_lease *claim, const struct pulse_listing *listing, int64_t age,
                      int64_t now, struct pulse_err *err)
{
    struct rival rival;
    if (age < pulse_lease_owner_expiry_seconds(&claim->self) - CLOCK_GRAIN)
        return 0;
    if (judge(claim, listing, now, false, &rival, err) != 0)
        return -1;
    if (!rival.any)
        return 0;
    withdraw(claim);
    return lose(claim, err);
}

/* Puts the claim again, unless it was taken away: that would make a dead claim live. With
 * `requests`. */
static int renew_at(struct pulse_lease *claim, int64_t before, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    const double asked = awake_seconds();
    int64_t after;
    if (put(claim, claim->text, err) != 0)
        return -1;
    int rc = list_with_own(claim, &listing, &after, err);
    if (rc == 0)
        rc = after < 0 ? lose(claim, err) : judge_late(claim, &listing, after - before, after, err);
    pulse_listing_clear(&listing);
    if (rc == 0)
        claim->renewed = asked;
    return rc;
}

/* Whether it is still there; and renews it if that is wished, or overdue. */
static int look_after(struct pulse_lease *claim, bool renews, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t own = -1;
    (void)pthread_mutex_lock(&claim->requests);
    int rc = is_lost(claim) ? lose(claim, err) : list_with_own(claim, &listing, &own, err);
    pulse_listing_clear(&listing);
    if (rc == 0 && own < 0)
        rc = lose(claim, err);
    const double overdue = 2 * (double)claim->self.renew_seconds;
    if (rc == 0 && (renews || awake_seconds() - claim->renewed > overdue))
        rc = renew_at(claim, own, err);
    (void)pthread_mutex_unlock(&claim->requests);
    return rc;
}

int pulse_lease_check(struct pulse_lease *claim, struct pulse_err *err)
{
    return claim == NULL ? 0 : look_after(claim, false, err);
}

int pulse_lease_check_local(struct pulse_lease *claim, struct pulse_err *err)
{
    struct pulse_err trouble = {.kind = PULSE_OK, .text = ""};
    if (claim == NULL)
        return 0;
    (void)pthread_mutex_lock(&claim->lock);
    const bool lost = claim->lost.kind != PULSE_OK;
    if (lost)
        *err = claim->lost;
    else if (!claim->complained) {
        trouble = claim->trouble;
        claim->complained = trouble.kind != PULSE_OK;
    }
    (void)pthread_mutex_unlock(&claim->lock);
    if (trouble.kind != PULSE_OK)
        pulse_warn("the claim on %s could not be renewed, training goes on: %s", claim->output,
                   trouble.text);
    return lost ? -1 : 0;
}

/* ---- The thread ----------------------------------------------------------------- */

/* Waits so many seconds, or until there is nothing more to do; with the lock. */
static void wait_for(struct pulse_lease *claim, int64_t seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    int late = 0;
    while (!claim->quit && late == 0)
        late = pthread_cond_timedwait(&claim->changed, &claim->lock, &until);
}

static void *work(void *context)
{
    struct pulse_lease *claim = context;
    int64_t seconds = claim->self.renew_seconds;
    (void)pthread_mutex_lock(&claim->lock);
    for (wait_for(claim, seconds); !claim->quit && claim->lost.kind == PULSE_OK;
         wait_for(claim, seconds)) {
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        (void)pthread_mutex_unlock(&claim->lock);
        const int rc = look_after(claim, true, &err);
        (void)pthread_mutex_lock(&claim->lock);
        seconds = claim->self.renew_seconds;
        if (rc != 0 && seconds > RETRY_SECONDS)
            seconds = RETRY_SECONDS;
        if (rc != 0 && claim->trouble.kind == PULSE_OK && pulse_signal_pending() == PULSE_OK)
            claim->trouble = err;
    }
    (void)pthread_mutex_unlock(&claim->lock);
    pulse_store_leave();
    return NULL;
}

/* ---- Taking and leaving --------------------------------------------------------- */

static void clear(struct pulse_lease *claim)
{
    (void)pthread_cond_destroy(&claim->changed);
    (void)pthread_mutex_destroy(&claim->lock);
    (void)pthread_mutex_destroy(&claim->requests);
    free(claim->output);
    free(claim->place);
    free(claim->text);
    free(claim);
}

static struct pulse_lease *make(const char *output, struct pulse_err *err)
{
    pthread_condattr_t monotonic;
    struct pulse_lease *claim = pulse_calloc(1, sizeof *claim, "a claim", err);
    if (claim == NULL)
        return NULL;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&claim->requests, NULL);
    (void)pthread_mutex_init(&claim->lock, NULL);
    (void)pthread_cond_init(&claim->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)snprintf(claim->name, sizeof claim->name, "%016llx", (unsigned long long)random_bits());
    pulse_lease_owner_self(renew_seconds(), &claim->self);
    claim->output = pulse_strdup(output, err);
    claim->place = pulse_store_join(output, ".claims", err);
    claim->text = pulse_lease_owner_text(&claim->self, err);
    if (claim->output != NULL && claim->place != NULL && claim->text != NULL)
        return claim;
    clear(claim);
    return NULL;
}

/* Once: puts the claim and looks who else has one. Unless that is nobody, the claim is withdrawn.
 * *told is false where the claims may not be listed. */
static int try_once(struct pulse_lease *claim, struct rival *rival, bool *told,
                    struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t own;
    *rival = (struct rival){.any = false};
    *told = true;
    claim->renewed = awake_seconds();
    if (put(claim, claim->text, err) != 0)
        return -1;
    int rc = list_with_own(claim, &listing, &own, err);
    if (rc == 0 && own < 0)
        rc = pulse_fail(err, PULSE_E_TEMPORARY,
                        "%s/%s: it was put and is not listed; run the same command again",
                        claim->place, claim->name);
    else if (rc == 0)
        rc = judge(claim, &listing, own, true, rival, err);
    else if (err->kind == PULSE_E_STORAGE) {
        pulse_warn("whether another run is at work in --output %s cannot be told: %s",
                   claim->output, err->text);
        *err = (struct pulse_err){.kind = PULSE_OK};
        *told = false;
        rc = 0;
    }
    pulse_listing_clear(&listing);
    if (rc != 0)
        pulse_signal_grace(death_seconds);
    if (rc != 0 || rival->any || !*told)
        withdraw(claim);
    return rc;
}

static int refuse(const struct pulse_lease *claim, const struct rival *rival, struct pulse_err *err)
{
    char who[600];
    const int64_t left = pulse_lease_owner_expiry_seconds(&rival->holder) - rival->age;
    return pulse_fail(err, PULSE_E_TEMPORARY,
                      "--output %s: another run is at work there: %s, last heard of %lld s ago; "
                      "wait until it ends, or choose another place; should it be dead, its claim "
                      "lapses in %lld s",
                      claim->output, pulse_lease_owner_describe(&rival->holder, who),
                      (long long)rival->age, (long long)(left > 0 ? left : 0));
}

/* *told is false where nobody can tell whether the place is free. */
static int settle(struct pulse_lease *claim, bool *told, struct pulse_err *err)
{
    for (int attempt = 1;; attempt++) {
        struct rival rival;
        if (try_once(claim, &rival, told, err) != 0)
            return -1;
        if (!rival.any)
            return 0;
        if (attempt == TRIES)
            return refuse(claim, &rival, err);
        /* Longer each time, from 0.2 s on, and a different one for each of those that met. */
        const double share = (double)(random_bits() >> 11) * 0x1p-53;
        const double pause = 0.1 * (double)(1 << attempt) * (0.2 + 0.8 * share);
        if (pulse_retry_state_sleep(pulse_seconds() + pause, err) != 0)
            return -1;
    }
}

/* What is called when the rank dies, by whichever thread that befalls. */
static void let_go(void *context)
{
    struct pulse_lease *claim = context;
    struct timespec until;
    (void)pthread_mutex_lock(&claim->lock);
    claim->quit = true;
    (void)pthread_cond_broadcast(&claim->changed);
    (void)pthread_mutex_unlock(&claim->lock);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    pulse_signal_grace(death_seconds);
    (void)pthread_mutex_timedlock(&claim->requests, &until); /* a renewal is not to come after it */
    if (!is_lost(claim))
        withdraw(claim);
}

int pulse_lease_take(const char *output, struct pulse_lease **out, struct pulse_err *err)
{
    bool told;
    *out = NULL;
    struct pulse_lease *claim = make(output, err);
    if (claim == NULL)
        return -1;
    int rc = settle(claim, &told, err);
    if (rc == 0 && told) {
        const int failed = pulse_signals_start_thread(&claim->thread, work, claim);
        if (failed != 0) {
            withdraw(claim);
            rc = pulse_fail_errno(err, failed, "starting the thread that renews the claim on %s",
                                  output);
        }
    }
    if (rc != 0 || !told) {
        clear(claim);
        return rc;
    }
    pulse_on_abort_release(let_go, claim);
    *out = claim;
    return 0;
}

void pulse_lease_release(struct pulse_lease *claim)
{
    if (claim == NULL)
        return;
    pulse_on_abort_release(NULL, NULL);
    pulse_signal_grace(release_seconds);
    (void)pthread_mutex_lock(&claim->lock);
    claim->quit = true;
    (void)pthread_cond_broadcast(&claim->changed);
    (void)pthread_mutex_unlock(&claim->lock);
    (void)pthread_join(claim->thread, NULL);
    if (!is_lost(claim))
        withdraw(claim);
    clear(claim);
}
