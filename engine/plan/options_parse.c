/* The command line of pulse-train. */
#include "plan/options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "plan/options_settle.h"

enum { MOST_INT = 1000000000 };

enum {
    KEY_TIME_UNIT = 256,
    KEY_DECIMAL,
    KEY_START,
    KEY_END,
    KEY_BATCH_SIZE,
    KEY_BATCH_LIMIT,
    KEY_HISTORY,
    KEY_MIN_HISTORY,
    KEY_TRANSFORM,
    KEY_BURN_IN,
    KEY_LAGS,
    KEY_RIDGE,
    KEY_COMBINE,
    KEY_LEARNING_RATE,
    KEY_INTERVAL,
    KEY_INTERVAL_HALFLIFE,
    KEY_TRUST,
    KEY_TRUST_DECAY,
    KEY_THREADS,
    KEY_SPAN_WINDOWS,
    KEY_REFIT,
    KEY_DRY_RUN,
    KEY_CHECKPOINT,
    KEY_CHECKPOINT_SECONDS,
    KEY_NO_CHECKPOINT,
    KEY_KEEP_CHECKPOINT,
    KEY_PROGRESS_FILE,
    KEY_NO_PROGRESS,
    KEY_NO_REPORT,
    KEY_WHOLE_RESULTS,
    KEY_LOG_LEVEL,
    KEY_LOG_DIR,
    KEY_OUTPUT_FILE,
    KEY_S3_OUTPUT_FILE,
    KEY_DATA = 'd',
    KEY_OUTPUT = 'o',
    KEY_VARIABLES = 'v'
};

