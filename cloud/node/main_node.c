/* The main node: waits for the others, sees that it can reach each, runs mpirun over all. */
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

struct main_node {
    struct pulse_node *of;
    struct pulse_node_info *infos;      /* of all nodes by index; slots 0: not here yet */
    struct pulse_heartbeat *heartbeats; /* of the others */
    int *slots;
    int n;
    char *networks;
    double reach_until;
};

static int check_interrupted(struct pulse_err *err)
{
    const enum pulse_kind kind = pulse_signal_fd_pending();
    return kind == PULSE_OK
               ? 0
               : pulse_fail(err, kind, "asked to end while waiting for the other nodes");
}

/* ---- Finding the others -------------------------------------------------------------- */

static int announce_main(struct main_node *main_node, struct pulse_err *err)
{
    struct pulse_node *node = main_node->of;
    struct pulse_node_info *own = &main_node->infos[node->job.main_node];
    *own = (struct pulse_node_info){.node = node->job.main_node, .slots = (int)node->ranks};
    (void)strcpy(own->image, node->image);
    if (pulse_keys_make(node->directory, &node->key, err) != 0)
        return -1;
    (void)strcpy(own->key, node->key.public);
    char *text = pulse_node_info_text(own, err);
    if (text == NULL)
        return -1;
    int result;
    do
        result =
            pulse_rendezvous_put(node->location, &node->seal, PULSE_RENDEZVOUS_MAIN, text, 20, err);
    while (result != 0 && pulse_node_again(node, err));
    free(text);
    if (result == 0)
        pulse_info("main node of %d: waiting for the others", main_node->n);
    return result;
}

static int read_info(struct main_node *main_node, int i, struct pulse_err *err)
{
    char name[24], *text;
    struct pulse_node_info info;
    if (pulse_rendezvous_get(main_node->of->location, &main_node->of->seal,
                             pulse_rendezvous_name(i, name), 20, &text, err) != 0)
        return -1;
    if (text == NULL)
        return 0;
    int result = pulse_node_info_parse(text, name, &info, err);
    free(text);
    if (result == 0 && (info.node != i || info.port == 0 || info.address[0] == '\0'))
        result = pulse_fail(err, PULSE_E_INPUT, "%s does not describe node %d", name, i);
    if (result == 0)
        main_node->infos[i] = info;
    return result;
}

/* Reads what nodes have announced since. */
static int look_for_infos(struct main_node *main_node, int *missing, struct pulse_err *err)
{
    struct pulse_listing listing;
    char name[24];
    *missing = 0;
    if (pulse_rendezvous_list(main_node->of->location, 20, &listing, err) != 0)
        return -1;
    int result = 0;
    for (int i = 0; result == 0 && i < main_node->n; i++) {
        (void)pulse_rendezvous_name(i, name);
        for (int64_t j = 0; result == 0 && main_node->infos[i].slots == 0 && j < listing.n; j++)
            if (strcmp(listing.entries[j].name, name) == 0)
                result = read_info(main_node, i, err);
        *missing += main_node->infos[i].slots == 0;
    }
    pulse_listing_clear(&listing);
    return result;
}

/* "node 2", "nodes 1, 2 and 5"; at most so many that a line holds them. */
static void name_missing(const struct main_node *main_node, char *out, size_t size)
{
    size_t length = 0;
    int count = 0;
    for (int i = 0; i < main_node->n && length + 16 < size; i++)
        if (main_node->infos[i].slots == 0)
            length += (size_t)snprintf(out + length, size - length, "%s%d", count++ ? ", " : "", i);
    if (length + 16 >= size)
        (void)strcpy(out + length, ", ...");
}

static int gather_nodes(struct main_node *main_node, struct pulse_err *err)
{
    struct pulse_node *node = main_node->of;
    char names[200] = "";
    for (;;) {
        int missing;
        if (look_for_infos(main_node, &missing, err) == 0 && missing == 0)
            return 0;
        if (err->kind != PULSE_OK && !pulse_node_again(node, err))
            return -1;
        if (check_interrupted(err) != 0)
            return -1;
        if (pulse_seconds() > node->deadline) {
            name_missing(main_node, names, sizeof names);
            return pulse_fail(
                err, PULSE_E_TEMPORARY,
                "missing after %g s: node %s of %d; see what its log says, and whether "
                "its instance started",
                node->patience, names, main_node->n);
        }
        pulse_signal_fd_sleep(node->events, 1);
    }
}

