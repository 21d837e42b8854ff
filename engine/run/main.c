/* pulse-train: its stages in order, and the exit code. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "math/blas_kernels.h"
#include "mpi/collect.h"
#include "mpi/launcher.h"
#include "run/conclude.h"
#include "run/dryrun.h"
#include "run/evaluate.h"
#include "run/journal.h"
#include "run/kept_sums.h"
#include "run/prepare.h"
#include "run/run.h"
#include "run/timings.h"
#include "run/usage.h"
#include "store/pipe.h"

void openblas_set_num_threads(int threads);

static void run_clear(struct pulse_run *run)
{
    free(run->summaries);
    pulse_run_checkpoint_clear(&run->checkpoint);
    pulse_training_clear(&run->training, run->work.n_systems);
    pulse_fitted_clear(&run->fitted);
    pulse_results_free(run->results);
    pulse_delivery_clear(&run->comm, &run->delivery);
    pulse_work_clear(&run->work);
    pulse_panel_clear(&run->panel);
    pulse_run_fingerprint_clear(&run->fingerprint);
}

/* Collective: ranks with different options would wait for each other, or mix their results. */
static int compare_options(const struct pulse_comm *comm, const struct pulse_options *options,
                           struct pulse_err *err)
{
    bool equal;
    if (pulse_comm_all_equal(comm, pulse_options_hash_all(options), &equal, err) != 0)
        return -1;
    return equal ? 0
                 : pulse_fail(err, PULSE_E_USAGE,
                              "the ranks were started with different options: start all of them "
                              "with the same command line");
}

/* Collective: what is piped into the first rank, for all of them. */
static int share_pipe(const struct pulse_comm *comm, const char *data, struct pulse_err *err)
{
    char path[PULSE_PIPE_PATH] = "";
    if (data == NULL || !pulse_pipe_is(data))
        return 0;
    if (comm->nodes > 1)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--data %s: what is piped in is on one machine, and the ranks are on "
                          "several; write a file",
                          data);
    if (comm->rank == 0)
        (void)pulse_pipe_path(data, path, err);
    if (pulse_comm_agree(comm, err) != 0 || pulse_comm_bcast(comm, path, sizeof path, err) != 0)
        return -1;
    if (comm->rank != 0)
        (void)pulse_pipe_adopt(data, path, err);
    return pulse_comm_agree(comm, err);
}

