/* What pulse-data info says of a long panel. */
#ifndef PULSE_CLI_PANEL_INFO_H
#define PULSE_CLI_PANEL_INFO_H

#include <jansson.h>

#include "data/dataset.h"

/* Some lines: rows, ids, dates; which columns they are in, and of what kind. */
int pulse_panel_info_print(const struct pulse_long *panel, struct pulse_err *err);

/* The same as an object; NULL where a name is not UTF-8 or memory is short. */
json_t *pulse_panel_info_json(const struct pulse_long *panel);

#endif