static int check_images(const struct main_node *main_node, struct pulse_err *err)
{
    for (int i = 0; i < main_node->n; i++)
        if (strcmp(main_node->infos[i].image, main_node->of->image) != 0)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "node %d runs another pulse-train than the main node: give all nodes of "
                "the job definition the same image",
                i);
    return 0;
}

/* ---- Reaching them ------------------------------------------------------------------- */

/* Writes a text and frees it; NULL has failed already. */
static int write_text(const struct main_node *main_node, const char *name, char *text,
                      struct pulse_err *err)
{
    const int result =
        text == NULL ? -1 : pulse_keys_write(main_node->of->directory, name, text, err);
    free(text);
    return result;
}

static int write_files(struct main_node *main_node, struct pulse_err *err)
{
    struct pulse_node_info *own = &main_node->infos[main_node->of->job.main_node];
    const struct pulse_node_info *other =
        &main_node->infos[main_node->of->job.main_node == 0 ? 1 : 0];
    const char *directory = main_node->of->directory;
    if (pulse_address_towards(other->address, own->address, own->network, err) != 0)
        return -1;
    main_node->networks = pulse_ssh_networks(main_node->infos, main_node->n, err);
    if (main_node->networks == NULL ||
        write_text(main_node, "ssh_config",
                   pulse_ssh_config(directory, main_node->of->key.path, main_node->infos,
                                    main_node->n, err),
                   err) != 0 ||
        write_text(main_node, "known_hosts",
                   pulse_ssh_known_hosts(main_node->infos, main_node->n, err), err) != 0)
        return -1;
    return write_text(main_node, "hostfile",
                      pulse_ssh_hostfile(main_node->infos, main_node->n, err), err);
}

/* A connection that failed is tried again; but not one to a host that is not the one which
 * announced itself, nor one to a node that has another key than ours: it lets nobody in before it
 * has one. */
static int try_again(struct main_node *main_node, struct pulse_heartbeat *heartbeat,
                     struct pulse_err *err)
{
    const double now = pulse_seconds();
    const bool stranger = strstr(heartbeat->said, "erification failed") != NULL ||
                          strstr(heartbeat->said, "IDENTIFICATION HAS CHANGED") != NULL;
    if (strstr(heartbeat->said, "Permission denied") != NULL)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "node %d (%s) lets another main node's key in, not this one's; see that "
                          "only one runs for this job, and run the same command again",
                          heartbeat->node, heartbeat->address);
    if (stranger || now > main_node->reach_until)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "node %d (%s) cannot be reached by ssh: %s; run the "
                          "same command again",
                          heartbeat->node, heartbeat->address,
                          heartbeat->said[0] != '\0' ? heartbeat->said
                                                     : "it closed the connection");
    if (now - heartbeat->heard < 1)
        return 0; /* not yet */
    pulse_heartbeat_stop(heartbeat);
    return pulse_heartbeat_start(heartbeat, main_node->of->directory, now, err);
}

static int start_heartbeats(struct main_node *main_node, struct pulse_err *err)
{
    for (int i = 0, k = 0; i < main_node->n; i++) {
        if (i == main_node->of->job.main_node)
            continue;
        struct pulse_heartbeat *heartbeat = &main_node->heartbeats[k++];
        heartbeat->node = i;
        heartbeat->address = main_node->infos[i].address;
        if (pulse_heartbeat_start(heartbeat, main_node->of->directory, pulse_seconds(), err) != 0)
            return -1;
    }
    return 0;
}

/* One look at all heartbeats; how many are there goes to *alive. */
static int check_heartbeats(struct main_node *main_node, int *alive, struct pulse_err *err)
{
    const double now = pulse_seconds();
    *alive = 0;
    for (int i = 0; i < main_node->n - 1; i++) {
        struct pulse_heartbeat *heartbeat = &main_node->heartbeats[i];
        if (heartbeat->state != PULSE_HEARTBEAT_LOST) {
            pulse_heartbeat_read(heartbeat, now);
            pulse_heartbeat_send(heartbeat, PULSE_HEARTBEAT, now);
        }
        *alive += heartbeat->state == PULSE_HEARTBEAT_ALIVE;
        if (heartbeat->state == PULSE_HEARTBEAT_LOST && try_again(main_node, heartbeat, err) != 0)
            return -1;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) /* an ssh that ended */
        continue;
    return 0;
}

