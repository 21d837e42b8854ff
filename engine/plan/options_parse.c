/* The command line of pulse-train: its table of options, and readers of values that are its own. */
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/arguments.h"
#include "plan/options.h"
#include "plan/options_config.h"
#include "store/arguments.h"

enum { MOST_INT = 1000000000 };

#define AT(field) offsetof(struct pulse_options, field)

/* ---- Choices ----------------------------------------------------------------------- */

static const struct pulse_arg_choice transforms[] = {
    {"level", PULSE_LEVEL}, {"diff", PULSE_DIFF}, {"logdiff", PULSE_LOGDIFF}, {0}};
static const struct pulse_arg_choice combines[] = {
    {"average", PULSE_AVERAGE}, {"select", PULSE_SELECT}, {0}};
static const struct pulse_arg_choice intervals[] = {
    {"adaptive", PULSE_ADAPTIVE}, {"gaussian", PULSE_GAUSSIAN}, {0}};
static const struct pulse_arg_choice trusts[] = {
    {"direction", PULSE_TRUST_DIRECTION}, {"persistence", PULSE_TRUST_PERSISTENCE}, {0}};
static const struct pulse_arg_choice calendars[] = {
    {"auto", PULSE_CALENDAR_AUTO}, {"on", PULSE_CALENDAR_ON}, {"off", PULSE_CALENDAR_OFF}, {0}};
static const struct pulse_arg_choice log_levels[] = {{"debug", PULSE_LOG_DEBUG},
                                                     {"info", PULSE_LOG_INFO},
                                                     {"warning", PULSE_LOG_WARNING},
                                                     {"error", PULSE_LOG_ERROR},
                                                     {0}};

const char *pulse_transform_name(enum pulse_transform transform)
{
    for (const struct pulse_arg_choice *choice = transforms; choice->name != NULL; choice++)
        if (choice->value == (int)transform)
            return choice->name;
    return NULL;
}

/* ---- Values of one option's own kind ----------------------------------------------- */

static int read_s3_uri(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_store_is_s3(text) ? pulse_arg_read_text(arg, text, values, err)
                                   : pulse_arg_refuse(arg, text, arg->want, err);
}

static int read_start(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    o->has_start = true;
    return pulse_arg_read_day(arg, text, values, err);
}

static int read_end(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    o->has_end = true;
    return pulse_arg_read_end(arg, text, values, err);
}

static int read_history(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    static const char rolling[] = "rolling:", halflife[] = "halflife:";
    struct pulse_options *o = values;
    if (strcmp(text, "expanding") == 0) {
        o->history = PULSE_EXPANDING;
        return 0;
    }
    if (strncmp(text, rolling, sizeof rolling - 1) == 0) {
        o->history = PULSE_ROLLING;
        return pulse_parse_int(text + sizeof rolling - 1, 1, MOST_INT, &o->rolling_windows)
                   ? 0
                   : pulse_arg_refuse(arg, text, "rolling:N with N of 1 or more", err);
    }
    if (strncmp(text, halflife, sizeof halflife - 1) == 0) {
        o->history = PULSE_HALFLIFE;
        return pulse_parse_real(text + sizeof halflife - 1, 1e-3, 1e9, &o->history_halflife)
                   ? 0
                   : pulse_arg_refuse(arg, text, "halflife:H with H of 0.001 or more", err);
    }
    return pulse_arg_refuse(arg, text, "expanding, rolling:N or halflife:H", err);
}

/* --output-file: "-" is what --json does. */
static int read_output_file(const struct pulse_arg *arg, char *text, void *values,
                            struct pulse_err *err)
{
    struct pulse_options *o = values;
    if (strcmp(text, "-") != 0)
        return pulse_arg_read_text(arg, text, values, err);
    o->json = true;
    return 0;
}

