#include "submit/flow/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "plan/options.h"
#include "store/store.h"
#include "submit/flow/child.h"
#include "submit/flow/file.h"
#include "submit/flow/graph.h"
#include "submit/flow/plan.h"

/* The line of the word that a program's message is about: an option that it names, else a word. */
static int64_t find_line(const struct pulse_flow_step *step, const char *message)
{
    char name[80];
    for (int64_t i = step->n_plain; i < step->argv.n; i++) {
        const struct pulse_flow_word *word = &step->argv.all[i];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word->text, "="), word->text);
        const char *at = strstr(message, name);
        if (at != NULL && strchr(" =:", at[strlen(name)]) != NULL)
            return word->line;
    }
    return step->words.all[0].line;
}

static bool is_of_another(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          const char *path)
{
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; &flow->steps[i] != step && w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_within(path, flow->steps[i].outputs.all[w].text))
                return true;
    return false;
}

/* Options in a file that a step is yet to write. */
static bool is_to_come(const struct pulse_flow *flow, const char *word)
{
    static const char begin[] = "--config=";
    return strncmp(word, begin, sizeof begin - 1) == 0 &&
           is_of_another(flow, NULL, word + sizeof begin - 1);
}

/* ---- Data that a file of options, or a study's, names ------------------------------- */

/* The word that gives an option, "--NAME="; NULL: none does. */
static const struct pulse_flow_word *find_option(const struct pulse_flow_step *step,
                                                 const char *begin)
{
    for (int64_t i = step->n_plain; i < step->argv.n; i++)
        if (strncmp(step->argv.all[i].text, begin, strlen(begin)) == 0)
            return &step->argv.all[i];
    return NULL;
}

/* The step's command line, but for how it reaches S3: its file of options is read as all else here.
 */
static char **copy_argv(const struct pulse_flow_step *step, int *argc, struct pulse_err *err)
{
    char **argv = pulse_calloc(step->argv.n + 1, sizeof *argv, "a command line", err);
    *argc = 0;
    for (int64_t i = 0; argv != NULL && i < step->argv.n; i++) {
        char *word = step->argv.all[i].text;
        if (strncmp(word, "--endpoint-url=", 15) != 0 && strncmp(word, "--aws-region=", 13) != 0 &&
            strncmp(word, "--request-payer=", 16) != 0 && strcmp(word, "--no-sign-request") != 0)
            argv[(*argc)++] = word;
    }
    return argv;
}

/* Adds to what the step reads where a command line of pulse-train finds its data. What is wrong
 * with them is said by the program itself, with the line. */
static int add_data(struct pulse_flow_step *step, int64_t line, int argc, char **argv,
                    struct pulse_err *err)
{
    struct pulse_options options = {0};
    int status = -1;
    if (pulse_options_parse(&options, argc, argv, err) == 0)
        status =
            pulse_flow_words_find(&step->reads, options.data) >= 0
                ? 0
                : pulse_flow_words_take(&step->reads, line, pulse_strdup(options.data, err), err);
    pulse_options_clear(&options);
    return status;
}

/* A file that a step is yet to write says nothing: then the program asks for --data. */
static int note_data_of_config(const struct pulse_flow *flow, struct pulse_flow_step *step,
                               struct pulse_err *err)
{
    const struct pulse_flow_word *config = find_option(step, "--config=");
    int argc;
    if (find_option(step, "--data=") != NULL || (config != NULL && is_to_come(flow, config->text)))
        return 0;
    char **argv = copy_argv(step, &argc, err);
    const int status =
        argv == NULL ? -1
                     : add_data(step, config == NULL ? step->line : config->line, argc, argv, err);
    free(argv);
    return status;
}

/* The mapping `options` of a study's space file, as a command line. */
static int add_data_of_options(struct pulse_flow_step *step, const struct pulse_yaml *yaml,
                               const yaml_node_t *node, struct pulse_err *err)
{
    char program[] = "pulse-train";
    struct pulse_options options = {0};
    struct pulse_config config = {0};
    const struct pulse_args args = pulse_options_args(&options);
    char **argv = NULL;
    int status = pulse_config_take(&args, yaml, node, &config, err);
    if (status == 0)
        argv = pulse_calloc(config.n_added + 2, sizeof *argv, "a command line", err);
    if (argv != NULL) {
        argv[0] = program;
        for (int i = 0; i < config.n_added; i++)
            argv[i + 1] = config.added[i];
        status = add_data(step, step->words.all[0].line, config.n_added + 1, argv, err);
    }
    free(argv);
    pulse_config_clear(&config);
    return argv == NULL ? -1 : status;
}

