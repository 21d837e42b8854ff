#include "node/node_info.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "node/job.h"
#include "node/quota.h"

char *pulse_node_info_text(const struct pulse_node_info *card, struct pulse_err *err)
{
    json_t *object = json_pack("{s:i, s:s, s:s, s:i, s:i, s:s, s:s}", "node", card->node, "address",
                               card->address, "network", card->network, "port", card->port, "slots",
                               card->slots, "image", card->image, "key", card->key);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "no memory for a node's card; use more memory");
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
static bool copy(char *out, size_t room, const char *text)
{
    if (strlen(text) >= room)
        return false;
    (void)strcpy(out, text);
    return true;
}

static bool is_sound(const struct pulse_node_info *card)
{
    return card->node >= 0 && card->node < PULSE_MOST_NODES && card->port >= 0 &&
           card->port <= 65535 && card->slots >= 1 && card->slots <= PULSE_MOST_RANKS &&
           is_address(card->address) && is_network(card->network) && is_key(card->key) &&
           card->image[strspn(card->image, "0123456789abcdef")] == '\0';
}

int pulse_node_info_parse(const char *text, const char *where, struct pulse_node_info *card,
                          struct pulse_err *err)
{
    const char *address, *network, *image, *key;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    *card = (struct pulse_node_info){0};
    const bool good =
        object != NULL &&
        json_unpack(object, "{s:i, s:s, s:s, s:i, s:i, s:s, s:s}", "node", &card->node, "address",
                    &address, "network", &network, "port", &card->port, "slots", &card->slots,
                    "image", &image, "key", &key) == 0 &&
        copy(card->address, sizeof card->address, address) &&
        copy(card->network, sizeof card->network, network) &&
        copy(card->image, sizeof card->image, image) && copy(card->key, sizeof card->key, key) &&
        is_sound(card);
    json_decref(object);
    if (!good)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s is not what pulse-node writes; see who else writes there", where);
    return 0;
}
