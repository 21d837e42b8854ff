/* The main node: waits for the others, sees that it can reach each, runs mpirun over all. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "node/address.h"
#include "node/heartbeat.h"
#include "node/node.h"
#include "node/rendezvous.h"
#include "node/signal_fd.h"
#include "node/ssh.h"
#include "node/supervisor.h"
#include "store/store.h"

/* Seconds in which all must be reached once all have announced themselves: one that died since is
 * not waited for as long as one that has not come. */
enum { REACH_WITHIN = 20 };

struct lead {
    struct pulse_node *of;
    struct pulse_node_info *cards; /* of all nodes by index; slots 0: not here yet */
    struct pulse_heartbeat *beats; /* of the others */
    int *slots;
    int n;
    char *networks;
    double reach_until;
};

static int interrupted(struct pulse_err *err)
{
    const enum pulse_kind kind = pulse_signal_fd_pending();
    return kind == PULSE_OK
               ? 0
               : pulse_fail(err, kind, "told to end while waiting for the other nodes");
}

/* ---- Finding the others -------------------------------------------------------------- */

static int announce(struct lead *lead, struct pulse_err *err)
{
    struct pulse_node *node = lead->of;
    struct pulse_node_info *own = &lead->cards[node->job.main_node];
    *own = (struct pulse_node_info){.node = node->job.main_node, .slots = (int)node->ranks};
    (void)strcpy(own->image, node->image);
    if (pulse_keys_make(node->directory, "user_key", own->key, err) != 0)
        return -1;
    char *text = pulse_node_info_text(own, err);
    if (text == NULL)
        return -1;
    int result;
    do
        result = pulse_rendezvous_put(node->place, PULSE_RENDEZVOUS_MAIN, text, 20, err);
    while (result != 0 && pulse_node_again(node, err));
    free(text);
    if (result == 0)
        pulse_info("main node of %d: waiting for the others", lead->n);
    return result;
}

static int read_card(struct lead *lead, int i, struct pulse_err *err)
{
    char name[24], *text;
    struct pulse_node_info card;
    if (pulse_rendezvous_get(lead->of->place, pulse_rendezvous_name(i, name), 20, &text, err) != 0)
        return -1;
    if (text == NULL)
        return 0;
    int result = pulse_node_info_parse(text, name, &card, err);
    free(text);
    if (result == 0 && (card.node != i || card.port == 0 || card.address[0] == '\0'))
        result = pulse_fail(err, PULSE_E_INPUT, "%s is not the card of node %d", name, i);
    if (result == 0)
        lead->cards[i] = card;
    return result;
}

/* Reads the cards that have come since. */
static int look_for_cards(struct lead *lead, int *missing, struct pulse_err *err)
{
    struct pulse_listing listing;
    char name[24];
    *missing = 0;
    if (pulse_rendezvous_list(lead->of->place, 20, &listing, err) != 0)
        return -1;
    int result = 0;
    for (int i = 0; result == 0 && i < lead->n; i++) {
        (void)pulse_rendezvous_name(i, name);
        for (int64_t j = 0; result == 0 && lead->cards[i].slots == 0 && j < listing.n; j++)
            if (strcmp(listing.entries[j].name, name) == 0)
                result = read_card(lead, i, err);
        *missing += lead->cards[i].slots == 0;
    }
    pulse_listing_clear(&listing);
    return result;
}

/* "node 2", "nodes 1, 2 and 5"; at most so many that a line holds them. */
static void name_missing(const struct lead *lead, char *out, size_t room)
{
    size_t length = 0;
    int count = 0;
    for (int i = 0; i < lead->n && length + 16 < room; i++)
        if (lead->cards[i].slots == 0)
            length += (size_t)snprintf(out + length, room - length, "%s%d", count++ ? ", " : "", i);
    if (length + 16 >= room)
        (void)strcpy(out + length, ", ...");
}

static int gather(struct lead *lead, struct pulse_err *err)
{
    struct pulse_node *node = lead->of;
    char names[200] = "";
    for (;;) {
        int missing;
        if (look_for_cards(lead, &missing, err) == 0 && missing == 0)
            return 0;
        if (err->kind != PULSE_OK && !pulse_node_again(node, err))
            return -1;
        if (interrupted(err) != 0)
            return -1;
        if (pulse_seconds() > node->deadline) {
            name_missing(lead, names, sizeof names);
            return pulse_fail(
                err, PULSE_E_TEMPORARY,
                "missing after %g s: node %s of %d; see what its log says, and whether "
                "its instance started",
                node->patience, names, lead->n);
        }
        pulse_signal_fd_sleep(node->events, 1);
    }
}

