#include "data/pickle/pickle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/common/text_column.h"
#include "data/pickle/file.h"
#include "data/pickle/text.h"
#include "data/pickle/zone.h"

struct pulse_pickle {
    char *uri;
    struct pulse_read_options reading;
    struct pulse_pickle_file file;
    struct pulse_pickle_layout layout;
    const struct pulse_pickle_named *time;
    const struct pulse_pickle_named **columns; /* those of the layout … */
    struct pulse_text_column *texts;           /* … and what the text in them is */
    struct pulse_text_numbers numbers;
};

/* ---- Opening -------------------------------------------------------------------- */

/* Whether the first cell is a date as text, such as 2016-12-30. */
static bool begins_with_date(const struct pulse_pickle_named *named)
{
    char narrow[PULSE_PICKLE_SHORT_TEXT];
    struct pulse_pickle_cell cell;
    int64_t ns;
    if (named->kind != PULSE_PICKLE_CELL_TEXT || named->column.rows == 0)
        return false;
    pulse_pickle_column_cell(&named->column, 0, &cell);
    if (cell.kind != PULSE_PICKLE_CELL_TEXT)
        return false;
    const struct pulse_text text =
        pulse_pickle_short_text(&cell, named->column.dtype.swapped, narrow);
    return memchr(text.at, '-', text.length) != NULL && pulse_parse_time(text.at, text.length, &ns);
}

/* The only column of instants, or of dates as text; -1 where there is none, or several. */
static int64_t find_only_time(const struct pulse_pickle_frame *frame, bool text)
{
    int64_t found = -1, times = 0;
    for (int64_t i = 0; i < frame->n; i++)
        if (text ? begins_with_date(&frame->all[i])
                 : frame->all[i].kind == PULSE_PICKLE_CELL_TIME) {
            found = i;
            times++;
        }
    return times == 1 ? found : -1;
}

/* The index whose integers begin with a day, 20161230; -1 where there is none, or several levels.
 */
static int64_t find_digits(const struct pulse_pickle_frame *frame)
{
    int64_t found = -1, levels = 0, ns;
    for (int64_t i = 0; i < frame->n; i++) {
        if (!frame->all[i].index)
            continue;
        found = i;
        levels++;
    }
    struct pulse_pickle_cell cell;
    if (levels != 1 || frame->all[found].column.rows == 0)
        return -1;
    pulse_pickle_column_cell(&frame->all[found].column, 0, &cell);
    return cell.kind == PULSE_PICKLE_CELL_INT && pulse_epoch_of_digits(cell.integer, &ns) ? found
                                                                                          : -1;
}

/* The column that is said; the datetime index; the one column called like a time, which may be the
 * index too; the only one of instants; the only one of dates as text; year; an index of digits. */
static int choose_time(struct pulse_pickle *pickle, struct pulse_err *err)
{
    const struct pulse_pickle_frame *frame = &pickle->file.frame;
    char list[PULSE_COLUMNS_TEXT];
    int64_t time = -1;
    char **names = pulse_calloc(frame->n, sizeof *names, "column names", err);
    if (names == NULL)
        return -1;
    for (int64_t i = 0; i < frame->n; i++)
        names[i] = frame->all[i].name;
    int rc =
        pulse_columns_choose_time(pickle->uri, names, frame->n, pickle->reading.time, &time, err);
    const bool instants = pickle->reading.time == NULL && frame->n > 0 && frame->all[0].index &&
                          frame->all[0].kind == PULSE_PICKLE_CELL_TIME;
    if (rc == 0 && instants && time > 0)
        rc =
            pulse_fail(err, PULSE_E_INPUT,
                       "%s: the index and the column '%s' could both be the time; drop one of them",
                       pickle->uri, names[time]);
    if (instants)
        time = 0;
    if (rc == 0 && time < 0)
        time = find_only_time(frame, false);
    for (int64_t i = 0; rc == 0 && time < 0 && i < frame->n; i++)
        if (frame->all[i].index && frame->all[i].kind == PULSE_PICKLE_CELL_FAR)
            time = i; /* refused when it is read, by its row */
    if (rc == 0 && time < 0)
        time = find_only_time(frame, true);
    if (rc == 0 && time < 0) {
        time = pulse_columns_find_year(names, frame->n);
        if (pulse_months_across(pickle->uri, names, frame->n, time, err))
            rc = -1;
    }
    if (rc == 0 && time < 0 && pulse_dates_across(pickle->uri, names, frame->n, err))
        rc = -1;
    if (rc == 0 && time < 0)
        time = find_digits(frame);
    if (rc == 0 && time < 0)
        rc = pulse_fail(err, PULSE_E_INPUT,
                        "%s: no time: neither a datetime index nor a column called 'timestamp' or "
                        "'date'; say --time NAME (columns: %s)",
                        pickle->uri, pulse_columns_list(names, frame->n, list));
    free(names);
    if (rc == 0)
        pickle->time = &frame->all[time];
    return rc;
}

