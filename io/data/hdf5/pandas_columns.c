#include "data/hdf5/pandas_columns.h"

#include <stdio.h>
#include <string.h>

#include "data/common/epoch.h"
#include "data/hdf5/pandas_forms.h"

/* Whether the integers of an index begin with a day, 20161230: one that nobody has named may as
 * well number the rows. */
static bool begins_with_day(const struct pulse_h5_columns *columns,
                            const struct pulse_h5_column *index)
{
    struct pulse_h5_dataset d;
    struct pulse_err ignored;
    const char *name = columns->table ? "table" : index->object;
    const hid_t memory = H5Screate(H5S_SCALAR);
    const hid_t type = columns->table ? pulse_h5_compound_of(index->object, H5T_NATIVE_INT64)
                                      : H5Tcopy(H5T_NATIVE_INT64);
    int64_t count = 0, ns;
    const bool open = pulse_h5_dataset_open(columns->location, name, &d, &ignored) == 0;
    const hid_t space = open && d.dims[0] > 0 ? pulse_h5_vector_select(&d, 0, 1) : -1;
    const bool read = space >= 0 && type >= 0 && memory >= 0 &&
                      H5Dread(d.id, type, memory, space, H5P_DEFAULT, &count) >= 0;
    if (space >= 0)
        (void)H5Sclose(space);
    if (type >= 0)
        (void)H5Tclose(type);
    if (memory >= 0)
        (void)H5Sclose(memory);
    pulse_h5_dataset_close(&d);
    return read && pulse_epoch_of_digits(count, &ns);
}

static void look_at_index(struct pulse_h5_columns *columns)
{
    for (int64_t c = 0; columns->index_name == NULL && c < columns->n; c++) {
        struct pulse_h5_column *column = &columns->all[c];
        if (column->index && column->level == NULL && column->integer &&
            column->kind == PULSE_H5_NUMBER)
            column->days = begins_with_day(columns, column);
    }
}

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
        if (types[t].find(out, &out->rows) != 0)
            return -1;
        look_at_index(out);
        return 0;
    }
    (void)snprintf(what, sizeof what, "an object of pandas of the type '%s', which is not read",
                   type);
    return pulse_h5_fail(location, "", what, err);
}
