#include "submit/flow/expand.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MOST_BYTES = 1 << 14 };

/* Finds the next reference from *at on: its name, and *at behind it; *before is the text that ends
 * where it begins. 1, 0 where there is no more, or -1. */
static int find_reference(const struct pulse_flow *flow, const struct pulse_flow_word *word,
                          const char **at, int64_t *before, char name[PULSE_FLOW_NAME],
                          struct pulse_err *err)
{
    const char *begin = strstr(*at, "${");
    if (begin == NULL)
        return 0;
    const size_t length = strcspn(begin + 2, "}");
    if (begin[2 + length] == '\0' || length == 0 || length >= PULSE_FLOW_NAME)
        return pulse_flow_fail(flow, word->line, err,
                               "%.80s: expected ${STEP}, ${results}, ${key} "
                               "or ${champion}",
                               begin);
    (void)snprintf(name, PULSE_FLOW_NAME, "%.*s", (int)length, begin + 2);
    *before = begin - *at;
    *at = begin + 3 + length;
    return 1;
}

static int add_output(const struct pulse_flow *flow, const char *name, int64_t line,
                      enum pulse_flow_expansion how, struct pulse_text_buffer *out,
                      struct pulse_err *err)
{
    const int64_t i = pulse_flow_find(flow, name);
    if (i < 0 || flow->steps[i].writes.n == 0)
        return pulse_flow_fail(flow, line, err, "${%s}: %s", name,
                               i < 0 ? "no step is called so" : "that step has no outputs");
    if (how == PULSE_FLOW_AS_KEYS) {
        pulse_text_buffer_print(out, "${%s}", name);
        return 0;
    }
    if (flow->steps[i].outputs.n > 0)
        pulse_text_buffer_add(out, flow->steps[i].outputs.all[0].text);
    return out->n <= MOST_BYTES ? 0
                                : pulse_flow_fail(flow, line, err, "${%s}: longer than %d KiB",
                                                  name, MOST_BYTES >> 10);
}

static int add_reference(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                         const char *name, int64_t line, enum pulse_flow_expansion how,
                         struct pulse_text_buffer *out, struct pulse_err *err)
{
    const bool own = how == PULSE_FLOW_AS_PATHS;
    const char *text = strcmp(name, "results") == 0    ? own ? flow->results : "${results}"
                       : strcmp(name, "key") == 0      ? own ? step->key : "${key}"
                       : strcmp(name, "champion") != 0 ? NULL
                       : own && flow->champion != NULL ? flow->champion
                                                       : "champion";
    if (text == NULL)
        return add_output(flow, name, line, how, out, err);
    pulse_text_buffer_add(out, text);
    return 0;
}

char *pulse_flow_expand(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                        const struct pulse_flow_word *word, enum pulse_flow_expansion how,
                        struct pulse_err *err)
{
    struct pulse_text_buffer out = {.what = "the workflow", .err = err};
    const char *at = word->text, *from = at;
    char name[PULSE_FLOW_NAME];
    int64_t before = 0;
    int found;
    while ((found = find_reference(flow, word, &at, &before, name, err)) > 0) {
        pulse_text_buffer_print(&out, "%.*s", (int)before, from);
        from = at;
        if (add_reference(flow, step, name, word->line, how, &out, err) != 0) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        pulse_text_buffer_clear(&out);
        return NULL;
    }
    pulse_text_buffer_add(&out, from);
    return pulse_text_buffer_finish(&out);
}

bool pulse_flow_names_champion(const struct pulse_flow_word *word)
{
    return strstr(word->text, "${champion}") != NULL;
}

int pulse_flow_each_reference(const struct pulse_flow *flow, const struct pulse_flow_word *word,
                              int (*take)(void *context, const char *name, int64_t line,
                                          struct pulse_err *err),
                              void *context, struct pulse_err *err)
{
    const char *at = word->text;
    char name[PULSE_FLOW_NAME];
    int64_t before = 0;
    int rc;
    while ((rc = find_reference(flow, word, &at, &before, name, err)) > 0) {
        rc = take(context, name, word->line, err);
        if (rc != 0)
            return rc;
    }
    return rc;
}
