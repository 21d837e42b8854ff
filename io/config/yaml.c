#include "config/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/args.h"
#include "base/text.h"

int pulse_yaml_fail(const struct pulse_yaml *yaml, const yaml_node_t *node, struct pulse_err *err,
                    const char *format, ...)
{
    char text[PULSE_ERR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return pulse_fail(err, PULSE_E_USAGE, "%s, line %zu: %s", yaml->name, node->start_mark.line + 1,
                      text);
}

/* ---- Reading ----------------------------------------------------------------------- */

/* What a parser reads: a file, or bytes. */
struct input {
    const yaml_parser_t *parser;
    FILE *file; /* NULL: bytes */
    const char *bytes;
    size_t left;
    bool deep;
};

/* libyaml looks at all brackets that are open for each one that it meets: a file of brackets alone
 * would take hours. */
static int read_input(void *data, unsigned char *buffer, size_t size, size_t *got)
{
    enum { MOST_OPEN = 100 };
    struct input *input = data;
    input->deep = input->parser->flow_level > MOST_OPEN;
    if (input->file != NULL)
        *got = fread(buffer, 1, size, input->file);
    else {
        *got = size < input->left ? size : input->left;
        memcpy(buffer, input->bytes, *got);
        input->bytes += *got;
        input->left -= *got;
    }
    return !input->deep && (input->file == NULL || !ferror(input->file));
}

static int fail_parser(const yaml_parser_t *parser, const char *name, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_USAGE, "%s, line %zu: %s", name, parser->problem_mark.line + 1,
                      parser->problem != NULL ? parser->problem : "no YAML");
}

/* What stands behind the document would count for nothing. */
static int expect_end(yaml_parser_t *parser, const char *name, struct pulse_err *err)
{
    yaml_event_t event;
    if (yaml_parser_parse(parser, &event) == 0)
        return fail_parser(parser, name, err);
    const int status = event.type != YAML_DOCUMENT_START_EVENT
                           ? 0
                           : pulse_fail(err, PULSE_E_USAGE,
                                        "%s, line %zu: a second document begins; a file has one",
                                        name, event.start_mark.line + 1);
    yaml_event_delete(&event);
    return status;
}

/* Texts end at a zero byte, and what stands behind it ("a\0b" in quotes) would count for nothing.
 */
static int refuse_zero_bytes(struct pulse_yaml *yaml, struct pulse_err *err)
{
    for (const yaml_node_t *node = yaml->document.nodes.start; node < yaml->document.nodes.top;
         node++)
        if (node->type == YAML_SCALAR_NODE &&
            strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
            return pulse_yaml_fail(yaml, node, err, "a text with a zero byte");
    return 0;
}

static int load_document(struct pulse_yaml *yaml, const char *name, struct input *input,
                         struct pulse_err *err)
{
    int status = 0;
    yaml_parser_t parser;
    yaml->name = name;
    if (yaml_parser_initialize(&parser) == 0)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for %s", name);
    input->parser = &parser;
    yaml_parser_set_input(&parser, read_input, input);
    yaml->loaded = yaml_parser_load(&parser, &yaml->document) != 0;
    if (!yaml->loaded && input->deep)
        status = pulse_fail(err, PULSE_E_USAGE, "%s, line %zu: too many brackets are open", name,
                            parser.mark.line + 1);
    else
        status = yaml->loaded ? expect_end(&parser, name, err) : fail_parser(&parser, name, err);
    if (status == 0)
        status = refuse_zero_bytes(yaml, err);
    yaml_parser_delete(&parser);
    return status;
}

int pulse_yaml_load(struct pulse_yaml *yaml, const char *name, const char *bytes, int64_t n,
                    struct pulse_err *err)
{
    struct input input = {.bytes = bytes, .left = (size_t)n};
    return load_document(yaml, name, &input, err);
}

int pulse_yaml_load_file(struct pulse_yaml *yaml, const char *path, const char *name,
                         struct pulse_err *err)
{
    struct stat info;
    int status = -1;
    struct input input = {.file = fopen(path, "rbe")};
    if (input.file == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "%s: %s", name, strerror(errno));
    if (fstat(fileno(input.file), &info) != 0 || !S_ISREG(info.st_mode))
        (void)pulse_fail(err, PULSE_E_USAGE, "%s: it is no file", name);
    else if (info.st_size > PULSE_YAML_MOST_BYTES)
        (void)pulse_fail(err, PULSE_E_USAGE, "%s: larger than 64 MiB", name);
    else
        status = load_document(yaml, name, &input, err);
    (void)fclose(input.file);
    return status;
}

void pulse_yaml_clear(struct pulse_yaml *yaml)
{
    if (yaml->loaded)
        yaml_document_delete(&yaml->document);
    *yaml = (struct pulse_yaml){0};
}

/* ---- Nodes ------------------------------------------------------------------------- */

/* libyaml takes documents that are not const, and changes none. */
static yaml_document_t *find_document(const struct pulse_yaml *yaml)
{
    return (yaml_document_t *)&yaml->document;
}

const yaml_node_t *pulse_yaml_root(const struct pulse_yaml *yaml)
{
    return yaml_document_get_root_node(find_document(yaml));
}

const yaml_node_t *pulse_yaml_node(const struct pulse_yaml *yaml, int index)
{
    return yaml_document_get_node(find_document(yaml), index);
}

const char *pulse_yaml_text(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : NULL;
}

bool pulse_yaml_is_empty_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE
               ? node->data.sequence.items.start == node->data.sequence.items.top
               : node->type == YAML_MAPPING_NODE &&
                     node->data.mapping.pairs.start == node->data.mapping.pairs.top;
}

