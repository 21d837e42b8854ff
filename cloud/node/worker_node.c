/* A node that is not the main one: says where it is, lets the main node in, and leaves with it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "node/address.h"
#include "node/heartbeat.h"
#include "node/node.h"
#include "node/processes.h"
#include "node/rendezvous.h"
#include "node/session.h"
#include "node/signal_fd.h"
#include "node/ssh.h"
#include "node/subprocess.h"

enum { CONNECTIONS = 16, LEAVE_AFTER = 28 };

struct worker {
    struct pulse_node *of;
    int door;      /* where sshd is started for who comes */
    int talk;      /* where those sessions reach us */
    int heartbeat; /* the heartbeat; -1 before it is there */
    int connections;
    double heard, said; /* seconds: letters */
    double asked;       /* whether all is over already */
    int signal_number;  /* SIGTERM or SIGINT came */
    bool asking;        /* the ranks are to save and end; until there are some to hear it */
    bool over;
    int code;
};

static void leave_job(struct worker *worker, int code, const char *why)
{
    if (!worker->over && why != NULL)
        pulse_info("node %d leaves: %s", worker->of->job.node, why);
    if (!worker->over)
        worker->code = code;
    worker->over = true;
}

/* ---- Finding the main node ------------------------------------------------------------ */

static int announce_worker(struct worker *worker, struct pulse_err *err)
{
    struct pulse_node *node = worker->of;
    struct pulse_node_info info = {.node = node->job.node, .slots = (int)node->ranks};
    char name[24], *text = NULL;
    int result = -1;
    (void)strcpy(info.image, node->image);
    if (node->job.main_address == NULL)
        return pulse_fail(
            err, PULSE_E_USAGE,
            "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS is missing on node %d; set it "
            "as AWS Batch does",
            node->job.node);
    if (pulse_address_towards(node->job.main_address, info.address, info.network, err) != 0 ||
        pulse_address_listen(info.address, &worker->door, &info.port, err) != 0 ||
        pulse_keys_make(node->directory, &node->key, err) != 0)
        return -1;
    (void)strcpy(info.key, node->key.public);
    text = pulse_node_info_text(&info, err);
    if (text == NULL)
        return -1;
    do
        result = pulse_rendezvous_put(node->location, &node->seal,
                                      pulse_rendezvous_name(node->job.node, name), text, 20, err);
    while (result != 0 && pulse_node_again(node, err));
    free(text);
    if (result == 0)
        pulse_info("node %d of %d at %s, port %d: waiting for the main node", node->job.node,
                   node->job.nodes, info.address, info.port);
    return result;
}

/* Whether the main node says that all is over. */
static int ask_whether_over(struct worker *worker, double seconds, struct pulse_err *err)
{
    char *text;
    const int result = pulse_rendezvous_get(worker->of->location, &worker->of->seal,
                                            PULSE_RENDEZVOUS_END, seconds, &text, err);
    if (text != NULL)
        leave_job(worker, 0, "the main node has ended");
    free(text);
    return result;
}

/* The main node's key, once it is there. */
static int wait_for_key(struct worker *worker, struct pulse_node_info *info, struct pulse_err *err)
{
    struct pulse_node *node = worker->of;
    for (;;) {
        char *text = NULL;
        int result = pulse_rendezvous_get(node->location, &node->seal, PULSE_RENDEZVOUS_MAIN, 20,
                                          &text, err);
        if (result == 0 && text != NULL) {
            result = pulse_node_info_parse(text, PULSE_RENDEZVOUS_MAIN, info, err);
            free(text);
            return result;
        }
        if (result == 0)
            result = ask_whether_over(worker, 20, err);
        if (worker->over)
            return 0;
        if (result != 0 && !pulse_node_again(node, err))
            return -1;
        if (pulse_signal_fd_pending() != PULSE_OK)
            return pulse_fail(err, pulse_signal_fd_pending(),
                              "asked to end before the main node came");
        if (pulse_seconds() > node->deadline)
            return pulse_fail(err, PULSE_E_TEMPORARY,
                              "the main node (%s) has not come within %g s; see its log",
                              node->job.main_address, node->patience);
        pulse_signal_fd_sleep(node->events, 1);
    }
}

static int open_door(struct worker *worker, const struct pulse_node_info *info,
                     struct pulse_err *err)
{
    const char *directory = worker->of->directory;
    char *config = pulse_ssh_daemon_config(directory, worker->of->key.path, err);
    char *key = pulse_ssh_authorized(directory, worker->of->self, info->key, err);
    int result = -1;
    if (config != NULL && key != NULL &&
        pulse_keys_write(directory, "sshd_config", config, err) == 0 &&
        pulse_keys_write(directory, "authorized_keys", key, err) == 0)
        result = pulse_session_listen(directory, &worker->talk, err);
    free(config);
    free(key);
    return result;
}

/* ---- What happens -------------------------------------------------------------------- */

/* An sshd for this connection. */
static void start_sshd(struct worker *worker, int fd)
{
    static char sshd[] = "/usr/sbin/sshd", inetd[] = "-i", log[] = "-e", file[] = "-f";
    char config[PULSE_DIRECTORY_TEXT + 16];
    struct pulse_subprocess child;
    struct pulse_err err = {0};
    const int streams[3] = {fd, fd, PULSE_SUBPROCESS_KEEP};
    (void)snprintf(config, sizeof config, "%s/sshd_config", worker->of->directory);
    if (pulse_subprocess_start((char *const[]){sshd, inetd, log, file, config, NULL}, streams,
                               &child, &err) == 0)
        worker->connections++;
    else
        pulse_warn("%s", err.text);
}

