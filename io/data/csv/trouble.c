#include "data/csv/trouble.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/number.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/csv/cell.h"

/* Whether a time cell is a bare number, as epochs are. */
static bool is_bare_number(struct pulse_text text)
{
    double number;
    return pulse_parse_number(text.at, text.length, &number) && isfinite(number);
}

/* Adds the option that reads a time of a form that is not guessed. */
static void add_form(char *what, size_t size, struct pulse_text text)
{
    const char *form = pulse_date_form_hint(text);
    const size_t used = strlen(what);
    if (form != NULL)
        (void)snprintf(what + used, size - used, "; say --date-format '%s' if it is of that form",
                       form);
}

/* Adds what a number is where it counts the days of a spreadsheet, of these years. */
static void add_day(char *what, size_t size, struct pulse_text text)
{
    enum { EPOCH = -25569, FIRST = 20000, LAST = 80000 };
    char day[PULSE_DATE_TEXT];
    double number = 0;
    const size_t used = strlen(what);
    if (pulse_parse_number(text.at, text.length, &number) && number > FIRST && number < LAST)
        (void)snprintf(what + used, size - used,
                       "; as a day of a spreadsheet it is %s: let that write dates",
                       pulse_format_day((int64_t)number + EPOCH, day));
}

static void describe_time(char *what, size_t size, struct pulse_text text, const char *column,
                          enum pulse_time_unit unit)
{
    if (text.length == 0)
        (void)snprintf(what, size, "no time in column '%.64s'", column);
    else if (is_bare_number(text) && unit != PULSE_TIME_UNIT_NONE)
        (void)snprintf(
            what, size,
            "time '%.*s' in column '%.64s' is no whole number for a time from " PULSE_TIME_RANGE
            "; is --time-unit right?",
            (int)(text.length < 40 ? text.length : 40), text.at, column);
    else if (is_bare_number(text))
        (void)snprintf(what, size,
                       "time '%.*s' in column '%.64s' is a number of an undeclared unit; say "
                       "--time-unit s, ms, us or ns, or write ISO 8601 (2016-12-30)",
                       (int)(text.length < 40 ? text.length : 40), text.at, column);
    else
        (void)snprintf(what, size, "'%.*s' in column '%.64s' is %s",
                       (int)(text.length < 40 ? text.length : 40), text.at, column,
                       pulse_time_fault(text.at, text.length));
    if (unit == PULSE_TIME_UNIT_NONE) {
        add_form(what, size, text);
        add_day(what, size, text);
    }
}

/* Names the other columns whose cells are no numbers either. */
static void add_others(const struct pulse_csv_layout *layout, int64_t column, char *what,
                       size_t size)
{
    size_t used = strlen(what);
    for (int64_t c = 0, n = 0; c < layout->n && used + 80 < size; c++)
        if (c != column && layout->numeric[c] && layout->columns[c].nearly &&
            layout->columns[c].text[0] != '\0')
            used += (size_t)snprintf(what + used, size - used, "%s '%.40s'",
                                     n++ == 0 ? "; the same in column" : ",", layout->names[c]);
}

static int64_t cells_in_row(const struct pulse_csv *csv, const char *p, const char *end)
{
    int64_t cells = 1;
    while ((p = pulse_csv_cell_end(p, end, csv->layout.separator)) != NULL && p < end &&
           *p != '\n') {
        cells++;
        p++;
    }
    return cells;
}

/* Column of a take that is no time: of a slot, or of a special one. */
static int64_t column_of_take(const struct pulse_csv_wanted *wanted, int64_t slot)
{
    return slot >= 0 ? wanted->columns[slot] : wanted->special_columns[PULSE_CSV_SPECIAL - slot];
}

static enum pulse_text_fault text_fault_of(enum pulse_csv_fault fault)
{
    return fault == PULSE_CSV_OTHER_UNIT       ? PULSE_TEXT_OTHER_UNIT
           : fault == PULSE_CSV_NUMBER_IN_TEXT ? PULSE_TEXT_NUMBER_AMONG_TEXT
                                               : PULSE_TEXT_NO_NUMBER;
}

static void describe_cell(const struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                          const struct pulse_csv_wanted *wanted, char *what, size_t size)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    const struct pulse_text text = pulse_csv_cell_text(trouble->cell, trouble->cell_end);
    if (trouble->fault == PULSE_CSV_OTHER_OFFSET) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' has %s offset from UTC, unlike the first ('%s'); "
                       "write all alike",
                       pulse_text_shown(text), text.at, layout->names[layout->time],
                       layout->offset ? "no" : "an", layout->columns[layout->time].text);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME && layout->ambiguous) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' may have the day first, or the month; say "
                       "--date-format %s or --date-format %s",
                       pulse_text_shown(text), text.at, layout->names[layout->time],
                       layout->forms[0], layout->forms[1]);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME && layout->date_format != NULL) {
        (void)snprintf(
            what, size, "'%.*s' in column '%.64s' is no time of the form %.64s; see --date-format",
            pulse_text_shown(text), text.at, layout->names[layout->time], layout->date_format);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME) {
        describe_time(what, size, text, layout->names[layout->time], csv->time_unit);
        return;
    }
    const int64_t column = column_of_take(wanted, trouble->slot);
    pulse_text_describe_fault(what, size, text_fault_of(trouble->fault), text,
                              layout->names[column], &layout->columns[column], &layout->numbers,
                              "line");
    if (trouble->fault == PULSE_CSV_NO_NUMBER)
        add_others(layout, column, what, size);
}

/* How to cut a footer off, where a row that is none is among the file's last lines. */
static void advise_cut(struct pulse_csv *csv, const char *row, const char *end, char *what,
                       size_t size)
{
    enum { LINES = 20 };
    const size_t used = strlen(what);
    int64_t lines = 0;
    for (const char *p = row; p < end; p++)
        lines += *p == '\n';
    const int64_t line = pulse_csv_part_line(csv, csv->from + (row - csv->bytes));
    const enum pulse_compression packing = pulse_byte_reader_packing(csv->input);
    if (lines > LINES || line <= csv->layout.header_lines + 1)
        return;
    if (packing != PULSE_COMPRESSION_NONE) /* whose end may not have been seen */
        (void)snprintf(what + used, size - used,
                       "; if the table ends before it: %s FILE | head -n %lld | pulse-data info -",
                       pulse_compression_unpacker(packing), (long long)line - 1);
    else if (pulse_csv_part_holds_last(csv))
        (void)snprintf(what + used, size - used,
                       "; if the table ends before it: head -n %lld FILE | pulse-data info -",
                       (long long)line - 1);
}

int pulse_csv_report_trouble(struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                             const struct pulse_csv_wanted *wanted, const char *end,
                             struct pulse_err *err)
{
    char what[768];
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_LONG_ROW)
        (void)snprintf(what, sizeof what, "%lld cells where the header has %lld",
                       (long long)cells_in_row(csv, trouble->row, end), (long long)csv->layout.n);
    else if (trouble->fault == PULSE_CSV_OPEN_QUOTE)
        (void)snprintf(what, sizeof what, "a quote is never closed");
    else
        describe_cell(csv, trouble, wanted, what, sizeof what);
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_NO_TIME)
        advise_cut(csv, trouble->row, end, what, sizeof what);
    return pulse_csv_part_fail(csv, trouble->row, err, what);
}
