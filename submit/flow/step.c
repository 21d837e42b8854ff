#include "submit/flow/step.h"

#include <string.h>

#include "base/args.h"
#include "base/mem.h"
#include "base/text.h"
#include "submit/request.h"

/* ---- run: program and words -------------------------------------------------------- */

/* "pulse-data convert a b" at its blanks. */
static int split_words(struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                       struct pulse_flow_words *words)
{
    const char *text = pulse_flow_yaml_text(yaml, node, "run");
    if (text == NULL)
        return -1;
    for (;;) {
        text += strspn(text, " \t\n");
        const size_t length = strcspn(text, " \t\n");
        if (length == 0)
            return 0;
        if (pulse_flow_words_take(words, pulse_flow_yaml_line(node),
                                  pulse_print(yaml->err, "%.*s", (int)length, text),
                                  yaml->err) != 0)
            return -1;
        text += length;
    }
}

static int take_run(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    const int status = value->type == YAML_SEQUENCE_NODE
                           ? pulse_flow_yaml_words(yaml, value, "run", &step->words)
                           : split_words(yaml, value, &step->words);
    if (status != 0)
        return -1;
    step->n_plain = step->words.n;
    if (step->words.n == 0)
        return pulse_flow_yaml_fail(yaml, value, "run: expected a program and its words");
    for (int64_t i = 1; i < step->words.n; i++)
        if (step->words.all[i].text[0] == '-')
            return pulse_flow_yaml_fail(yaml, value,
                                        "run: %.80s: an option stands under options, as %.80s: "
                                        "VALUE",
                                        step->words.all[i].text,
                                        step->words.all[i].text +
                                            strspn(step->words.all[i].text, "-"));
    const char *command = step->words.n > 1 ? step->words.all[1].text : NULL;
    step->program = pulse_flow_program_find(step->words.all[0].text, command);
    if (step->program == NULL)
        return pulse_flow_yaml_fail(yaml, value,
                                    "run: %.80s: expected pulse-data, pulse-train, pulse-tune, "
                                    "pulse-evaluate or pulse-report",
                                    step->words.all[0].text);
    return step->program->has_commands && command == NULL
               ? pulse_flow_yaml_fail(yaml, value, "run: %s needs a command", step->program->name)
               : 0;
}

/* ---- options ----------------------------------------------------------------------- */

static int add_option(struct pulse_flow_yaml *yaml, struct pulse_flow_step *step, int64_t line,
                      const char *name, const char *value)
{
    return pulse_flow_words_take(&step->words, line,
                                 value == NULL ? pulse_print(yaml->err, "--%s", name)
                                               : pulse_print(yaml->err, "--%s=%s", name, value),
                                 yaml->err);
}

/* A list as the words of an option; `escapes`: a comma in an element is one of its name. */
static int add_listed(struct pulse_flow_yaml *yaml, struct pulse_flow_step *step, const char *name,
                      const struct pulse_flow_words *list, bool escapes)
{
    struct pulse_text_buffer joined = {.what = "the options", .err = yaml->err};
    if (pulse_flow_program_repeats(name)) {
        for (int64_t i = 0; i < list->n; i++)
            if (add_option(yaml, step, list->all[i].line, name, list->all[i].text) != 0)
                return -1;
        return 0;
    }
    for (int64_t i = 0; i < list->n; i++) {
        pulse_text_buffer_add(&joined, i == 0 ? "" : ",");
        if (escapes)
            pulse_arg_add_piece(&joined, list->all[i].text);
        else
            pulse_text_buffer_add(&joined, list->all[i].text);
    }
    const int status = list->n == 0 ? 0
                       : joined.failed
                           ? -1
                           : add_option(yaml, step, list->all[0].line, name, joined.bytes);
    pulse_text_buffer_clear(&joined);
    return status;
}

static int add_pair(struct pulse_flow_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                    void *into)
{
    const char *text = pulse_flow_yaml_text(yaml, value, (const char *)key->data.scalar.value);
    return text == NULL
               ? -1
               : pulse_flow_words_take(
                     into, pulse_flow_yaml_line(value),
                     pulse_print(yaml->err, "%s=%s", (const char *)key->data.scalar.value, text),
                     yaml->err);
}

static bool is_plain(const yaml_node_t *value, const char *word)
{
    return value->type == YAML_SCALAR_NODE && value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)value->data.scalar.value, word) == 0;
}

static bool is_given(const struct pulse_flow_step *step, const char *name)
{
    const size_t length = strlen(name);
    for (int64_t i = step->n_plain; i < step->words.n; i++) {
        const char *word = step->words.all[i].text + 2;
        if (strncmp(word, name, length) == 0 && (word[length] == '\0' || word[length] == '='))
            return true;
    }
    return false;
}

