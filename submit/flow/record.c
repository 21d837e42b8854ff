#include "submit/flow/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"
#include "submit/flow/plan.h"

static const char *const fate_names[PULSE_FLOW_FATES] = {
    [PULSE_FLOW_WAITING] = "waiting", [PULSE_FLOW_RUNNING] = "running",
    [PULSE_FLOW_DONE] = "done",       [PULSE_FLOW_FAILED] = "failed",
    [PULSE_FLOW_NOT_RUN] = "not run", [PULSE_FLOW_STOPPED] = "stopped"};

const char *pulse_flow_fate_name(enum pulse_flow_fate fate)
{
    return fate_names[fate];
}

double pulse_flow_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double pulse_flow_state_seconds(const struct pulse_flow_state *state, double now)
{
    const double end = state->ended > 0 ? state->ended : now;
    return state->began > 0 && end > state->began ? end - state->began : 0;
}

double pulse_flow_state_cost(const struct pulse_flow_step *step,
                             const struct pulse_flow_state *state, double now)
{
    return pulse_flow_state_seconds(state, now) / 3600 * (double)step->vcpus * (double)step->nodes *
           (double)step->workers;
}

/* ---- Reading ----------------------------------------------------------------------- */

static void copy_text(const json_t *object, const char *name, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, name));
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void read_workers(const json_t *object, struct pulse_flow_workers *workers)
{
    workers->all = json_integer_value(json_object_get(object, "workers"));
    workers->running = json_integer_value(json_object_get(object, "running"));
    workers->done = json_integer_value(json_object_get(object, "done"));
    workers->failed = json_integer_value(json_object_get(object, "failed"));
}

static void read_state(const json_t *object, struct pulse_flow_state *state)
{
    const char *fate = json_string_value(json_object_get(object, "state"));
    for (int i = 0; fate != NULL && i < PULSE_FLOW_FATES; i++)
        if (strcmp(fate, fate_names[i]) == 0)
            state->fate = (enum pulse_flow_fate)i;
    copy_text(object, "key", state->key, sizeof state->key);
    copy_text(object, "job_name", state->job_name, sizeof state->job_name);
    copy_text(object, "job_id", state->job_id, sizeof state->job_id);
    copy_text(object, "why", state->why, sizeof state->why);
    read_workers(json_object_get(object, "array"), &state->workers);
    state->exit_code = (int)json_integer_value(json_object_get(object, "exit_code"));
    state->began = json_number_value(json_object_get(object, "began"));
    state->ended = json_number_value(json_object_get(object, "ended"));
}

static void read_states(const json_t *root, struct pulse_flow_record *record)
{
    const json_t *steps = json_object_get(root, "steps");
    copy_text(root, "mode", record->kept_mode, sizeof record->kept_mode);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *object = json_array_get(steps, i);
        const char *name = json_string_value(json_object_get(object, "name"));
        const int64_t step = name == NULL ? -1 : pulse_flow_find(record->flow, name);
        if (step >= 0)
            read_state(object, &record->states[step]);
    }
}

int pulse_flow_record_read(const struct pulse_flow *flow, struct pulse_flow_record *record,
                           struct pulse_err *err)
{
    *record = (struct pulse_flow_record){.flow = flow, .mode = record->kept_mode};
    record->states = pulse_calloc(flow->n, sizeof *record->states, "the steps", err);
    record->uri = pulse_store_join(flow->results, "flow.json", err);
    if (record->states == NULL || record->uri == NULL)
        return -1;
    char *text = pulse_flow_read_text(record->uri, err);
    json_t *root = text == NULL ? NULL : json_loads(text, 0, NULL);
    if (text != NULL && root == NULL)
        pulse_warn("%s cannot be read: steps are looked for by their outputs", record->uri);
    read_states(root, record);
    json_decref(root);
    free(text);
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_flow_record_clear(struct pulse_flow_record *record)
{
    free(record->states);
    free(record->uri);
    *record = (struct pulse_flow_record){0};
}

bool pulse_flow_has_open_job(const struct pulse_flow_state *state)
{
    return state->job_id[0] != '\0' &&
           (state->fate == PULSE_FLOW_WAITING || state->fate == PULSE_FLOW_RUNNING);
}

int pulse_flow_record_refuse_jobs(const struct pulse_flow_record *record, bool any,
                                  struct pulse_err *err)
{
    for (int64_t i = 0; i < record->flow->n; i++) {
        const struct pulse_flow_step *step = &record->flow->steps[i];
        const struct pulse_flow_state *state = &record->states[i];
        if (!pulse_flow_has_open_job(state))
            continue;
        if (any || strcmp(state->key, step->key) != 0)
            return pulse_fail(
                err, PULSE_E_USAGE,
                "step %s: job %s%s is under way: wait for it, or pulse-flow cancel %s", step->name,
                state->job_id, any ? "" : ", of other options or inputs,", record->flow->path);
    }
    return 0;
}

void pulse_flow_record_renew(struct pulse_flow_record *record)
{
    for (int64_t i = 0; i < record->flow->n; i++) {
        const struct pulse_flow_step *step = &record->flow->steps[i];
        struct pulse_flow_state *state = &record->states[i], fresh = {.fate = PULSE_FLOW_WAITING};
        const bool same = strcmp(state->key, step->key) == 0;
        if (same && !step->done && state->fate == PULSE_FLOW_WAITING)
            (void)strcpy(fresh.job_name, state->job_name);
        if (same && !step->done && pulse_flow_has_open_job(state)) {
            fresh = *state;
        }
        if (!same || !step->done)
            *state = fresh;
        (void)strcpy(state->key, step->key);
        if (!step->done)
            continue;
        state->fate = PULSE_FLOW_DONE;
        state->reused = true;
        state->exit_code = 0;
        state->why[0] = '\0';
    }
}

/* ---- Writing ----------------------------------------------------------------------- */

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0')
        (void)json_object_set_new(object, name, json_string(text));
}

