#include "submit/flow/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/spelling.h"

int64_t pulse_flow_yaml_line(const yaml_node_t *node)
{
    return (int64_t)node->start_mark.line + 1;
}

int pulse_flow_yaml_fail(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *format, ...)
{
    char what[PULSE_ERR_TEXT];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(what, sizeof what, format, values);
    va_end(values);
    return pulse_yaml_fail(&yaml->file, node, yaml->err, "%s", what);
}

/* ---- Values ------------------------------------------------------------------------ */

bool pulse_flow_yaml_is_null(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp((const char *)node->data.scalar.value, words[i]) == 0)
            return true;
    return false;
}

const char *pulse_flow_yaml_text(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                                 const char *what)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0) {
        (void)pulse_flow_yaml_fail(yaml, node, "%.80s: expected a text", what);
        return NULL;
    }
    return (const char *)node->data.scalar.value;
}

int pulse_flow_yaml_copy(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *what, char **out)
{
    const char *text = pulse_flow_yaml_text(yaml, node, what);
    if (text != NULL)
        *out = pulse_strdup(text, yaml->err);
    return *out == NULL ? -1 : 0;
}

int pulse_flow_yaml_int(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                        const char *what, int64_t least, int64_t most, int64_t *out)
{
    const char *text = pulse_flow_yaml_text(yaml, node, what);
    if (text == NULL)
        return -1;
    return pulse_parse_int(text, least, most, out)
               ? 0
               : pulse_flow_yaml_fail(yaml, node,
                                      "%s: %.40s: expected a whole number, %lld to %lld", what,
                                      text, (long long)least, (long long)most);
}

int pulse_flow_yaml_bool(const struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         const char *what, bool *out)
{
    const char *text = pulse_flow_yaml_text(yaml, node, what);
    if (text == NULL)
        return -1;
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0
               ? 0
               : pulse_flow_yaml_fail(yaml, node, "%s: expected true or false", what);
}

int pulse_flow_yaml_words(struct pulse_flow_yaml *yaml, const yaml_node_t *node, const char *what,
                          struct pulse_flow_words *words)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        char *copy = NULL;
        if (pulse_flow_yaml_copy(yaml, node, what, &copy) != 0)
            return -1;
        return pulse_flow_words_take(words, pulse_flow_yaml_line(node), copy, yaml->err);
    }
    if (node->data.sequence.items.top - node->data.sequence.items.start > PULSE_FLOW_YAML_PAIRS)
        return pulse_flow_yaml_fail(yaml, node, "%s: more than %d words", what,
                                    PULSE_FLOW_YAML_PAIRS);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *one = pulse_yaml_node(&yaml->file, *item);
        char *copy = NULL;
        if (pulse_flow_yaml_copy(yaml, one, what, &copy) != 0 ||
            pulse_flow_words_take(words, pulse_flow_yaml_line(one), copy, yaml->err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Mappings ---------------------------------------------------------------------- */

/* Whether a pair before `pair` has the same key. */
static bool is_repeated(struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                        const yaml_node_pair_t *pair, const char *name)
{
    for (const yaml_node_pair_t *at = node->data.mapping.pairs.start; at < pair; at++) {
        const yaml_node_t *key = pulse_yaml_node(&yaml->file, at->key);
        if (strcmp((const char *)key->data.scalar.value, name) == 0)
            return true;
    }
    return false;
}

int pulse_flow_yaml_each(struct pulse_flow_yaml *yaml, const yaml_node_t *node, const char *what,
                         pulse_flow_yaml_taker *take, void *into)
{
    if (node->type != YAML_MAPPING_NODE)
        return pulse_flow_yaml_fail(yaml, node, "%s: expected keys with values", what);
    if (node->data.mapping.pairs.top - node->data.mapping.pairs.start > PULSE_FLOW_YAML_PAIRS)
        return pulse_flow_yaml_fail(yaml, node, "%s: more than %d keys", what,
                                    PULSE_FLOW_YAML_PAIRS);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = pulse_yaml_node(&yaml->file, pair->key);
        const char *name = pulse_flow_yaml_text(yaml, key, "a key");
        if (name == NULL)
            return -1;
        if (is_repeated(yaml, node, pair, name))
            return pulse_flow_yaml_fail(yaml, key, "%.80s stands here twice", name);
        if (take(yaml, key, pulse_yaml_node(&yaml->file, pair->value), into) != 0)
            return -1;
    }
    return 0;
}

int pulse_flow_yaml_dispatch(struct pulse_flow_yaml *yaml, const struct pulse_flow_yaml_key *keys,
                             const yaml_node_t *key, const yaml_node_t *value, void *into)
{
    const char *name = (const char *)key->data.scalar.value, *nearest = NULL;
    int best = 3;
    for (; keys->name != NULL; keys++) {
        if (strcmp(keys->name, name) == 0)
            return keys->take(yaml, value, into);
        const int distance = pulse_spelling_distance(name, keys->name);
        if (distance < best) {
            best = distance;
            nearest = keys->name;
        }
    }
    return pulse_flow_yaml_fail(yaml, key, "%.80s: unknown key%s%s%s", name,
                                nearest == NULL ? "" : "; did you mean ",
                                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}