/* --features and its shorthand --lags: the same thing is said once. */
static int check_features_once(const struct pulse_arg *arg, struct pulse_options *o,
                               struct pulse_err *err)
{
    if (o->features_option != NULL && strcmp(o->features_option, arg->name) != 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--lags is a shorthand for --features: give one of them");
    o->features_option = arg->name;
    return 0;
}

static int read_features(const struct pulse_arg *arg, char *text, void *values,
                         struct pulse_err *err)
{
    struct pulse_options *o = values;
    return check_features_once(arg, o, err) != 0 ? -1
                                                 : pulse_features_parse(text, &o->features, err);
}

static int read_lags(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    int64_t lags;
    if (check_features_once(arg, o, err) != 0 ||
        pulse_arg_int(arg, text, arg->least, arg->most, &lags, err) != 0)
        return -1;
    pulse_features_lags(lags, &o->features);
    return 0;
}

/* ---- Lists ------------------------------------------------------------------------- */

/* A list of names, each once. */
static int add_name(const struct pulse_arg *arg, const char *name, char ***names, int64_t *cap,
                    int64_t *n, struct pulse_err *err)
{
    for (int64_t i = 0; i < *n; i++)
        if (strcmp((*names)[i], name) == 0)
            return pulse_fail(err, PULSE_E_USAGE, "--%s: %s is named twice", arg->name, name);
    if (pulse_grow(names, cap, *n + 1, sizeof **names, "the variables", err) != 0)
        return -1;
    char *copy = pulse_strdup(name, err);
    if (copy == NULL)
        return -1;
    (*names)[(*n)++] = copy;
    return 0;
}

static int add_variable(const struct pulse_arg *arg, char *name, void *values,
                        struct pulse_err *err)
{
    struct pulse_options *o = values;
    return add_name(arg, name, &o->variables, &o->cap_variables, &o->n_variables, err);
}

/* Targets are a set, kept in the order of names; variables stand in the order that is said. */
static int add_target(const struct pulse_arg *arg, char *name, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    if (add_name(arg, name, &o->targets, &o->cap_targets, &o->n_targets, err) != 0)
        return -1;
    char *last = o->targets[o->n_targets - 1];
    int64_t at = o->n_targets - 1;
    for (; at > 0 && strcmp(o->targets[at - 1], last) > 0; at--)
        o->targets[at] = o->targets[at - 1];
    o->targets[at] = last;
    return 0;
}

static int add_tag(const struct pulse_arg *arg, char *piece, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    const char *equals = strchr(piece, '=');
    if (equals == NULL || equals == piece)
        return pulse_arg_refuse(arg, piece, "KEY=VALUE", err);
    return add_name(arg, piece, &o->tags, &o->cap_tags, &o->n_tags, err);
}

static int read_tags(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_tag, values, err);
}

static int read_targets(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_target, values, err);
}

static int read_variables(const struct pulse_arg *arg, char *text, void *values,
                          struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_variable, values, err);
}

/* "diff", or "NAME=diff", whose name may hold a '='. */
static int add_transform(const struct pulse_arg *arg, char *piece, void *values,
                         struct pulse_err *err)
{
    struct pulse_options *o = values;
    char *equals = strrchr(piece, '=');
    int transform = 0;
    if (pulse_arg_choose(arg, equals == NULL ? piece : equals + 1, &transform, err) != 0)
        return -1;
    if (equals == NULL) {
        o->transform = (enum pulse_transform)transform;
        return 0;
    }
    *equals = '\0';
    return pulse_options_set_transform(o, piece, (enum pulse_transform)transform, err);
}

static int read_transforms(const struct pulse_arg *arg, char *text, void *values,
                           struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_transform, values, err);
}

static int add_ridge(const struct pulse_arg *arg, char *piece, void *values, struct pulse_err *err)
{
    struct pulse_options *o = values;
    double value;
    if (!pulse_parse_real(piece, arg->low, arg->high, &value))
        return pulse_arg_refuse(arg, piece, arg->want, err);
    return pulse_options_add_penalty(o, value, err);
}

/* Keeps the horizons ascending; the default is none of those that are given. */
static int add_horizon(const struct pulse_arg *arg, char *piece, void *values,
                       struct pulse_err *err)
{
    struct pulse_options *o = values;
    struct pulse_horizons *horizons = &o->horizons;
    int64_t h, at = 0;
    if (pulse_arg_int(arg, piece, 1, PULSE_LONGEST_HORIZON, &h, err) != 0)
        return -1;
    while (at < horizons->n && horizons->step[at] < h)
        at++;
    if (at < horizons->n && horizons->step[at] == h)
        return 0;
    if (horizons->n == PULSE_MOST_HORIZONS)
        return pulse_fail(err, PULSE_E_USAGE, "--horizon: more than %d horizons; leave some out",
                          PULSE_MOST_HORIZONS);
    memmove(horizons->step + at + 1, horizons->step + at,
            (size_t)(horizons->n - at) * sizeof *horizons->step);
    horizons->step[at] = h;
    horizons->n++;
    return 0;
}

static int read_horizons(const struct pulse_arg *arg, char *text, void *values,
                         struct pulse_err *err)
{
    struct pulse_options *o = values;
    o->horizons.n = 0;
    return pulse_arg_each(arg, text, add_horizon, values, err);
}