static json_t *list_waits(const struct pulse_flow *flow, const struct pulse_flow_step *step)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < flow->n; i++)
        if (step->waits[i])
            (void)json_array_append_new(list, json_string(flow->steps[i].name));
    return list;
}

static json_t *list_words(const struct pulse_flow_words *words)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < words->n; i++)
        (void)json_array_append_new(list, json_string(words->all[i].text));
    return list;
}

static json_t *list_workers(const struct pulse_flow_workers *workers)
{
    return json_pack("{s:I,s:I,s:I,s:I}", "workers", (json_int_t)workers->all, "running",
                     (json_int_t)workers->running, "done", (json_int_t)workers->done, "failed",
                     (json_int_t)workers->failed);
}

static json_t *describe_step(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                             const struct pulse_flow_state *state)
{
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:b,s:o,s:o,s:o,s:I,s:I,s:I,s:I}", "name", step->name, "key",
                  state->key, "state", fate_names[state->fate], "reused", state->reused,
                  "waits_for", list_waits(flow, step), "command", list_words(&step->argv),
                  "outputs", list_words(&step->outputs), "vcpus", (json_int_t)step->vcpus,
                  "memory_mib", (json_int_t)step->memory_mib, "nodes", (json_int_t)step->nodes,
                  "workers", (json_int_t)step->workers);
    if (object == NULL)
        return NULL;
    if (state->began > 0)
        (void)json_object_set_new(object, "began", json_real(state->began));
    if (state->ended > 0) {
        (void)json_object_set_new(object, "ended", json_real(state->ended));
        (void)json_object_set_new(object, "exit_code", json_integer(state->exit_code));
    }
    (void)json_object_set_new(object, "vcpu_hours",
                              json_real(pulse_flow_state_cost(step, state, pulse_flow_now())));
    if (state->workers.all > 0)
        (void)json_object_set_new(object, "array", list_workers(&state->workers));
    set_text(object, "job_name", state->job_name);
    set_text(object, "job_id", state->job_id);
    set_text(object, "why", state->why);
    return object;
}

json_t *pulse_flow_record_json(const struct pulse_flow_record *record, struct pulse_err *err)
{
    const struct pulse_flow *flow = record->flow;
    json_t *steps = json_array();
    for (int64_t k = 0; k < flow->n; k++) {
        const int64_t i = flow->order[k];
        (void)json_array_append_new(steps,
                                    describe_step(flow, &flow->steps[i], &record->states[i]));
    }
    json_t *root = json_pack("{s:i,s:s,s:s,s:s,s:s,s:f,s:o}", "schema_version", 1, "workflow",
                             flow->name, "file", flow->path, "results", flow->results, "mode",
                             record->mode, "updated", pulse_flow_now(), "steps", steps);
    if (root == NULL)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: names that are no UTF-8", flow->path);
    return root;
}

int pulse_flow_record_write(const struct pulse_flow_record *record, struct pulse_err *err)
{
    json_t *root = pulse_flow_record_json(record, err);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (text == NULL)
        return err->kind != PULSE_OK ? -1 : pulse_fail(err, PULSE_E_MEMORY, "out of memory");
    const int code =
        pulse_store_is_s3(record->uri) ? 0 : pulse_make_directories(record->flow->results, 0777);
    const int status = code != 0 ? pulse_fail_writing(err, code, "making %s", record->flow->results)
                                 : pulse_store_put(text, (int64_t)strlen(text), record->uri, err);
    free(text);
    return status;
}
