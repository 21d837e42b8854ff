/* The configuration files of ssh, sshd and mpirun, as texts. Pure; all to be freed, NULL with
 * PULSE_E_MEMORY. */
#ifndef PULSE_NODE_SSH_H
#define PULSE_NODE_SSH_H

#include "base/error.h"
#include "node/node_info.h"

/* The main node's client: the key in the file `key` and no other, the nodes' host keys and no
 * others. */
char *pulse_ssh_config(const char *directory, const char *key, const struct pulse_node_info *infos,
                       int n, struct pulse_err *err);
char *pulse_ssh_known_hosts(const struct pulse_node_info *infos, int n, struct pulse_err *err);

/* A node's sshd, which is started for one connection at a time; its own key is in the
 * file `key`, and what the one key that it accepts may do is run `program` --session. */
char *pulse_ssh_daemon_config(const char *directory, const char *key, struct pulse_err *err);
char *pulse_ssh_authorized(const char *directory, const char *program, const char *key,
                           struct pulse_err *err);

/* "ADDRESS slots=N" a node. */
char *pulse_ssh_hostfile(const struct pulse_node_info *infos, int n, struct pulse_err *err);

/* The nodes' networks, each once: "10.0.1.0/24,10.0.2.0/24". */
char *pulse_ssh_networks(const struct pulse_node_info *infos, int n, struct pulse_err *err);

#endif
