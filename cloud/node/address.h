/* This machine's address among the nodes, and a socket that listens there. */
#ifndef PULSE_NODE_ADDRESS_H
#define PULSE_NODE_ADDRESS_H

#include "base/error.h"
#include "node/node_info.h"

/* The IPv4 address from which this machine reaches `peer`, and the network it lies in by its
 * interface's mask. PULSE_E_TEMPORARY when there is no way to `peer`. */
int pulse_address_towards(const char *peer, char address[PULSE_ADDRESS_TEXT],
                          char network[PULSE_NETWORK_TEXT], struct pulse_err *err);

/* A listening socket at a port that the kernel chooses, non-blocking. */
int pulse_address_listen(const char *address, int *socket_fd, int *port, struct pulse_err *err);

#endif