/* Until a heartbeat of each has come: then ssh works, and each host is the one it says it is. */
static int reach_nodes(struct main_node *main_node, struct pulse_err *err)
{
    int alive = 0;
    main_node->reach_until = pulse_seconds() + REACH_WITHIN;
    if (start_heartbeats(main_node, err) != 0)
        return -1;
    for (;;) {
        if (check_heartbeats(main_node, &alive, err) != 0 || check_interrupted(err) != 0)
            return -1;
        if (alive == main_node->n - 1)
            return 0;
        if (pulse_seconds() > main_node->reach_until + PULSE_HEARTBEAT_SILENCE)
            return pulse_fail(
                err, PULSE_E_TEMPORARY,
                "not all nodes answered over ssh in time; run the same command again");
        pulse_signal_fd_sleep(main_node->of->events, 0.1);
    }
}

/* ---- All of it ----------------------------------------------------------------------- */

static int run_training(struct main_node *main_node, struct pulse_err *err)
{
    int64_t ranks = 0;
    for (int i = 0; i < main_node->n; i++) {
        main_node->slots[i] = main_node->infos[i].slots;
        ranks += main_node->slots[i];
    }
    const struct pulse_launch launch = {.program = main_node->of->program,
                                        .arguments = main_node->of->arguments,
                                        .ranks = ranks,
                                        .directory = main_node->of->directory,
                                        .networks = main_node->networks};
    struct pulse_supervisor supervisor = {.events = main_node->of->events,
                                          .launch = &launch,
                                          .slots = main_node->slots,
                                          .nodes = main_node->n,
                                          .heartbeats = main_node->heartbeats};
    pulse_info("%d nodes are here: %lld ranks", main_node->n, (long long)ranks);
    /* What Open MPI and the ranks leave behind goes with the directory. */
    (void)setenv("TMPDIR", main_node->of->directory, 1);
    return pulse_supervisor_run(&supervisor, err);
}

/* The others leave: they are asked to over their heartbeats, whose end says that they have heard.
 */
static void dismiss_nodes(struct main_node *main_node)
{
    const double until = pulse_seconds() + 3;
    int left = main_node->n - 1;
    for (int i = 0; i < main_node->n - 1; i++)
        pulse_heartbeat_send(&main_node->heartbeats[i], PULSE_HEARTBEAT_END, pulse_seconds());
    while (left > 0 && pulse_seconds() < until) {
        left = 0;
        for (int i = 0; i < main_node->n - 1; i++) {
            if (main_node->heartbeats[i].state != PULSE_HEARTBEAT_LOST)
                pulse_heartbeat_read(&main_node->heartbeats[i], pulse_seconds());
            left += main_node->heartbeats[i].state != PULSE_HEARTBEAT_LOST;
        }
        pulse_signal_fd_drain(main_node->of->events);
        pulse_signal_fd_sleep(main_node->of->events, 0.05);
    }
}

/* What ends the others when not all of them have a heartbeat: an object. */
static void call_off(struct main_node *main_node)
{
    struct pulse_err err = {0};
    pulse_signal_fd_drain(
        main_node->of->events); /* the signal that brought us here is to stop nothing more */
    if (pulse_rendezvous_put(main_node->of->location, &main_node->of->seal, PULSE_RENDEZVOUS_END,
                             "", 5, &err) != 0)
        pulse_warn("%s", err.text);
}

int pulse_node_run_main(struct pulse_node *node, struct pulse_err *err)
{
    struct main_node main_node = {.of = node, .n = node->job.nodes};
    bool reached = false;
    int code = -1;
    main_node.infos = pulse_calloc(main_node.n, sizeof *main_node.infos, "the nodes", err);
    main_node.heartbeats =
        pulse_calloc(main_node.n, sizeof *main_node.heartbeats, "the nodes", err);
    main_node.slots = pulse_calloc(main_node.n, sizeof *main_node.slots, "the nodes", err);
    if (main_node.infos == NULL || main_node.heartbeats == NULL || main_node.slots == NULL)
        goto done;
    if (announce_main(&main_node, err) == 0 && gather_nodes(&main_node, err) == 0 &&
        check_images(&main_node, err) == 0 && write_files(&main_node, err) == 0 &&
        reach_nodes(&main_node, err) == 0) {
        reached = true;
        code = run_training(&main_node, err);
        dismiss_nodes(&main_node);
    } else {
        call_off(&main_node);
    }
    for (int i = 0; i < main_node.n - 1; i++)
        if (main_node.heartbeats[i].ssh.pid != 0)
            pulse_heartbeat_stop(&main_node.heartbeats[i]);
    pulse_rendezvous_clear(node->location, node->job.nodes, reached);
done:
    free(main_node.networks);
    free(main_node.slots);
    free(main_node.heartbeats);
    free(main_node.infos);
    return code;
}
