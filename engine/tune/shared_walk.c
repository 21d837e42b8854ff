#include "tune/shared_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mpi/collect.h"
#include "results/output.h"
#include "results/summary.h"
#include "results/summary_variables.h"
#include "run/evaluate.h"
#include "run/fingerprint.h"
#include "run/prepare.h"

/* ---- The walk ------------------------------------------------------------------------ */

static int prepare_work(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_loaded *loaded, struct pulse_shared_walk *family,
                        struct pulse_err *err)
{
    (void)pulse_loaded_copy(loaded, &family->panel.loaded, err);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_run_lay_out(comm, options, &family->panel, &family->work.plan, err) != 0 ||
        pulse_run_plan(comm, options, &family->panel, &family->work, err) != 0)
        return -1;
    return pulse_run_distribute(comm, options, &family->panel, &family->work, err);
}

static int walk_work(const struct pulse_comm *comm, const struct pulse_options *options,
                     struct pulse_shared_walk *family, struct pulse_err *err)
{
    struct pulse_run_checkpoint none = {0};
    struct pulse_progress_file nowhere = {0};
    struct pulse_work *work = &family->work;
    struct pulse_watch watch = {
        .comm = comm, .options = options, .work = work, .checkpoint = &none, .file = &nowhere};
    if (pulse_run_sum(comm, options, work, family->panel.columns, &family->training, err) != 0)
        return -1;
    (void)pulse_run_begin_candidates(comm, options, work, &none, &family->fitted.candidates, err);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_run_walk(comm, options, work, &family->training, &watch, &family->fitted, err) != 0)
        return -1;
    return pulse_run_share_fit(comm, options, family->panel.loaded.names, work, &family->fitted,
                               err);
}

/* Whether the candidates of all ranks would be larger than a worker may be expected to hold. */
static bool is_too_large(const struct pulse_work *work)
{
    const int64_t most_doubles = INT64_C(1) << 26;
    return work->plan.sizes.C * work->plan.sizes.T * work->distribution.n_targets *
               work->distribution.horizons >
           most_doubles;
}

/* Collective, once walked: whether any penalty decided what became of the others. */
static int note_whole(const struct pulse_comm *comm, struct pulse_shared_walk *family,
                      struct pulse_err *err)
{
    int32_t refitted = family->fitted.candidates.refitted;
    if (pulse_reduce(comm, &refitted, 1, MPI_INT32_T, MPI_MAX, "agreeing on refits", err) != 0)
        return -1;
    family->whole = refitted != 0 || family->fitted.final.failed >= 0 ||
                    pulse_plan_count(&family->work.plan, PULSE_FAILED) > 0;
    return 0;
}

bool pulse_shared_walk_has_trained(const struct pulse_shared_walk *family, struct pulse_err *err)
{
    const struct pulse_plan *plan = &family->work.plan;
    const bool any = pulse_plan_count(plan, PULSE_TRAINED) > 0;
    if (!any)
        (void)pulse_fail(err, PULSE_E_INPUT, "no window was trained: %s",
                         plan->windows[plan->last_row_window].reason);
    return any;
}

int pulse_shared_walk_fit(const struct pulse_comm *comm, const struct pulse_options *options,
                          bool several, const struct pulse_loaded *loaded,
                          struct pulse_shared_walk *family, struct pulse_err *err)
{
    family->options = options;
    if (prepare_work(comm, options, loaded, family, err) != 0)
        return -1;
    family->whole = several && is_too_large(&family->work);
    if (family->whole)
        return 0;
    if (!pulse_shared_walk_has_trained(family, err))
        return -1;
    return walk_work(comm, options, family, err) == 0 ? note_whole(comm, family, err) : -1;
}

/* ---- A trial's own penalties and blocks ------------------------------------------------ */

static bool has_all_candidates(const struct pulse_shared_walk *family,
                               const struct pulse_options *options)
{
    return options->n_ridge == family->options->n_ridge &&
           pulse_options_blocks(options) == pulse_options_blocks(family->options);
}

/* Whether systems are solved in the same way with these penalties alone. */
static bool solves_alike(const struct pulse_shared_walk *family,
                         const struct pulse_options *options)
{
    const struct pulse_work *work = &family->work;
    struct pulse_sizes sizes = work->plan.sizes;
    pulse_sizes_limit(&sizes, options->n_ridge, pulse_options_blocks(options));
    return pulse_systems_suit(work->systems, work->n_systems, &sizes, options,
                              family->panel.largest_sum);
}

bool pulse_shared_walk_serves(const struct pulse_shared_walk *family,
                              const struct pulse_options *options)
{
    return has_all_candidates(family, options) || (!family->whole && solves_alike(family, options));
}

/* The walk as a trial sees it: its own candidates. Borrows all but two arrays. */
struct view {
    struct pulse_work work;
    struct pulse_fitted fitted;
    int64_t *pick; /* C of the trial: which of the walk's candidates; owned */
    double *next;  /* C × targets; owned */
};

static int64_t find_penalty(const struct pulse_options *options, double penalty)
{
    int64_t l = 0;
    while (options->ridge[l] != penalty)
        l++;
    return l;
}