static int check_images(const struct lead *lead, struct pulse_err *err)
{
    for (int i = 0; i < lead->n; i++)
        if (strcmp(lead->cards[i].image, lead->of->image) != 0)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "node %d runs another pulse-train than the main node: give all nodes of "
                "the job definition the same image",
                i);
    return 0;
}

/* ---- Reaching them ------------------------------------------------------------------- */

/* Writes a text and frees it; NULL has failed already. */
static int write_text(const struct lead *lead, const char *name, char *text, struct pulse_err *err)
{
    const int result = text == NULL ? -1 : pulse_keys_write(lead->of->directory, name, text, err);
    free(text);
    return result;
}

static int write_files(struct lead *lead, struct pulse_err *err)
{
    struct pulse_node_info *own = &lead->cards[lead->of->job.main_node];
    const struct pulse_node_info *other = &lead->cards[lead->of->job.main_node == 0 ? 1 : 0];
    const char *directory = lead->of->directory;
    if (pulse_address_towards(other->address, own->address, own->network, err) != 0)
        return -1;
    lead->networks = pulse_ssh_networks(lead->cards, lead->n, err);
    if (lead->networks == NULL ||
        write_text(lead, "ssh_config", pulse_ssh_config(directory, lead->cards, lead->n, err),
                   err) != 0 ||
        write_text(lead, "known_hosts", pulse_ssh_known_hosts(lead->cards, lead->n, err), err) != 0)
        return -1;
    return write_text(lead, "hostfile", pulse_ssh_hostfile(lead->cards, lead->n, err), err);
}

/* A connection that failed is tried again; but not one to a host that is not the one which
 * announced itself, nor one to a node that has another key than ours: it lets nobody in before it
 * has one. */
static int try_again(struct lead *lead, struct pulse_heartbeat *beat, struct pulse_err *err)
{
    const double now = pulse_seconds();
    const bool stranger = strstr(beat->said, "erification failed") != NULL ||
                          strstr(beat->said, "IDENTIFICATION HAS CHANGED") != NULL;
    if (strstr(beat->said, "Permission denied") != NULL)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "node %d (%s) lets another main node's key in, not this one's; see that "
                          "only one runs for this job, and run the same command again",
                          beat->node, beat->address);
    if (stranger || now > lead->reach_until)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "node %d (%s) cannot be reached by ssh: %s; run the "
                          "same command again",
                          beat->node, beat->address,
                          beat->said[0] != '\0' ? beat->said : "it closed the connection");
    if (now - beat->heard < 1)
        return 0; /* not yet */
    pulse_heartbeat_stop(beat);
    return pulse_heartbeat_start(beat, lead->of->directory, now, err);
}

static int start_beats(struct lead *lead, struct pulse_err *err)
{
    for (int i = 0, k = 0; i < lead->n; i++) {
        if (i == lead->of->job.main_node)
            continue;
        struct pulse_heartbeat *beat = &lead->beats[k++];
        beat->node = i;
        beat->address = lead->cards[i].address;
        if (pulse_heartbeat_start(beat, lead->of->directory, pulse_seconds(), err) != 0)
            return -1;
    }
    return 0;
}

/* One look at all heartbeats; how many are there goes to *alive. */
static int look_at_beats(struct lead *lead, int *alive, struct pulse_err *err)
{
    const double now = pulse_seconds();
    *alive = 0;
    for (int i = 0; i < lead->n - 1; i++) {
        struct pulse_heartbeat *beat = &lead->beats[i];
        if (beat->state != PULSE_HEARTBEAT_LOST) {
            pulse_heartbeat_read(beat, now);
            pulse_heartbeat_send(beat, PULSE_HEARTBEAT, now);
        }
        *alive += beat->state == PULSE_HEARTBEAT_ALIVE;
        if (beat->state == PULSE_HEARTBEAT_LOST && try_again(lead, beat, err) != 0)
            return -1;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) /* an ssh that ended */
        continue;
    return 0;
}

