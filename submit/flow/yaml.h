/* YAML whose keys and types are known: what is wrong is said with the file's line. Nothing is
 * followed deeper than its caller asks for, so that aliases in a circle are values of a wrong type.
 * Built on config/yaml.h; knows nothing of what workflows are. */
#ifndef PULSE_FLOW_YAML_H
#define PULSE_FLOW_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/yaml.h"
#include "submit/flow/words.h"

enum { PULSE_FLOW_YAML_BYTES = 1 << 20, PULSE_FLOW_YAML_PAIRS = 1000 };

/* A file in hand. */
struct pulse_flow_yaml {
    struct pulse_yaml file;
    struct pulse_err *err;
};

/* The line of a node, from 1. */
int64_t pulse_flow_yaml_line(const yaml_node_t *node);

/* PULSE_E_USAGE with file and line; -1. */
int pulse_flow_yaml_fail(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether a node is null, or a plain word that YAML takes for it. */
bool pulse_flow_yaml_is_null(const yaml_node_t *node);

/* The text of a scalar, borrowed; NULL with an error that names `what` for any other node, an empty
 * text, and one with a zero byte. */
const char *pulse_flow_yaml_text(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                                 const char *what);

/* A copy of it in *out, which must be NULL. */
int pulse_flow_yaml_copy(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *what, char **out);

int pulse_flow_yaml_int(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                        const char *what, int64_t least, int64_t most, int64_t *out);
int pulse_flow_yaml_bool(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *what, bool *out);

/* Appends a text, or each of a sequence of texts. */
int pulse_flow_yaml_words(struct pulse_flow_yaml *yaml, const yaml_node_t *node, const char *what,
                          struct pulse_flow_words *words);

/* Takes one pair of a mapping: `key` is a text that occurs once. -1 with an error. */
typedef int pulse_flow_yaml_taker(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                                  const yaml_node_t *value, void *into);

/* Hands each pair to `take`; an error for anything but a mapping of at most PULSE_FLOW_YAML_PAIRS.
 */
int pulse_flow_yaml_each(struct pulse_flow_yaml *yaml, const yaml_node_t *node, const char *what,
                         pulse_flow_yaml_taker *take, void *into);

/* A key that a mapping may have, and what takes its value; one without a name ends a table. */
struct pulse_flow_yaml_key {
    const char *name;
    int (*take)(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into);
};

/* What takes pair after pair by a table; an unknown key is an error, which names the nearest. */
int pulse_flow_yaml_dispatch(struct pulse_flow_yaml *yaml, const struct pulse_flow_yaml_key *keys,
                             const yaml_node_t *key, const yaml_node_t *value, void *into);

#endif