/* Of a study that another step runs the data are that step's. */
static int note_data_of_study(const struct pulse_flow *flow, struct pulse_flow_step *step,
                              struct pulse_err *err)
{
    struct pulse_yaml yaml = {0};
    if (step->argv.n < 3 || is_of_another(flow, step, step->argv.all[2].text))
        return 0;
    char *uri = pulse_store_join(step->argv.all[2].text, step->program->reads_in, err);
    char *text = uri == NULL ? NULL : pulse_flow_read_text(uri, err);
    int status = err->kind == PULSE_OK ? 0 : -1;
    if (text != NULL)
        status = pulse_yaml_load(&yaml, uri, text, (int64_t)strlen(text), err);
    const yaml_node_t *root = yaml.loaded ? pulse_yaml_root(&yaml) : NULL;
    const yaml_node_t *node = root != NULL && root->type == YAML_MAPPING_NODE
                                  ? pulse_yaml_find(&yaml, root, "options")
                                  : NULL;
    if (node != NULL && node->type == YAML_MAPPING_NODE)
        status = add_data_of_options(step, &yaml, node, err);
    pulse_yaml_clear(&yaml);
    free(text);
    free(uri);
    return status;
}

static int note_data(const struct pulse_flow *flow, struct pulse_flow_step *step,
                     struct pulse_err *err)
{
    const int status = step->program->spreads            ? note_data_of_config(flow, step, err)
                       : step->program->reads_in != NULL ? note_data_of_study(flow, step, err)
                                                         : 0;
    if (status == 0 || (err->kind != PULSE_E_USAGE && err->kind != PULSE_E_INPUT))
        return status;
    *err = (struct pulse_err){.kind = PULSE_OK};
    return 0;
}

static int order_and_draft(struct pulse_flow *flow, struct pulse_err *err)
{
    return pulse_flow_graph(flow, err) != 0 || pulse_flow_plan_draft(flow, err) != 0 ? -1 : 0;
}

/* Twice: what files of options name may be what a step writes. */
int pulse_flow_load(const char *path, struct pulse_flow *flow, struct pulse_err *err)
{
    if (pulse_flow_file_read(path, flow, err) != 0 || order_and_draft(flow, err) != 0)
        return -1;
    for (int64_t i = 0; i < flow->n; i++)
        if (note_data(flow, &flow->steps[i], err) != 0)
            return -1;
    return order_and_draft(flow, err);
}

/* ---- The programs' own checks ------------------------------------------------------- */

/* --check-options behind the command, which takes it, and before the words. */
static int check_step(const struct pulse_flow *flow, struct pulse_flow_step *step,
                      struct pulse_err *err)
{
    static char check[] = "--check-options";
    struct pulse_flow_child child;
    char said[PULSE_FLOW_LINE];
    const int64_t before = step->program->has_commands ? 2 : 1;
    char **argv = pulse_calloc(step->argv.n + 2, sizeof *argv, "a command line", err);
    if (argv == NULL)
        return -1;
    int64_t n = 0;
    while (n < before) {
        argv[n] = step->argv.all[n].text;
        n++;
    }
    argv[n++] = check;
    for (int64_t i = before; i < step->argv.n; i++)
        if (!is_to_come(flow, step->argv.all[i].text))
            argv[n++] = step->argv.all[i].text;
    const int status = pulse_flow_child_start(step->program->name, argv, 0, &child, err);
    free(argv);
    if (status != 0)
        return -1;
    const int code = pulse_flow_child_finish(&child, said);
    if (code != 0)
        return pulse_flow_fail(flow, find_line(step, child.error), err, "step %s: %s", step->name,
                               child.error[0] != '\0' ? child.error
                               : said[0] != '\0'      ? said
                                                      : "its command line was refused");
    (void)snprintf(step->version, sizeof step->version, "%.63s", said);
    return 0;
}

int pulse_flow_check(const char *path, struct pulse_flow *flow, struct pulse_err *err)
{
    if (pulse_flow_load(path, flow, err) != 0)
        return -1;
    for (int64_t k = 0; k < flow->n; k++)
        if (check_step(flow, &flow->steps[flow->order[k]], err) != 0)
            return -1;
    return 0;
}
