/* pulse-tune run: one worker on this machine, also under mpirun. */
#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "mpi/collect.h"
#include "mpi/comm.h"
#include "mpi/launcher.h"
#include "tune/command.h"
#include "tune/holdout.h"
#include "tune/opened.h"
#include "tune/worker.h"

void openblas_set_num_threads(int threads);

static const char doc[] =
    "Run the trials of a study that are not done: one worker. Start as many as you like, on any "
    "machines that see the study and the data; none runs what another has. The same command goes "
    "on where the last one ended."
    "\v"
    "Examples:\n"
    "  pulse-tune run study\n"
    "  mpirun -n 4 pulse-tune run s3://market-data/studies/spring\n\n"
    "Exit codes: 0 no trial is left, or a limit of the study was met; trials that failed are "
    "results, which pulse-tune show lists. 2 bad space.yaml or data; 3 storage refused; 75 "
    "temporary failure, try again; 130, 143 interrupted.";

struct arguments {
    bool retry_failed, no_progress, json;
};

static const struct pulse_arg rows[] = {
    {"retry-failed", 0, NULL, "Run trials that failed again", pulse_arg_read_flag,
     .at = offsetof(struct arguments, retry_failed)},
    {"no-progress", 0, NULL, "No progress lines", pulse_arg_read_flag,
     .at = offsetof(struct arguments, no_progress)},
    {"json", 'j', NULL, "What was run as JSON: an object", pulse_arg_read_flag,
     .at = offsetof(struct arguments, json)},
    {0}};

/* All that a worker holds. */
struct run {
    struct arguments arguments;
    struct pulse_tune_target target;
    struct pulse_comm comm;
    struct pulse_opened opened;
};

/* ---- Work ---------------------------------------------------------------------------- */

/* Workers of one array begin in different places; others anywhere. */
static int64_t choose_first(const struct run *run)
{
    static const char *const names[] = {"AWS_BATCH_JOB_ARRAY_INDEX", "SLURM_ARRAY_TASK_ID"};
    static const char *const sizes[] = {"AWS_BATCH_JOB_ARRAY_SIZE", "SLURM_ARRAY_TASK_COUNT"};
    int64_t index, size;
    for (int i = 0; i < 2; i++)
        if (pulse_parse_int(getenv(names[i]), 0, 1000000, &index) &&
            pulse_parse_int(getenv(sizes[i]), 1, 1000000, &size))
            return index % size * run->opened.trials.n_families / size;
    return getpid() % 1000;
}

/* What workers that were started as one share: an array's job; else one worker's own. */
static void name_command(char command[PULSE_DIGEST_TEXT])
{
    const char *job = getenv("AWS_BATCH_JOB_ID"), *slurm = getenv("SLURM_ARRAY_JOB_ID");
    char own[64];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(own, sizeof own, "%lld.%09ld %d", (long long)now.tv_sec, now.tv_nsec, getpid());
    const char *text = job != NULL ? job : slurm != NULL ? slurm : own;
    const struct pulse_digest digest = pulse_digest_of(text, (int64_t)strcspn(text, ":"));
    (void)pulse_digest_text(&digest, command);
}

static int print_json(const struct run *run, const struct pulse_worker_result *result,
                      struct pulse_err *err)
{
    json_t *root = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:f, s:s?, s:b}", "study", run->target.study, "run",
        (json_int_t)result->run, "run_failed", (json_int_t)result->failed, "finished",
        (json_int_t)result->finished, "trials", (json_int_t)run->opened.trials.n, "seconds",
        result->seconds, "limit", result->limit, "exhausted", run->opened.trials.exhausted ? 1 : 0);
    if (root == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for what was run as JSON");
    (void)json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    (void)putchar('\n');
    json_decref(root);
    return 0;
}

static void print_text(const struct run *run, const struct pulse_worker_result *result)
{
    char time[32];
    (void)printf("%lld trials run here in %s, %lld of them failed; %lld of %lld done\n",
                 (long long)result->run, pulse_format_duration(result->seconds, time),
                 (long long)result->failed, (long long)result->finished,
                 (long long)run->opened.trials.n);
    if (result->limit != NULL)
        (void)printf("stopped: the limit on %s is met; raise it in space.yaml to go on\n",
                     result->limit);
    if (run->opened.trials.exhausted && result->limit == NULL)
        (void)printf("the space has no more than %lld different trials\n",
                     (long long)run->opened.trials.n);
}

static int work(struct run *run, struct pulse_err *err)
{
    struct pulse_worker_result result;
    char command[PULSE_DIGEST_TEXT];
    name_command(command);
    if (pulse_opened_read(&run->comm, run->target.study, &run->opened, err) != 0)
        return -1;
    const struct pulse_worker_wish wish = {.study = run->target.study,
                                           .command = command,
                                           .retry_failed = run->arguments.retry_failed,
                                           .no_progress = run->arguments.no_progress,
                                           .first = run->comm.rank == 0 ? choose_first(run) : 0};
    if (pulse_worker_run(&run->comm, &wish, &run->opened.space, &run->opened.data,
                         &run->opened.trials, &result, err) != 0)
        return -1;
    if (run->comm.rank == 0 && run->arguments.json)
        (void)print_json(run, &result, err);
    else if (run->comm.rank == 0)
        print_text(run, &result);
    int all = result.left == 0;
    if (pulse_comm_agree(&run->comm, err) != 0 ||
        pulse_comm_bcast(&run->comm, &all, sizeof all, err) != 0)
        return -1;
    return all && run->opened.space.has_holdout
               ? pulse_holdout_run(&run->comm, run->target.study, &run->opened, err)
               : 0;
}

/* Collective, once MPI runs: the exit code of the worker. */
static int run_worker(struct run *run, struct pulse_err *err)
{
    pulse_shutdown_catch_signals();
    openblas_set_num_threads(1);
    if (run->comm.rank != 0)
        pulse_log_set_level(PULSE_LOG_SILENT);
    (void)work(run, err);
    if (err->kind != PULSE_OK && run->comm.rank == 0)
        pulse_log_error(err);
    pulse_opened_clear(&run->opened);
    pulse_store_finish();
    (void)H5close(); /* before MPI goes, which its files lean on */
    pulse_comm_finalize(&run->comm);
    return pulse_exit_code(err->kind);
}

int pulse_tune_run(int argc, char **argv)
{
    struct run run = {0};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool speaker = pulse_launcher_find().rank == 0;
    pulse_keep_freed_memory();
    if (!speaker && freopen("/dev/null", "w", stdout) == NULL) /* --help once is enough */
        return 1;
    if (pulse_tune_parse(doc, rows, &run.arguments, &run.target, argc, argv, &err) == 0 &&
        pulse_comm_init(&run.comm, &err) == 0)
        return run_worker(&run, &err);
    /* The first rank that ends makes mpirun end the others: let it be the one that speaks. */
    if (speaker)
        pulse_log_error(&err);
    else
        (void)sleep(1);
    return pulse_exit_code(err.kind);
}