/* Collective: log, store and threads as the options say. */
static int start_run(struct pulse_run *run, struct pulse_err *err)
{
    /* Around midnight the ranks may disagree on what today is. */
    if (pulse_comm_bcast(&run->comm, &run->options.end_day, sizeof run->options.end_day, err) != 0)
        return -1;
    if (run->comm.rank != 0)
        pulse_log_set_level(PULSE_LOG_SILENT);
    else
        pulse_log_set_level(run->options.log_level);
    if (run->comm.rank == 0 && run->options.log_dir != NULL)
        (void)pulse_log_open(run->options.log_dir, "pulse-train", err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    pulse_journal_begin(&run->comm, &run->options, &run->versions);
    if (run->comm.rank == 0) {
        const struct pulse_launcher launcher = pulse_launcher_find();
        pulse_launcher_advise(&launcher);
    }
    run->options.store.stop = pulse_shutdown_stops_waits;
    pulse_store_configure(&run->options.store);
    openblas_set_num_threads((int)run->options.threads);
    if (compare_options(&run->comm, &run->options, err) != 0)
        return -1;
    return share_pipe(&run->comm, run->options.data, err);
}

/* What results.h5 says of the run as a whole. */
static struct pulse_results_header describe_results(const struct pulse_run *run)
{
    return (struct pulse_results_header){.plan = &run->work.plan,
                                         .options = &run->options,
                                         .directory = run->delivery.output.directory,
                                         .file = run->delivery.output.name[PULSE_FILE_RESULTS],
                                         .fingerprint = run->fingerprint.text,
                                         .calendar = run->panel.calendar,
                                         .names = run->panel.loaded.names,
                                         .V = run->panel.loaded.V,
                                         .entered = run->work.distribution.entered,
                                         .slot = run->work.distribution.slot,
                                         .final = &run->fitted.final,
                                         .granger = &run->fitted.granger,
                                         .gather = run->delivery.gather,
                                         .parts = &run->delivery.parts};
}

/* Systems that are solved by their rows are solved whole: there is nothing to save on the way. */
static void forgo_checkpoint(struct pulse_run *run)
{
    struct pulse_options *options = &run->options;
    if (!run->work.plan.by_rows)
        return;
    if (run->comm.rank == 0 && options->checkpoint != NULL &&
        (options->checkpoint != options->built_checkpoint || options->keep_checkpoint))
        pulse_info("a panel with more features than rows is solved whole: nothing is saved in %s",
                   options->checkpoint);
    options->checkpoint = NULL;
}

/* Collective: the panel, and who computes what of which plan. */
static int prepare(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_comm *comm = &run->comm;
    const struct pulse_options *options = &run->options;
    struct pulse_panel *panel = &run->panel;
    struct pulse_work *work = &run->work;
    if (pulse_run_load(comm, options, panel, &work->plan, err) != 0 ||
        pulse_run_plan(comm, options, panel, work, err) != 0)
        return -1;
    forgo_checkpoint(run);
    if (pulse_run_checkpoint_find(comm, options, panel, work, &run->checkpoint, err) != 0)
        return -1;
    return pulse_run_distribute(comm, options, panel, work, err);
}

/* Collective: where the results are made, whether all nodes see that directory, and in what form
 * the results are. */
static int prepare_delivery(struct pulse_run *run, struct pulse_err *err)
{
    if (pulse_run_fingerprint_make(&run->comm, &run->options, &run->panel, &run->work.plan,
                                   &run->fingerprint, err) != 0 ||
        pulse_delivery_open(&run->comm, &run->options, &run->delivery, err) != 0)
        return -1;
    const struct pulse_results_header header = describe_results(run);
    return pulse_delivery_choose_form(&run->comm, &run->options, &header, run->panel.loaded.owner,
                                      &run->delivery, err);
}

/* Collective: from columns to every candidate's retrodictions, the final fit and the Granger tests.
 */
static int fit_model(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_comm *comm = &run->comm;
    const struct pulse_options *options = &run->options;
    const struct pulse_results_header header = describe_results(run);
    struct pulse_work *work = &run->work;
    struct pulse_fitted *fitted = &run->fitted;
    struct pulse_watch watch = {.comm = comm,
                                .options = options,
                                .work = work,
                                .checkpoint = &run->checkpoint,
                                .file = &run->progress,
                                .lease = comm->rank == 0 ? run->delivery.output.lease : NULL};
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_WALK);
    if (pulse_run_checkpoint_take(comm, options, &run->panel, work, &run->checkpoint, err) != 0 ||
        pulse_run_checkpoint_share(comm, options, work, &run->checkpoint, err) != 0 ||
        pulse_run_kept_sums_find(comm, options, work, &run->checkpoint, err) != 0)
        return -1;
    run->training.known_spans = run->checkpoint.known_spans;
    run->training.before = run->checkpoint.sums.sums;
    if (pulse_run_sum(comm, options, work, run->panel.columns, &run->training, err) != 0)
        return -1;
    (void)pulse_run_begin_candidates(comm, options, work, &run->checkpoint, &fitted->candidates,
                                     err);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_run_checkpoint_begin(comm, options, work, pulse_results_bytes(&header),
                                   &run->checkpoint, &fitted->candidates, err) != 0)
        return -1;
    pulse_run_kept_sums_keep(comm, options, work, &run->training.sums, &run->checkpoint);
    (void)pulse_timeline_enter(comm->timeline, before);
    if (pulse_run_walk(comm, options, work, &run->training, &watch, fitted, err) != 0)
        return -1;
    return pulse_run_share_fit(comm, options, run->panel.loaded.names, work, fitted, err);
}

/* Collective: results.h5, with every variable's evaluation. A failure while it is open ends the
 * job.
 */
static int write_results(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_comm *comm = &run->comm;
    const struct pulse_results_header header = describe_results(run);
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_RESULTS);
    int status = pulse_results_open(comm, &header, &run->results, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    const struct pulse_evaluation_sink sink = pulse_run_results_sink(run->results);
    if (status == 0)
        status = pulse_run_evaluate(comm, &run->options, &run->panel, &run->work, &run->fitted,
                                    &sink, run->summaries, err);
    if (status != 0)
        pulse_results_abandon(comm, err);
    (void)pulse_timeline_enter(comm->timeline, PULSE_STAGE_RESULTS);
    status = pulse_results_close(comm, run->results, err);
    if (status == 0 && run->delivery.parts.n > 0)
        status = pulse_part_layout_measure(comm, &run->delivery.parts, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return status;
}

/* What summary.json and the table are made from. */
static struct pulse_summary_input describe_run(const struct pulse_run *run,
                                               const struct pulse_timings *timings,
                                               const struct pulse_usage *usage)
{
    const char(*names)[PULSE_PART_NAME] = run->delivery.output.name;
    return (struct pulse_summary_input){.options = &run->options,
                                        .fingerprint = run->fingerprint.text,
                                        .versions = &run->versions,
                                        .data_digest = run->fingerprint.data,
                                        .digests = run->fingerprint.variables,
                                        .results_name = names[PULSE_FILE_RESULTS],
                                        .plan = &run->work.plan,
                                        .calendar = run->panel.calendar,
                                        .names = run->panel.loaded.names,
                                        .V = run->panel.loaded.V,
                                        .summaries = run->summaries,
                                        .systems = run->work.systems,
                                        .n_systems = run->work.n_systems,
                                        .entered = run->work.distribution.entered,
                                        .final_failed = run->fitted.final.failed,
                                        .granger = &run->fitted.digest,
                                        .timings = timings,
                                        .ranks = run->comm.size,
                                        .nodes = run->comm.nodes,
                                        .io = &usage->io,
                                        .peak_rss_bytes = usage->peak_rss_bytes,
                                        .arithmetic = pulse_blas_description(),
                                        .resumed_spans = run->checkpoint.resumed,
                                        .parts = &run->delivery.parts};
}

/* Collective: what all ranks know comes to rank 0, which says it and delivers. */
static int conclude(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_comm *comm = &run->comm;
    struct pulse_timings timings = {0};
    struct pulse_usage usage = {0};
    int status = -1;
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_run_checkpoint_stop(comm, &run->options, &run->checkpoint, err) != 0 ||
        pulse_run_gather_summaries(comm, run->panel.loaded.V, run->options.horizons.n,
                                   run->summaries, err) != 0 ||
        pulse_usage_gather(comm, &usage, err) != 0 ||
        pulse_run_timings(comm, &run->timeline, &run->checkpoint.saves, run->began, &timings,
                          err) != 0)
        goto done;
    if (comm->rank == 0) {
        pulse_run_warn_below_zero(&run->panel, run->summaries);
        pulse_journal_stages(&timings, usage.peak_rss_bytes);
    }
    struct pulse_summary_input input = describe_run(run, &timings, &usage);
    status = pulse_run_conclude(comm, &input, &run->checkpoint, run->results, &run->delivery, err);
done:
    pulse_timings_clear(&timings);
    return status;
}