static int read_ridges(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_ridge, values, err);
}

/* ---- The table --------------------------------------------------------------------- */

static const struct pulse_arg option_table[] = {
    {.help = "Data and results", .group = 1},
    {"data", 'd', "PATH",
     "A wide CSV, Parquet, HDF5 or pickle file (a date column and a column per variable), or a "
     "directory of historical_NAME.csv, .parquet, .h5 or .pkl; on disk or s3://BUCKET/PREFIX; "
     "- is standard input",
     pulse_arg_read_text, .at = AT(data)},
    {"variables", 'v', "NAME...",
     "Variables to train (all that the data holds); a comma in a name is \\,", read_variables,
     .at = AT(variables)},
    {"targets", 0, "NAME...", "Predict these alone; all variables stay features (all variables)",
     read_targets, .at = AT(targets)},
    {"time-unit", 0, "UNIT",
     "Unit of integer timestamps since 1970: s, ms, us or ns (required where the file does not "
     "name it)",
     pulse_arg_read_choice, .at = AT(time_unit), .choices = pulse_time_unit_choices},
    {"decimal", 0, "SIGN", "Decimal separator in text: point or comma (in CSV detected)",
     pulse_arg_read_char, .at = AT(decimal), .choices = pulse_decimal_choices},
    PULSE_READING_ARGS(AT(reading)),
    {"config", 0, "FILE-or-URI",
     "Options from a file: YAML whose keys are long options, or the summary.json of a run, which "
     "is "
     "repeated so; the command line goes before it",
     pulse_arg_read_text, .at = AT(config_path)},
    {"output", 'o', "DIR-or-URI", "Where summary.json, results.h5 and report.html go (results)",
     pulse_arg_read_text, .at = AT(output)},
    {"name", 0, "TEXT", "What the run is called, in the summary", pulse_arg_read_text,
     .at = AT(name)},
    {"tag", 0, "KEY=VALUE...", "A note on the run, in the summary; a comma in it is \\,", read_tags,
     .at = AT(tags)},
    {"output-file", 0, "FILE", "Write the summary to FILE as well; - is --json", read_output_file,
     .at = AT(output_file)},
    {"s3-output-file", 0, "URI", "Write the summary to s3://BUCKET/KEY as well", read_s3_uri,
     .at = AT(s3_output_file), .want = "s3://BUCKET/KEY"},

    {.help = "Period and windows", .group = 2},
    {"start-date", 0, "YYYY-MM-DD", "First day (the first date found)", read_start,
     .at = AT(start_day)},
    {"end-date", 0, "YYYY-MM-DD", "Last day, included (today)", read_end, .at = AT(end_day)},
    {"batch-size-days", 0, "DAYS", "Calendar days in a window (30)", pulse_arg_read_int,
     .at = AT(batch_size_days), .least = 1, .most = MOST_INT},
    {"batch-limit", 0, "N", "Keep only the first N windows", pulse_arg_read_int,
     .at = AT(batch_limit), .least = 1, .most = MOST_INT},
    {"history", 0, "KIND",
     "What a window learns from: expanding (all before it, the default), rolling:N (the last N "
     "windows) or halflife:H (all, each window 2^(-1/H) of the next)",
     read_history, .at = AT(history)},
    {"min-history", 0, "ROWS", "Windows with less history are skipped (250)", pulse_arg_read_int,
     .at = AT(min_history), .least = 0, .most = MOST_INT},

    {.help = "Model", .group = 3},
    {"horizon", 0, "H,...",
     "Rows ahead that are predicted, each 1 to 250; the smallest is the main one (1). 1,5,21 is "
     "tomorrow, in a week and in a month of trading days",
     read_horizons, .at = AT(horizons)},
    {"transform", 0, "SPEC...",
     "level, diff or logdiff for all (diff), NAME=logdiff for one variable; several may follow",
     read_transforms, .choices = transforms},
    {"features", 0, "BLOCKS",
     "What a model learns from, a column per variable for each family: lagK, the change K rows "
     "ago, "
     "and ewmaH, an average with a half-life of H rows; + joins families into a block, a comma "
     "begins the next, and each leading sequence of blocks is a candidate (lag1,ewma4,ewma16)",
     read_features, .at = AT(features)},
    {"lags", 0, "P", "Shorthand for --features lag1+lag2+...+lagP", read_lags, .at = AT(features),
     .least = 1, .most = PULSE_MOST_FAMILIES},
    {"blocks", 0, "N",
     "Keep only the candidates of the first N blocks of --features, with the numbers that they "
     "have "
     "beside the others (all)",
     pulse_arg_read_int, .at = AT(blocks), .least = 1, .most = PULSE_MOST_FAMILIES},
    {"calendar", 0, "WHEN",
     "Weekdays and days since the last row as features: auto (where rows are daily), on or off "
     "(auto)",
     pulse_arg_read_choice, .at = AT(calendar), .choices = calendars},
    {"scale-halflife", 0, "ROWS",
     "Half-life of the running scale that changes are divided by; 0: none (33)",
     pulse_arg_read_real, .at = AT(scale_halflife), .low = 0, .high = 1e9,
     .want = "a number of rows, 0 or more"},
    {"clip", 0, "C", "Cut changes beyond C times their scale; 0: never (5)", pulse_arg_read_real,
     .at = AT(clip), .low = 0, .high = 1e9, .want = "a number of 0 or more"},
    {"ridge", 0, "LAMBDA,...",
     "Ridge penalties, a candidate each with every sequence of blocks (100,1000,10000)",
     read_ridges, .low = 0, .high = 1e300, .want = "penalties of 0 or more"},
    {"burn-in", 0, "N", "First values of a variable that only set its scale (24)",
     pulse_arg_read_int, .at = AT(burn_in), .least = 1, .most = MOST_INT},

    {.help = "Judging", .group = 4},
    {"combine", 0, "HOW",
     "average: weigh the candidates and shrink towards persistence (default); select: the best "
     "ridge so far",
     pulse_arg_read_choice, .at = AT(combine), .choices = combines},
    {"learning-rate", 0, "ETA", "Sharpness of the weights (0.15)", pulse_arg_read_real,
     .at = AT(learning_rate), .low = 0, .high = 1e6, .want = "a number of 0 or more"},
    {"caution", 0, "KAPPA",
     "How far the slope away from persistence is held back while it is uncertain (1)",
     pulse_arg_read_real, .at = AT(caution), .low = 0, .high = 1e9,
     .want = "a number of 0 or more"},
    {"interval", 0, "KIND", "adaptive (default) or gaussian", pulse_arg_read_choice,
     .at = AT(interval), .choices = intervals},
    {"interval-halflife", 0, "ROWS", "Half-life of the error scale, in rows (11)",
     pulse_arg_read_real, .at = AT(interval_halflife), .low = 1e-3, .high = 1e9,
     .want = "a number of rows above 0"},
    {"trust", 0, "KIND",
     "What counts as success: direction (default), or persistence (a smaller error than it)",
     pulse_arg_read_choice, .at = AT(trust), .choices = trusts},
    {"trust-decay", 0, "GAMMA", "Weight of past evidence per window, 0 to 1 (1)",
     pulse_arg_read_real, .at = AT(trust_decay), .low = 0, .high = 1},

    {.help = "Running", .group = 5},
    {"dry-run", 0, NULL, "Print the plan (windows, memory, time) and stop", pulse_arg_read_flag,
     .at = AT(dry_run)},
    {"ranks", 0, "N",
     "With --dry-run: what the run would need on N ranks, and how many are worth having",
     pulse_arg_read_int, .at = AT(ranks), .least = 1, .most = PULSE_MOST_RANKS},
    {"threads", 0, "N",
     "BLAS threads per rank (1). More ranks are faster than more threads; results of different "
     "thread counts may differ in the last bits",
     pulse_arg_read_int, .at = AT(threads), .least = 1, .most = MOST_INT},
    {"span-windows", 0, "N",
     "Windows per span, the unit that ranks share (chosen from the sizes); changes last bits",
     pulse_arg_read_int, .at = AT(span_windows), .least = 0, .most = MOST_INT},
    {"refit", 0, NULL, "Solve anew in every window: the slow reference for the default method",
     pulse_arg_read_flag, .at = AT(refit)},
    {"whole-results", 0, "SIZE",
     "Without a shared disk: write one file up to SIZE, above it one part per node, linked from "
     "results.h5 (4G); 0: always parts",
     pulse_arg_read_size, .at = AT(whole_results), .want = "a size such as 500M or 4G"},
    {"predictions", 0, NULL,
     "predictions.parquet too: a row per variable, date and horizon, as forecasting tools take it",
     pulse_arg_read_flag, .at = AT(predictions)},
    {"no-report", 0, NULL, "No report.html (pulse-report makes it later)", pulse_arg_read_flag,
     .at = AT(no_report)},
    {"checkpoint", 0, "DIR-or-URI",
     "Save finished spans here as the run goes; the same command, interrupted, goes on from them, "
     "on any number of ranks (OUTPUT/" PULSE_CHECKPOINT_INSIDE ", on disk or S3 as the output is)",
     pulse_arg_read_text, .at = AT(checkpoint)},
    {"checkpoint-seconds", 0, "N",
     "Save at least every N seconds (60); 0: every span when it is finished", pulse_arg_read_int,
     .at = AT(checkpoint_seconds), .least = 0, .most = MOST_INT},
    {"no-checkpoint", 0, NULL, "Save nothing, and use nothing saved", pulse_arg_read_flag,
     .at = AT(no_checkpoint)},
    {"keep-checkpoint", 0, NULL,
     "Leave it after success: a later run over the same data and more rows takes what is unchanged",
     pulse_arg_read_flag, .at = AT(keep_checkpoint)},
    {"progress-file", 0, "FILE",
     "Replace FILE once a second by a JSON object that says how far the run is",
     pulse_arg_read_text, .at = AT(progress_file)},
    {"json", 0, NULL,
     "Print the summary as JSON on standard output, or with --dry-run the plan, and nothing else",
     pulse_arg_read_flag, .at = AT(json)},
    {"no-progress", 0, NULL, "No progress lines", pulse_arg_read_flag, .at = AT(no_progress)},
    {"log-level", 0, "LEVEL", "debug, info, warning or error (info)", pulse_arg_read_choice,
     .at = AT(log_level), .choices = log_levels, .any_case = true},
    {"log-dir", 0, "DIR", "Also log to DIR/pulse-train.log", pulse_arg_read_text,
     .at = AT(log_dir)},

    {.help = "S3: --data, --output and --output-file may be s3://BUCKET/KEY", .group = 6},
    {"s3-data-bucket", 0, "BUCKET", "Read the datasets of this bucket, instead of --data",
     pulse_arg_read_text, .at = AT(data_bucket)},
    {"s3-data-prefix", 0, "PREFIX", "Prefix of the datasets in it (datasets/)", pulse_arg_read_any,
     .at = AT(data_prefix)},
    {"s3-results-bucket", 0, "BUCKET", "Write the results to this bucket, instead of --output",
     pulse_arg_read_text, .at = AT(results_bucket)},
    {"s3-results-prefix", 0, "PREFIX", "Prefix of the results in it (results/)", pulse_arg_read_any,
     .at = AT(results_prefix)},
    {0}};

