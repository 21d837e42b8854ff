/* YAML that people write: a whole document in memory, its errors with the line that they are in.
 * Values are texts, as they would stand on a command line. Knows no key. */
#ifndef PULSE_CONFIG_YAML_H
#define PULSE_CONFIG_YAML_H

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "base/error.h"

enum { PULSE_YAML_MOST_BYTES = 64 << 20 };

/* Zero it; clear it in every case. Nodes are borrowed from it. An alias is the node that it names,
 * which may be one of those around it: walk no deeper than is known. */
struct pulse_yaml {
    const char *name; /* of the file, as messages begin with it; borrowed */
    bool loaded;
    yaml_document_t document;
};

/* Reads `n` bytes, or a regular file of at most PULSE_YAML_MOST_BYTES. PULSE_E_USAGE with the line
 * that is no YAML, or why there is no such file; PULSE_E_MEMORY. */
int pulse_yaml_load(struct pulse_yaml *yaml, const char *name, const char *bytes, int64_t n,
                    struct pulse_err *err);
int pulse_yaml_load_file(struct pulse_yaml *yaml, const char *path, const char *name,
                         struct pulse_err *err);
void pulse_yaml_clear(struct pulse_yaml *yaml);

/* NULL where the document is empty; the node of an index. */
const yaml_node_t *pulse_yaml_root(const struct pulse_yaml *yaml);
const yaml_node_t *pulse_yaml_node(const struct pulse_yaml *yaml, int index);

/* The text of a scalar; NULL of any other node, and of none. */
const char *pulse_yaml_text(const yaml_node_t *node);

/* Whether a node is a list or mapping of nothing. */
bool pulse_yaml_is_empty_list(const yaml_node_t *node);

/* What a mapping has under a key; NULL: nothing. */
const yaml_node_t *pulse_yaml_find(const struct pulse_yaml *yaml, const yaml_node_t *mapping,
                                   const char *key);

/* A value as one word of a command line, to be freed: a scalar itself, a list as a,b and a mapping
 * as k=v,k=v; a comma within an element as "\,", if whoever reads the word `escapes` commas so
 * (pulse_arg_escapes). NULL: PULSE_E_USAGE for lists in lists, else for commas in a list too;
 * PULSE_E_MEMORY. */
char *pulse_yaml_join(const struct pulse_yaml *yaml, const yaml_node_t *node, bool escapes,
                      struct pulse_err *err);

/* "NAME, line N: ..." with PULSE_E_USAGE; -1. */
int pulse_yaml_fail(const struct pulse_yaml *yaml, const yaml_node_t *node, struct pulse_err *err,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
