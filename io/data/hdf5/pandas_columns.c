#include "data/hdf5/pandas_columns.h"

#include <stdio.h>
#include <string.h>

#include "data/hdf5/pandas_forms.h"

int pulse_h5_pandas_columns(const struct pulse_h5_location *location, struct pulse_h5_columns *out,
                            struct pulse_err *err)
{
    static const struct {
        const char *type;
        bool table;
        int (*find)(struct pulse_h5_columns *columns, int64_t *rows);
    } types[] = {{"frame", false, pulse_h5_find_fixed_frame},
                 {"series", false, pulse_h5_find_fixed_series},
                 {"frame_table", true, pulse_h5_find_pandas_table},
                 {"series_table", true, pulse_h5_find_pandas_table}};
    char type[PULSE_H5_WORD] = {0}, what[2 * PULSE_H5_WORD];
    size_t t = 0;
    *out = (struct pulse_h5_columns){.location = location, .err = err};
    if (pulse_h5_pandas_word(out, location->id, "pandas_type", type) != 0)
        return -1;
    while (t < sizeof types / sizeof *types && strcmp(type, types[t].type) != 0)
        t++;
    if (t < sizeof types / sizeof *types) {
        out->table = types[t].table;
        return types[t].find(out, &out->rows);
    }
    (void)snprintf(what, sizeof what, "an object of pandas of the type '%s', which is not read",
                   type);
    return pulse_h5_fail(location, "", what, err);
}
