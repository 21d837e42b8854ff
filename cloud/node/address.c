#include "node/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The network of the interface that has `own`. */
static int network_of(struct in_addr own, char network[PULSE_NETWORK_TEXT])
{
    struct ifaddrs *all;
    int result = -1;
    if (getifaddrs(&all) != 0)
        return -1;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_netmask == NULL ||
            one->ifa_addr->sa_family != AF_INET ||
            ((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr.s_addr !=
                own.s_addr)
            continue;
        const uint32_t mask =
            ((const struct sockaddr_in *)(const void *)one->ifa_netmask)->sin_addr.s_addr;
        char text[PULSE_ADDRESS_TEXT];
        (void)inet_ntop(AF_INET, &(struct in_addr){.s_addr = own.s_addr & mask}, text, sizeof text);
        (void)snprintf(network, PULSE_NETWORK_TEXT, "%s/%d", text, __builtin_popcount(mask));
        result = 0;
        break;
    }
    freeifaddrs(all);
    return result;
}

int pulse_address_towards(const char *peer, char address[PULSE_ADDRESS_TEXT],
                          char network[PULSE_NETWORK_TEXT], struct pulse_err *err)
{
    /* Connecting a datagram socket sends nothing: the kernel picks the way, and with it the
     * address. */
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9)}, own = {0};
    socklen_t length = sizeof own;
    if (inet_pton(AF_INET, peer, &there.sin_addr) != 1)
        return pulse_fail(err, PULSE_E_USAGE, "'%s' is not the IPv4 address of a node", peer);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = -1;
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&there, sizeof there) == 0 &&
        getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
        inet_ntop(AF_INET, &own.sin_addr, address, PULSE_ADDRESS_TEXT) != NULL)
        result = network_of(own.sin_addr, network);
    if (fd >= 0)
        (void)close(fd);
    if (result != 0)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "no network interface leads to node %s; see the network of the instance",
                          peer);
    return 0;
}

int pulse_address_listen(const char *address, int *socket_fd, int *port, struct pulse_err *err)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t length = sizeof own;
    (void)inet_pton(AF_INET, address, &own.sin_addr);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &length) != 0) {
        (void)pulse_fail_errno(err, errno, "listening at %s", address);
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    *socket_fd = fd;
    *port = ntohs(own.sin_port);
    return 0;
}