static bool is_number(enum pulse_pickle_cell_kind kind)
{
    return kind == PULSE_PICKLE_CELL_INT || kind == PULSE_PICKLE_CELL_UINT ||
           kind == PULSE_PICKLE_CELL_REAL || kind == PULSE_PICKLE_CELL_MISSING;
}

/* What is wrong with it; NULL where it is a time. */
static const char *parse_time(const struct pulse_pickle_cell *cell, bool swapped,
                              struct pulse_stamps *stamps, int64_t *ns)
{
    char narrow[PULSE_PICKLE_SHORT_TEXT];
    const struct pulse_text text = pulse_pickle_short_text(cell, swapped, narrow);
    return pulse_stamps_read(stamps, text.at, text.length, ns);
}

/* The text of a cell without the blanks around it. */
static struct pulse_text trimmed_text(const struct pulse_pickle_cell *cell, bool swapped,
                                      char narrow[PULSE_PICKLE_SHORT_TEXT])
{
    return pulse_text_trim(pulse_pickle_short_text(cell, swapped, narrow));
}

/* What the cells of a column of text or of different kinds say, up to its first number. */
static void look_at_column(const struct pulse_pickle *pickle,
                           const struct pulse_pickle_named *named, struct pulse_text_column *column)
{
    char narrow[PULSE_PICKLE_SHORT_TEXT];
    struct pulse_pickle_cell cell;
    if (named->kind != PULSE_PICKLE_CELL_TEXT && named->kind != PULSE_PICKLE_CELL_OTHER)
        return;
    for (int64_t r = 0; column->look != PULSE_LOOK_NUMBER && r < named->column.rows; r++) {
        pulse_pickle_column_cell(&named->column, r, &cell);
        if (cell.kind == PULSE_PICKLE_CELL_TEXT)
            pulse_text_column_look(column, trimmed_text(&cell, named->column.dtype.swapped, narrow),
                                   &pickle->numbers, r);
        else if (cell.kind != PULSE_PICKLE_CELL_MISSING && is_number(cell.kind))
            column->look = PULSE_LOOK_NUMBER;
        else if (cell.kind != PULSE_PICKLE_CELL_MISSING && column->look == PULSE_LOOK_NOTHING)
            column->look = PULSE_LOOK_TEXT;
    }
}

static const char *name_of_cells(enum pulse_pickle_cell_kind kind)
{
    switch (kind) {
    case PULSE_PICKLE_CELL_BOOL:
        return pulse_kind_name(PULSE_KIND_BOOL);
    case PULSE_PICKLE_CELL_INT:
    case PULSE_PICKLE_CELL_UINT:
        return pulse_kind_name(PULSE_KIND_INT);
    case PULSE_PICKLE_CELL_REAL:
        return pulse_kind_name(PULSE_KIND_DOUBLE);
    case PULSE_PICKLE_CELL_TIME:
    case PULSE_PICKLE_CELL_FAR:
        return pulse_kind_name(PULSE_KIND_TIME);
    case PULSE_PICKLE_CELL_TEXT:
        return pulse_kind_name(PULSE_KIND_TEXT);
    case PULSE_PICKLE_CELL_MISSING:
        return PULSE_HOLDS_NOTHING;
    default:
        return PULSE_HOLDS_OTHERS;
    }
}

