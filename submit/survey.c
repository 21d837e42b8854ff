#include "submit/survey.h"

#include "submit/batch.h"
#include "submit/data_check.h"
#include "submit/definition.h"

int pulse_survey_note_unchecked(struct pulse_findings *out, const char *what, struct pulse_err *err)
{
    if (err->kind == PULSE_OK)
        return 0;
    if (err->kind != PULSE_E_STORAGE)
        return -1;
    pulse_findings_add(out, false, "%s was not checked: %.300s", what, err->text);
    *err = (struct pulse_err){.kind = PULSE_OK};
    return 1;
}

static int check_definition(const struct pulse_survey *survey, struct pulse_need *need,
                            json_t **definition, struct pulse_findings *out, struct pulse_err *err)
{
    *definition = pulse_batch_definition(survey->batch, need->definition, err);
    const int rc = pulse_survey_note_unchecked(out, "the job definition", err);
    if (rc == 0)
        pulse_preflight_definition(need, *definition, out);
    if (*definition != NULL) {
        need->platform = pulse_definition_platform(*definition);
        if (need->platform == PULSE_PLATFORM_ANY)
            need->platform = PULSE_PLATFORM_EC2; /* what Batch takes it for */
    }
    return rc < 0 ? -1 : 0;
}

/* The queue and what is behind it. */
static int check_queue(const struct pulse_survey *survey, const struct pulse_need *need,
                       struct pulse_findings *out, struct pulse_err *err)
{
    json_t *environments = NULL, *queue = pulse_batch_queue(survey->batch, need->queue, err);
    int rc = pulse_survey_note_unchecked(out, "the job queue", err);
    if (rc == 0)
        pulse_preflight_queue(need, queue, out);
    if (rc == 0 && queue != NULL) {
        environments = pulse_batch_environments(survey->batch, queue, err);
        rc = pulse_survey_note_unchecked(out, "the compute environment", err);
        if (rc == 0)
            pulse_preflight_environments(need, environments, out);
    }
    json_decref(queue);
    json_decref(environments);
    return rc < 0 ? -1 : 0;
}

static int check_dependencies(const struct pulse_survey *survey, struct pulse_findings *out,
                              struct pulse_err *err)
{
    if (survey->n_depends_on == 0)
        return 0;
    json_t *others = pulse_batch_find(survey->batch, survey->depends_on, survey->n_depends_on, err);
    const int rc = pulse_survey_note_unchecked(out, "what it depends on", err);
    if (rc == 0)
        pulse_preflight_dependencies(survey->depends_on, survey->n_depends_on, others, out);
    json_decref(others);
    return rc < 0 ? -1 : 0;
}

int pulse_survey_run(const struct pulse_survey *survey, json_t **definition,
                     struct pulse_findings *out, struct pulse_err *err)
{
    struct pulse_need need = survey->need;
    *definition = NULL;
    return check_definition(survey, &need, definition, out, err) != 0 ||
                   check_queue(survey, &need, out, err) != 0 ||
                   check_dependencies(survey, out, err) != 0 ||
                   (survey->train != NULL && pulse_data_check(survey->train, out, err) != 0)
               ? -1
               : 0;
}
