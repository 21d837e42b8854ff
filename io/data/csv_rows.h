/* Rows of CSV text in memory → instants and values. Pure: no file, no message. */
#ifndef PULSE_DATA_CSV_ROWS_H
#define PULSE_DATA_CSV_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* Which cells of a row matter: from the left, skip some, then take one; then skip the rest. */
struct pulse_csv_plan {
    char separator;
    int64_t takes;
    struct pulse_csv_take {
        int64_t skip; /* cells between the take before (or the row's start) and this one */
        int64_t slot; /* index of the value, or PULSE_CSV_TIME */
    } * take;
    int64_t skip_last; /* cells after the last take */
    int64_t slots;     /* values in a row */
};
enum { PULSE_CSV_TIME = -1 };

enum pulse_csv_fault {
    PULSE_CSV_OK,
    PULSE_CSV_SHORT_ROW,
    PULSE_CSV_LONG_ROW,
    PULSE_CSV_OPEN_QUOTE,
    PULSE_CSV_NO_TIME,
    PULSE_CSV_NO_NUMBER,
};

/* What is wrong, where: `row` the row's first byte, `cell` .. `cell_end` the cell (or the rest of
 * the row), `slot` the value it should have been. */
struct pulse_csv_trouble {
    enum pulse_csv_fault fault;
    const char *row;
    const char *cell;
    const char *cell_end;
    int64_t slot;
};

/* Parses the rows of [p, end), which are whole, and PULSE_CELL_PADDING line feeds after them; empty
 * lines are no rows. Row i goes to time_ns[i] and values[slot * stride + i]; stride is at least the
 * number of rows. `tile` is scratch for pulse_csv_tile_rows × slots values. Returns the number of
 * rows, -1 with `trouble` filled. */
int64_t pulse_csv_parse(const struct pulse_csv_plan *plan, const char *p, const char *end,
                        int64_t *time_ns, double *values, int64_t stride, double *tile,
                        struct pulse_csv_trouble *trouble);

/* Rows that are gathered before they go to their columns. */
int64_t pulse_csv_tile_rows(int64_t slots);

#endif
