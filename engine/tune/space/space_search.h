/* The two keys of space.yaml that hold options of pulse-train. Internal to space_file.c. */
#ifndef PULSE_TUNE_SPACE_SEARCH_H
#define PULSE_TUNE_SPACE_SEARCH_H

#include "config/yaml.h"
#include "tune/space/space.h"

/* A file in hand. */
struct pulse_space_reading {
    struct pulse_yaml yaml;
    struct pulse_space *space;
};

/* A key of a mapping (a text) stands there once; PULSE_E_USAGE with the line. */
int pulse_space_expect_once(const struct pulse_space_reading *reading, const yaml_node_t *mapping,
                            const yaml_node_pair_t *pair, struct pulse_err *err);

/* options: into `fixed`. PULSE_E_USAGE with the line for what is no option, none of a study's, or
 * refused by pulse-train's parser; PULSE_E_MEMORY. */
int pulse_space_read_options(struct pulse_space_reading *reading, const yaml_node_t *node,
                             struct pulse_err *err);

/* search: into `search`, once the options are read. Errors likewise, for empty lists and ranges
 * too. */
int pulse_space_read_search(struct pulse_space_reading *reading, const yaml_node_t *node,
                            struct pulse_err *err);

#endif
