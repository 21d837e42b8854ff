/* pulse-report export. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "data/common/decompress.h"
#include "export/commands.h"
#include "export/predictions.h"
#include "export/subprocess.h"
#include "report/local_results.h"
#include "store/arguments.h"
#include "store/made.h"

static const char doc[] =
    "Write the predictions of a run, which pulse-train has left in RESULTS (a directory, or "
    "s3://BUCKET/PREFIX), in the layout that forecasting tools share: a row per variable, horizon "
    "and date, with unique_id, ds, cutoff, h, y, yhat, the bounds of the 80 and 95 % intervals, "
    "and "
    "persistence.\v"
    "ds is the date predicted and cutoff the last one that was known; y is missing where nothing "
    "was observed. Rows are streamed, one variable at a time.\n\n"
    "Examples:\n"
    "  pulse-report export results\n"
    "  pulse-report export results --csv --output - | head\n"
    "  pulse-report export s3://market-data/results/nightly/ --json -o all.json\n\n"
    "Exit codes: 0 done; 2 bad command line, or no results of a run; 3 storage refused; 75 "
    "temporary failure, try again; 130, 143 interrupted.";

struct arguments {
    const char *results; /* first: the user of pulse_report_take_results */
    const char *output;  /* NULL: beside the results; "-": standard output */
    bool csv, json, parquet;
    struct pulse_store_options store;
};

static const struct pulse_arg option_table[] = {
    {"parquet", 0, NULL, "As Parquet (the default, but for FILE.csv and FILE.json)",
     pulse_arg_read_flag, .at = offsetof(struct arguments, parquet)},
    {"csv", 0, NULL, "As CSV", pulse_arg_read_flag, .at = offsetof(struct arguments, csv)},
    {"json", 0, NULL, "As JSON: an array with an object a row", pulse_arg_read_flag,
     .at = offsetof(struct arguments, json)},
    {"output", 'o', "FILE-or-URI",
     "Where they go (RESULTS/predictions.parquet, .csv or .json); - is standard output",
     pulse_arg_read_text, .at = offsetof(struct arguments, output)},
    {0}};

/* Where no form is said the name of the output says it; one without an ending says none, and then
 * it is Parquet. What is called otherwise would not be what its name says. */
static int take_form_of_name(struct arguments *arguments, struct pulse_err *err)
{
    const char *output = arguments->output == NULL ? "" : arguments->output;
    const char *dot = strrchr(pulse_base_name(output), '.');
    if (pulse_compression_of_name(output) != PULSE_COMPRESSION_NONE)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--output %s: exports are not packed; pulse-data convert makes it of a "
                          "predictions.parquet",
                          output);
    if (dot == NULL || arguments->csv || arguments->json || arguments->parquet)
        return 0;
    arguments->csv = strcasecmp(dot, ".csv") == 0;
    arguments->json = strcasecmp(dot, ".json") == 0;
    if (arguments->csv || arguments->json || strcasecmp(dot, ".parquet") == 0)
        return 0;
    return pulse_fail(err, PULSE_E_USAGE,
                      "--output %s: ends in none of .parquet, .csv and .json; say --parquet, --csv "
                      "or --json",
                      output);
}

static int check_arguments(void *user, struct pulse_err *err)
{
    struct arguments *arguments = user;
    if (arguments->csv + arguments->json + arguments->parquet > 1)
        return pulse_fail(err, PULSE_E_USAGE, "give one of --parquet, --csv and --json");
    return take_form_of_name(arguments, err) != 0 ? -1 : pulse_report_check_results(user, err);
}

/* ---- Where they go --------------------------------------------------------------- */

struct export
{
    struct pulse_local_results local;
    enum pulse_predictions_format format;
    const char *name; /* for messages */
};

static int write_rows(const void *context, FILE *out, struct pulse_err *err)
{
    const struct export *export = context;
    return pulse_predictions_write(export->local.summary, export->local.path, NULL, export->format,
                                   export->name, out, err);
}

static int write_file(const void *context, const char *path, struct pulse_err *err)
{
    const struct export *export = context;
    struct pulse_writer writer = {0};
    int status = pulse_writer_open(&writer, path, err);
    if (status == 0)
        status =
            pulse_subprocess_run(write_rows, export, export->local.path, path, writer.stream, err);
    if (status == 0)
        status = pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return status;
}

static int write_output(const struct export *export, const char *output, struct pulse_err *err)
{
    int status;
    if (strcmp(output, "-") == 0)
        return pulse_subprocess_run(write_rows, export, export->local.path, output, stdout, err);
    status = pulse_store_is_s3(output)
                 ? pulse_store_put_made("pulse-export", write_file, export, output, err)
                 : write_file(export, output, err);
    if (status == 0)
        (void)printf("%s\n", output);
    return status;
}

static int run_export(const struct arguments *arguments, struct pulse_err *err)
{
    static const char *const names[] = {"predictions.parquet", "predictions.csv",
                                        "predictions.json"};
    struct export export = {.format = arguments->csv    ? PULSE_PREDICTIONS_CSV
                                      : arguments->json ? PULSE_PREDICTIONS_JSON
                                                        : PULSE_PREDICTIONS_PARQUET};
    char *output = NULL;
    int status = pulse_local_results_open(arguments->results, &export.local, err);
    if (status == 0 && pulse_report_refuse_trial(arguments->results, &export.local, err) == 0)
        output = arguments->output != NULL
                     ? pulse_strdup(arguments->output, err)
                     : pulse_store_join(arguments->results, names[export.format], err);
    if (output != NULL) {
        export.name = output;
        status = write_output(&export, output, err);
    }
    pulse_local_results_close(&export.local);
    free(output);
    return status;
}

void pulse_report_export(int argc, char **argv, struct pulse_err *err)
{
    struct arguments arguments = {.results = NULL};
    const struct pulse_args args = {.program = "pulse-report export",
                                    .usage = "RESULTS",
                                    .doc = doc,
                                    .tables = {{option_table, &arguments, NULL, 0},
                                               {pulse_store_args, &arguments.store, NULL, 0}},
                                    .take_word = pulse_report_take_results,
                                    .check = check_arguments,
                                    .user = &arguments};
    if (pulse_args_parse(&args, argc, argv, err) != 0)
        return;
    arguments.store.stop = pulse_shutdown_stops_waits;
    pulse_store_configure(&arguments.store);
    (void)run_export(&arguments, err);
}
