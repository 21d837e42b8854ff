#include "submit/flow/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "store/aws/retry_state.h"
#include "store/store.h"
#include "submit/definition.h"
#include "submit/flow/content.h"
#include "submit/flow/job_request.h"
#include "submit/flow/plan.h"
#include "submit/flow/poll.h"
#include "submit/survey.h"

enum { LOOKS = 3, MOST_JOBS = 100 };

struct submission {
    const struct pulse_flow_submit *of;
    const struct pulse_flow *flow;
    bool *fresh; /* of each step: submitted by this command */
    char stamp[PULSE_JOB_STAMP];
};

static struct pulse_flow_state *state_of(const struct submission *s, int64_t i)
{
    return &s->of->record->states[i];
}

/* ---- Looking first ----------------------------------------------------------------- */

static bool is_open(const json_t *job)
{
    const char *status = json_string_value(json_object_get(job, "status"));
    return status != NULL && strcmp(status, "SUCCEEDED") != 0 && strcmp(status, "FAILED") != 0;
}

/* A job of the step's key that is under way: the record's, or that of a command that could not
 * record it. A new job shows after a moment: where the record names one without its id, it is
 * looked for again. */
static int find_open_job(const struct submission *s, int64_t i, struct pulse_err *err)
{
    const struct pulse_flow_step *step = &s->flow->steps[i];
    struct pulse_flow_state *state = state_of(s, i);
    char name[PULSE_JOB_NAME];
    const int looks = state->job_name[0] != '\0' ? LOOKS : 1;
    (void)pulse_flow_job_name(s->flow, step, "*", name);
    for (int look = 0; look < looks && state->job_id[0] == '\0'; look++) {
        if (look > 0 && pulse_retry_state_sleep(pulse_seconds() + 1, err) != 0)
            return -1;
        json_t *jobs = pulse_batch_list(s->of->batch, pulse_flow_queue(s->flow, step), name, NULL,
                                        MOST_JOBS, err);
        if (jobs == NULL)
            return -1;
        for (size_t k = 0; k < json_array_size(jobs); k++) {
            const json_t *job = json_array_get(jobs, k);
            const char *id = json_string_value(json_object_get(job, "jobId"));
            const char *its = json_string_value(json_object_get(job, "jobName"));
            if (is_open(job) && id != NULL && its != NULL) {
                (void)snprintf(state->job_id, sizeof state->job_id, "%s", id);
                (void)snprintf(state->job_name, sizeof state->job_name, "%s", its);
            }
        }
        json_decref(jobs);
    }
    return 0;
}

static int check_findings(const struct pulse_findings *findings, const struct pulse_flow_step *step,
                          struct pulse_err *err)
{
    for (int i = 0; i < findings->n; i++) {
        if (findings->finding[i].fatal)
            return pulse_fail(err, PULSE_E_INPUT, "step %s: %s", step->name,
                              findings->finding[i].text);
        pulse_warn("step %s: %s", step->name, findings->finding[i].text);
    }
    return 0;
}

/* Whether queue and definition can ever run it, and the words that the definition takes. */
static int survey_step(const struct submission *s, int64_t i, struct pulse_definition *definition,
                       struct pulse_err *err)
{
    const struct pulse_flow_step *step = &s->flow->steps[i];
    struct pulse_findings findings = {.n = 0};
    json_t *described = NULL;
    char *name = pulse_flow_definition(s->flow, step, err);
    if (name == NULL)
        return -1;
    const struct pulse_survey survey = {.batch = s->of->batch,
                                        .need = {.queue = pulse_flow_queue(s->flow, step),
                                                 .definition = name,
                                                 .multi = step->nodes > 1,
                                                 .nodes = (int)step->nodes,
                                                 .vcpus = (int)step->vcpus,
                                                 .memory_mib = step->memory_mib,
                                                 .share_identifier = s->flow->share}};
    int status = pulse_survey_run(&survey, &described, &findings, err);
    if (status == 0 && described != NULL)
        *definition = pulse_definition_read(described);
    if (status == 0)
        status = check_findings(&findings, step, err);
    json_decref(described);
    free(name);
    return status;
}

/* ---- Submitting -------------------------------------------------------------------- */

/* Ids of the jobs that a step depends on; names of steps where nothing is sent. */
static int list_dependencies(const struct submission *s, int64_t i, const char **ids, int *n,
                             struct pulse_err *err)
{
    const struct pulse_flow_step *step = &s->flow->steps[i];
    *n = 0;
    for (int64_t k = 0; k < s->flow->n; k++) {
        if (!step->waits[k] || s->flow->steps[k].done)
            continue;
        if (*n == PULSE_MOST_DEPENDENCIES)
            return pulse_flow_fail(
                s->flow, step->line, err,
                "step %s waits for more than %d steps, the most that Batch takes", step->name,
                PULSE_MOST_DEPENDENCIES);
        ids[(*n)++] =
            state_of(s, k)->job_id[0] != '\0' ? state_of(s, k)->job_id : s->flow->steps[k].name;
    }
    return 0;
}