static const struct argp_option option_table[] = {
    {NULL, 0, NULL, 0, "Data and results", 1},
    {"data", KEY_DATA, "PATH", 0,
     "A wide CSV, Parquet, HDF5 or pickle file (a date column and a column per variable), or a "
     "directory of historical_NAME.csv, .parquet, .h5 or .pkl; on disk or s3://BUCKET/PREFIX",
     0},
    {"variables", KEY_VARIABLES, "NAME...", 0, "Variables to train (all that the data holds)", 0},
    {"time-unit", KEY_TIME_UNIT, "UNIT", 0,
     "What integers in a time column count from 1970 on: s, ms, us or ns (a file that does not say "
     "it itself is refused)",
     0},
    {"decimal", KEY_DECIMAL, "SIGN", 0,
     "Before the fraction of a number in CSV: point or comma (else told from the file)", 0},
    {"output", KEY_OUTPUT, "DIR-or-URI", 0,
     "Where summary.json, results.h5 and report.html go (results)", 0},
    {"output-file", KEY_OUTPUT_FILE, "FILE", 0, "Write the summary to FILE as well", 0},
    {"s3-output-file", KEY_S3_OUTPUT_FILE, "URI", 0, "Write the summary to s3://BUCKET/KEY as well",
     0},

    {NULL, 0, NULL, 0, "Period and windows", 2},
    {"start-date", KEY_START, "YYYY-MM-DD", 0, "First day (the first date found)", 0},
    {"end-date", KEY_END, "YYYY-MM-DD", 0, "Last day, included (today)", 0},
    {"batch-size-days", KEY_BATCH_SIZE, "DAYS", 0, "Calendar days in a window (30)", 0},
    {"batch-limit", KEY_BATCH_LIMIT, "N", 0, "Keep only the first N windows", 0},
    {"history", KEY_HISTORY, "KIND", 0,
     "What a window learns from: expanding (all before it, the default), rolling:N (the last N "
     "windows) or halflife:H (all, each window 2^(-1/H) of the next)",
     0},
    {"min-history", KEY_MIN_HISTORY, "ROWS", 0, "Windows with less history are skipped (250)", 0},

    {NULL, 0, NULL, 0, "Model", 3},
    {"transform", KEY_TRANSFORM, "SPEC...", 0,
     "level, diff or logdiff for all (diff), NAME=logdiff for one variable; several may follow", 0},
    {"lags", KEY_LAGS, "P", 0, "Lags of every variable that are features (5)", 0},
    {"ridge", KEY_RIDGE, "LAMBDA,...", 0,
     "Ridge penalties, each a candidate (10,100,1000,10000,100000)", 0},
    {"burn-in", KEY_BURN_IN, "N", 0, "First values of a variable that only set its scale (24)", 0},

    {NULL, 0, NULL, 0, "Judging", 4},
    {"combine", KEY_COMBINE, "HOW", 0,
     "average: weigh the candidates and shrink towards persistence (default); select: the best "
     "ridge so far",
     0},
    {"learning-rate", KEY_LEARNING_RATE, "ETA", 0, "Sharpness of the weights (0.3)", 0},
    {"interval", KEY_INTERVAL, "KIND", 0, "adaptive (default) or gaussian", 0},
    {"interval-halflife", KEY_INTERVAL_HALFLIFE, "WINDOWS", 0,
     "How fast the interval's scale forgets (1)", 0},
    {"trust", KEY_TRUST, "KIND", 0,
     "What counts as success: direction (default), or persistence (a smaller error than it)", 0},
    {"trust-decay", KEY_TRUST_DECAY, "GAMMA", 0, "Weight of past evidence per window, 0 to 1 (1)",
     0},

    {NULL, 0, NULL, 0, "Running", 5},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the plan (windows, memory, time) and stop", 0},
    {"threads", KEY_THREADS, "N", 0,
     "BLAS threads per rank (1). More ranks are faster than more threads; results of different "
     "thread counts may differ in the last bits",
     0},
    {"span-windows", KEY_SPAN_WINDOWS, "N", 0,
     "Windows per span, the unit that ranks share (chosen from the sizes); changes last bits", 0},
    {"refit", KEY_REFIT, NULL, 0,
     "Solve anew in every window: the slow reference for the default method", 0},
    {"whole-results", KEY_WHOLE_RESULTS, "SIZE", 0,
     "On nodes that share no disk: results in S3 that are larger have a part of each node beside "
     "results.h5, which ties them, and smaller ones are one file (4G); 0: always parts",
     0},
    {"no-report", KEY_NO_REPORT, NULL, 0, "No report.html (pulse-report makes it later)", 0},
    {"checkpoint", KEY_CHECKPOINT, "DIR-or-URI", 0,
     "Save finished spans here as the run goes; the same command, interrupted, goes on from them, "
     "on any number of ranks (OUTPUT/" PULSE_CHECKPOINT_INSIDE ", on disk or S3 as the output is)",
     0},
    {"checkpoint-seconds", KEY_CHECKPOINT_SECONDS, "N", 0,
     "Save at least every N seconds (60); 0: every span when it is finished", 0},
    {"no-checkpoint", KEY_NO_CHECKPOINT, NULL, 0, "Save nothing, and use nothing saved", 0},
    {"keep-checkpoint", KEY_KEEP_CHECKPOINT, NULL, 0, "Do not remove it after success", 0},
    {"progress-file", KEY_PROGRESS_FILE, "FILE", 0,
     "Replace FILE once a second by a JSON object that says how far the run is", 0},
    {"no-progress", KEY_NO_PROGRESS, NULL, 0, "No progress lines", 0},
    {"log-level", KEY_LOG_LEVEL, "LEVEL", 0, "debug, info, warning or error (info)", 0},
    {"log-dir", KEY_LOG_DIR, "DIR", 0, "Also log to DIR/pulse-train.log", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static const char doc[] =
    "Walk forward through recorded history: window by window, fit on everything before the window, "
    "retrodict each day in it, score it against what happened, and update the trust in each "
    "variable.\v"
    "Examples:\n"
    "  pulse-train --data market.csv\n"
    "  mpirun -n 4 pulse-train --data market.csv --variables spx_close vix_close \\\n"
    "      --transform spx_close=logdiff --output results/spx\n"
    "  pulse-train --data datasets/ --start-date 2005-01-01 --dry-run\n\n"
    "Exit codes: 0 done; 1 done, but some windows failed; 2 bad command line or input; 3 storage "
    "refused; 75 temporary failure, or another run at work in the same output: try again; 130, 143 "
    "interrupted.";

struct parser {
    struct pulse_options *options;
    struct pulse_err *err;
    struct pulse_options_store store;
    int list;      /* the option whose further values may follow, 0 for none */
    int list_next; /* argument after its last value */
    bool seen_ridge;
};

static int no_memory(struct parser *parser)
{
    if (parser->err->kind == PULSE_OK)
        (void)pulse_fail(parser->err, PULSE_E_MEMORY, "out of memory for the options");
    return ENOMEM;
}

static int bad(struct parser *parser, const char *option, const char *value, const char *want)
{
    (void)pulse_fail(parser->err, PULSE_E_USAGE, "--%s %s: expected %s; see pulse-train --help",
                     option, value, want);
    return EINVAL;
}

static int take_int(struct parser *parser, const char *option, const char *text, int64_t least,
                    int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > MOST_INT) {
        char want[64];
        (void)snprintf(want, sizeof want, "a whole number from %lld to %lld", (long long)least,
                       (long long)MOST_INT);
        return bad(parser, option, text, want);
    }
    *out = value;
    return 0;
}

static int take_number(struct parser *parser, const char *option, const char *text, double least,
                       double most, const char *want, double *out)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most))
        return bad(parser, option, text, want);
    *out = value;
    return 0;
}