/* All who have come since. Only the main node's address gets an sshd: others, however many they
 * are and however long they would stay, find the connection closed. */
static void let_in(struct worker *worker)
{
    struct sockaddr_in peer;
    char address[PULSE_ADDRESS_TEXT];
    int fd;
    for (socklen_t length = sizeof peer;
         (fd = accept4(worker->door, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC)) >= 0;
         length = sizeof peer) {
        if (inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address) != NULL &&
            strcmp(address, worker->of->job.main_address) == 0 && worker->connections < CONNECTIONS)
            start_sshd(worker, fd);
        (void)close(fd);
    }
}

static void read_heartbeat(struct worker *worker, double now)
{
    char letters[64];
    ssize_t n;
    while (worker->heartbeat >= 0 && (n = read(worker->heartbeat, letters, sizeof letters)) != -1) {
        if (n == 0) {
            leave_job(worker, 0, "the main node is gone");
            return;
        }
        worker->heard = now;
        if (memchr(letters, PULSE_HEARTBEAT_TERM, (size_t)n) != NULL)
            worker->asking = true;
        if (memchr(letters, PULSE_HEARTBEAT_END, (size_t)n) != NULL) {
            leave_job(worker, 0, NULL);
            return;
        }
    }
}

static void send_letter(const struct worker *worker, char letter)
{
    if (worker->heartbeat >= 0)
        (void)!write(worker->heartbeat, &letter, 1);
}

static void take_signals(struct worker *worker, double now)
{
    int number;
    while ((number = pulse_signal_fd_next(worker->of->events)) != 0) {
        if (number == SIGCHLD) {
            /* Connections end with their sshd; orted, adopted, is not one of them. */
            while (waitpid(-1, NULL, WNOHANG) > 0)
                worker->connections -= worker->connections > 0;
        } else if (worker->signal_number == 0) {
            worker->signal_number = number;
            worker->of->deadline = now + LEAVE_AFTER;
            send_letter(worker, PULSE_HEARTBEAT_TAKEN);
            worker->asking = true;
            if (worker->heartbeat < 0)
                leave_job(worker, 128 + number, "asked to end");
        }
    }
}

static void look_at_clock(struct worker *worker, double now)
{
    struct pulse_err err = {0};
    if (worker->heartbeat >= 0 && now - worker->said >= PULSE_HEARTBEAT_EVERY) {
        worker->said = now;
        send_letter(worker, PULSE_HEARTBEAT);
    }
    if (worker->heartbeat >= 0 && now - worker->heard > PULSE_HEARTBEAT_SILENCE)
        leave_job(worker, 0, "the main node does not answer any more");
    if (worker->signal_number != 0 && now > worker->of->deadline)
        leave_job(worker, 128 + worker->signal_number, "asked to end");
    if (worker->heartbeat < 0 && worker->signal_number == 0 && now > worker->of->deadline)
        leave_job(worker, pulse_exit_code(PULSE_E_TEMPORARY), "the main node has not come");
    if (worker->heartbeat < 0 && !worker->over && now - worker->asked > 5) {
        (void)ask_whether_over(worker, 3, &err);
        worker->asked = pulse_seconds();
    }
}

static void handle_events(struct worker *worker)
{
    struct pollfd fds[4] = {{.fd = worker->of->events, .events = POLLIN},
                            {.fd = worker->door, .events = POLLIN},
                            {.fd = worker->talk, .events = POLLIN},
                            {.fd = worker->heartbeat, .events = POLLIN}};
    (void)poll(fds, 4, 200);
    const double now = pulse_seconds();
    if (fds[1].revents != 0)
        let_in(worker);
    if (fds[2].revents != 0) {
        const int heartbeat = pulse_session_accept(worker->talk, worker->of->directory);
        if (heartbeat >= 0 && worker->heartbeat >= 0) { /* one main node, one heartbeat */
            (void)close(heartbeat);
        } else if (heartbeat >= 0) {
            worker->heartbeat = heartbeat;
            worker->heard = now;
        }
    }
    read_heartbeat(worker, now);
    take_signals(worker, now);
    if (worker->asking)
        worker->asking = pulse_processes_signal(SIGTERM, true) == 0;
    look_at_clock(worker, now);
}

int pulse_node_run_worker(struct pulse_node *node, struct pulse_err *err)
{
    struct worker worker = {.of = node, .door = -1, .talk = -1, .heartbeat = -1};
    struct pulse_node_info info;
    int code = -1;
    if (announce_worker(&worker, err) != 0 || wait_for_key(&worker, &info, err) != 0)
        goto done;
    if (!worker.over && open_door(&worker, &info, err) != 0)
        goto done;
    /* The main node gives up first, and says so. */
    node->deadline += PULSE_HEARTBEAT_SILENCE + 30;
    worker.asked = pulse_seconds();
    while (!worker.over)
        handle_events(&worker);
    code = worker.code;
done:
    if (worker.door >= 0)
        (void)close(worker.door);
    if (worker.talk >= 0)
        (void)close(worker.talk);
    if (worker.heartbeat >= 0)
        (void)close(worker.heartbeat);
    return code;
}