static int view_init(struct view *view, const struct pulse_shared_walk *family,
                     const struct pulse_options *options, struct pulse_err *err)
{
    struct pulse_sizes *sizes = &view->work.plan.sizes;
    const int64_t walked = family->options->n_ridge, targets = family->fitted.final.targets;
    *view = (struct view){.work = family->work, .fitted = family->fitted};
    pulse_sizes_limit(sizes, options->n_ridge, pulse_options_blocks(options));
    view->pick = pulse_calloc(sizes->C, sizeof *view->pick, "a trial's candidates", err);
    view->next = pulse_calloc(sizes->C * targets, sizeof *view->next, "a trial's forecast", err);
    if (view->pick == NULL || view->next == NULL)
        return -1;
    for (int64_t c = 0; c < sizes->C; c++) {
        view->pick[c] =
            c / sizes->L * walked + find_penalty(family->options, options->ridge[c % sizes->L]);
        memcpy(view->next + c * targets, family->fitted.final.next + view->pick[c] * targets,
               (size_t)targets * sizeof *view->next);
    }
    view->fitted.candidates.pick = view->pick;
    view->fitted.candidates.picks = sizes->C;
    view->fitted.final.next = view->next;
    return 0;
}

static void view_clear(struct view *view)
{
    free(view->pick);
    free(view->next);
}

void pulse_shared_walk_clear(struct pulse_shared_walk *family)
{
    pulse_training_clear(&family->training, family->work.n_systems);
    pulse_fitted_clear(&family->fitted);
    pulse_work_clear(&family->work);
    pulse_panel_clear(&family->panel);
    *family = (struct pulse_shared_walk){0};
}

/* ---- One trial ----------------------------------------------------------------------- */

/* What summary.json of a run has and a comparison needs, and its options. */
static json_t *build_summary(const struct pulse_options *options,
                             const struct pulse_shared_walk *family,
                             const struct pulse_variable_summary *summaries,
                             const char *fingerprint)
{
    const struct pulse_plan *plan = &family->work.plan;
    const struct pulse_summary_input input = {.options = options,
                                              .plan = plan,
                                              .calendar = family->panel.calendar,
                                              .names = family->panel.loaded.names,
                                              .V = family->panel.loaded.V,
                                              .summaries = summaries};
    return json_pack("{s:s, s:s, s:s, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:{s:s}}", "schema_version",
                     PULSE_SCHEMA_VERSION, "program", "pulse-tune " PULSE_VERSION, "fingerprint",
                     fingerprint, "batches", "total", (json_int_t)plan->n_windows, "completed",
                     (json_int_t)pulse_plan_count(plan, PULSE_TRAINED), "failed",
                     (json_int_t)pulse_plan_count(plan, PULSE_FAILED), "skipped",
                     (json_int_t)pulse_plan_count(plan, PULSE_SKIPPED), "metrics",
                     pulse_summary_metrics(&input), "config", pulse_summary_config(&input),
                     "results", "file", PULSE_LOSSES_FILE);
}

/* Local, rank 0: file and summary out of what was gathered. */
static int describe_trial(const struct pulse_options *options,
                          const struct pulse_shared_walk *family,
                          const struct pulse_variable_summary *summaries,
                          const struct pulse_loss_table *table, const char *fingerprint,
                          struct pulse_judged *judged, struct pulse_err *err)
{
    const struct pulse_loss_file about = {.plan = &family->work.plan,
                                          .horizons = &options->horizons,
                                          .names = family->panel.loaded.names,
                                          .fingerprint = fingerprint};
    judged->trained = pulse_plan_count(&family->work.plan, PULSE_TRAINED);
    judged->failed = pulse_plan_count(&family->work.plan, PULSE_FAILED);
    judged->losses = pulse_loss_table_file(table, &about, &judged->n, err);
    if (judged->losses == NULL)
        return -1;
    judged->summary = build_summary(options, family, summaries, fingerprint);
    return judged->summary != NULL
               ? 0
               : pulse_fail(err, PULSE_E_MEMORY, "out of memory for a trial's summary");
}

/* Collective: every variable to its owner, and what each comes to back to rank 0. */
static int evaluate_trial(const struct pulse_comm *comm, const struct pulse_options *options,
                          const struct pulse_shared_walk *family, const struct view *view,
                          struct pulse_variable_summary *summaries, struct pulse_loss_table *table,
                          struct pulse_err *err)
{
    const struct pulse_evaluation_sink sink = pulse_loss_table_sink(table);
    if (pulse_run_evaluate(comm, options, &family->panel, &view->work, &view->fitted, &sink,
                           summaries, err) != 0 ||
        pulse_run_gather_summaries(comm, family->panel.loaded.V, options->horizons.n, summaries,
                                   err) != 0)
        return -1;
    return pulse_loss_table_gather(comm, table, err);
}

int pulse_shared_walk_judge(const struct pulse_comm *comm, const struct pulse_options *options,
                            const struct pulse_shared_walk *family, struct pulse_judged *judged,
                            struct pulse_err *err)
{
    const int64_t V = family->panel.loaded.V, H = options->horizons.n;
    struct pulse_loss_table table = {0};
    struct pulse_run_fingerprint fingerprint = {.text = ""};
    struct view view;
    int status = -1;
    *judged = (struct pulse_judged){0};
    struct pulse_variable_summary *summaries =
        pulse_calloc(H * V, sizeof *summaries, "the summaries", err);
    (void)pulse_loss_table_init(&table, H, family->work.plan.n_windows, V, err);
    (void)view_init(&view, family, options, err);
    if (pulse_comm_agree(comm, err) == 0 &&
        pulse_run_fingerprint_make(comm, options, &family->panel, &family->work.plan, &fingerprint,
                                   err) == 0 &&
        evaluate_trial(comm, options, family, &view, summaries, &table, err) == 0) {
        if (comm->rank == 0)
            (void)describe_trial(options, family, summaries, &table, fingerprint.text, judged, err);
        status = pulse_comm_agree(comm, err);
    }
    pulse_run_fingerprint_clear(&fingerprint);
    pulse_loss_table_clear(&table);
    view_clear(&view);
    free(summaries);
    return status;
}

void pulse_judged_clear(struct pulse_judged *judged)
{
    free(judged->losses);
    json_decref(judged->summary);
    *judged = (struct pulse_judged){0};
}