static int fill_layout(struct pulse_pickle *pickle, struct pulse_err *err)
{
    const struct pulse_pickle_frame *frame = &pickle->file.frame;
    struct pulse_pickle_layout *layout = &pickle->layout;
    int64_t levels = 0;
    layout->names = pulse_calloc(frame->n, sizeof *layout->names, "column names", err);
    layout->numeric = pulse_calloc(frame->n, sizeof *layout->numeric, "column kinds", err);
    pickle->columns = pulse_calloc(frame->n, sizeof *pickle->columns, "columns", err);
    layout->empty = pulse_calloc(frame->n, sizeof *layout->empty, "column kinds", err);
    pickle->texts = pulse_calloc(frame->n, sizeof *pickle->texts, "column kinds", err);
    layout->holds = pulse_calloc(frame->n, sizeof *layout->holds, "column kinds", err);
    if (layout->names == NULL || layout->numeric == NULL || layout->empty == NULL ||
        pickle->columns == NULL || pickle->texts == NULL || layout->holds == NULL)
        return -1;
    layout->rows = frame->rows;
    for (int64_t i = 0; i < frame->n; i++)
        levels += frame->all[i].index; /* those of a MultiIndex say what a row is of */
    for (int64_t i = 0; i < frame->n; i++) {
        const bool level = frame->all[i].index && levels > 1;
        if (&frame->all[i] == pickle->time || (frame->all[i].index && !level))
            continue;
        layout->names[layout->n] = frame->all[i].name;
        struct pulse_text_column *text = &pickle->texts[layout->n];
        look_at_column(pickle, &frame->all[i], text);
        layout->numeric[layout->n] =
            !level && (is_number(frame->all[i].kind) || pulse_text_column_is_numeric(text));
        layout->empty[layout->n] =
            frame->rows > 0 &&
            (frame->all[i].kind == PULSE_PICKLE_CELL_MISSING ||
             (frame->all[i].kind == PULSE_PICKLE_CELL_TEXT && text->look == PULSE_LOOK_NOTHING));
        layout->holds[layout->n] =
            layout->empty[layout->n] ? PULSE_HOLDS_NOTHING : name_of_cells(frame->all[i].kind);
        pickle->columns[layout->n++] = &frame->all[i];
    }
    return 0;
}

int pulse_pickle_open(const char *uri, const struct pulse_read_options *reading,
                      struct pulse_pickle **out, struct pulse_err *err)
{
    int rc = -1;
    struct pulse_pickle *pickle = pulse_calloc(1, sizeof *pickle, "an open pickle", err);
    if (pickle == NULL)
        return -1;
    pickle->reading = *reading;
    pickle->uri = pulse_strdup(uri, err);
    if (pickle->uri != NULL)
        rc = pulse_text_numbers_init(reading, &pickle->numbers, err);
    if (pickle->numbers.decimal == '\0')
        pickle->numbers.decimal = '.';
    if (rc == 0)
        rc = pulse_pickle_file_read(uri, &pickle->file, err);
    if (rc == 0)
        rc = choose_time(pickle, err);
    if (rc == 0)
        rc = fill_layout(pickle, err);
    if (rc == 0)
        *out = pickle;
    else
        pulse_pickle_free(pickle);
    return rc;
}

void pulse_pickle_free(struct pulse_pickle *pickle)
{
    if (pickle == NULL)
        return;
    pulse_pickle_file_clear(&pickle->file);
    free(pickle->layout.names);
    free(pickle->layout.numeric);
    free(pickle->layout.empty);
    free(pickle->layout.holds);
    free(pickle->columns);
    free(pickle->texts);
    free(pickle->uri);
    free(pickle);
}