/* A name as the command line has it, whole: underscores are dashes. */
static int read_name(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                     const struct pulse_flow_program *program, char name[64])
{
    const char *text = (const char *)key->data.scalar.value;
    if (strlen(text) >= 64 || text[0] == '-' || strpbrk(text, "= \t\n") != NULL)
        return pulse_flow_yaml_fail(yaml, key, "%.80s: expected a long option without its dashes",
                                    text);
    (void)strcpy(name, text);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    const char *whole = pulse_flow_program_shortened(program, name);
    if (whole != NULL)
        return pulse_flow_yaml_fail(yaml, key, "%s: write it as %s", text, whole);
    return strcmp(name, "check-options") == 0 || strcmp(name, "help") == 0 ||
                   strcmp(name, "version") == 0 || strcmp(name, "usage") == 0
               ? pulse_flow_yaml_fail(yaml, key, "%s: a step would do nothing", name)
               : 0;
}

static int take_option(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                       const yaml_node_t *value, void *into)
{
    struct pulse_flow_words list = {0};
    char name[64];
    if (read_name(yaml, key, ((struct pulse_flow_step *)into)->program, name) != 0)
        return -1;
    if (pulse_flow_yaml_is_null(value) || is_plain(value, "false"))
        return 0;
    if (is_given(into, name))
        return pulse_flow_yaml_fail(yaml, key, "%s stands here twice", name);
    if (is_plain(value, "true"))
        return add_option(yaml, into, pulse_flow_yaml_line(key), name, NULL);
    int status = value->type == YAML_MAPPING_NODE
                     ? pulse_flow_yaml_each(yaml, value, name, add_pair, &list)
                     : pulse_flow_yaml_words(yaml, value, name, &list);
    if (status == 0)
        status = add_listed(yaml, into, name, &list,
                            value->type != YAML_SCALAR_NODE && pulse_flow_program_escapes(name));
    pulse_flow_words_clear(&list);
    return status;
}

/* ---- The other keys ---------------------------------------------------------------- */

static int take_after(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_words(yaml, value, "after", &((struct pulse_flow_step *)into)->after);
}

static int take_inputs(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_words(yaml, value, "inputs", &((struct pulse_flow_step *)into)->reads);
}

static int take_queue(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_copy(yaml, value, "queue", &((struct pulse_flow_step *)into)->queue);
}

static int take_promote(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_bool(yaml, value, "promote", &step->promotes);
}

static int take_always(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_bool(yaml, value, "always", &step->always);
}

static int take_vcpus(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_int(yaml, value, "vcpus", 1, 1024, &step->vcpus);
}

static int take_memory(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_int(yaml, value, "memory (MiB)", 4, 100000000, &step->memory_mib);
}

static int take_nodes(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_int(yaml, value, "nodes", 1, 1000, &step->nodes);
}

static int take_workers(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return pulse_flow_yaml_int(yaml, value, "workers", 1, PULSE_MOST_CHILDREN, &step->workers);
}

static int take_resource(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                         const yaml_node_t *value, void *into)
{
    static const struct pulse_flow_yaml_key keys[] = {{"vcpus", take_vcpus},
                                                      {"memory", take_memory},
                                                      {"nodes", take_nodes},
                                                      {"workers", take_workers},
                                                      {NULL, NULL}};
    return pulse_flow_yaml_dispatch(yaml, keys, key, value, into);
}

static int take_resources(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_each(yaml, value, "resources", take_resource, into);
}

/* For the passes below: options stand behind the words of run, and outputs behind those that are
 * evident, whichever of the keys comes first. */
static int pass_over(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    (void)yaml;
    (void)value;
    (void)into;
    return 0;
}

static int take_key(struct pulse_flow_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                    void *into)
{
    static const struct pulse_flow_yaml_key keys[] = {
        {"run", take_run},         {"options", pass_over},
        {"after", take_after},     {"inputs", take_inputs},
        {"outputs", pass_over},    {"queue", take_queue},
        {"promote", take_promote}, {"resources", take_resources},
        {"always", take_always},   {NULL, NULL}};
    return pulse_flow_yaml_dispatch(yaml, keys, key, value, into);
}

static int take_options(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                        const yaml_node_t *value, void *into)
{
    return strcmp((const char *)key->data.scalar.value, "options") == 0
               ? pulse_flow_yaml_each(yaml, value, "options", take_option, into)
               : 0;
}

