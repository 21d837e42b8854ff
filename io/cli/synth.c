#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/synth_panel.h"
#include "cli/synth_write.h"

typedef int write_panel(const struct pulse_synth_panel *panel, const char *path,
                        struct pulse_err *err);

static const struct format {
    const char *name;
    write_panel *write;
} formats[] = {{"csv", pulse_synth_write_csv},
               {"h5", pulse_synth_write_h5},
               {"dir", pulse_synth_write_dir_csv},
               {"dir-h5", pulse_synth_write_dir_h5}};

struct options {
    char *output;
    const struct format *format; /* NULL: by the extension */
    struct pulse_synth_options synth;
};

static const struct format *format_called(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(name, formats[i].name) == 0)
            return &formats[i];
    return NULL;
}

/* The dot of the last component's extension, NULL where it has none. */
static const char *extension_of(const char *path)
{
    const char *base = pulse_base_name(path), *dot = strrchr(base, '.');
    return dot == NULL || dot == base ? NULL : dot;
}

static const struct format *format_of_output(const char *path)
{
    const char *dot = extension_of(path);
    if (dot == NULL)
        return format_called("dir");
    return strcasecmp(dot, ".hdf5") == 0 ? format_called("h5") : format_called(dot + 1);
}

static void print_result(const struct options *options, const struct pulse_synth_panel *panel,
                         const char *truth)
{
    char last[PULSE_DATE_TEXT];
    int64_t end = panel->days[panel->rows - 1];
    (void)printf("wrote %s: %lld rows x %lld variables, true model in %s; next: pulse-train "
                 "--data %s",
                 options->output, (long long)panel->rows, (long long)panel->n, truth,
                 options->output);
    if (end > pulse_today()) /* where training ends by itself */
        (void)printf(" --end-date %s", pulse_format_day(end, last));
    (void)putchar('\n');
}

static int write_all(const struct options *options, const struct pulse_synth_panel *panel,
                     struct pulse_err *err)
{
    char *truth;
    bool file = strncmp(options->format->name, "dir", 3) != 0;
    const char *dot = file ? extension_of(options->output) : NULL;
    int stem = (int)(dot == NULL ? strlen(options->output) : (size_t)(dot - options->output));
    if (asprintf(&truth, "%.*s.truth.json", stem, options->output) < 0)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory: the name of a file");
    int rc = options->format->write(panel, options->output, err);
    if (rc == 0)
        rc = pulse_synth_write_truth(panel, &options->synth, truth, err);
    if (rc == 0)
        print_result(options, panel, truth);
    free(truth);
    return rc;
}