const struct pulse_pickle_layout *pulse_pickle_layout(const struct pulse_pickle *pickle)
{
    return &pickle->layout;
}

/* ---- Reading -------------------------------------------------------------------- */

static int fail_row(const struct pulse_pickle *pickle, const char *column, int64_t row,
                    const char *what, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s': row %lld: %s", pickle->uri, column,
                      (long long)row, what);
}

static bool time_of_integer(const struct pulse_pickle *pickle, const struct pulse_pickle_cell *cell,
                            int64_t *ns)
{
    const bool large = cell->kind == PULSE_PICKLE_CELL_UINT && cell->integer < 0;
    return !large && pulse_epoch_to_ns(cell->integer, pickle->reading.time_unit, ns);
}

static int fail_real(const struct pulse_pickle *pickle, int64_t row, double count,
                     struct pulse_err *err)
{
    const bool declared = pickle->reading.time_unit != PULSE_TIME_UNIT_NONE;
    return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s': row %lld: time %.17g %s", pickle->uri,
                      pickle->time->name, (long long)row, count,
                      declared ? "is " PULSE_TIME_OUTSIDE "; is --time-unit right?"
                               : "is a number of an undeclared unit; say --time-unit s, ms, us or "
                                 "ns");
}

static int fail_integer(const struct pulse_pickle *pickle, int64_t row,
                        const struct pulse_pickle_cell *cell, struct pulse_err *err)
{
    if (pickle->reading.time_unit == PULSE_TIME_UNIT_NONE)
        return fail_row(pickle, pickle->time->name, row,
                        "an integer time of an undeclared unit; say --time-unit s, ms, us or ns",
                        err);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: column '%s': row %lld: %lld is " PULSE_TIME_OUTSIDE
                      "; is --time-unit right?",
                      pickle->uri, pickle->time->name, (long long)row, (long long)cell->integer);
}

struct time_reader {
    const struct pulse_pickle *pickle;
    struct pulse_stamps stamps;
    struct pulse_pickle_zones zones;
};

/* *fault: what is wrong with the row; left alone where nothing is. -1 for other errors. */
static int read_instant(struct time_reader *t, const struct pulse_pickle_cell *cell, int64_t *ns,
                        const char **fault, struct pulse_err *err)
{
    struct pulse_shown_offset offset;
    if (pulse_pickle_zone_instant(&t->zones, cell, !t->stamps.instants, ns, &offset, err) != 0)
        return -1;
    if (!pulse_stamps_take(&t->stamps, &offset, ns))
        *fault = offset.shown ? "a time with a zone, and those before it have none"
                              : "a time without a zone, and those before it have one";
    return 0;
}

static int read_time(struct time_reader *t, int64_t row, int64_t *ns, struct pulse_err *err)
{
    const struct pulse_pickle *pickle = t->pickle;
    const char *fault = NULL;
    struct pulse_pickle_cell cell;
    int rc = 0;
    pulse_pickle_column_cell(&pickle->time->column, row, &cell);
    switch (cell.kind) {
    case PULSE_PICKLE_CELL_TIME:
        rc = read_instant(t, &cell, ns, &fault, err);
        break;
    case PULSE_PICKLE_CELL_INT:
    case PULSE_PICKLE_CELL_UINT:
        if (!time_of_integer(pickle, &cell, ns))
            rc = fail_integer(pickle, row, &cell, err);
        break;
    case PULSE_PICKLE_CELL_REAL:
        if (!pulse_epoch_of_real(cell.real, pickle->reading.time_unit, ns))
            rc = fail_real(pickle, row, cell.real, err);
        break;
    case PULSE_PICKLE_CELL_TEXT:
        fault = parse_time(&cell, pickle->time->column.dtype.swapped, &t->stamps, ns);
        break;
    case PULSE_PICKLE_CELL_MISSING:
        fault = "no time";
        break;
    case PULSE_PICKLE_CELL_FAR:
        fault = PULSE_TIME_OUTSIDE "; leave such rows out";
        break;
    default:
        fault = "neither a datetime nor ISO 8601 text";
    }
    return fault == NULL ? rc : fail_row(pickle, pickle->time->name, row, fault, err);
}

