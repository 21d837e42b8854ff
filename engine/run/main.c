/* pulse-train: its stages in order, and the exit code. */
#include <hdf5.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "plan/systems.h"
#include "results/gather.h"
#include "results/output.h"
#include "run/dryrun.h"
#include "run/run.h"

void openblas_set_num_threads(int threads);

static void run_clear(struct pulse_run *run)
{
    for (int64_t v = 0; run->columns != NULL && v < run->loaded.V; v++)
        pulse_column_clear(&run->columns[v]);
    free(run->columns);
    free(run->flags);
    free(run->burned);
    free(run->verdicts);
    pulse_run_checkpoint_clear(&run->checkpoint);
    free(run->calendar);
    free(run->rows.z);
    free(run->head.z);
    pulse_sums_clear(&run->sums, run->n_systems);
    pulse_candidates_clear(&run->candidates);
    pulse_final_clear(&run->final);
    pulse_granger_clear(&run->drivers);
    pulse_results_free(run->results);
    pulse_run_drop_part(run);
    pulse_part_layout_clear(&run->parts);
    if (run->comm.rank == 0)
        pulse_output_clear(&run->output);
    pulse_listing_clear(&run->old_parts);
    pulse_distribution_clear(&run->shares);
    pulse_systems_free(run->systems, run->n_systems);
    pulse_plan_clear(&run->plan);
    pulse_loaded_clear(&run->loaded);
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

static int start(struct pulse_run *run, struct pulse_err *err)
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
    run->options.store.stop = pulse_shutdown_stops_waits;
    pulse_store_configure(&run->options.store);
    openblas_set_num_threads((int)run->options.threads);
    return compare_options(&run->comm, &run->options, err);
}

/* Collective: where the results are made, whether all nodes see that place, and what is made there
 * if they do not. */
static int prepare_output(struct pulse_run *run, struct pulse_err *err)
{
    if (run->comm.rank == 0 && pulse_output_prepare(&run->options, &run->output, err) == 0)
        pulse_output_find_parts(&run->options, &run->old_parts);
    if (run->output.staged)
        pulse_shutdown_set_file(NULL, run->output.directory);
    if (pulse_comm_agree(&run->comm, err) != 0 ||
        pulse_comm_bcast(&run->comm, &run->output, sizeof run->output, err) != 0)
        return -1;
    if (pulse_results_must_gather(&run->comm, run->output.directory, &run->gather, err) != 0)
        return -1;
    return pulse_run_form(run, err);
}

/* Collective: all stages in order. Sets *failed when windows failed. */
static int train(struct pulse_run *run, bool *failed, struct pulse_err *err)
{
    if (start(run, err) != 0)
        return -1;
    if (run->comm.rank == 0 && !run->options.dry_run)
        run->progress = (struct pulse_progress_file){
            .path = run->options.progress_file, .ranks = run->comm.size, .began = run->began};
    pulse_progress_file_write(&run->progress, "load", true);
    if (pulse_run_prepare(run, err) != 0)
        return -1;
    if (run->options.dry_run) {
        const struct pulse_results_header frame = pulse_run_frame(run);
        return pulse_dryrun_print(&run->comm, &run->plan, &run->options, &run->shares, run->systems,
                                  run->n_systems, run->calendar, &frame, err);
    }
    if (prepare_output(run, err) != 0 || pulse_run_walk(run, err) != 0)
        return -1;
    pulse_progress_file_write(&run->progress, "judge", true);
    if (pulse_run_judge(run, err) != 0 || pulse_run_conclude(run, err) != 0)
        return -1;
    *failed = run->final.failed >= 0 || pulse_plan_count(&run->plan, PULSE_FAILED) > 0;
    return 0;
}

/* Memory that one stage frees is kept for the next one: on many machines the first touch of a page
 * costs more than all the arithmetic on it. */
static void keep_freed_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int main(int argc, char **argv)
{
    struct pulse_run run = {.began = pulse_seconds()};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool speaker = pulse_comm_rank_hint() == 0;
    bool failed = false;
    int code;
    keep_freed_memory();
    pulse_timeline_begin(&run.timeline, run.began);
    pulse_timeline_begin(&run.saves, run.began);
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
        goto done;
    }
    run.comm.timeline = &run.timeline;
    pulse_shutdown_catch_signals();
    (void)train(&run, &failed, &err);
    pulse_progress_file_write(&run.progress, err.kind == PULSE_OK ? "done" : "failed", true);
    if (err.kind != PULSE_OK && run.comm.rank == 0)
        pulse_log_error(&err);
    code = err.kind != PULSE_OK ? pulse_exit_code(err.kind) : failed ? 1 : 0;
    run_clear(&run);
    pulse_store_finish();
    pulse_log_close();
    (void)H5close(); /* before MPI goes, which its files lean on */
    pulse_comm_finalize(&run.comm);
done:
    pulse_options_clear(&run.options);
    return code;
}