static const char doc[] =
    "Walk forward through recorded history: window by window, fit on everything before the window, "
    "retrodict each day in it, score it against what happened, and update the trust in each "
    "variable.\v"
    "Examples:\n"
    "  pulse-train --data market.csv\n"
    "  mpirun -n 4 pulse-train --data market.csv --variables spx_close vix_close \\\n"
    "      --transform spx_close=logdiff --output results/spx\n"
    "  pulse-train --data datasets/ --start-date 2005-01-01 --dry-run\n"
    "  pulse-train --config results/summary.json --output again\n\n"
    "Exit codes: 0 done; 4 done, but some windows failed; 2 bad command line or input; 3 storage "
    "refused; 75 temporary failure, or another run at work in the same output: try again; 130, 143 "
    "interrupted.";

bool pulse_options_have(const char *word)
{
    return pulse_args_have(option_table, word) || pulse_args_have(pulse_store_args, word);
}

struct pulse_args pulse_options_args(struct pulse_options *options)
{
    return (struct pulse_args){
        .program = "pulse-train",
        .doc = doc,
        .tables = {{option_table, options, NULL, 0}, {pulse_store_args, &options->store, NULL, 6}}};
}

int pulse_options_parse(struct pulse_options *options, int argc, char **argv, struct pulse_err *err)
{
    bool only_checks = false;
    struct pulse_args args = pulse_options_args(options);
    args.only_checks = &only_checks;
    *options = pulse_options_defaults();
    if (pulse_options_expand_config(&args, argc, argv, &options->config, err) != 0)
        return -1;
    if (pulse_args_parse(&args, options->config.argc, options->config.argv, err) != 0) {
        pulse_options_blame_config(argv, &options->config, err);
        return -1;
    }
    if (pulse_options_settle(options, err) != 0)
        return -1;
    if (only_checks)
        pulse_args_end_check(&args);
    return 0;
}