static int take_day(struct parser *parser, const char *option, const char *text, int64_t *day)
{
    int64_t ns;
    if (!pulse_parse_instant(text, strlen(text), &ns))
        return bad(parser, option, text, "a date such as 2016-12-30");
    *day = pulse_day_of_ns(ns);
    return 0;
}

/* The index of `text` among `n` words, or a usage error. */
static int take_word(struct parser *parser, const char *option, const char *text,
                     const char *const *words, int n, int *index)
{
    char want[96] = "";
    for (int i = 0; i < n; i++) {
        if (strcmp(text, words[i]) == 0) {
            *index = i;
            return 0;
        }
        size_t used = strlen(want);
        (void)snprintf(want + used, sizeof want - used, "%s%s", i == 0 ? "" : " or ", words[i]);
    }
    return bad(parser, option, text, want);
}

static const char *const transform_words[] = {"level", "diff", "logdiff"};

const char *pulse_transform_name(enum pulse_transform transform)
{
    return transform_words[transform];
}

/* Calls `take` for every comma-separated piece of `text`. */
static int each_piece(struct parser *parser, const char *option, const char *text,
                      int (*take)(struct parser *parser, const char *piece))
{
    char *copy = pulse_strdup(text, parser->err);
    if (copy == NULL)
        return no_memory(parser);
    int result = 0, pieces = 0;
    char *rest = NULL;
    for (char *piece = strtok_r(copy, ",", &rest); piece != NULL && result == 0;
         piece = strtok_r(NULL, ",", &rest), pieces++)
        result = take(parser, piece);
    free(copy);
    return result == 0 && pieces == 0 ? bad(parser, option, "''", "at least one value") : result;
}

static int take_variable(struct parser *parser, const char *name)
{
    struct pulse_options *o = parser->options;
    for (int64_t i = 0; i < o->n_variables; i++)
        if (strcmp(o->variables[i], name) == 0) {
            (void)pulse_fail(parser->err, PULSE_E_USAGE, "--variables: %s is named twice", name);
            return EINVAL;
        }
    char **grown = realloc(o->variables, (size_t)(o->n_variables + 1) * sizeof *grown);
    if (grown == NULL)
        return no_memory(parser);
    o->variables = grown;
    o->variables[o->n_variables] = pulse_strdup(name, parser->err);
    if (o->variables[o->n_variables] == NULL)
        return no_memory(parser);
    o->n_variables++;
    return 0;
}

static int take_transform(struct parser *parser, const char *piece)
{
    struct pulse_options *o = parser->options;
    const char *equals = strrchr(piece, '=');
    int index;
    int result = take_word(parser, "transform", equals == NULL ? piece : equals + 1,
                           transform_words, 3, &index);
    if (result != 0)
        return result;
    if (equals == NULL) {
        o->transform = (enum pulse_transform)index;
        return 0;
    }
    struct pulse_transform_of *grown =
        realloc(o->transform_of, (size_t)(o->n_transform_of + 1) * sizeof *grown);
    if (grown == NULL)
        return no_memory(parser);
    o->transform_of = grown;
    char *name = strndup(piece, (size_t)(equals - piece));
    if (name == NULL)
        return no_memory(parser);
    grown[o->n_transform_of++] =
        (struct pulse_transform_of){.variable = name, .transform = (enum pulse_transform)index};
    return 0;
}

static int take_ridge(struct parser *parser, const char *piece)
{
    struct pulse_options *o = parser->options;
    double value;
    int result = take_number(parser, "ridge", piece, 0, 1e300, "penalties of 0 or more", &value);
    if (result != 0)
        return result;
    if (!parser->seen_ridge)
        o->n_ridge = 0;
    parser->seen_ridge = true;
    int64_t at = 0;
    while (at < o->n_ridge && o->ridge[at] < value)
        at++;
    if (at < o->n_ridge && o->ridge[at] == value)
        return 0;
    double *grown = realloc(o->ridge, (size_t)(o->n_ridge + 1) * sizeof *grown);
    if (grown == NULL)
        return no_memory(parser);
    memmove(grown + at + 1, grown + at, (size_t)(o->n_ridge - at) * sizeof *grown);
    grown[at] = value;
    o->ridge = grown;
    o->n_ridge++;
    return 0;
}

