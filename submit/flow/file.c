#include "submit/flow/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "store/store.h"
#include "submit/flow/step.h"
#include "submit/flow/yaml.h"

/* ---- Keys of the workflow ---------------------------------------------------------- */

static bool is_name(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && length < PULSE_FLOW_NAME && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               length;
}

static int take_name(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow *flow = into;
    if (pulse_flow_yaml_copy(yaml, value, "name", &flow->name) != 0)
        return -1;
    return is_name(flow->name) ? 0
                               : pulse_flow_yaml_fail(yaml, value,
                                                      "name: %.60s: expected letters, digits, - "
                                                      "and _, at most %d",
                                                      flow->name, PULSE_FLOW_NAME - 1);
}

static int take_results(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow *flow = into;
    if (pulse_flow_yaml_copy(yaml, value, "results", &flow->results) != 0)
        return -1;
    if (pulse_store_is_foreign(flow->results))
        return pulse_flow_yaml_fail(yaml, value,
                                    "results: %.200s: expected s3://BUCKET/PREFIX or a directory",
                                    flow->results);
    for (size_t n = strlen(flow->results); n > 1 && flow->results[n - 1] == '/'; n--)
        flow->results[n - 1] = '\0';
    return strpbrk(flow->results, "=${}") == NULL
               ? 0
               : pulse_flow_yaml_fail(yaml, value,
                                      "results: expected a directory or s3://BUCKET/PREFIX "
                                      "without =, $, { and }");
}

static int take_queue(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_copy(yaml, value, "queue", &((struct pulse_flow *)into)->queue);
}

static int take_definition(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_copy(yaml, value, "definition",
                                &((struct pulse_flow *)into)->definition);
}

static int take_share(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_copy(yaml, value, "share", &((struct pulse_flow *)into)->share);
}

static int take_price(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    struct pulse_flow *flow = into;
    const char *text = pulse_flow_yaml_text(yaml, value, "price");
    if (text == NULL)
        return -1;
    return pulse_parse_real(text, 0, 1e6, &flow->price)
               ? 0
               : pulse_flow_yaml_fail(yaml, value,
                                      "price: %.40s: expected what a vCPU costs for an hour", text);
}

static int take_step(struct pulse_flow_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                     void *into)
{
    static const char *const taken[] = {"results", "key", "champion", "flow"};
    struct pulse_flow *flow = into;
    const char *name = (const char *)key->data.scalar.value;
    if (!is_name(name))
        return pulse_flow_yaml_fail(yaml, key,
                                    "%.60s: a step's name has letters, digits, - and _, at most %d",
                                    name, PULSE_FLOW_NAME - 1);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return pulse_flow_yaml_fail(
                yaml, key, "%s: pulse-flow uses that name itself; name the step otherwise", name);
    if (flow->n == PULSE_FLOW_MOST_STEPS)
        return pulse_flow_yaml_fail(yaml, key, "more than %d steps", PULSE_FLOW_MOST_STEPS);
    if (pulse_grow(&flow->steps, &flow->cap, flow->n + 1, sizeof *flow->steps, "the steps",
                   yaml->err) != 0)
        return -1;
    struct pulse_flow_step *step = &flow->steps[flow->n++];
    *step = (struct pulse_flow_step){.line = pulse_flow_yaml_line(key)};
    (void)strcpy(step->name, name);
    return pulse_flow_step_read(yaml, value, step);
}

static int take_steps(struct pulse_flow_yaml *yaml, const yaml_node_t *value, void *into)
{
    return pulse_flow_yaml_each(yaml, value, "steps", take_step, into);
}

static int take_key(struct pulse_flow_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                    void *into)
{
    static const struct pulse_flow_yaml_key keys[] = {{"name", take_name},
                                                      {"results", take_results},
                                                      {"steps", take_steps},
                                                      {"queue", take_queue},
                                                      {"definition", take_definition},
                                                      {"share", take_share},
                                                      {"price", take_price},
                                                      {NULL, NULL}};
    return pulse_flow_yaml_dispatch(yaml, keys, key, value, into);
}

/* ---- The whole --------------------------------------------------------------------- */

static int check_flow(const struct pulse_flow_yaml *yaml, const yaml_node_t *root,
                      const struct pulse_flow *flow)
{
    const char *missing = flow->name == NULL      ? "name: what is the workflow called"
                          : flow->results == NULL ? "results: where do its record and results go"
                          : flow->n == 0          ? "steps: what is to be done"
                                                  : NULL;
    return missing == NULL ? 0 : pulse_flow_yaml_fail(yaml, root, "%s?", missing);
}

int pulse_flow_file_parse(const char *path, const char *text, int64_t n, struct pulse_flow *flow,
                          struct pulse_err *err)
{
    struct pulse_flow_yaml yaml = {.err = err};
    *flow = (struct pulse_flow){.path = pulse_strdup(path, err)};
    if (flow->path == NULL || pulse_yaml_load(&yaml.file, path, text, n, err) != 0) {
        pulse_yaml_clear(&yaml.file);
        return -1;
    }
    const yaml_node_t *root = pulse_yaml_root(&yaml.file);
    int status = root == NULL ? pulse_fail(err, PULSE_E_USAGE,
                                           "%.300s, line 1: it is empty; expected name, results "
                                           "and steps",
                                           path)
                              : pulse_flow_yaml_each(&yaml, root, "a workflow", take_key, flow);
    if (status == 0)
        status = check_flow(&yaml, root, flow);
    pulse_yaml_clear(&yaml.file);
    return status;
}

int pulse_flow_file_read(const char *path, struct pulse_flow *flow, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    char *text = NULL;
    int status = -1;
    *flow = (struct pulse_flow){0};
    if (pulse_store_open(path, &object, err) != 0)
        return -1;
    const int64_t n = pulse_store_size(object);
    if (n > PULSE_FLOW_YAML_BYTES) {
        (void)pulse_fail(err, PULSE_E_USAGE, "%.300s, line 1: a workflow has at most %d KiB", path,
                         PULSE_FLOW_YAML_BYTES >> 10);
        goto done;
    }
    text = pulse_calloc(n, 1, "the workflow", err);
    if (text != NULL && pulse_store_read(object, 0, text, n, err) == 0)
        status = pulse_flow_file_parse(path, text, n, flow, err);
done:
    free(text);
    pulse_store_close(object);
    return status;
}