static int make_panel(const struct options *options, struct pulse_err *err)
{
    struct pulse_synth_panel panel;
    if (pulse_synth_make(&options->synth, &panel, err) != 0)
        return -1;
    int rc = write_all(options, &panel, err);
    pulse_synth_clear(&panel);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

enum { MOST_ROWS = 100000000, MOST_VARIABLES = 1000000 };

#define AT(field) offsetof(struct options, field)

static int read_seed(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct options *options = values;
    int64_t seed = 0;
    if (pulse_arg_int(arg, text, 0, INT64_MAX, &seed, err) != 0)
        return -1;
    options->synth.seed = (uint64_t)seed;
    return 0;
}

static int read_gaps(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct options *options = values;
    if (pulse_arg_read_real(arg, text, values, err) != 0)
        return -1;
    options->synth.gaps /= 100;
    return 0;
}

static int read_format(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct options *options = values;
    int index = 0;
    if (pulse_arg_choose(arg, text, &index, err) != 0)
        return -1;
    options->format = &formats[index];
    return 0;
}

static const struct pulse_arg_choice format_choices[] = {
    {"csv", 0}, {"h5", 1}, {"dir", 2}, {"dir-h5", 3}, {0}};

static const struct pulse_arg option_table[] = {
    {"rows", 'r', "N", "Trading days (default 2500)", pulse_arg_read_int, .at = AT(synth.rows),
     .least = 1, .most = MOST_ROWS},
    {"variables", 'V', "N", "Variables (default 12)", pulse_arg_read_int, .at = AT(synth.variables),
     .least = 1, .most = MOST_VARIABLES},
    {"sparse", 0, "K", "How many of them are monthly or quarterly (default: one in 8)",
     pulse_arg_read_int, .at = AT(synth.sparse), .least = 0, .most = MOST_VARIABLES},
    {"seed", 0, "N", "Equal seeds make equal panels (default 1)", read_seed, .at = AT(synth.seed)},
    {"lags", 0, "P", "Lags of the true model (default 2)", pulse_arg_read_int, .at = AT(synth.lags),
     .least = 1, .most = 1000},
    {"gaps", 0, "PERCENT", "Observations of daily variables left out (default 0.3)", read_gaps,
     .at = AT(synth.gaps), .low = 0, .high = 90, .want = "a percentage from 0 to 90"},
    {"random-walk", 0, NULL, "Nothing to find: independent random walks", pulse_arg_read_flag,
     .at = AT(synth.random_walk)},
    {"start-date", 0, "DATE", "First day (default 2000-01-03)", pulse_arg_read_day,
     .at = AT(synth.start_day)},
    {"format", 'f', "FORMAT", "csv, h5, dir or dir-h5 (default: by OUTPUT's extension)",
     read_format, .at = AT(format), .choices = format_choices, .any_case = true},
    {0}};

static const char doc[] =
    "Make a market panel whose true model is known, to try things out and to test against."
    "\v"
    "The daily changes follow a sparse vector autoregression with a volatility that changes; some "
    "variables are monthly or quarterly, holidays and gaps are left out, one variable starts late. "
    "OUTPUT.csv or OUTPUT.h5 becomes a wide file, an OUTPUT without extension a directory of "
    "historical_NAME.csv files. The coefficients go to OUTPUT.truth.json beside it. Files of "
    "these names are replaced.\n"
    "\n"
    "Examples:\n"
    "  pulse-data synth panel.csv\n"
    "  pulse-data synth big.h5 --rows 20000 --variables 100 --seed 7\n"
    "  pulse-data synth datasets --format dir-h5 --sparse 4\n"
    "  pulse-data synth noise.csv --random-walk\n";

static int check_options(void *user, struct pulse_err *err)
{
    struct options *options = user;
    struct pulse_synth_options *synth = &options->synth;
    if (options->output == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "which OUTPUT? For example panel.csv");
    size_t length = strlen(options->output);
    while (length > 1 && options->output[length - 1] == '/')
        options->output[--length] = '\0';
    if (options->format == NULL)
        options->format = format_of_output(options->output);
    if (options->format == NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "OUTPUT '%s' is neither .csv, .h5 nor a directory; or give --format",
                          options->output);
    if (synth->sparse < 0)
        synth->sparse = synth->variables >= 4 ? (synth->variables + 7) / 8 : 0;
    if (synth->sparse > synth->variables)
        return pulse_fail(err, PULSE_E_USAGE, "--sparse %lld is more than --variables %lld",
                          (long long)synth->sparse, (long long)synth->variables);
    return 0;
}

static int take_output(void *user, char **word, struct pulse_err *err)
{
    struct options *options = user;
    if (options->output != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "one OUTPUT only, not '%s' too", *word);
    options->output = *word;
    return 0;
}

int pulse_command_synth(int argc, char **argv)
{
    struct options options = {.synth = {.rows = 2500,
                                        .variables = 12,
                                        .sparse = -1,
                                        .lags = 2,
                                        .start_day = pulse_days_from_civil(2000, 1, 3),
                                        .seed = 1,
                                        .gaps = 0.003}};
    const struct pulse_args args = {.program = argv[0],
                                    .usage = "OUTPUT",
                                    .doc = doc,
                                    .tables = {{option_table, &options, NULL, 0}},
                                    .take_word = take_output,
                                    .check = check_options,
                                    .user = &options};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&args, argc, argv, &err) == 0 && make_panel(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