static int take_history(struct parser *parser, const char *text)
{
    struct pulse_options *o = parser->options;
    if (strcmp(text, "expanding") == 0) {
        o->history = PULSE_EXPANDING;
        return 0;
    }
    if (strncmp(text, "rolling:", 8) == 0) {
        o->history = PULSE_ROLLING;
        return take_int(parser, "history", text + 8, 1, &o->rolling_windows);
    }
    if (strncmp(text, "halflife:", 9) == 0) {
        o->history = PULSE_HALFLIFE;
        return take_number(parser, "history", text + 9, 1e-3, 1e9,
                           "halflife:H with H of 0.001 or more", &o->history_halflife);
    }
    return bad(parser, "history", text, "expanding, rolling:N or halflife:H");
}

static int take_choice(struct parser *parser, int key, const char *arg)
{
    struct pulse_options *o = parser->options;
    int index = 0, result = 0;
    switch (key) {
    case KEY_TIME_UNIT:
        result = take_word(parser, "time-unit", arg, (const char *const[]){"s", "ms", "us", "ns"},
                           4, &index);
        o->time_unit = (enum pulse_time_unit)(PULSE_TIME_UNIT_S + index);
        return result;
    case KEY_DECIMAL:
        result =
            take_word(parser, "decimal", arg, (const char *const[]){"point", "comma"}, 2, &index);
        o->decimal = (char)(index == 0 ? '.' : ',');
        return result;
    case KEY_COMBINE:
        result = take_word(parser, "combine", arg, (const char *const[]){"average", "select"}, 2,
                           &index);
        o->combine = (enum pulse_combine)index;
        return result;
    case KEY_INTERVAL:
        result = take_word(parser, "interval", arg, (const char *const[]){"adaptive", "gaussian"},
                           2, &index);
        o->interval = (enum pulse_interval)index;
        return result;
    case KEY_TRUST:
        result = take_word(parser, "trust", arg, (const char *const[]){"direction", "persistence"},
                           2, &index);
        o->trust = (enum pulse_trust)index;
        return result;
    case KEY_LOG_LEVEL:
        if (pulse_log_parse_level(arg, &o->log_level) != 0)
            return bad(parser, "log-level", arg, "debug, info, warning or error");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int take_value(struct parser *parser, int key, char *arg)
{
    struct pulse_options *o = parser->options;
    switch (key) {
    case KEY_DATA:
        o->data = arg;
        return 0;
    case KEY_OUTPUT:
        o->output = arg;
        return 0;
    case KEY_OUTPUT_FILE:
        o->output_file = arg;
        return 0;
    case KEY_S3_OUTPUT_FILE:
        if (!pulse_store_is_s3(arg))
            return bad(parser, "s3-output-file", arg, "s3://BUCKET/KEY");
        o->s3_output_file = arg;
        return 0;
    case KEY_LOG_DIR:
        o->log_dir = arg;
        return 0;
    case KEY_CHECKPOINT:
        o->checkpoint = arg;
        return 0;
    case KEY_PROGRESS_FILE:
        o->progress_file = arg;
        return 0;
    case KEY_WHOLE_RESULTS:
        if (!pulse_argp_size(arg, &o->whole_results))
            return bad(parser, "whole-results", arg, "a size such as 500M or 4G");
        return 0;
    case KEY_CHECKPOINT_SECONDS:
        return take_int(parser, "checkpoint-seconds", arg, 0, &o->checkpoint_seconds);
    case KEY_START:
        o->has_start = true;
        return take_day(parser, "start-date", arg, &o->start_day);
    case KEY_END:
        return take_day(parser, "end-date", arg, &o->end_day);
    case KEY_BATCH_SIZE:
        return take_int(parser, "batch-size-days", arg, 1, &o->batch_size_days);
    case KEY_BATCH_LIMIT:
        return take_int(parser, "batch-limit", arg, 1, &o->batch_limit);
    case KEY_HISTORY:
        return take_history(parser, arg);
    case KEY_MIN_HISTORY:
        return take_int(parser, "min-history", arg, 0, &o->min_history);
    case KEY_BURN_IN:
        return take_int(parser, "burn-in", arg, 1, &o->burn_in);
    case KEY_LAGS:
        return take_int(parser, "lags", arg, 1, &o->lags);
    case KEY_THREADS:
        return take_int(parser, "threads", arg, 1, &o->threads);
    case KEY_SPAN_WINDOWS:
        return take_int(parser, "span-windows", arg, 0, &o->span_windows);
    case KEY_LEARNING_RATE:
        return take_number(parser, "learning-rate", arg, 0, 1e6, "a number of 0 or more",
                           &o->learning_rate);
    case KEY_INTERVAL_HALFLIFE:
        return take_number(parser, "interval-halflife", arg, 1e-3, 1e9,
                           "a number of windows above 0", &o->interval_halflife);
    case KEY_TRUST_DECAY:
        return take_number(parser, "trust-decay", arg, 0, 1, "a number from 0 to 1",
                           &o->trust_decay);
    default:
        return take_choice(parser, key, arg);
    }
}

static int take_list(struct parser *parser, int key, const char *arg, int next)
{
    parser->list = key;
    parser->list_next = next;
    switch (key) {
    case KEY_VARIABLES:
        return each_piece(parser, "variables", arg, take_variable);
    case KEY_RIDGE:
        return each_piece(parser, "ridge", arg, take_ridge);
    default:
        return each_piece(parser, "transform", arg, take_transform);
    }
}

/* What argp could not take: the word itself is all it tells. */
static int refuse(struct parser *parser, const char *word)
{
    if (parser->err->kind == PULSE_OK)
        (void)pulse_fail(parser->err, PULSE_E_USAGE,
                         "%s: unknown option, or its value is missing; see pulse-train --help",
                         word);
    return EINVAL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct parser *parser = state->input;
    struct pulse_options *o = parser->options;
    if (key == ARGP_KEY_INIT) { /* without it argp would end the program itself */
        state->err_stream = NULL;
        state->child_inputs[0] = &parser->store;
        return 0;
    }
    if (key == ARGP_KEY_ERROR)
        return refuse(parser, state->argv[state->next > 1 ? state->next - 1 : 1]);
    if (key == ARGP_KEY_ARG && parser->list != 0 && state->next == parser->list_next + 1)
        return take_list(parser, parser->list, arg, state->next);
    if (key == ARGP_KEY_ARG) {
        (void)pulse_fail(parser->err, PULSE_E_USAGE,
                         "unexpected argument %s; see pulse-train --help", arg);
        return EINVAL;
    }
    switch (key) {
    case KEY_VARIABLES:
    case KEY_TRANSFORM:
    case KEY_RIDGE:
        return take_list(parser, key, arg, state->next);
    case KEY_REFIT:
        o->refit = true;
        return 0;
    case KEY_DRY_RUN:
        o->dry_run = true;
        return 0;
    case KEY_NO_PROGRESS:
        o->no_progress = true;
        return 0;
    case KEY_NO_REPORT:
        o->no_report = true;
        return 0;
    case KEY_NO_CHECKPOINT:
        o->no_checkpoint = true;
        return 0;
    case KEY_KEEP_CHECKPOINT:
        o->keep_checkpoint = true;
        return 0;
    default:
        return arg == NULL ? ARGP_ERR_UNKNOWN : take_value(parser, key, arg);
    }
}

int pulse_options_parse(struct pulse_options *options, int argc, char **argv, struct pulse_err *err)
{
    static const struct argp_child children[] = {{&pulse_options_store_argp, 0, NULL, 0},
                                                 {NULL, 0, NULL, 0}};
    static const struct argp argp = {option_table, parse_option, NULL, doc, children, NULL, NULL};
    struct parser parser = {.options = options, .err = err, .store.arguments.err = err};
    if (pulse_options_defaults(options, err) != 0)
        return -1;
    argp_err_exit_status = pulse_exit_code(PULSE_E_USAGE);
    error_t code = pulse_argp_parse(&argp, argc, argv, ARGP_IN_ORDER, &parser);
    if (code == 0)
        return pulse_options_settle(options, &parser.store, err);
    if (err->kind == PULSE_OK)
        return pulse_fail(err, PULSE_E_USAGE, "bad command line: %s; see pulse-train --help",
                          strerror(code));
    return -1;
}
