#include "submit/flow/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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

/* Options in a file that a step is yet to write. */
static bool is_to_come(const struct pulse_flow *flow, const char *word)
{
    static const char begin[] = "--config=";
    if (strncmp(word, begin, sizeof begin - 1) != 0)
        return false;
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_within(word + sizeof begin - 1, flow->steps[i].outputs.all[w].text))
                return true;
    return false;
}

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
    if (pulse_flow_file_read(path, flow, err) != 0 || pulse_flow_graph(flow, err) != 0 ||
        pulse_flow_plan_draft(flow, err) != 0)
        return -1;
    for (int64_t k = 0; k < flow->n; k++)
        if (check_step(flow, &flow->steps[flow->order[k]], err) != 0)
            return -1;
    return 0;
}
