/* pulse-report table. */
#include "export/commands.h"
#include "report/local_results.h"
#include "results/table.h"
#include "store/arguments.h"

static const char doc[] =
    "Print the table of a run again, which pulse-train has left in RESULTS: a directory, or "
    "s3://BUCKET/PREFIX.\v"
    "Examples:\n"
    "  pulse-report table results\n"
    "  pulse-report table s3://market-data/results/nightly/\n\n"
    "Exit codes: 0 done; 2 bad command line, or no results of a run; 3 storage refused; 75 "
    "temporary failure, try again; 130, 143 interrupted.";

struct arguments {
    const char *results; /* first: the user of pulse_report_take_results */
    struct pulse_store_options store;
};

void pulse_report_table(int argc, char **argv, struct pulse_err *err)
{
    struct arguments arguments = {.results = NULL};
    const struct pulse_args args = {.program = "pulse-report table",
                                    .usage = "RESULTS",
                                    .doc = doc,
                                    .tables = {{pulse_store_args, &arguments.store, NULL, 0}},
                                    .take_word = pulse_report_take_results,
                                    .check = pulse_report_check_results,
                                    .user = &arguments};
    if (pulse_args_parse(&args, argc, argv, err) != 0)
        return;
    pulse_store_configure(&arguments.store);
    json_t *summary = pulse_local_results_summary(arguments.results, err);
    if (summary != NULL)
        pulse_table_print(summary, arguments.results);
    json_decref(summary);
}
