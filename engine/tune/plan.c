/* pulse-tune plan: how many trials a study has, and what each and all of them cost. */
#include <hdf5.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "mpi/comm.h"
#include "panel/load.h"
#include "plan/scaling.h"
#include "submit/cost.h"
#include "tune/command.h"
#include "tune/opened.h"
#include "tune/study.h"

static const char doc[] =
    "Say how many trials a study has and what they cost, by the estimate that pulse-train "
    "--dry-run shows; check the options of every trial. Nothing is run."
    "\v"
    "Examples:\n"
    "  pulse-tune plan study\n"
    "  pulse-tune plan study --price 0.04 --json";

enum { SHOWN = 20 };

struct arguments {
    bool json, all;
    double price; /* of a vCPU hour; NaN: not said */
};

static const struct pulse_arg rows[] = {
    {"price", 'p', "MONEY", "What a vCPU hour costs, to show what the study does",
     pulse_arg_read_real, .at = offsetof(struct arguments, price), .low = 0, .high = 1e9},
    {"all", 'a', NULL, "List all trials (the first 20)", pulse_arg_read_flag,
     .at = offsetof(struct arguments, all)},
    {"json", 'j', NULL, "Everything as JSON", pulse_arg_read_flag,
     .at = offsetof(struct arguments, json)},
    {0}};

struct planning {
    struct arguments arguments;
    struct pulse_tune_target target;
    struct pulse_comm comm;
    struct pulse_opened opened;
    struct pulse_loaded loaded;
    int64_t *calendar;
    int64_t T;
    double *walk;   /* per family: vCPU seconds */
    int64_t *share; /* per family: its trials */
};

/* ---- Costs --------------------------------------------------------------------------- */

static int load_data(struct planning *planning, struct pulse_err *err)
{
    struct pulse_options options = {0};
    const struct pulse_trial *first = &planning->opened.trials.trial[0];
    int status = -1;
    if (pulse_trial_words_parse(&first->words, &options, err) == 0 &&
        pulse_load(&planning->comm, &options, &planning->loaded, err) == 0)
        status = pulse_load_calendar(&planning->comm, &options, &planning->loaded,
                                     &planning->calendar, &planning->T, err);
    pulse_options_clear(&options);
    return status;
}

static int64_t count_variables(const struct planning *planning, const struct pulse_options *options)
{
    return options->n_variables > 0 ? options->n_variables : planning->loaded.V;
}

/* vCPU seconds of a walk. */
static int cost_walk(const struct planning *planning, const struct pulse_options *options,
                     double *seconds, struct pulse_err *err)
{
    struct pulse_cost cost;
    const int64_t V = count_variables(planning, options);
    int status = pulse_cost_init_on(&cost, options, V, planning->calendar, planning->T, err);
    if (status == 0) {
        const struct pulse_cost_of_run all = pulse_cost_of_run(&cost, 1);
        *seconds = all.seconds - all.judging;
    }
    pulse_cost_clear(&cost);
    return status;
}

/* vCPU seconds of a trial beside the walk that its family shares. */
static double cost_judging(const struct planning *planning, const struct pulse_options *options)
{
    const int64_t days = planning->calendar[planning->T - 1] - planning->calendar[0] + 1;
    return (double)(options->horizons.n * count_variables(planning, options)) *
           pulse_scaling_judge(options->n_ridge * pulse_options_blocks(options), planning->T,
                               days / options->batch_size_days);
}

static int cost_walks(struct planning *planning, struct pulse_err *err)
{
    const struct pulse_trials *trials = &planning->opened.trials;
    planning->walk = pulse_calloc(trials->n_families, sizeof *planning->walk, "the costs", err);
    planning->share = pulse_calloc(trials->n_families, sizeof *planning->share, "the costs", err);
    int status = planning->walk == NULL || planning->share == NULL ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < trials->n; i++) {
        const int64_t family = trials->trial[i].family;
        struct pulse_options options = {0};
        if (planning->share[family]++ > 0)
            continue;
        status = pulse_trial_words_parse(&trials->trial[i].words, &options, err);
        for (int64_t l = 0; status == 0 && l < trials->family[family].n_ridge; l++)
            status = pulse_options_add_penalty(&options, trials->family[family].ridge[l], err);
        options.blocks = trials->family[family].blocks;
        if (status == 0)
            status = cost_walk(planning, &options, &planning->walk[family], err);
        pulse_options_clear(&options);
    }
    return status;
}

/* vCPU seconds of a trial with its share of the walk. */
static int cost_trial(const struct planning *planning, const struct pulse_trial *trial,
                      double *seconds, struct pulse_err *err)
{
    struct pulse_options options = {0};
    const int status = pulse_trial_words_parse(&trial->words, &options, err);
    if (status == 0)
        *seconds = planning->walk[trial->family] / (double)planning->share[trial->family] +
                   cost_judging(planning, &options);
    pulse_options_clear(&options);
    return status;
}

/* ---- What is said -------------------------------------------------------------------- */

static json_t *describe_trial(const struct pulse_trial *trial, double seconds)
{
    char digest[PULSE_DIGEST_TEXT];
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *own = pulse_trial_own_text(&trial->words, &ignored);
    json_t *object = json_pack("{s:I, s:s, s:I, s:s, s:f}", "k", (json_int_t)trial->k, "digest",
                               pulse_digest_text(&trial->digest, digest), "walk",
                               (json_int_t)trial->family, "options", own, "vcpu_seconds", seconds);
    free(own);
    return object;
}

