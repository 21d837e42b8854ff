/* Options out of a file: YAML whose keys are long options, or the summary.json of a run, which is
 * repeated so. Turns it into words of a command line; knows no option. */
#ifndef PULSE_CONFIG_CONFIG_H
#define PULSE_CONFIG_CONFIG_H

#include "base/args.h"
#include "config/yaml.h"

/* A command line; `argv` ends with NULL. */
struct pulse_config {
    int argc;
    char **argv;  /* owned; its words those of the original or of `text` */
    char **added; /* owned: the words that came from the file; n_added of them */
    int n_added;
};

/* What a file holds that is not on this disk; borrowed. */
struct pulse_config_text {
    const char *bytes;
    int64_t n;
};

/* The command line `argv` (argc of 1 or more) with the options of the file that --config names in
 * front of its own, instead of --config; without that it is as it was. `text`: what that file
 * holds; NULL: it is read. An option that the command
 * line gives as well is not taken from the file; neither are null, false and empty lists, nor a
 * run's output directory out of its summary.json. Underscores in keys are dashes; lists and
 * mappings become a,b and k=v. PULSE_E_USAGE names the file's line and the option that was meant;
 * PULSE_E_MEMORY. Clear in every case, after the last use of the options' values. */
int pulse_config_expand(const struct pulse_args *args, int argc, char **argv,
                        const struct pulse_config_text *text, struct pulse_config *config,
                        struct pulse_err *err);

/* The same of a mapping in a file that has more in it: `added` alone is filled, a word for each
 * option (of no flag that is false), in the file's order. */
int pulse_config_take(const struct pulse_args *args, const struct pulse_yaml *yaml,
                      const yaml_node_t *options, struct pulse_config *config,
                      struct pulse_err *err);
void pulse_config_clear(struct pulse_config *config);

#endif