const yaml_node_t *pulse_yaml_find(const struct pulse_yaml *yaml, const yaml_node_t *mapping,
                                   const char *key)
{
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const char *text = pulse_yaml_text(pulse_yaml_node(yaml, pair->key));
        if (text != NULL && strcmp(text, key) == 0)
            return pulse_yaml_node(yaml, pair->value);
    }
    return NULL;
}

/* ---- Values as words --------------------------------------------------------------- */

/* The word that a list or mapping becomes. */
struct joining {
    const struct pulse_yaml *yaml;
    bool escapes; /* a comma of an element becomes "\,", and is not refused */
    struct pulse_text_buffer text;
};

/* Appends what stands for a node within a list; nothing holds another list. */
static int add_piece(struct joining *to, const yaml_node_t *node, const char *sign)
{
    const char *piece = pulse_yaml_text(node);
    if (piece == NULL || (!to->escapes && strchr(piece, ',') != NULL))
        return pulse_yaml_fail(to->yaml, node, to->text.err,
                               "expected a word without commas, not %s",
                               piece == NULL ? "a list" : piece);
    pulse_text_buffer_add(&to->text, sign);
    pulse_arg_add_piece(&to->text, piece);
    return 0;
}

static const char *find_separator(const struct joining *to)
{
    return to->text.n == 0 ? "" : ",";
}

static int join_list(struct joining *to, const yaml_node_t *node)
{
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++)
        if (add_piece(to, pulse_yaml_node(to->yaml, *item), find_separator(to)) != 0)
            return -1;
    return 0;
}

static int join_mapping(struct joining *to, const yaml_node_t *node)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (add_piece(to, pulse_yaml_node(to->yaml, pair->key), find_separator(to)) != 0 ||
            add_piece(to, pulse_yaml_node(to->yaml, pair->value), "=") != 0)
            return -1;
    return 0;
}

char *pulse_yaml_join(const struct pulse_yaml *yaml, const yaml_node_t *node, bool escapes,
                      struct pulse_err *err)
{
    struct joining to = {yaml, escapes, {.what = yaml->name, .err = err}};
    int status = 0;
    if (node->type == YAML_SCALAR_NODE)
        pulse_text_buffer_add(&to.text, pulse_yaml_text(node));
    else if (node->type == YAML_SEQUENCE_NODE)
        status = join_list(&to, node);
    else
        status = join_mapping(&to, node);
    if (status == 0)
        return pulse_text_buffer_finish(&to.text);
    pulse_text_buffer_clear(&to.text);
    return NULL;
}