/* Collective: all stages in order. Sets *failed when windows failed. */
static int train(struct pulse_run *run, bool *failed, struct pulse_err *err)
{
    if (start_run(run, err) != 0)
        return -1;
    if (run->comm.rank == 0 && !run->options.dry_run)
        run->progress = (struct pulse_progress_file){
            .path = run->options.progress_file, .ranks = run->comm.size, .began = run->began};
    pulse_progress_file_write(&run->progress, "load", true);
    if (prepare(run, err) != 0)
        return -1;
    pulse_journal_plan(&run->options, &run->panel, &run->work);
    if (run->options.dry_run) {
        const struct pulse_results_header header = describe_results(run);
        return pulse_dryrun_print(&run->comm, &run->options, &run->work, &header, err);
    }
    run->summaries = pulse_calloc(run->options.horizons.n * run->panel.loaded.V,
                                  sizeof *run->summaries, "the summaries", err);
    if (pulse_comm_agree(&run->comm, err) != 0 || prepare_delivery(run, err) != 0)
        return -1;
    pulse_debug("data digest %s, fingerprint %s", run->fingerprint.data, run->fingerprint.text);
    if (fit_model(run, err) != 0)
        return -1;
    pulse_progress_file_write(&run->progress, "judge", true);
    if (write_results(run, err) != 0 || conclude(run, err) != 0)
        return -1;
    *failed = run->fitted.final.failed >= 0 || pulse_plan_count(&run->work.plan, PULSE_FAILED) > 0;
    return 0;
}

int main(int argc, char **argv)
{
    struct pulse_run run = {.began = pulse_seconds()};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool speaker = pulse_launcher_find().rank == 0;
    bool failed = false;
    int code;
    pulse_file_begin_process();
    pulse_blas_choose_kernels(argv);
    pulse_keep_freed_memory();
    pulse_timeline_begin(&run.timeline, run.began);
    pulse_timeline_begin(&run.checkpoint.saves, run.began);
    if (!speaker && freopen("/dev/null", "w", stdout) == NULL) /* --help once is enough */
        return 1;
    if (pulse_options_parse(&run.options, argc, argv, &err) != 0 ||
        pulse_comm_init(&run.comm, &err) != 0) {
        /* The first rank that ends makes mpirun end the others: let it be the one that speaks. */
        if (speaker)
            pulse_log_error(&err);
        else
            (void)sleep(1);
        code = pulse_exit_code(err.kind);
        pulse_store_finish(); /* a file of options may lie in S3 */
        goto done;
    }
    run.comm.timeline = &run.timeline;
    pulse_shutdown_catch_signals();
    (void)train(&run, &failed, &err);
    pulse_progress_file_write(&run.progress, err.kind == PULSE_OK ? "done" : "failed", true);
    if (err.kind != PULSE_OK && run.comm.rank == 0)
        pulse_log_error(&err);
    code = err.kind != PULSE_OK ? pulse_exit_code(err.kind) : failed ? PULSE_EXIT_INCOMPLETE : 0;
    code = run.comm.rank == 0 ? pulse_log_check_output(code) : code;
    pulse_journal_end(code, pulse_seconds() - run.began);
    run_clear(&run);
    pulse_store_finish();
    pulse_log_close();
    (void)H5close(); /* before MPI goes, which its files lean on */
    pulse_comm_finalize(&run.comm);
done:
    pulse_options_clear(&run.options);
    return code;
}
