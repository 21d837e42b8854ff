#include <argp.h>
#include <errno.h>
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

static void tell(const struct options *options, const struct pulse_synth_panel *panel,
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
        tell(options, panel, truth);
    free(truth);
    return rc;
}

static int run(const struct options *options, struct pulse_err *err)
{
    struct pulse_synth_panel panel;
    if (pulse_synth_make(&options->synth, &panel, err) != 0)
        return -1;
    int rc = write_all(options, &panel, err);
    pulse_synth_clear(&panel);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

enum { KEY_GAPS = 256, KEY_LAGS, KEY_RANDOM_WALK, KEY_SEED, KEY_SPARSE, KEY_START };

static const struct argp_option option_table[] = {
    {"rows", 'r', "N", 0, "Trading days (default 2500)", 0},
    {"variables", 'V', "N", 0, "Variables (default 12)", 0},
    {"sparse", KEY_SPARSE, "K", 0, "How many of them are monthly or quarterly (default: one in 8)",
     0},
    {"seed", KEY_SEED, "N", 0, "Equal seeds make equal panels (default 1)", 0},
    {"lags", KEY_LAGS, "P", 0, "Lags of the true model (default 2)", 0},
    {"gaps", KEY_GAPS, "PERCENT", 0, "Observations of daily variables left out (default 0.3)", 0},
    {"random-walk", KEY_RANDOM_WALK, NULL, 0, "Nothing to find: independent random walks", 0},
    {"start-date", KEY_START, "DATE", 0, "First day (default 2000-01-03)", 0},
    {"format", 'f', "FORMAT", 0, "csv, h5, dir or dir-h5 (default: by OUTPUT's extension)", 0},
    {0}};

static const char doc[] =
    "Make a market panel whose true model is known, to try things out and to test against."
    "\v"
    "The daily changes follow a sparse vector autoregression with a volatility that changes; some "
    "variables are monthly or quarterly, holidays and gaps are left out, one variable starts late. "
    "OUTPUT.csv or OUTPUT.h5 becomes a wide file, an OUTPUT without extension a directory of "
    "historical_NAME.csv files. The coefficients go to OUTPUT.truth.json beside it.\n"
    "\n"
    "Examples:\n"
    "  pulse-data synth panel.csv\n"
    "  pulse-data synth big.h5 --rows 20000 --variables 100 --seed 7\n"
    "  pulse-data synth datasets --format dir-h5 --sparse 4\n"
    "  pulse-data synth noise.csv --random-walk\n";

static error_t take_number(struct argp_state *state, const char *what, const char *arg,
                           int64_t least, int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(arg, &end, 10);
    if (errno != 0 || end == arg || *end != '\0' || value < least || value > most)
        return pulse_arguments_refuse(state, "--%s takes a number from %lld to %lld, not '%s'",
                                      what, (long long)least, (long long)most, arg);
    *out = (int64_t)value;
    return 0;
}

static error_t take_gaps(struct argp_state *state, const char *arg, double *share)
{
    char *end;
    double value = strtod(arg, &end);
    if (end == arg || *end != '\0' || !(value >= 0 && value <= 90))
        return pulse_arguments_refuse(state, "--gaps takes a percentage from 0 to 90, not '%s'",
                                      arg);
    *share = value / 100;
    return 0;
}

static error_t take_start(struct argp_state *state, const char *arg, int64_t *day)
{
    int64_t start_ns;
    if (!pulse_parse_instant(arg, strlen(arg), &start_ns))
        return pulse_arguments_refuse(state, "--start-date takes a date like 2000-01-03, not '%s'",
                                      arg);
    *day = pulse_day_of_ns(start_ns);
    return 0;
}

static error_t check(struct options *options, struct argp_state *state)
{
    struct pulse_synth_options *synth = &options->synth;
    size_t length = strlen(options->output);
    while (length > 1 && options->output[length - 1] == '/')
        options->output[--length] = '\0';
    if (options->format == NULL)
        options->format = format_of_output(options->output);
    if (options->format == NULL)
        return pulse_arguments_refuse(
            state, "OUTPUT '%s' is neither .csv, .h5 nor a directory; or give --format",
            options->output);
    if (synth->sparse < 0)
        synth->sparse = synth->variables >= 4 ? (synth->variables + 7) / 8 : 0;
    if (synth->sparse > synth->variables)
        return pulse_arguments_refuse(state, "--sparse %lld is more than --variables %lld",
                                      (long long)synth->sparse, (long long)synth->variables);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    enum { MOST_ROWS = 100000000, MOST_VARIABLES = 1000000 };
    struct options *options = state->input;
    struct pulse_synth_options *synth = &options->synth;
    int64_t seed = 0;
    error_t code;
    switch (key) {
    case 'r':
        return take_number(state, "rows", arg, 1, MOST_ROWS, &synth->rows);
    case 'V':
        return take_number(state, "variables", arg, 1, MOST_VARIABLES, &synth->variables);
    case KEY_SPARSE:
        return take_number(state, "sparse", arg, 0, MOST_VARIABLES, &synth->sparse);
    case KEY_SEED:
        code = take_number(state, "seed", arg, 0, INT64_MAX, &seed);
        if (code == 0)
            synth->seed = (uint64_t)seed;
        return code;
    case KEY_LAGS:
        return take_number(state, "lags", arg, 1, 1000, &synth->lags);
    case KEY_GAPS:
        return take_gaps(state, arg, &synth->gaps);
    case KEY_RANDOM_WALK:
        synth->random_walk = true;
        return 0;
    case KEY_START:
        return take_start(state, arg, &synth->start_day);
    case 'f':
        options->format = format_called(arg);
        if (options->format == NULL)
            return pulse_arguments_refuse(state, "--format takes csv, h5, dir or dir-h5, not '%s'",
                                          arg);
        return 0;
    case ARGP_KEY_ARG:
        if (options->output != NULL)
            return pulse_arguments_refuse(state, "one OUTPUT only, not '%s' too", arg);
        options->output = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return pulse_arguments_refuse(state, "which OUTPUT? For example panel.csv");
    case ARGP_KEY_SUCCESS:
        return check(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int pulse_command_synth(int argc, char **argv)
{
    static const struct argp argp = {option_table, parse, "OUTPUT", doc, NULL, NULL, NULL};
    struct options options = {.synth = {.rows = 2500,
                                        .variables = 12,
                                        .sparse = -1,
                                        .lags = 2,
                                        .start_day = pulse_days_from_civil(2000, 1, 3),
                                        .seed = 1,
                                        .gaps = 0.003}};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&argp, argc, argv, 0, &options, &err) == 0 &&
        run(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