/* Until a heartbeat of each has come: then ssh works, and each host is the one it says it is. */
static int reach(struct lead *lead, struct pulse_err *err)
{
    int alive = 0;
    lead->reach_until = pulse_seconds() + REACH_WITHIN;
    if (start_beats(lead, err) != 0)
        return -1;
    for (;;) {
        if (look_at_beats(lead, &alive, err) != 0 || interrupted(err) != 0)
            return -1;
        if (alive == lead->n - 1)
            return 0;
        if (pulse_seconds() > lead->reach_until + PULSE_HEARTBEAT_SILENCE)
            return pulse_fail(
                err, PULSE_E_TEMPORARY,
                "not all nodes answered over ssh in time; run the same command again");
        pulse_signal_fd_sleep(lead->of->events, 0.1);
    }
}

/* ---- All of it ----------------------------------------------------------------------- */

static int run(struct lead *lead, struct pulse_err *err)
{
    int64_t ranks = 0;
    for (int i = 0; i < lead->n; i++) {
        lead->slots[i] = lead->cards[i].slots;
        ranks += lead->slots[i];
    }
    const struct pulse_launch launch = {.program = lead->of->program,
                                        .arguments = lead->of->arguments,
                                        .ranks = ranks,
                                        .directory = lead->of->directory,
                                        .networks = lead->networks};
    struct pulse_supervisor conduct = {.events = lead->of->events,
                                       .launch = &launch,
                                       .slots = lead->slots,
                                       .nodes = lead->n,
                                       .beats = lead->beats};
    pulse_info("%d nodes are here: %lld ranks", lead->n, (long long)ranks);
    /* What Open MPI and the ranks leave behind goes with the directory. */
    (void)setenv("TMPDIR", lead->of->directory, 1);
    return pulse_supervisor_run(&conduct, err);
}

/* The others leave: told over their heartbeats, whose end says that they have heard. */
static void dismiss(struct lead *lead)
{
    const double until = pulse_seconds() + 3;
    int left = lead->n - 1;
    for (int i = 0; i < lead->n - 1; i++)
        pulse_heartbeat_send(&lead->beats[i], PULSE_HEARTBEAT_END, pulse_seconds());
    while (left > 0 && pulse_seconds() < until) {
        left = 0;
        for (int i = 0; i < lead->n - 1; i++) {
            if (lead->beats[i].state != PULSE_HEARTBEAT_LOST)
                pulse_heartbeat_read(&lead->beats[i], pulse_seconds());
            left += lead->beats[i].state != PULSE_HEARTBEAT_LOST;
        }
        pulse_signal_fd_drain(lead->of->events);
        pulse_signal_fd_sleep(lead->of->events, 0.05);
    }
}

/* What ends the others when not all of them have a heartbeat: an object. */
static void call_off(struct lead *lead)
{
    struct pulse_err err = {0};
    pulse_signal_fd_drain(
        lead->of->events); /* the signal that brought us here is to stop nothing more */
    if (pulse_rendezvous_put(lead->of->place, PULSE_RENDEZVOUS_END, "", 5, &err) != 0)
        pulse_warn("%s", err.text);
}

int pulse_node_run_main(struct pulse_node *node, struct pulse_err *err)
{
    struct lead lead = {.of = node, .n = node->job.nodes};
    bool reached = false;
    int code = -1;
    lead.cards = pulse_calloc(lead.n, sizeof *lead.cards, "the nodes", err);
    lead.beats = pulse_calloc(lead.n, sizeof *lead.beats, "the nodes", err);
    lead.slots = pulse_calloc(lead.n, sizeof *lead.slots, "the nodes", err);
    if (lead.cards == NULL || lead.beats == NULL || lead.slots == NULL)
        goto done;
    if (announce(&lead, err) == 0 && gather(&lead, err) == 0 && check_images(&lead, err) == 0 &&
        write_files(&lead, err) == 0 && reach(&lead, err) == 0) {
        reached = true;
        code = run(&lead, err);
        dismiss(&lead);
    } else {
        call_off(&lead);
    }
    for (int i = 0; i < lead.n - 1; i++)
        if (lead.beats[i].ssh.pid != 0)
            pulse_heartbeat_stop(&lead.beats[i]);
    pulse_rendezvous_clear(node->place, node->job.nodes, reached);
done:
    free(lead.networks);
    free(lead.slots);
    free(lead.beats);
    free(lead.cards);
    return code;
}
