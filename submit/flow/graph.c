#include "submit/flow/graph.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"
#include "submit/flow/expand.h"

/* ---- Paths ------------------------------------------------------------------------- */

/* The names of a path, one after the other: of a relative one that is compared with an absolute one
 * first those of the current directory. */
struct names {
    const char *at, *then; /* then: NULL, there is no more */
};

/* The end of a path, without a frame within the file. */
static bool is_end(const char *at)
{
    return at[0] == '\0' || (at[0] == '#' && at[1] == '/');
}

/* The next name and its length, 0 at the end: doubled slashes and "." are none. */
static const char *next_name(struct names *names, size_t *length)
{
    for (;;) {
        while (*names->at == '/')
            names->at++;
        if (is_end(names->at) && names->then != NULL) {
            *names = (struct names){.at = names->then};
            continue;
        }
        const char *begin = names->at;
        while (!is_end(names->at) && *names->at != '/')
            names->at++;
        *length = (size_t)(names->at - begin);
        if (*length != 1 || *begin != '.')
            return begin;
    }
}

/* Whether n bytes are those of a pattern. */
static bool matches(const char *bytes, const char *pattern, size_t n)
{
    size_t i = 0;
    while (i < n &&
           (bytes[i] == pattern[i] || (pattern[i] == PULSE_FLOW_ANY_DIGIT && bytes[i] != '\0' &&
                                       strchr("0123456789abcdef", bytes[i]) != NULL)))
        i++;
    return i == n;
}

/* In S3 each byte counts, but for slashes at the end. */
static bool is_within_prefix(const char *uri, const char *prefix)
{
    size_t n = strlen(prefix);
    while (n > 0 && prefix[n - 1] == '/')
        n--;
    return matches(uri, prefix, n) && (is_end(uri + n) || uri[n] == '/');
}

static bool is_within_directory(struct names path, struct names directory)
{
    for (;;) {
        size_t n, m;
        const char *above = next_name(&directory, &n);
        if (n == 0)
            return true;
        const char *name = next_name(&path, &m);
        if (m != n || !matches(name, above, n))
            return false;
    }
}

bool pulse_flow_is_within(const char *path, const char *directory)
{
    char here[PATH_MAX];
    struct names lower = {.at = path}, upper = {.at = directory};
    if (pulse_store_is_s3(path) || pulse_store_is_s3(directory))
        return is_within_prefix(path, directory);
    if (*path == '\0' || *directory == '\0')
        return false;
    if ((*path == '/') != (*directory == '/')) {
        struct names *relative = *path == '/' ? &upper : &lower;
        if (getcwd(here, sizeof here) == NULL)
            return false;
        *relative = (struct names){.at = here, .then = relative->at};
    }
    return is_within_directory(lower, upper);
}

bool pulse_flow_is_same(const char *path, const char *other)
{
    return pulse_flow_is_within(path, other) && pulse_flow_is_within(other, path);
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

static int find_named_waits(struct visit *visit, struct pulse_err *err)
{
    struct pulse_flow_step *step = visit->step;
    free(step->waits);
    step->waits = pulse_calloc(visit->flow->n, sizeof *step->waits, "the steps", err);
    if (step->waits == NULL)
        return -1;
    for (int64_t i = 0; i < step->after.n; i++)
        if (wait_for(visit, step->after.all[i].text, step->after.all[i].line, err) != 0)
            return -1;
    return follow_references(visit, &step->words, err) != 0 ||
                   follow_references(visit, &step->reads, err) != 0 ||
                   follow_references(visit, &step->writes, err) != 0
               ? -1
               : 0;
}

/* ---- The same file in two steps ---------------------------------------------------- */

/* Once what they refer to is in order: the outputs, with what `name_key` says for their keys. */
static int expand_outputs(struct pulse_flow *flow,
                          void (*name_key)(int64_t step, char key[PULSE_FLOW_KEY]),
                          struct pulse_err *err)
{
    for (int64_t k = 0; k < flow->n; k++) {
        struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        name_key(flow->order[k], step->key);
        pulse_flow_words_clear(&step->outputs);
        for (int64_t w = 0; w < step->writes.n; w++)
            if (pulse_flow_words_take(
                    &step->outputs, step->writes.all[w].line,
                    pulse_flow_expand(flow, step, &step->writes.all[w], PULSE_FLOW_AS_PATHS, err),
                    err) != 0)
                return -1;
    }
    return 0;
}

/* Keys are not known, but no two are the same: the step's number does for its key. */
static void name_step(int64_t step, char key[PULSE_FLOW_KEY])
{
    (void)snprintf(key, PULSE_FLOW_KEY, "<%lld>", (long long)step);
}

static void name_any(int64_t step, char key[PULSE_FLOW_KEY])
{
    (void)step;
    memset(key, PULSE_FLOW_ANY_DIGIT, PULSE_FLOW_KEY - 1);
    key[PULSE_FLOW_KEY - 1] = '\0';
}

/* What steps may have written with any options. */
static int make_patterns(struct pulse_flow *flow, struct pulse_err *err)
{
    if (expand_outputs(flow, name_any, err) != 0)
        return -1;
    for (int64_t i = 0; i < flow->n; i++) {
        struct pulse_flow_step *step = &flow->steps[i];
        pulse_flow_words_clear(&step->patterns);
        step->patterns = step->outputs;
        step->outputs = (struct pulse_flow_words){0};
    }
    return 0;
}

/* Waits for all that write a file, or the directory that it lies in. */
static void wait_for_writers(const struct visit *visit, const char *path)
{
    const struct pulse_flow *flow = visit->flow;
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; &flow->steps[i] != visit->step && w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_within(path, flow->steps[i].outputs.all[w].text))
                visit->step->waits[i] = true;
}

