#include "node/node_info.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "node/job.h"
#include "node/quota.h"

char *pulse_node_info_text(const struct pulse_node_info *info, struct pulse_err *err)
{
    json_t *object = json_pack("{s:i, s:s, s:s, s:i, s:i, s:s, s:s}", "node", info->node, "address",
                               info->address, "network", info->network, "port", info->port, "slots",
                               info->slots, "image", info->image, "key", info->key);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY,
                         "no memory for what a node announces; use more memory");
    return text;
}

static bool is_address(const char *text)
{
    struct in_addr address;
    return text[0] == '\0' || inet_pton(AF_INET, text, &address) == 1;
}

static bool is_network(const char *text)
{
    char address[PULSE_NETWORK_TEXT];
    (void)snprintf(address, sizeof address, "%s", text);
    char *slash = strchr(address, '/');
    if (slash == NULL)
        return text[0] == '\0';
    *slash = '\0';
    return is_address(address) && slash[1 + strspn(slash + 1, "0123456789")] == '\0';
}

static bool is_key(const char *text)
{
    static const char kind[] = "ssh-ed25519 ";
    if (strncmp(text, kind, sizeof kind - 1) != 0 || text[sizeof kind - 1] == '\0')
        return false;
    text += sizeof kind - 1;
    return text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=")] == '\0';
}

/* Copies a string that fits. */
static bool copy_text(char *out, size_t size, const char *text)
{
    if (strlen(text) >= size)
        return false;
    (void)strcpy(out, text);
    return true;
}

static bool is_sound(const struct pulse_node_info *info)
{
    return info->node >= 0 && info->node < PULSE_MOST_NODES && info->port >= 0 &&
           info->port <= 65535 && info->slots >= 1 && info->slots <= PULSE_MOST_RANKS &&
           is_address(info->address) && is_network(info->network) && is_key(info->key) &&
           info->image[strspn(info->image, "0123456789abcdef")] == '\0';
}

int pulse_node_info_parse(const char *text, const char *where, struct pulse_node_info *info,
                          struct pulse_err *err)
{
    const char *address, *network, *image, *key;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    *info = (struct pulse_node_info){0};
    const bool good =
        object != NULL &&
        json_unpack(object, "{s:i, s:s, s:s, s:i, s:i, s:s, s:s}", "node", &info->node, "address",
                    &address, "network", &network, "port", &info->port, "slots", &info->slots,
                    "image", &image, "key", &key) == 0 &&
        copy_text(info->address, sizeof info->address, address) &&
        copy_text(info->network, sizeof info->network, network) &&
        copy_text(info->image, sizeof info->image, image) &&
        copy_text(info->key, sizeof info->key, key) && is_sound(info);
    json_decref(object);
    if (!good)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s is not what pulse-node writes; see who else writes there", where);
    return 0;
}
