#include "tune/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/progress.h"
#include "mpi/collect.h"
#include "store/store.h"
#include "tune/shared_walk.h"
#include "tune/space/data_digest.h"
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

/* Collective: what was loaded may be another version than that which the trials are named after,
 * where somebody has replaced the data since the worker began. */
static int check_version(const struct pulse_runner *runner, struct pulse_err *err)
{
    struct pulse_digest now;
    if (runner->comm->rank == 0) {
        pulse_store_forget();
        if (pulse_data_digest_default(runner->space, &now, err) == 0 &&
            !pulse_digest_equal(&now, runner->data))
            (void)pulse_fail(err, PULSE_E_TEMPORARY,
                             "%s: the data have changed since this worker began: the same command "
                             "goes on with trials of the data as they are now",
                             runner->study);
    }
    return pulse_comm_agree(runner->comm, err);
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
    if (pulse_load(runner->comm, options, &runner->loaded, err) != 0 ||
        check_version(runner, err) != 0)
        return -1;
    runner->of = of;
    runner->has_data = true;
    return 0;
}

/* ---- Results ------------------------------------------------------------------------- */

/* What the study notes of a trial; `why` NULL: it is done. */
static json_t *describe_record(const struct pulse_runner *runner, const struct pulse_trial *trial,
                               double seconds, int64_t windows_failed, const char *why)
{
    char digest[PULSE_DIGEST_TEXT], data[PULSE_DIGEST_TEXT];
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *own = pulse_trial_own_text(&trial->words, &ignored);
    json_t *record = json_pack(
        "{s:s, s:s?, s:I, s:s, s:s, s:s?, s:s, s:s?, s:o, s:f, s:f, s:i, s:I, s:I, s:o}", "state",
        why == NULL ? "done" : "failed", "reason", why, "k", (json_int_t)trial->k, "digest",
        pulse_digest_text(&trial->digest, digest), "data", pulse_digest_text(runner->data, data),
        "command", runner->command, "engine", "pulse-train " PULSE_VERSION, "options", own, "words",
        pulse_trial_words_list(runner->space, &trial->words), "seconds", seconds, "vcpu_seconds",
        seconds * runner->comm->size, "ranks", runner->comm->size, "windows_failed",
        (json_int_t)windows_failed, "walk_trials", (json_int_t)runner->sharing, "finished",
        pulse_json_now());
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

/* Local, rank 0: once a trial is in the study. */
static void note_trial(const struct pulse_runner *runner, const struct pulse_trial *trial,
                       const struct pulse_err *err)
{
    if (runner->watch != NULL && err->kind == PULSE_OK)
        runner->watch->note(runner->watch->context, trial);
}

/* Collective: what a trial has taken counts, and *seconds with it what the walk has cost others, if
 * it is the last one: what was spent is in the study then, whoever was to pay for it. `shared`:
 * seconds of the walk that are its. */
static int charge_trial(struct pulse_runner *runner, double shared, double *seconds,
                        struct pulse_err *err)
{
    const double size = runner->comm->size;
    runner->run++;
    runner->pending -= shared * size;
    runner->vcpu_seconds += *seconds * size;
    if (runner->watch != NULL && runner->comm->rank == 0)
        runner->stopped =
            runner->watch->is_last(runner->watch->context, runner->vcpu_seconds + runner->pending);
    if (pulse_comm_bcast(runner->comm, &runner->stopped, sizeof runner->stopped, err) != 0)
        return -1;
    if (runner->stopped) {
        *seconds += runner->pending / size;
        runner->vcpu_seconds += runner->pending;
    }
    return 0;
}

/* Whether it is the trial's own fault. */
static bool is_of_the_trial(const struct pulse_err *err)
{
    return err->kind == PULSE_E_INPUT || err->kind == PULSE_E_USAGE;
}

/* Collective: notes that a trial failed, and why. */
static int fail_trial(struct pulse_runner *runner, const struct pulse_trial *trial, double shared,
                      double seconds, struct pulse_err *err)
{
    const struct pulse_err why = *err;
    *err = (struct pulse_err){.kind = PULSE_OK};
    if (charge_trial(runner, shared, &seconds, err) != 0)
        return -1;
    runner->failed++;
    if (runner->comm->rank == 0) {
        (void)put_trial(runner, trial, NULL, describe_record(runner, trial, seconds, 0, why.text),
                        NULL, 0, err);
        note_trial(runner, trial, err);
    }
    return pulse_comm_agree(runner->comm, err);
}

/* ---- Trials -------------------------------------------------------------------------- */

/* Collective: one trial of a family that is fitted; `shared`: seconds of the walk that are its. */
static int judge_trial(struct pulse_runner *runner, const struct pulse_trial *trial,
                       const struct pulse_options *options, const struct pulse_shared_walk *family,
                       double shared, struct pulse_err *err)
{
    const double began = pulse_seconds();
    struct pulse_judged judged = {0};
    int status = pulse_shared_walk_judge(runner->comm, options, family, &judged, err);
    double seconds = shared + pulse_seconds() - began;
    if (status != 0 && is_of_the_trial(err))
        status = fail_trial(runner, trial, shared, seconds, err);
    else if (status == 0 && charge_trial(runner, shared, &seconds, err) == 0) {
        /* Where all its windows failed it has no scores, and is to keep no others from theirs. */
        struct pulse_err why = {.kind = PULSE_OK};
        if (!pulse_shared_walk_has_trained(family, &why))
            runner->failed++;
        if (runner->comm->rank == 0) {
            (void)put_trial(runner, trial, judged.summary,
                            describe_record(runner, trial, seconds, judged.failed,
                                            why.kind == PULSE_OK ? NULL : why.text),
                            judged.losses, judged.n, err);
            judged.summary = NULL;
            note_trial(runner, trial, err);
        }
        status = pulse_comm_agree(runner->comm, err);
    } else
        status = -1;
    pulse_judged_clear(&judged);
    return status;
}

/* Trials that have no result yet, and a walk for some of them. */
struct group {
    const struct pulse_trial **trial; /* n */
    int64_t n;
    bool apart;                   /* the walk is for those with the first one's candidates alone */
    bool several;                 /* sets of candidates that the walk is for */
    int64_t served;               /* trials that it is for */
    struct pulse_options options; /* of the first, with the candidates of all that it is for */
    struct pulse_shared_walk family;
    double shared;        /* seconds of each trial's part of the walk */
    struct pulse_err why; /* the walk failed */
};

static bool has_candidates(const struct group *group, const struct pulse_options *options)
{
    return options->n_ridge == group->options.n_ridge &&
           pulse_options_blocks(options) == pulse_options_blocks(&group->options) &&
           memcmp(options->ridge, group->options.ridge,
                  (size_t)options->n_ridge * sizeof *options->ridge) == 0;
}

/* Whether what the walk says of a trial counts, or how it failed. */
static bool is_served(const struct group *group, const struct pulse_options *options)
{
    if (group->apart)
        return has_candidates(group, options);
    return !group->several ||
           (group->why.kind == PULSE_OK && pulse_shared_walk_serves(&group->family, options));
}

/* Collective: a trial's results, unless another walk is to say what they are (*left). */
static int finish_trial(struct pulse_runner *runner, const struct group *group,
                        const struct pulse_trial *trial, bool *left, struct pulse_err *err)
{
    struct pulse_options options = {0};
    int status = parse_trial(runner->comm, trial, &options, err);
    *left = false;
    if (status == 0 && !is_served(group, &options))
        *left = true;
    else if (status == 0 && group->why.kind != PULSE_OK) {
        *err = group->why;
        status = fail_trial(runner, trial, group->shared, group->shared, err);
    } else if (status == 0)
        status = judge_trial(runner, trial, &options, &group->family, group->shared, err);
    pulse_options_clear(&options);
    pulse_comm_abort_if_interrupted(runner->comm);
    return status;
}

/* Collective, once the walk is made or has failed. */
static int finish_trials(struct pulse_runner *runner, struct group *group, struct pulse_err *err)
{
    const int64_t n = group->n;
    int status = 0;
    group->n = 0;
    for (int64_t i = 0; status == 0 && i < n && !runner->stopped; i++) {
        bool left;
        status = finish_trial(runner, group, group->trial[i], &left, err);
        if (left)
            group->trial[group->n++] = group->trial[i];
    }
    return status;
}

/* Local: whether the walk is for the trial, and then with its penalties and blocks too. */
static int count_trial(struct group *group, const struct pulse_trial *trial, struct pulse_err *err)
{
    struct pulse_options own = {0};
    int status = pulse_trial_words_parse(&trial->words, &own, err);
    const bool equal = status == 0 && has_candidates(group, &own);
    if (status == 0 && !group->apart &&
        pulse_options_blocks(&own) > pulse_options_blocks(&group->options))
        group->options.blocks = own.blocks;
    for (int64_t l = 0; status == 0 && !group->apart && l < own.n_ridge; l++)
        status = pulse_options_add_penalty(&group->options, own.ridge[l], err);
    group->served += equal || !group->apart;
    group->several = group->several || (!equal && !group->apart);
    pulse_options_clear(&own);
    return status;
}

/* Collective: the walk and its trials; the others stay in the group. */
static int run_group(struct pulse_runner *runner, struct group *group, struct pulse_err *err)
{
    const double began = pulse_seconds();
    int status = parse_trial(runner->comm, group->trial[0], &group->options, err);
    group->served = 0;
    group->several = false;
    for (int64_t i = 0; status == 0 && i < group->n; i++)
        status = count_trial(group, group->trial[i], err);
    status = pulse_comm_agree(runner->comm, err);
    if (status == 0)
        status = load_data(runner, &group->options, err);
    if (status == 0 && (pulse_shared_walk_fit(runner->comm, &group->options, group->several,
                                              &runner->loaded, &group->family, err) == 0 ||
                        is_of_the_trial(err))) {
        group->why = *err;
        *err = (struct pulse_err){.kind = PULSE_OK};
        group->shared = (pulse_seconds() - began) / (double)group->served;
        runner->sharing = group->served;
        runner->pending += group->shared * (double)group->served * runner->comm->size;
        status = finish_trials(runner, group, err);
    } else
        status = -1;
    pulse_shared_walk_clear(&group->family);
    pulse_options_clear(&group->options);
    return status;
}

int pulse_runner_run(struct pulse_runner *runner, const struct pulse_trial *const *trials,
                     int64_t n, struct pulse_err *err)
{
    struct group group = {.n = n};
    runner->stopped = false;
    runner->pending = 0;
    group.trial = pulse_calloc(n, sizeof *group.trial, "the trials", err);
    int status = pulse_comm_agree(runner->comm, err);
    if (status == 0) {
        memcpy(group.trial, trials, (size_t)n * sizeof *group.trial);
        status = run_group(runner, &group, err);
    }
    group.apart = true;
    while (status == 0 && group.n > 0 && !runner->stopped)
        status = run_group(runner, &group, err);
    free(group.trial);
    return status;
}

void pulse_runner_clear(struct pulse_runner *runner)
{
    pulse_loaded_clear(&runner->loaded);
}
