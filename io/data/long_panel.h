/* Long panels read whole, their variables, and their face as a wide dataset. Internal to io/data;
 * others see data/dataset.h. */
#ifndef PULSE_DATA_LONG_PANEL_H
#define PULSE_DATA_LONG_PANEL_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"
#include "data/common/types.h"
#include "data/long.h"

/* Reads a file that is a long panel because options->id says so, or by itself: it has one column of
 * labels, dates that repeat, and the labels distinguish the rows of a date. `out` is NULL where it
 * is none. PULSE_E_INPUT where a column that options name is not there or not what they say, a
 * row has no time or id, or a cell that should be a number is none. */
int pulse_long_read(const char *uri, const struct pulse_read_options *options,
                    struct pulse_long **out, struct pulse_err *err);
void pulse_long_free(struct pulse_long *panel); /* NULL is legal */

int64_t pulse_long_variables(const struct pulse_long *panel);

/* "ID", or "ID.COLUMN" where there are several value columns; to be freed. */
char *pulse_long_variable_name(const struct pulse_long *panel, int64_t variable,
                               struct pulse_err *err);

/* PULSE_E_INPUT where a table of the `dates` and `n` variables would be next to empty: more than 16
 * Mi cells of which fewer than one in 100 can hold a value. */
int pulse_long_check_size(const struct pulse_long *panel, int64_t dates, int64_t n, int64_t held,
                          struct pulse_err *err);

/* The face of a panel as a wide dataset: all rows are in its first part. */
extern const struct pulse_dataset_face pulse_long_dataset;

#endif
