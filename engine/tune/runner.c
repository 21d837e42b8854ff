#include "tune/runner.h"

#include <stdlib.h>
#include <time.h>

#include "base/date.h"
#include "base/log.h"
#include "base/progress.h"
#include "mpi/collect.h"
#include "tune/shared_walk.h"
#include "tune/study.h"

/* ---- Options and data ---------------------------------------------------------------- */

/* Collective: the options of a trial, for scores alone. Around midnight ranks may disagree on what
 * today is. */
static int parse_trial(const struct pulse_comm *comm, const struct pulse_trial *trial,
                       struct pulse_options *options, struct pulse_err *err)
{
    (void)pulse_trial_words_parse(&trial->words, options, err);
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    options->untested = true;
    options->no_progress = true;
    return pulse_comm_bcast(comm, &options->end_day, sizeof options->end_day, err);
}

/* Of all that decides what is loaded. */
static struct pulse_digest digest_loading(const struct pulse_options *options)
{
    struct pulse_options loading = pulse_options_defaults();
    loading.data = options->data;
    loading.variables = options->variables;
    loading.n_variables = options->n_variables;
    loading.transform_of = options->transform_of; /* names that the data must have */
    loading.n_transform_of = options->n_transform_of;
    loading.time_unit = options->time_unit;
    loading.decimal = options->decimal;
    loading.reading = options->reading;
    loading.has_start = options->has_start;
    loading.start_day = options->start_day;
    loading.end_day = options->end_day;
    return (struct pulse_digest){{pulse_options_hash(&loading), pulse_options_hash_all(&loading)}};
}

/* Collective: the data of these options, unless they are loaded. */
static int load_data(struct pulse_runner *runner, const struct pulse_options *options,
                     struct pulse_err *err)
{
    const struct pulse_digest of = digest_loading(options);
    if (runner->has_data && pulse_digest_equal(&of, &runner->of))
        return 0;
    pulse_loaded_clear(&runner->loaded);
    runner->has_data = false;
    if (pulse_load(runner->comm, options, &runner->loaded, err) != 0)
        return -1;
    runner->of = of;
    runner->has_data = true;
    return 0;
}

/* ---- Results ------------------------------------------------------------------------- */

static json_t *make_now(void)
{
    char text[PULSE_INSTANT_TEXT];
    const int64_t seconds = (int64_t)time(NULL);
    return json_sprintf("%sZ", pulse_format_instant(seconds * PULSE_NS_PER_SECOND, text));
}

/* What the study notes of a trial; `why` NULL: it is done. */
static json_t *describe_record(const struct pulse_runner *runner, const struct pulse_trial *trial,
                               double seconds, int64_t windows_failed, const char *why)
{
    char digest[PULSE_DIGEST_TEXT], data[PULSE_DIGEST_TEXT];
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *own = pulse_trial_own_text(&trial->words, &ignored);
    json_t *record = json_pack(
        "{s:s, s:s?, s:I, s:s, s:s, s:s, s:s?, s:o, s:f, s:f, s:i, s:I, s:o}", "state",
        why == NULL ? "done" : "failed", "reason", why, "k", (json_int_t)trial->k, "digest",
        pulse_digest_text(&trial->digest, digest), "data", pulse_digest_text(runner->data, data),
        "engine", "pulse-train " PULSE_VERSION, "options", own, "words",
        pulse_trial_words_list(runner->space, &trial->words), "seconds", seconds, "vcpu_seconds",
        seconds * runner->comm->size, "ranks", runner->comm->size, "windows_failed",
        (json_int_t)windows_failed, "finished", make_now());
    free(own);
    return record;
}

/* Local, rank 0: puts a trial, whose summary (NULL: it failed) is taken over. */
static int put_trial(const struct pulse_runner *runner, const struct pulse_trial *trial,
                     json_t *summary, json_t *record, const void *losses, int64_t n,
                     struct pulse_err *err)
{
    char digest[PULSE_DIGEST_TEXT];
    int status = -1;
    if (summary == NULL)
        summary = json_object();
    if (record == NULL || json_object_set_new(record, "losses_bytes", json_integer(n)) != 0 ||
        json_object_set_new(summary, "trial", record) != 0)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a trial's summary");
    else if (pulse_study_lease_check(runner->lease, err) == 0)
        status = pulse_study_put_trial(runner->study, runner->folder,
                                       pulse_digest_text(&trial->digest, digest), summary, losses,
                                       n, err);
    json_decref(summary);
    return status;
}

