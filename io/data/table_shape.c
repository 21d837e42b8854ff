#include "data/table_shape.h"

#include "base/log.h"
#include "data/common/columns.h"
#include "data/dataset.h"
#include "data/long_panel.h"
#include "data/repeats.h"

/* What a wide table does not hold is said. */
static void warn_of_panel(const struct pulse_long *panel)
{
    char list[PULSE_COLUMNS_TEXT];
    if (panel->n_left_out > 0)
        pulse_warn("%s: %s: no columns of numbers%s, and left out", panel->uri,
                   pulse_columns_list(panel->left_out, panel->n_left_out, list),
                   panel->attributes > 0 ? ", or " PULSE_ATTRIBUTES_TEXT : "");
    if (panel->untimed > 0)
        pulse_warn(PULSE_UNTIMED_WARNING, panel->uri, (long long)panel->untimed);
    if (panel->note != NULL)
        pulse_warn("%s: %s", panel->uri, panel->note);
    if (panel->repeated > 0)
        pulse_warn(PULSE_PANEL_REPEATED_WARNING, panel->uri, panel->id_name,
                   (long long)panel->repeated);
}

/* A panel of one id, as --long writes it, whose dates do not repeat; NULL for others. */
static struct pulse_long *read_ours(const char *uri, const struct pulse_read_options *options)
{
    struct pulse_read_options reading = pulse_read_options_or_all(options);
    struct pulse_long *panel = NULL;
    struct pulse_err ignored;
    reading.id = "unique_id";
    return pulse_long_read(uri, &reading, &panel, &ignored) == 0 ? panel : NULL;
}

int pulse_table_open_shaped(const char *uri, const struct pulse_read_options *options,
                            enum pulse_table_shape shape, struct pulse_table **out,
                            struct pulse_err *err)
{
    struct pulse_long *panel = NULL;
    struct pulse_table *table = NULL;
    if (shape == PULSE_SHAPE_KEPT)
        return pulse_table_open(uri, options, out, err);
    if (pulse_long_read(uri, options, &panel, err) != 0)
        return -1;
    if (panel == NULL && shape == PULSE_SHAPE_WIDE)
        panel = read_ours(uri, options);
    if (panel == NULL && shape == PULSE_SHAPE_WIDE)
        return pulse_long_refuse(uri, options, err);
    if (panel != NULL)
        warn_of_panel(panel);
    int rc = panel != NULL ? pulse_table_of_panel(panel, &table, err)
                           : pulse_table_open(uri, options, &table, err);
    if (rc == 0 && shape == PULSE_SHAPE_LONG)
        return pulse_table_melt(table, out, err);
    if (rc == 0)
        *out = table;
    return rc;
}