/* What the mark vouches for is about to be written over. Who submits may put, but not delete. */
static int remove_mark(const struct submission *s, const struct pulse_flow_step *step,
                       struct pulse_err *err)
{
    char *mark = pulse_flow_is_keyed(step) ? NULL : pulse_flow_mark_uri(s->flow, step, err);
    const int status = mark == NULL ? 0 : pulse_store_put("-", 1, mark, err);
    free(mark);
    return err->kind == PULSE_OK ? status : -1;
}

/* The name is in the record before the request is sent, the id after: whatever ends this command,
 * the next one finds the job. */
static int send_request(const struct submission *s, int64_t i,
                        const struct pulse_flow_job_request *request, struct pulse_err *err)
{
    struct pulse_flow_state *state = state_of(s, i);
    const struct pulse_flow_step *step = &s->flow->steps[i];
    *state = (struct pulse_flow_state){.fate = PULSE_FLOW_WAITING};
    (void)strcpy(state->key, step->key);
    (void)strcpy(state->job_name, request->name);
    if (remove_mark(s, step, err) != 0 ||
        (request->file != NULL &&
         pulse_store_put(request->file, (int64_t)strlen(request->file), request->uri, err) != 0) ||
        pulse_flow_record_write(s->of->record, err) != 0 ||
        pulse_batch_submit(s->of->batch, request->json, state->job_id, err) != 0)
        return -1;
    s->fresh[i] = true;
    return pulse_flow_record_write(s->of->record, err);
}

static int submit_step(const struct submission *s, int64_t i, struct pulse_err *err)
{
    const char *ids[PULSE_MOST_DEPENDENCIES];
    struct pulse_flow_job_request request = {.json = NULL};
    struct pulse_flow_job_target target = {
        .region = s->of->batch->region, .stamp = s->stamp, .depends_on = ids};
    int status = list_dependencies(s, i, ids, &target.n_depends_on, err);
    if (status == 0 && s->of->requests == NULL)
        status = survey_step(s, i, &target.definition, err);
    if (status == 0)
        status = pulse_flow_job_request(s->flow, &s->flow->steps[i], &target, &request, err);
    if (status == 0 && s->of->requests != NULL)
        (void)json_array_append(s->of->requests, request.json);
    else if (status == 0)
        status = send_request(s, i, &request, err);
    pulse_flow_job_request_clear(&request);
    return status;
}

/* Whether a job under way would depend on one that is not the one it was made for. */
static bool waits_for_fresh(const struct submission *s, int64_t i)
{
    for (int64_t k = 0; k < s->flow->n; k++)
        if (s->flow->steps[i].waits[k] && s->fresh[k])
            return true;
    return false;
}

static int submit_steps(const struct submission *s, struct pulse_err *err)
{
    for (int64_t k = 0; k < s->flow->n; k++) {
        const int64_t i = s->flow->order[k];
        if (s->flow->steps[i].done)
            continue;
        if (s->of->requests == NULL && !waits_for_fresh(s, i)) {
            if (find_open_job(s, i, err) != 0)
                return -1;
            if (state_of(s, i)->job_id[0] != '\0')
                continue;
        }
        if (submit_step(s, i, err) != 0)
            return -1;
    }
    return s->of->requests != NULL ? 0 : pulse_flow_record_write(s->of->record, err);
}

int pulse_flow_submit(const struct pulse_flow_submit *submit, struct pulse_err *err)
{
    struct submission s = {.of = submit, .flow = submit->record->flow};
    s.fresh = pulse_calloc(s.flow->n, sizeof *s.fresh, "the steps", err);
    if (s.fresh == NULL)
        return -1;
    (void)pulse_request_stamp(pulse_retry_state_server_time(), s.stamp);
    const int status = pulse_flow_check_locations(s.flow, err) != 0 ? -1 : submit_steps(&s, err);
    free(s.fresh);
    return status;
}

int pulse_flow_terminate(const struct pulse_aws *batch, struct pulse_flow_record *record,
                         int64_t *n, struct pulse_err *err)
{
    *n = 0;
    for (int64_t i = 0; i < record->flow->n; i++) {
        struct pulse_flow_state *state = &record->states[i];
        if (!pulse_flow_has_open_job(state))
            continue;
        if (pulse_batch_terminate(batch, state->job_id, "Terminated by pulse-flow cancel", err) !=
            0)
            return -1;
        state->fate = PULSE_FLOW_STOPPED;
        (void)snprintf(state->why, sizeof state->why, "cancelled");
        ++*n;
    }
    return 0;
}
