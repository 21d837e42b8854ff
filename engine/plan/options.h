/* The command line of pulse-train as a struct. Pure: no file is opened, nothing is computed. */
#ifndef PULSE_PLAN_OPTIONS_H
#define PULSE_PLAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/args.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "data/common/types.h"
#include "plan/calendar.h"
#include "plan/features.h"
#include "plan/horizons.h"
#include "store/store.h"

enum pulse_transform { PULSE_LEVEL, PULSE_DIFF, PULSE_LOGDIFF };
enum pulse_history { PULSE_EXPANDING, PULSE_ROLLING, PULSE_HALFLIFE };
enum pulse_combine { PULSE_AVERAGE, PULSE_SELECT };
enum pulse_interval { PULSE_ADAPTIVE, PULSE_GAUSSIAN };
enum pulse_trust { PULSE_TRUST_DIRECTION, PULSE_TRUST_PERSISTENCE };

struct pulse_transform_of {
    char *variable;
    enum pulse_transform transform;
};

struct pulse_options {
    const char *data;                      /* borrowed from argv, as all strings below but lists */
    const char *output;                    /* directory, or s3 prefix */
    const char *output_file;               /* NULL, or where the summary alone goes as well */
    const char *s3_output_file;            /* the same, as s3 URI */
    const char *data_bucket, *data_prefix; /* NULL: not given; data is made of them */
    const char *results_bucket, *results_prefix; /* the same for output */
    const char *config_path;
    struct pulse_config config;      /* the whole command line, with what --config brought */
    char *built_data, *built_output; /* s3 URIs made of bucket and prefix, which the above borrow */
    struct pulse_store_options store;
    char **variables; /* NULL: all there are */
    int64_t n_variables, cap_variables;
    char **targets; /* by name; NULL: all variables are predicted */
    int64_t n_targets, cap_targets;
    const char *name; /* of the run; NULL: none */
    char **tags;      /* KEY=VALUE each */
    int64_t n_tags, cap_tags;
    enum pulse_time_unit time_unit;    /* of integer times in the data */
    char decimal;                      /* of numbers in CSV, '.' or ','; 0: detected */
    struct pulse_read_options reading; /* how data are read, but for the two above and the period */

    bool has_start, has_end; /* else the first date found, today */
    int64_t start_day;
    int64_t end_day; /* included */
    int64_t batch_size_days;
    int64_t batch_limit; /* 0: no limit */

    enum pulse_history history;
    int64_t rolling_windows; /* N of rolling:N */
    double history_halflife; /* H of halflife:H, in windows */
    int64_t min_history;     /* usable rows */

    enum pulse_transform transform; /* of variables not listed below */
    enum pulse_calendar_choice calendar;
    struct pulse_transform_of *transform_of; /* by name, each once */
    int64_t n_transform_of, cap_transform_of;
    int64_t burn_in;
    double scale_halflife;          /* rows; 0: no running scale */
    double clip;                    /* in units of it; 0: none */
    struct pulse_features features; /* none until settled: the default's */
    const char *features_option;    /* which option said them; NULL: none */
    int64_t blocks;                 /* the first so many, which candidates end with; 0: all */
    double *ridge; /* ascending, no value twice; NULL until settled: the default's */
    int64_t n_ridge, cap_ridge;

    struct pulse_horizons horizons;

    enum pulse_combine combine;
    enum pulse_interval interval;
    double learning_rate;
    double caution;
    double interval_halflife; /* rows */
    enum pulse_trust trust;
    double trust_decay;

    int64_t threads;      /* BLAS threads a rank */
    int64_t span_windows; /* windows a span; 0: chosen from the sizes */
    bool untested;        /* no Granger tests: of no option; for those who want scores alone */
    bool refit;           /* refit in every window even where the innovations form applies */
    bool dry_run;
    int64_t ranks; /* that the dry run is asked of; 0: those that it has */
    bool json;     /* the summary, or the plan, on standard output instead of words */
    bool no_checkpoint;
    bool keep_checkpoint; /* when all is done */
    bool no_progress;
    bool no_report;
    bool predictions;      /* predictions.parquet too */
    int64_t whole_results; /* bytes up to which nodes without a common disk make one results.h5 */
    enum pulse_log_level log_level;
    const char *log_dir; /* NULL: no log file */

    int64_t checkpoint_seconds; /* between saves */
    const char *checkpoint;     /* directory or s3 prefix; NULL: none */
    char *built_checkpoint;     /* its name made of the output's, which the above borrows */
    const char *progress_file;  /* NULL: none */
};

/* The most ranks that --ranks may ask of. */
enum { PULSE_MOST_RANKS = 65536 };

/* All options as they are where none is given, but lists: those are empty. */
struct pulse_options pulse_options_defaults(void);

/* Once all options are taken: default lists, where data come from, where results and checkpoints
 * go, and whether the period makes sense. PULSE_E_USAGE, PULSE_E_MEMORY. */
int pulse_options_settle(struct pulse_options *options, struct pulse_err *err);

/* Whether a word is an option of pulse-train, or the beginning of one. */
bool pulse_options_have(const char *word);

/* The tables of pulse-train's command line, whose values are `options`. */
struct pulse_args pulse_options_args(struct pulse_options *options);

/* Parses the command line, and settles it. 0, or -1 with PULSE_E_USAGE. --help and --version print
 * on standard output and end the program. Clear the options in every case. */
int pulse_options_parse(struct pulse_options *options, int argc, char **argv,
                        struct pulse_err *err);
void pulse_options_clear(struct pulse_options *options);

/* Blocks of features that candidates end with. */
int64_t pulse_options_blocks(const struct pulse_options *options);

/* One more ridge penalty, unless it is there: they stay ascending. PULSE_E_MEMORY. */
int pulse_options_add_penalty(struct pulse_options *options, double penalty, struct pulse_err *err);

/* The transform of one variable, instead of what was said of it before: they stay in the order of
 * names, so that in whichever order they are said it is one configuration. PULSE_E_MEMORY. */
int pulse_options_set_transform(struct pulse_options *options, const char *variable,
                                enum pulse_transform transform, struct pulse_err *err);

/* The name of a checkpoint inside the output. */
#define PULSE_CHECKPOINT_INSIDE ".checkpoint"

/* How the data are read: by the options for it, in the period. Strings are borrowed. */
struct pulse_read_options pulse_options_reading(const struct pulse_options *options);

/* The transform of a variable. */
enum pulse_transform pulse_options_transform(const struct pulse_options *options,
                                             const char *variable);

/* The words the command line uses; NULL for one that was not said. */
const char *pulse_options_thousands(const struct pulse_options *options);
const char *pulse_options_delimiter(const struct pulse_options *options);
const char *pulse_options_encoding(const struct pulse_options *options);
const char *pulse_transform_name(enum pulse_transform transform);

/* Writes "expanding", "rolling:12" or "halflife:24" into `out`, and returns it. */
char *pulse_history_name(const struct pulse_options *options, char out[48]);

/* A hash of all that determines the numbers but the data and how they are read; one with the latter
 * too; and one of every option, strings by their
 * letters, which is the same on ranks that were started alike. */
uint64_t pulse_options_hash_numbers(const struct pulse_options *options);
uint64_t pulse_options_hash(const struct pulse_options *options);
uint64_t pulse_options_hash_all(const struct pulse_options *options);

#endif
