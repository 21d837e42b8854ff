/* A file as a table of another shape: a long panel as a wide table, or a wide file as a long one.
 * Reads through data/table.h and data/long_panel.h; what it gives is read by pulse_table_next. */
#ifndef PULSE_DATA_TABLE_SHAPE_H
#define PULSE_DATA_TABLE_SHAPE_H

#include "data/table.h"

enum pulse_table_shape {
    PULSE_SHAPE_KEPT, /* as the file has it, read batch by batch */
    PULSE_SHAPE_WIDE, /* a row per time, in their order; a column per id, or per id and value */
    PULSE_SHAPE_LONG  /* unique_id, ds, y: a row per value, column after column; none where it is
                         missing */
};

/* As pulse_table_open. But for PULSE_SHAPE_KEPT all of the file is held in memory. PULSE_E_INPUT
 * for a wide shape of what is no long panel; whatever is left out is warned about. */
int pulse_table_open_shaped(const char *uri, const struct pulse_read_options *options,
                            enum pulse_table_shape shape, struct pulse_table **out,
                            struct pulse_err *err);

/* The two, table_wide.c and table_long.c. `panel` is taken over; so is `from`, also after an
 * error. */
int pulse_table_of_panel(struct pulse_long *panel, struct pulse_table **out, struct pulse_err *err);
int pulse_table_melt(struct pulse_table *from, struct pulse_table **out, struct pulse_err *err);

#endif
