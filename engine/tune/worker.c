#include "tune/worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "mpi/collect.h"
#include "store/store.h"
#include "tune/runner.h"
#include "tune/study.h"
#include "tune/study_lease.h"

/* What is known of a family; of rank 0. */
enum family_state { FAMILY_OPEN, FAMILY_HELD, FAMILY_DONE };

struct worker {
    const struct pulse_comm *comm;
    const struct pulse_worker_wish *wish;
    const struct pulse_space *space;
    const struct pulse_trials *trials;
    struct pulse_runner runner;
    struct pulse_runner_watch watch;
    double began;
    struct pulse_progress line;
    /* Of rank 0: */
    struct pulse_study_lease lease;
    bool *finished;                       /* trials->n: the study has a result */
    char (*failed_by)[PULSE_DIGEST_TEXT]; /* of which command, as the worker began; "": not */
    bool *allowed;                        /* by the limit on trials */
    enum family_state *family;            /* trials->n_families */
    int64_t n_finished;
    int64_t cursor;      /* the family to look at next */
    double vcpu_seconds; /* of all trials that others have finished, as far as is known … */
    double looked;       /* … at this moment */
    /* Of all ranks, of the family in hand: */
    int64_t *chosen; /* which trials; trials->n */
    int64_t n_chosen;
};

/* ---- What is done, on rank 0 --------------------------------------------------------- */

static void note_finished(struct worker *worker, int64_t i)
{
    worker->n_finished += !worker->finished[i];
    worker->finished[i] = true;
}

/* Whether a trial that failed is to be run again: not where a worker of this command, or one that
 * came between, has done so. `first`: as the worker begins. */
static bool is_retried(struct worker *worker, int64_t i, const struct pulse_trial_record *record,
                       bool first)
{
    if (!worker->wish->retry_failed || record->state != PULSE_TRIAL_FAILED ||
        strcmp(record->command, worker->wish->command) == 0)
        return false;
    const char *by = record->command[0] == '\0' ? "unknown" : record->command;
    if (first)
        (void)strcpy(worker->failed_by[i], by);
    return strcmp(worker->failed_by[i], by) == 0;
}

