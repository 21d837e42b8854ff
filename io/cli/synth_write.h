/* A synthetic panel → files, each under its name only when whole. */
#ifndef PULSE_CLI_SYNTH_WRITE_H
#define PULSE_CLI_SYNTH_WRITE_H

#include "base/error.h"
#include "cli/synth_panel.h"

/* One wide file. */
int pulse_synth_write_csv(const struct pulse_synth_panel *panel, const char *path,
                          struct pulse_err *err);
int pulse_synth_write_h5(const struct pulse_synth_panel *panel, const char *path,
                         struct pulse_err *err);

/* DIR/historical_NAME.csv or .h5 per variable, without the missing rows; makes the directory. */
int pulse_synth_write_dir_csv(const struct pulse_synth_panel *panel, const char *dir,
                              struct pulse_err *err);
int pulse_synth_write_dir_h5(const struct pulse_synth_panel *panel, const char *dir,
                             struct pulse_err *err);

/* The true model as JSON. */
int pulse_synth_write_truth(const struct pulse_synth_panel *panel,
                            const struct pulse_synth_options *options, const char *path,
                            struct pulse_err *err);

#endif
