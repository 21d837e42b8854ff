/* What nodes announce to each other before they are connected: a small JSON object. Nothing in it
 * is secret; seal.h keeps strangers from writing one. Pure. */
#ifndef PULSE_NODE_NODE_INFO_H
#define PULSE_NODE_NODE_INFO_H

#include "base/error.h"

enum {
    PULSE_ADDRESS_TEXT = 16,
    PULSE_NETWORK_TEXT = 20,
    PULSE_KEY_TEXT = 200,
    PULSE_NODE_INFO_BYTES = 4096
};

struct pulse_node_info {
    int node;
    char address[PULSE_ADDRESS_TEXT]; /* IPv4; "" where the main node announces itself */
    char network[PULSE_NETWORK_TEXT]; /* "10.0.1.0/24": where that address lies */
    int port;                         /* of its sshd */
    int slots;                        /* its capacity in ranks */
    char image[65];                   /* digest of what it would run */
    char key[PULSE_KEY_TEXT];         /* public half: "ssh-ed25519 AAAA..." of the host, or of the
                                       * main node's user */
};

/* JSON; NULL with PULSE_E_MEMORY. To be freed. */
char *pulse_node_info_text(const struct pulse_node_info *info, struct pulse_err *err);

/* PULSE_E_INPUT, `where` named, for anything that is not such an object: what is read here goes
 * into configuration files. */
int pulse_node_info_parse(const char *text, const char *where, struct pulse_node_info *info,
                          struct pulse_err *err);

#endif