/* Asks the study for one trial. */
static int look_at_trial(struct worker *worker, int64_t i, bool first, struct pulse_err *err)
{
    char digest[PULSE_DIGEST_TEXT];
    struct pulse_trial_record record;
    const int status = pulse_study_read_record(
        worker->wish->study, PULSE_STUDY_TRIALS,
        pulse_digest_text(&worker->trials->trial[i].digest, digest), &record, err);
    if (status == 0 && record.state != PULSE_TRIAL_WAITING &&
        !is_retried(worker, i, &record, first)) {
        note_finished(worker, i);
        worker->vcpu_seconds += record.vcpu_seconds;
    }
    pulse_trial_record_clear(&record);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Which trials are finished already, by one look at the folders and one at the summary of each;
 * `first`: as the worker begins, else those that others have finished since. */
static int look_at_study(struct worker *worker, bool first, struct pulse_err *err)
{
    char **names;
    int64_t n;
    int status = pulse_study_list(worker->wish->study, PULSE_STUDY_TRIALS, &names, &n, err);
    for (int64_t i = 0; status == 0 && i < worker->trials->n; i++) {
        char digest[PULSE_DIGEST_TEXT], *key = digest;
        (void)pulse_digest_text(&worker->trials->trial[i].digest, digest);
        if (!worker->finished[i] &&
            bsearch(&key, names, (size_t)n, sizeof *names, compare_names) != NULL)
            status = look_at_trial(worker, i, first, err);
    }
    for (int64_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    worker->looked = pulse_seconds();
    return status;
}

/* As the worker begins: of a limit on trials those that have been run are a part, and of the others
 * the first ones of the list, as many as are left. What any worker runs is one of these, so that
 * all choose the same ones whenever they look, and none runs more. */
static void allow_trials(struct worker *worker)
{
    int64_t left = worker->space->most_trials;
    for (int64_t i = 0; i < worker->trials->n; i++) {
        worker->allowed[i] = worker->finished[i] || worker->failed_by[i][0] != '\0';
        left -= worker->allowed[i];
    }
    for (int64_t i = 0; i < worker->trials->n && left > 0; i++) {
        left -= !worker->allowed[i];
        worker->allowed[i] = true;
    }
}

/* The family's trials that may be run and are not finished, as far as is known, into `chosen`. */
static void choose_trials(struct worker *worker, int64_t family)
{
    worker->n_chosen = 0;
    for (int64_t i = 0; i < worker->trials->n; i++)
        if (worker->trials->trial[i].family == family && worker->allowed[i] && !worker->finished[i])
            worker->chosen[worker->n_chosen++] = i;
}

/* Asks the study again for those: another worker may have had the family. */
static int look_again(struct worker *worker, struct pulse_err *err)
{
    int64_t n = 0;
    pulse_store_forget();
    for (int64_t j = 0; j < worker->n_chosen; j++) {
        const int64_t i = worker->chosen[j];
        if (look_at_trial(worker, i, false, err) != 0)
            return -1;
        if (!worker->finished[i])
            worker->chosen[n++] = i;
    }
    worker->n_chosen = n;
    return 0;
}

/* Takes a family unless it is done or another worker's. */
static int try_family(struct worker *worker, int64_t family, struct pulse_err *err)
{
    char name[PULSE_DIGEST_TEXT];
    bool taken = false;
    choose_trials(worker, family);
    if (worker->n_chosen > 0) {
        if (pulse_study_lease_take(worker->wish->study,
                                   pulse_digest_text(&worker->trials->family[family].digest, name),
                                   &worker->lease, &taken, err) != 0)
            return -1;
        if (taken && look_again(worker, err) != 0)
            return -1;
        if (!taken)
            worker->n_chosen = 0;
        else if (worker->n_chosen == 0)
            pulse_study_lease_release(&worker->lease);
    } else
        taken = true;
    worker->family[family] = !taken                  ? FAMILY_HELD
                             : worker->n_chosen == 0 ? FAMILY_DONE
                                                     : FAMILY_OPEN;
    return 0;
}

/* Whether there are limits that all workers of the study meet together. */
static bool has_common_limit(const struct worker *worker)
{
    return isfinite(worker->space->vcpu_hours) || worker->space->most_trials < INT64_MAX;
}

/* The next family into `chosen`, none where n_chosen is 0; *held: others have what is left. Where
 * not all may be run, the default is, which the others are compared with. */
static int choose_family(struct worker *worker, bool *held, struct pulse_err *err)
{
    const int64_t n = worker->trials->n_families, by_default = worker->trials->trial[0].family;
    *held = false;
    worker->n_chosen = 0;
    if (has_common_limit(worker) && worker->family[by_default] == FAMILY_OPEN &&
        try_family(worker, by_default, err) != 0)
        return -1;
    for (int64_t k = 0; k < n && worker->n_chosen == 0; k++) {
        const int64_t family = (worker->cursor + k) % n;
        if (worker->family[family] != FAMILY_DONE && try_family(worker, family, err) != 0)
            return -1;
        *held = *held || worker->family[family] == FAMILY_HELD;
        if (worker->n_chosen > 0)
            worker->cursor = family;
    }
    return 0;
}

/* ---- Limits -------------------------------------------------------------------------- */

static int look_at_others(struct worker *worker, struct pulse_err *err)
{
    if (!has_common_limit(worker))
        return 0;
    pulse_store_forget();
    return look_at_study(worker, false, err);
}

/* `vcpu_seconds`: what this worker has taken. */
static const char *find_limit(const struct worker *worker, double vcpu_seconds)
{
    const struct pulse_space *space = worker->space;
    const double hours = (pulse_seconds() - worker->began) / 3600;
    if (hours >= space->hours)
        return "hours";
    if ((worker->vcpu_seconds + vcpu_seconds) / 3600 >= space->vcpu_hours)
        return "vcpu_hours";
    return worker->n_finished >= space->most_trials ? "trials" : NULL;
}

/* Whether a trial of the family in hand is the last one. What others have spent meanwhile is asked
 * for now and then: a study in S3 has a price for each look. No errors: the next decision meets
 * them. */
static bool is_last(void *context, double vcpu_seconds)
{
    struct worker *worker = context;
    const double patience = pulse_store_is_s3(worker->wish->study) ? 10 : 1;
    struct pulse_err ignored = {.kind = PULSE_OK};
    if (isfinite(worker->space->vcpu_hours) && pulse_seconds() - worker->looked > patience)
        (void)look_at_others(worker, &ignored);
    return find_limit(worker, vcpu_seconds) != NULL;
}

static void note_trial(void *context, const struct pulse_trial *trial)
{
    struct worker *worker = context;
    note_finished(worker, trial->k);
    pulse_progress_at(&worker->line, (double)worker->n_finished / (double)worker->trials->n);
}

/* ---- The loop ------------------------------------------------------------------------ */

enum { GO_ON, WAIT, END };

/* Local, rank 0: what is next. */
static int decide_next(struct worker *worker, struct pulse_worker_result *result,
                       struct pulse_err *err)
{
    bool held = false;
    if (look_at_others(worker, err) != 0)
        return END;
    result->limit = worker->n_finished < worker->trials->n
                        ? find_limit(worker, worker->runner.vcpu_seconds)
                        : NULL;
    if (result->limit != NULL || choose_family(worker, &held, err) != 0)
        return END;
    if (worker->n_chosen > 0 || held)
        return worker->n_chosen > 0 ? GO_ON : WAIT;
    if (worker->n_finished < worker->trials->n) /* others have just met it */
        result->limit = find_limit(worker, worker->runner.vcpu_seconds);
    return END;
}

/* Collective: the same on all ranks. */
static int share_decision(struct worker *worker, int *next, struct pulse_err *err)
{
    if (pulse_comm_agree(worker->comm, err) != 0 ||
        pulse_comm_bcast(worker->comm, next, sizeof *next, err) != 0 ||
        pulse_comm_bcast(worker->comm, &worker->n_chosen, sizeof worker->n_chosen, err) != 0)
        return -1;
    return pulse_comm_bcast(worker->comm, worker->chosen,
                            worker->n_chosen * (int64_t)sizeof *worker->chosen, err);
}

/* Others have the families that are left: waits until one may be free, for the `round`-th time. On
 * disk a look costs little, and families may be short: 10 ms at first, then longer. */
static void wait_for_others(const struct worker *worker, int round)
{
    const bool s3 = pulse_store_is_s3(worker->wish->study);
    const int first = 10, longest = 500, tenth = 100; /* ms */
    int left = s3 ? 3000 : round < 5 ? first << round : longest;
    for (; left > 0; left -= tenth) {
        pulse_comm_abort_if_interrupted(worker->comm);
        (void)usleep(1000 * (unsigned)(left < tenth ? left : tenth));
    }
}

/* Collective: a lease that was lost costs its family, which another worker has taken over, and not
 * the worker: what `err` says is a warning then. Else -1. */
static int give_up_lost_family(struct worker *worker, struct pulse_err *err)
{
    const struct pulse_err why = *err;
    bool lost = pulse_study_lease_is_lost(&worker->lease);
    *err = (struct pulse_err){.kind = PULSE_OK};
    if (pulse_comm_bcast(worker->comm, &lost, sizeof lost, err) != 0)
        return -1;
    if (!lost) {
        *err = why;
        return -1;
    }
    if (worker->comm->rank == 0)
        pulse_warn("%s: the lease was lost, as when a process is suspended; another worker has its "
                   "trials now, and this one goes on with others",
                   worker->lease.path);
    pulse_study_lease_release(&worker->lease);
    return 0;
}

/* Collective: the trials that were chosen. */
static int run_chosen(struct worker *worker, struct pulse_err *err)
{
    const struct pulse_trial **list =
        pulse_calloc(worker->n_chosen, sizeof *list, "the trials", err);
    int status = pulse_comm_agree(worker->comm, err);
    for (int64_t j = 0; status == 0 && j < worker->n_chosen; j++)
        list[j] = &worker->trials->trial[worker->chosen[j]];
    if (status == 0)
        status = pulse_runner_run(&worker->runner, list, worker->n_chosen, err);
    free(list);
    if (status != 0)
        return give_up_lost_family(worker, err);
    pulse_study_lease_release(&worker->lease);
    return 0;
}

/* Rank 0: what workers that were killed in S3 between a family's last trial and its release left
 * there: nobody asks for such a lease any more. No errors: what stays only expires. */
static void sweep_leases(const struct worker *worker)
{
    char **names;
    int64_t n;
    struct pulse_err ignored = {.kind = PULSE_OK};
    (void)pulse_study_list(worker->wish->study, PULSE_STUDY_LEASES, &names, &n, &ignored);
    for (int64_t i = 0; i < n; i++) {
        struct pulse_study_lease lease;
        bool taken;
        if (strcmp(names[i], PULSE_STUDY_HOLDOUT) != 0 &&
            pulse_study_lease_take(worker->wish->study, names[i], &lease, &taken, &ignored) == 0)
            pulse_study_lease_release(&lease);
        free(names[i]);
    }
    free(names);
}

static int work_until_done(struct worker *worker, struct pulse_worker_result *result,
                           struct pulse_err *err)
{
    int waits = 0;
    for (int next = GO_ON; next != END;) {
        if (worker->comm->rank == 0)
            next = decide_next(worker, result, err);
        if (share_decision(worker, &next, err) != 0)
            return -1;
        if (next == GO_ON && run_chosen(worker, err) != 0)
            return -1;
        waits = next == WAIT ? waits + 1 : 0;
        if (next == WAIT)
            wait_for_others(worker, waits - 1);
    }
    if (worker->comm->rank == 0 && worker->n_finished == worker->trials->n)
        sweep_leases(worker);
    return 0;
}

/* ---- A worker's life ----------------------------------------------------------------- */

/* Nothing has to be saved: trials that are finished are in the study. */
static bool say_saved(void *context)
{
    (void)context;
    return true;
}

static int begin_work(struct worker *worker, struct pulse_err *err)
{
    const struct pulse_trials *trials = worker->trials;
    worker->chosen = pulse_calloc(trials->n, sizeof *worker->chosen, "the trials", err);
    worker->finished = pulse_calloc(trials->n, sizeof *worker->finished, "the trials", err);
    worker->failed_by = pulse_calloc(trials->n, sizeof *worker->failed_by, "the trials", err);
    worker->allowed = pulse_calloc(trials->n, sizeof *worker->allowed, "the trials", err);
    worker->family = pulse_calloc(trials->n_families, sizeof *worker->family, "the trials", err);
    worker->cursor = worker->wish->first % trials->n_families;
    if (err->kind == PULSE_OK && worker->comm->rank == 0 && look_at_study(worker, true, err) == 0)
        allow_trials(worker);
    return pulse_comm_agree(worker->comm, err);
}

int pulse_worker_run(const struct pulse_comm *comm, const struct pulse_worker_wish *wish,
                     const struct pulse_space *space, const struct pulse_digest *data,
                     const struct pulse_trials *trials, struct pulse_worker_result *result,
                     struct pulse_err *err)
{
    struct worker worker = {
        .comm = comm, .wish = wish, .space = space, .trials = trials, .began = pulse_seconds()};
    worker.runner = (struct pulse_runner){.comm = comm,
                                          .study = wish->study,
                                          .folder = PULSE_STUDY_TRIALS,
                                          .space = space,
                                          .data = data,
                                          .command = wish->command,
                                          .lease = &worker.lease,
                                          .watch = &worker.watch};
    worker.watch =
        (struct pulse_runner_watch){.is_last = is_last, .note = note_trial, .context = &worker};
    *result = (struct pulse_worker_result){0};
    pulse_shutdown_set_save(say_saved, NULL, wish->study);
    pulse_progress_begin(&worker.line, "tuning", comm->rank != 0 || wish->no_progress);
    int status = begin_work(&worker, err);
    if (status == 0)
        status = work_until_done(&worker, result, err);
    pulse_progress_end(&worker.line);
    result->run = worker.runner.run;
    result->failed = worker.runner.failed;
    result->finished = worker.n_finished;
    result->left = trials->n - worker.n_finished;
    result->seconds = pulse_seconds() - worker.began;
    pulse_study_lease_release(&worker.lease);
    pulse_runner_clear(&worker.runner);
    pulse_shutdown_set_save(NULL, NULL, NULL);
    free(worker.chosen);
    free(worker.finished);
    free(worker.failed_by);
    free(worker.allowed);
    free(worker.family);
    return status;
}