static int take_outputs(struct pulse_flow_yaml *yaml, const yaml_node_t *key,
                        const yaml_node_t *value, void *into)
{
    struct pulse_flow_step *step = into;
    return strcmp((const char *)key->data.scalar.value, "outputs") == 0
               ? pulse_flow_yaml_words(yaml, value, "outputs", &step->writes)
               : 0;
}

/* ---- What the command line says of files ------------------------------------------- */

/* The option's value where `word` is "--NAME=VALUE". */
static const char *find_value(const char *word, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
                   word[2 + length] == '='
               ? word + 3 + length
               : NULL;
}

static int add_path(struct pulse_flow_words *to, const struct pulse_flow_word *word,
                    const char *path, struct pulse_err *err)
{
    return pulse_flow_words_find(to, path) >= 0
               ? 0
               : pulse_flow_words_take(to, word->line, pulse_strdup(path, err), err);
}

static int note_words(struct pulse_flow_step *step, struct pulse_err *err)
{
    const struct pulse_flow_program *program = step->program;
    const int64_t first = program->has_commands ? 2 : 1;
    for (int64_t i = first; i < step->n_plain; i++) {
        const struct pulse_flow_word *word = &step->words.all[i];
        const char *equals = program->labelled ? strchr(word->text, '=') : NULL;
        const char *path = equals == NULL ? word->text : equals + 1;
        if (i - first == program->word_written && add_path(&step->writes, word, path, err) != 0)
            return -1;
        if (i == first && program->reads_in != NULL &&
            pulse_flow_words_take(&step->reads, word->line,
                                  pulse_print(err, "%s/%s", path, program->reads_in), err) != 0)
            return -1;
        if ((program->words_read < 0 || i - first < program->words_read) &&
            add_path(&step->reads, word, path, err) != 0)
            return -1;
    }
    return 0;
}

static int note_options(struct pulse_flow_step *step, const char *const *names,
                        struct pulse_flow_words *to, struct pulse_err *err)
{
    for (int n = 0; n < PULSE_FLOW_PATH_OPTIONS && names[n] != NULL; n++)
        for (int64_t i = step->n_plain; i < step->words.n; i++) {
            const char *value = find_value(step->words.all[i].text, names[n]);
            if (value != NULL && !pulse_flow_program_means_none(names[n], value) &&
                add_path(to, &step->words.all[i], value, err) != 0)
                return -1;
        }
    return 0;
}

/* Where results go if nothing says so: beside those of other keys, which stay. */
static int default_output(struct pulse_flow_step *step, struct pulse_err *err)
{
    if (step->program->last == NULL || step->program->writes[0] == NULL)
        return 0;
    for (int64_t i = step->n_plain; i < step->words.n; i++)
        if (find_value(step->words.all[i].text, step->program->writes[0]) != NULL)
            return 0;
    return pulse_flow_words_take(
        &step->words, step->line,
        pulse_print(err, "--%s=${results}/%s/${key}", step->program->writes[0], step->name), err);
}

static int check_step(struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                      struct pulse_flow_step *step)
{
    if (step->program == NULL)
        return pulse_flow_yaml_fail(yaml, node, "%s: run is missing: which program is it?",
                                    step->name);
    if (step->nodes > 1 && !step->program->spreads)
        return pulse_flow_yaml_fail(yaml, node, "%s: %s runs on one node", step->name,
                                    step->program->name);
    if (step->workers > 1 && !step->program->shares)
        return pulse_flow_yaml_fail(yaml, node, "%s: workers are for steps of pulse-tune run",
                                    step->name);
    if (step->promotes && !step->program->labelled)
        return pulse_flow_yaml_fail(yaml, node, "%s: promote is for steps of pulse-evaluate",
                                    step->name);
    if (step->vcpus == 0)
        step->vcpus = step->program->spreads ? 4 : 1;
    if (step->memory_mib == 0)
        step->memory_mib = step->program->spreads ? 14336 : 4096;
    return 0;
}

int pulse_flow_step_read(struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         struct pulse_flow_step *step)
{
    step->nodes = step->workers = 1;
    return pulse_flow_yaml_each(yaml, node, step->name, take_key, step) != 0 ||
                   check_step(yaml, node, step) != 0 ||
                   pulse_flow_yaml_each(yaml, node, step->name, take_options, step) != 0 ||
                   default_output(step, yaml->err) != 0 || note_words(step, yaml->err) != 0 ||
                   note_options(step, step->program->reads, &step->reads, yaml->err) != 0 ||
                   note_options(step, step->program->writes, &step->writes, yaml->err) != 0 ||
                   pulse_flow_yaml_each(yaml, node, step->name, take_outputs, step) != 0
               ? -1
               : 0;
}