static int print_json(const struct planning *planning, struct pulse_err *err)
{
    const struct pulse_trials *trials = &planning->opened.trials;
    char data[PULSE_DIGEST_TEXT];
    json_t *list = json_array();
    double all = 0, seconds = 0;
    for (int64_t i = 0; i < trials->n; i++) {
        if (cost_trial(planning, &trials->trial[i], &seconds, err) != 0) {
            json_decref(list);
            return -1;
        }
        all += seconds;
        (void)json_array_append_new(list, describe_trial(&trials->trial[i], seconds));
    }
    json_t *root =
        json_pack("{s:s, s:s, s:I, s:I, s:b, s:f, s:o}", "study", planning->target.study, "data",
                  pulse_digest_text(&planning->opened.data, data), "trials", (json_int_t)trials->n,
                  "walks", (json_int_t)trials->n_families, "exhausted", trials->exhausted ? 1 : 0,
                  "vcpu_hours", all / 3600, "list", list);
    if (root != NULL && !isnan(planning->arguments.price))
        (void)json_object_set_new(root, "money", json_real(all / 3600 * planning->arguments.price));
    if (root == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for the plan");
    (void)json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    (void)putchar('\n');
    json_decref(root);
    return 0;
}

static void print_head(const struct planning *planning)
{
    const struct pulse_trials *trials = &planning->opened.trials;
    const struct pulse_space *space = &planning->opened.space;
    (void)printf("study     ");
    pulse_terminal_write(stdout, planning->target.study, 0);
    (void)printf("\ntrials    %lld: the default and %lld more, ", (long long)trials->n,
                 (long long)trials->n - 1);
    if (space->random)
        (void)printf("drawn with seed %lld\n", (long long)space->seed);
    else
        (void)printf("of a grid\n");
    (void)printf("walks     %lld: trials that differ in judging and penalties share one\n\n",
                 (long long)trials->n_families);
    (void)printf("%6s %6s %10s  %s\n", "trial", "walk", "cost", "options");
}

static void print_total(const struct planning *planning, double seconds)
{
    char time[32];
    const double hours = seconds / 3600;
    if (planning->opened.trials.exhausted)
        (void)printf("\nthe space has no more different trials");
    (void)printf("\nall together about %s of one vCPU (%.3g vCPU hours)",
                 pulse_format_duration(seconds, time), hours);
    if (!isnan(planning->arguments.price))
        (void)printf(", %.2f at %g an hour", hours * planning->arguments.price,
                     planning->arguments.price);
    (void)printf("; nothing was run\n");
}

static int print_text(const struct planning *planning, struct pulse_err *err)
{
    const struct pulse_trials *trials = &planning->opened.trials;
    double all = 0, seconds = 0;
    print_head(planning);
    for (int64_t i = 0; i < trials->n; i++) {
        const struct pulse_trial *trial = &trials->trial[i];
        char time[32];
        if (cost_trial(planning, trial, &seconds, err) != 0)
            return -1;
        all += seconds;
        if (i >= SHOWN && !planning->arguments.all)
            continue;
        char *own = pulse_trial_own_text(&trial->words, err);
        if (own == NULL)
            return -1;
        (void)printf("%6lld %6lld %10s  ", (long long)trial->k, (long long)trial->family,
                     pulse_format_duration(seconds, time));
        pulse_terminal_write(stdout, own, 0);
        (void)putchar('\n');
        free(own);
    }
    if (trials->n > SHOWN && !planning->arguments.all)
        (void)printf("%6s and %lld more; --all lists them\n", "", (long long)trials->n - SHOWN);
    print_total(planning, all);
    return 0;
}

/* ---- In order ------------------------------------------------------------------------ */

static int plan_study(struct planning *planning, struct pulse_err *err)
{
    if (pulse_opened_read(&planning->comm, planning->target.study, &planning->opened, err) != 0 ||
        load_data(planning, err) != 0 || cost_walks(planning, err) != 0)
        return -1;
    if (planning->comm.rank != 0)
        return 0;
    return planning->arguments.json ? print_json(planning, err) : print_text(planning, err);
}

/* Before MPI starts, which takes longer. */
static int check_space(const char *study, struct pulse_err *err)
{
    struct pulse_space space;
    const int status = pulse_study_read_space(study, &space, err);
    pulse_space_clear(&space);
    return status;
}

int pulse_tune_plan(int argc, char **argv)
{
    struct planning planning = {.arguments = {.price = NAN}};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_tune_parse(doc, rows, &planning.arguments, &planning.target, argc, argv, &err) == 0 &&
        check_space(planning.target.study, &err) == 0 &&
        pulse_comm_init(&planning.comm, &err) == 0) {
        (void)plan_study(&planning, &err);
        pulse_loaded_clear(&planning.loaded);
        pulse_opened_clear(&planning.opened);
        free(planning.calendar);
        free(planning.walk);
        free(planning.share);
        pulse_store_finish();
        (void)H5close();
        pulse_comm_finalize(&planning.comm);
    }
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
