/* The subcommands of pulse-report: argv[0] is the subcommand's name. Errors are left in `err`. */
#ifndef PULSE_EXPORT_COMMANDS_H
#define PULSE_EXPORT_COMMANDS_H

#include "base/error.h"
#include "report/local_results.h"

/* For pulse_args: the one word RESULTS, which goes where `user` (a const char **) points, and must
 * be there. */
int pulse_report_take_results(void *user, char **word, struct pulse_err *err);
int pulse_report_check_results(void *user, struct pulse_err *err);

/* PULSE_E_INPUT for a trial of pulse-tune, which keeps its losses alone. */
int pulse_report_refuse_trial(const char *results, const struct pulse_local_results *local,
                              struct pulse_err *err);

/* pulse-report export: the predictions as Parquet, CSV or JSON. */
void pulse_report_export(int argc, char **argv, struct pulse_err *err);

/* pulse-report table: the table that pulse-train has printed. */
void pulse_report_table(int argc, char **argv, struct pulse_err *err);

#endif
