#include "submit/flow/graph.h"

#include <string.h>

#include "base/mem.h"
#include "submit/flow/expand.h"

bool pulse_flow_is_within(const char *path, const char *directory)
{
    const size_t n = strlen(directory);
    return n > 0 && strncmp(path, directory, n) == 0 &&
           (path[n] == '\0' || path[n] == '/' || directory[n - 1] == '/');
}

/* ---- What a step waits for --------------------------------------------------------- */

/* A step whose texts are looked through. */
struct visit {
    const struct pulse_flow *flow;
    struct pulse_flow_step *step;
};

static int wait_for(const struct visit *visit, const char *name, int64_t line,
                    struct pulse_err *err)
{
    const int64_t other = pulse_flow_find(visit->flow, name);
    if (other < 0)
        return pulse_flow_fail(visit->flow, line, err, "%.80s: no step is called so", name);
    if (&visit->flow->steps[other] == visit->step)
        return pulse_flow_fail(visit->flow, line, err, "step %s waits for itself", name);
    visit->step->waits[other] = true;
    return 0;
}

static int take_reference(void *context, const char *name, int64_t line, struct pulse_err *err)
{
    const struct visit *visit = context;
    if (strcmp(name, "results") == 0 || strcmp(name, "key") == 0 || strcmp(name, "champion") == 0)
        return 0;
    if (wait_for(visit, name, line, err) != 0)
        return -1;
    const struct pulse_flow_step *other = &visit->flow->steps[pulse_flow_find(visit->flow, name)];
    return other->writes.n > 0 ? 0
                               : pulse_flow_fail(visit->flow, line, err,
                                                 "${%s}: that step has no outputs; name them "
                                                 "under outputs",
                                                 name);
}

static int follow_references(struct visit *visit, const struct pulse_flow_words *words,
                             struct pulse_err *err)
{
    for (int64_t i = 0; i < words->n; i++)
        if (pulse_flow_each_reference(visit->flow, &words->all[i], take_reference, visit, err) != 0)
            return -1;
    return 0;
}

/* Templates are compared: what two steps write in the same words is the same file, but for keys,
 * which differ. */
static int follow_paths(const struct visit *visit, struct pulse_err *err)
{
    const struct pulse_flow *flow = visit->flow;
    for (int64_t i = 0; i < flow->n; i++) {
        const struct pulse_flow_step *other = &flow->steps[i];
        if (other == visit->step)
            continue;
        for (int64_t w = 0; w < other->writes.n; w++) {
            const char *path = other->writes.all[w].text;
            if (strstr(path, "${key}") != NULL)
                continue;
            for (int64_t r = 0; r < visit->step->reads.n; r++)
                if (pulse_flow_is_within(visit->step->reads.all[r].text, path))
                    visit->step->waits[i] = true;
            const int64_t same = pulse_flow_words_find(&visit->step->writes, path);
            if (same >= 0)
                return pulse_flow_fail(flow, visit->step->writes.all[same].line, err,
                                       "%.200s: step %s writes it too", path, other->name);
        }
    }
    return 0;
}

static int find_waits(struct visit *visit, struct pulse_err *err)
{
    struct pulse_flow_step *step = visit->step;
    step->waits = pulse_calloc(visit->flow->n, sizeof *step->waits, "the steps", err);
    if (step->waits == NULL)
        return -1;
    for (int64_t i = 0; i < step->after.n; i++)
        if (wait_for(visit, step->after.all[i].text, step->after.all[i].line, err) != 0)
            return -1;
    return follow_references(visit, &step->words, err) != 0 ||
                   follow_references(visit, &step->reads, err) != 0 ||
                   follow_references(visit, &step->writes, err) != 0 ||
                   follow_paths(visit, err) != 0
               ? -1
               : 0;
}

/* ---- The order --------------------------------------------------------------------- */

static bool is_ordered(const struct pulse_flow *flow, int64_t n_ordered, int64_t step)
{
    for (int64_t i = 0; i < n_ordered; i++)
        if (flow->order[i] == step)
            return true;
    return false;
}

/* Whether all that a step waits for is among the first of the order. */
static bool is_ready(const struct pulse_flow *flow, int64_t n_ordered, int64_t step)
{
    for (int64_t i = 0; i < flow->n; i++)
        if (flow->steps[step].waits[i] && !is_ordered(flow, n_ordered, i))
            return false;
    return true;
}

/* Names two steps of the circle: what one that is not ordered waits for is in it, or leads there.
 */
static int fail_circle(const struct pulse_flow *flow, int64_t n_ordered, struct pulse_err *err)
{
    int64_t at = 0, other = 0;
    while (is_ordered(flow, n_ordered, at))
        at++;
    for (int64_t hop = 0; hop <= flow->n; hop++) {
        other = 0;
        while (!flow->steps[at].waits[other] || is_ordered(flow, n_ordered, other))
            other++;
        if (hop < flow->n)
            at = other;
    }
    return pulse_flow_fail(
        flow, flow->steps[at].line, err,
        "steps wait for each other in a circle: %s waits for %s, and that for it",
        flow->steps[at].name, flow->steps[other].name);
}

int pulse_flow_graph(struct pulse_flow *flow, struct pulse_err *err)
{
    for (int64_t i = 0; i < flow->n; i++) {
        struct visit visit = {.flow = flow, .step = &flow->steps[i]};
        if (find_waits(&visit, err) != 0)
            return -1;
    }
    flow->order = pulse_calloc(flow->n, sizeof *flow->order, "the steps", err);
    if (flow->order == NULL)
        return -1;
    for (int64_t n = 0; n < flow->n;) {
        const int64_t before = n;
        for (int64_t i = 0; i < flow->n; i++)
            if (!is_ordered(flow, n, i) && is_ready(flow, n, i))
                flow->order[n++] = i;
        if (n == before)
            return fail_circle(flow, n, err);
    }
    return 0;
}