bool pulse_flow_is_record(const struct pulse_flow *flow, const char *path)
{
    static const char *const names[] = {"flow.json", "flow", "champion", ".flow.lock"};
    char own[4096];
    bool is = false;
    for (size_t i = 0; !is && i < sizeof names / sizeof *names; i++)
        is = snprintf(own, sizeof own, "%s/%s", flow->results, names[i]) < (int)sizeof own &&
             pulse_flow_is_same(path, own);
    return is;
}

/* What pulse-flow writes itself would replace an output of that name, which then looks done. */
static int refuse_own(const struct visit *visit, int64_t output, struct pulse_err *err)
{
    const struct pulse_flow_word *word = &visit->step->writes.all[output];
    return pulse_flow_is_record(visit->flow, visit->step->outputs.all[output].text)
               ? pulse_flow_fail(visit->flow, word->line, err,
                                 "%.200s: pulse-flow keeps its own there; name it otherwise",
                                 word->text)
               : 0;
}

static int refuse_writers(const struct visit *visit, int64_t output, struct pulse_err *err)
{
    const struct pulse_flow *flow = visit->flow;
    const struct pulse_flow_word *word = &visit->step->writes.all[output];
    const char *path = visit->step->outputs.all[output].text;
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; &flow->steps[i] != visit->step && w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_same(path, flow->steps[i].outputs.all[w].text))
                return pulse_flow_fail(flow, word->line, err, "%.200s: step %s writes it too",
                                       word->text, flow->steps[i].name);
    return 0;
}

/* Hands the path of all that the step reads to `wait`, but for the champion's. */
static int follow_reads(const struct visit *visit,
                        void (*wait)(const struct visit *visit, const char *path),
                        struct pulse_err *err)
{
    const struct pulse_flow_step *step = visit->step;
    for (int64_t r = 0; r < step->reads.n; r++) {
        if (pulse_flow_names_champion(&step->reads.all[r]))
            continue;
        char *path =
            pulse_flow_expand(visit->flow, step, &step->reads.all[r], PULSE_FLOW_AS_PATHS, err);
        if (path == NULL)
            return -1;
        wait(visit, path);
        free(path);
    }
    return 0;
}

static int follow_paths(struct visit *visit, struct pulse_err *err)
{
    if (follow_reads(visit, wait_for_writers, err) != 0)
        return -1;
    for (int64_t w = 0; w < visit->step->outputs.n; w++)
        if (refuse_own(visit, w, err) != 0 || refuse_writers(visit, w, err) != 0)
            return -1;
    return 0;
}

/* ---- What is written into a directory ----------------------------------------------- */

bool pulse_flow_is_part(const struct pulse_flow *flow, const char *output, const char *directory)
{
    return pulse_flow_is_within(output, directory) && !pulse_flow_is_within(directory, output) &&
           (pulse_flow_is_within(directory, flow->results) ||
            !pulse_flow_is_within(flow->results, directory) ||
            !pulse_flow_is_within(output, flow->results));
}

/* Whether a step waits for another one, be it by those between. `seen`: of each step whether it was
 * looked at. */
static bool is_behind(const struct pulse_flow *flow, int64_t step, int64_t other, bool *seen)
{
    bool behind = step == other;
    seen[step] = true;
    for (int64_t i = 0; i < flow->n && !behind; i++)
        behind = flow->steps[step].waits[i] && !seen[i] && is_behind(flow, i, other, seen);
    return behind;
}

/* Waits for all that write into a directory, but for those that wait for the step: what they leave
 * there is of the command before. What lies in another step's output is that one's. */
static void wait_for_parts(const struct visit *visit, const char *path)
{
    const struct pulse_flow *flow = visit->flow;
    const int64_t own = visit->step - flow->steps;
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; i != own && w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_within(path, flow->steps[i].outputs.all[w].text))
                return;
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; i != own && w < flow->steps[i].outputs.n; w++) {
            bool seen[PULSE_FLOW_MOST_STEPS] = {false};
            if (!visit->step->waits[i] &&
                pulse_flow_is_part(flow, flow->steps[i].outputs.all[w].text, path) &&
                !is_behind(flow, i, own, seen))
                visit->step->waits[i] = true;
        }
}

static int follow_directories(struct visit *visit, struct pulse_err *err)
{
    return follow_reads(visit, wait_for_parts, err);
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

static int order_steps(struct pulse_flow *flow, struct pulse_err *err)
{
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

static int visit_steps(struct pulse_flow *flow,
                       int (*visit_step)(struct visit *visit, struct pulse_err *err),
                       struct pulse_err *err)
{
    for (int64_t i = 0; i < flow->n; i++) {
        struct visit visit = {.flow = flow, .step = &flow->steps[i]};
        if (visit_step(&visit, err) != 0)
            return -1;
    }
    return 0;
}

int pulse_flow_graph(struct pulse_flow *flow, struct pulse_err *err)
{
    free(flow->order);
    flow->order = pulse_calloc(flow->n, sizeof *flow->order, "the steps", err);
    return flow->order == NULL || visit_steps(flow, find_named_waits, err) != 0 ||
                   order_steps(flow, err) != 0 || make_patterns(flow, err) != 0 ||
                   expand_outputs(flow, name_step, err) != 0 ||
                   visit_steps(flow, follow_paths, err) != 0 || order_steps(flow, err) != 0 ||
                   visit_steps(flow, follow_directories, err) != 0 || order_steps(flow, err) != 0
               ? -1
               : 0;
}