/* Whether it is the trial's own fault. */
static bool is_of_the_trial(const struct pulse_err *err)
{
    return err->kind == PULSE_E_INPUT || err->kind == PULSE_E_USAGE;
}

/* Collective: notes that a trial failed, and why. */
static int fail_trial(struct pulse_runner *runner, const struct pulse_trial *trial, double seconds,
                      struct pulse_err *err)
{
    const struct pulse_err why = *err;
    *err = (struct pulse_err){.kind = PULSE_OK};
    runner->run++;
    runner->failed++;
    runner->vcpu_seconds += seconds * runner->comm->size;
    if (runner->comm->rank == 0)
        (void)put_trial(runner, trial, NULL, describe_record(runner, trial, seconds, 0, why.text),
                        NULL, 0, err);
    return pulse_comm_agree(runner->comm, err);
}

/* ---- Trials -------------------------------------------------------------------------- */

/* Collective: one trial of a family that is fitted; `shared`: seconds of the walk that are its. */
static int judge_trial(struct pulse_runner *runner, const struct pulse_trial *trial,
                       const struct pulse_shared_walk *family, double shared, struct pulse_err *err)
{
    const double began = pulse_seconds();
    struct pulse_options options = {0};
    struct pulse_judged judged = {0};
    int status = parse_trial(runner->comm, trial, &options, err);
    if (status == 0)
        status = pulse_shared_walk_judge(runner->comm, &options, family, &judged, err);
    const double seconds = shared + pulse_seconds() - began;
    if (status != 0 && is_of_the_trial(err))
        status = fail_trial(runner, trial, seconds, err);
    else if (status == 0) {
        runner->run++;
        runner->vcpu_seconds += seconds * runner->comm->size;
        if (runner->comm->rank == 0) {
            (void)put_trial(runner, trial, judged.summary,
                            describe_record(runner, trial, seconds, judged.failed, NULL),
                            judged.losses, judged.n, err);
            judged.summary = NULL;
        }
        status = pulse_comm_agree(runner->comm, err);
    }
    pulse_judged_clear(&judged);
    pulse_options_clear(&options);
    return status;
}

/* Collective: all of them, once the family is fitted or has failed. */
static int finish_trials(struct pulse_runner *runner, const struct pulse_trial *const *trials,
                         int64_t n, const struct pulse_shared_walk *family, double shared,
                         struct pulse_err *err)
{
    const struct pulse_err why = *err;
    for (int64_t i = 0; i < n; i++) {
        *err = why;
        const int status = why.kind != PULSE_OK
                               ? fail_trial(runner, trials[i], shared, err)
                               : judge_trial(runner, trials[i], family, shared, err);
        if (status != 0)
            return -1;
        pulse_comm_abort_if_interrupted(runner->comm);
    }
    *err = (struct pulse_err){.kind = PULSE_OK};
    return 0;
}

int pulse_runner_run(struct pulse_runner *runner, const struct pulse_trial *const *trials,
                     int64_t n, struct pulse_err *err)
{
    struct pulse_options options = {0};
    struct pulse_shared_walk family = {0};
    const double began = pulse_seconds();
    int status = parse_trial(runner->comm, trials[0], &options, err);
    if (status == 0)
        status = load_data(runner, &options, err);
    if (status == 0 &&
        (pulse_shared_walk_fit(runner->comm, &options, &runner->loaded, &family, err) == 0 ||
         is_of_the_trial(err)))
        status =
            finish_trials(runner, trials, n, &family, (pulse_seconds() - began) / (double)n, err);
    else
        status = -1;
    pulse_shared_walk_clear(&family);
    pulse_options_clear(&options);
    return status;
}

void pulse_runner_clear(struct pulse_runner *runner)
{
    pulse_loaded_clear(&runner->loaded);
}
