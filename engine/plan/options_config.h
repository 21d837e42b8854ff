/* The file that --config names, on disk or in S3, as words of pulse-train's command line. */
#ifndef PULSE_PLAN_OPTIONS_CONFIG_H
#define PULSE_PLAN_OPTIONS_CONFIG_H

#include "config/config.h"

/* pulse_config_expand, also of a file in S3. Where the command line says how that is
 * reached, the store is configured so. Errors as of pulse_config_expand; those of the store. Clear
 * `config` in every case. */
int pulse_options_expand_config(const struct pulse_args *args, int argc, char **argv,
                                struct pulse_config *config, struct pulse_err *err);

/* Of a command line `argv` that was expanded so and cannot be parsed: puts the file before the
 * message where the words that came from it are to blame. */
void pulse_options_blame_config(char *const *argv, const struct pulse_config *config,
                                struct pulse_err *err);

#endif