static int read_times(const struct pulse_pickle *pickle, int64_t first, struct pulse_block *out,
                      struct pulse_err *err)
{
    struct time_reader t = {.pickle = pickle,
                            .stamps = pulse_stamps_begin(&pickle->reading),
                            .zones = {.file = pickle->uri}};
    for (int64_t r = 0; r < out->rows; r++)
        if (read_time(&t, first + r, &out->time_ns[r], err) != 0)
            return -1;
    pulse_stamps_end(&t.stamps, out);
    out->clock = t.zones.zone;
    return 0;
}

static double number_of(const struct pulse_pickle_cell *cell)
{
    switch (cell->kind) {
    case PULSE_PICKLE_CELL_INT:
        return (double)cell->integer;
    case PULSE_PICKLE_CELL_UINT:
        return (double)(uint64_t)cell->integer;
    case PULSE_PICKLE_CELL_REAL:
        return isfinite(cell->real) ? cell->real : (double)NAN;
    default:
        return (double)NAN;
    }
}

/* A cell of a column of text or of different kinds: a number, or an error that names it. */
static int read_mixed(const struct pulse_pickle *pickle, int64_t column, int64_t row,
                      const struct pulse_pickle_cell *cell, double *value, struct pulse_err *err)
{
    const struct pulse_pickle_named *named = pickle->columns[column];
    char what[512], narrow[PULSE_PICKLE_SHORT_TEXT];
    if (is_number(cell->kind))
        return 0;
    if (cell->kind != PULSE_PICKLE_CELL_TEXT)
        return fail_row(pickle, named->name, row,
                        "what it holds is no number, as other cells of the column are", err);
    const struct pulse_text text = trimmed_text(cell, named->column.dtype.swapped, narrow);
    const enum pulse_text_fault fault =
        pulse_text_column_take(&pickle->texts[column], text, &pickle->numbers, value);
    if (fault == PULSE_TEXT_OK)
        return 0;
    pulse_text_describe_fault(what, sizeof what, fault, text, named->name, &pickle->texts[column],
                              &pickle->numbers, "row");
    return pulse_fail(err, PULSE_E_INPUT, "%s, row %lld: %s", pickle->uri, (long long)row, what);
}

int pulse_pickle_read(const struct pulse_pickle *pickle, int64_t first, int64_t rows,
                      const int64_t *columns, int64_t n, struct pulse_block *out,
                      int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_pickle_cell cell;
    int64_t values;
    int rc = -1;
    *out = (struct pulse_block){.rows = rows, .columns = n};
    if (__builtin_mul_overflow(rows, n, &values))
        values = -1;
    out->time_ns = pulse_calloc(rows, sizeof *out->time_ns, "times of a pickle", err);
    out->values = pulse_alloc_aligned(values, sizeof *out->values, "values of a pickle", err);
    if (out->time_ns != NULL && out->values != NULL)
        rc = read_times(pickle, first, out, err);
    for (int64_t c = 0; rc == 0 && c < n; c++)
        for (int64_t r = 0; r < rows; r++) {
            const struct pulse_pickle_named *named = pickle->columns[columns[c]];
            pulse_pickle_column_cell(&named->column, first + r, &cell);
            out->values[c * rows + r] = number_of(&cell);
            if (!is_number(named->kind) && read_mixed(pickle, columns[c], first + r, &cell,
                                                      &out->values[c * rows + r], err) != 0) {
                rc = -1;
                break;
            }
        }
    if (rc == 0 && pickle->layout.rows > 0)
        *bytes_read +=
            (int64_t)((double)pickle->file.bytes * ((double)rows / (double)pickle->layout.rows));
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}
