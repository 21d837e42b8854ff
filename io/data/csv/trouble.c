#include "data/csv/trouble.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/number.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/common/text_decimal.h"
#include "data/csv/advice.h"
#include "data/csv/cell.h"

/* Whether a time cell is a bare number, as epochs are. */
static bool is_bare_number(struct pulse_text text)
{
    double number;
    return pulse_parse_number(text.at, text.length, &number) && isfinite(number);
}

/* What a year of two digits becomes, where that lies ahead: 66 is 2066. */
static void add_century(char *what, size_t size, struct pulse_text text, const char *form)
{
    char day[PULSE_DATE_TEXT];
    int64_t ns;
    const size_t used = strlen(what);
    if (pulse_date_form_is_ahead(form, text, &ns))
        (void)snprintf(what + used, size - used,
                       ", which makes %s of it: 69 to 99 alone are of the last century",
                       pulse_format_day(pulse_day_of_ns(ns), day));
}

/* Whether rows before it have times of another form, as quarters before months: no option reads
 * both. */
static bool is_unlike_first(const struct pulse_csv_layout *layout, const char *form)
{
    struct pulse_shown_offset offset;
    int64_t ns;
    return layout->span != 0 &&
           !pulse_parse_formatted(layout->first_time, strlen(layout->first_time), form, &ns,
                                  &offset);
}

/* Adds the option that reads a time of a form that is not guessed. */
static void add_form(const struct pulse_csv *csv, char *what, size_t size, struct pulse_text text)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    struct pulse_shown_offset offset;
    int64_t ns;
    const char *form =
        layout->span == 0 && layout->advised != NULL ? layout->advised : pulse_date_form_hint(text);
    if (form == NULL || !pulse_parse_formatted(text.at, text.length, form, &ns, &offset))
        return; /* none is known, or it is what the other rows have */
    const size_t used = strlen(what);
    if (is_unlike_first(layout, form)) {
        (void)snprintf(what + used, size - used, ", unlike rows before it, as '%s'",
                       layout->first_time);
        pulse_csv_add_rows_like(csv->input, layout, layout->time, text, what, size);
        return;
    }
    const bool short_minor = strcmp(form, "%Y:%m") == 0 && text.length == 6;
    (void)snprintf(what + used, size - used, "; say --date-format '%s' if it is of that form%s",
                   form, short_minor ? ", a month; without it 1960:1 to 1960:4 are quarters" : "");
    add_century(what, size, text, form);
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

static void describe_time(const struct pulse_csv *csv, char *what, size_t size,
                          struct pulse_text text)
{
    const enum pulse_time_unit unit = csv->time_unit;
    const char *column = csv->layout.names[csv->layout.time];
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
        add_form(csv, what, size, text);
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

/* Letters that stand apart behind a number, all small or all capitals, as statistical offices mark
 * it ("102.6 p"): how to take such off. */
static void advise_mark(const struct pulse_csv *csv, struct pulse_text text, char *what,
                        size_t size)
{
    enum { MARK_MOST = 3 };
    double value;
    struct pulse_text_unit unit;
    size_t n = text.length;
    const bool capitals = n > 0 && text.at[n - 1] >= 'A' && text.at[n - 1] <= 'Z';
    const char least = capitals ? 'A' : 'a', most = capitals ? 'Z' : 'z';
    while (n > 0 && text.at[n - 1] >= least && text.at[n - 1] <= most)
        n--;
    const size_t letters = text.length - n, before = n;
    while (n > 0 && text.at[n - 1] == ' ')
        n--;
    if (letters > 0 && letters <= MARK_MOST && n > 0 && n < before &&
        !pulse_text_is_balance((struct pulse_text){text.at + before, letters}) &&
        !pulse_text_missing((struct pulse_text){text.at, n}, &csv->layout.numbers) &&
        pulse_text_number((struct pulse_text){text.at, n}, &csv->layout.numbers, &value, &unit))
        pulse_csv_add_command(csv->input, "if that is a mark or a unit behind a number",
                              capitals ? "sed -E 's/([0-9]) +[A-Z]{1,3}\\b/\\1/g'"
                                       : "sed -E 's/([0-9]) +[a-z]{1,3}\\b/\\1/g'",
                              what, size);
}

/* A minus behind the number, as SAP writes it. */
static void advise_minus(const struct pulse_csv *csv, struct pulse_text text, char *what,
                         size_t size)
{
    char command[96];
    struct pulse_text behind;
    const char separator = csv->layout.separator;
    if (text.length < 2 || !pulse_text_behind_number(text, &csv->layout.numbers, &behind) ||
        behind.at[0] != '-')
        return;
    (void)snprintf(command, sizeof command, "sed -E 's/([0-9][0-9.%s]*)-(\"?(%s|\\r?$))/-\\1\\2/g'",
                   separator == ',' ? "" : ",",
                   separator == '\t'  ? "\\t"
                   : separator == '|' ? "\\|"
                                      : (char[]){separator, '\0'});
    pulse_csv_add_command(csv->input, "of all such numbers", command, what, size);
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
                       layout->offset ? "no" : "an", layout->first_time);
        return;
    }
    if (trouble->fault == PULSE_CSV_OTHER_SPAN) {
        (void)snprintf(what, size, "'%.*s' in column '%.64s' is " PULSE_OTHER_SPAN_TEXT " ('%s')",
                       pulse_text_shown(text), text.at, layout->names[layout->time],
                       pulse_span_name(pulse_stamp_span(text.at, text.length)),
                       pulse_span_plural((enum pulse_stamp_span)layout->span), layout->first_time);
        pulse_csv_add_rows_like(csv->input, layout, layout->time, text, what, size);
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
        describe_time(csv, what, size, text);
        return;
    }
    const int64_t column = column_of_take(wanted, trouble->slot);
    if (trouble->fault == PULSE_CSV_POINT_UNCLEAR) {
        (void)snprintf(what, size, PULSE_TEXT_POINT_UNCLEAR, pulse_text_shown(text), text.at,
                       layout->names[column]);
        return;
    }
    pulse_text_describe_fault(what, size, text_fault_of(trouble->fault), text,
                              layout->names[column], &layout->columns[column], &layout->numbers,
                              "line");
    if (trouble->fault == PULSE_CSV_NO_NUMBER) {
        add_others(layout, column, what, size);
        advise_mark(csv, text, what, size);
        advise_minus(csv, text, what, size);
    }
}

/* ---- Lines that are no rows ------------------------------------------------------ */

enum { LINES_MOST = 20 }; /* of units below a header, or of a footer */

/* What a line is, where it may be no row. */
struct line {
    bool row;   /* it has as many cells as the header, and a time where times are */
    bool holds; /* a time or a number */
};

static struct line look_at_line(const struct pulse_csv_layout *layout, const char *p,
                                const char *end)
{
    struct pulse_csv_cells cells = {
        .at = p, .end = pulse_csv_line_end(p, end), .separator = layout->separator};
    struct pulse_text_unit unit;
    struct pulse_text text;
    struct line line = {.row = false};
    bool timed = false;
    int64_t ns, n = 0;
    double value;
    for (; pulse_csv_cells_next(&cells, &text); n++) {
        const bool time = pulse_csv_is_time(text);
        timed =
            timed || (n == layout->time && (time || pulse_parse_time(text.at, text.length, &ns)));
        line.holds = line.holds || time ||
                     (text.length > 0 && pulse_text_number(text, &layout->numbers, &value, &unit));
    }
    line.row = timed && n == layout->n;
    return line;
}

/* Lines from `p` on, of those at hand, before the first that is a row; 0 where none is. */
static int64_t count_others(const struct pulse_csv_layout *layout, const char *p, const char *end)
{
    bool row = false;
    int64_t lines = 0;
    for (; p < end && lines <= LINES_MOST && !row; lines += !row) {
        row = look_at_line(layout, p, end).row;
        p = pulse_csv_line_end(p, end) + 1;
    }
    return row ? lines : 0;
}

/* How to leave out lines that are no rows: units below the header, a footer or a second table. */
static void advise_cut(struct pulse_csv *csv, const char *row, const char *end, char *what,
                       size_t size)
{
    char command[64];
    const struct pulse_csv_layout *layout = &csv->layout;
    const long long line = pulse_csv_part_line(csv, csv->from + (row - csv->bytes));
    const bool near_end =
        pulse_csv_count_lines(row, end) <= LINES_MOST &&
        (pulse_byte_reader_goes_forwards(csv->input) || pulse_csv_part_holds_last(csv));
    const bool first = line <= layout->header_lines + 1;
    const bool words = !look_at_line(layout, row, end).holds;
    const int64_t others = words ? count_others(layout, row, end) : 0;
    (void)snprintf(command, sizeof command, others == 1 ? "sed %lldd" : "sed %lld,%lldd", line,
                   line + (long long)others - 1);
    if (others == 1 || (first && others > 0)) {
        pulse_csv_add_command(csv->input, "if that is no row", command, what, size);
    } else if (!first && (near_end || words)) {
        (void)snprintf(command, sizeof command, "head -n %lld", line - 1);
        pulse_csv_add_command(csv->input, "if the table ends before it", command, what, size);
    }
}

/* Whether the row's last cell is empty. */
static bool ends_empty(const char *row, const char *end, char separator)
{
    struct pulse_csv_cells cells = {
        .at = row, .end = pulse_csv_line_end(row, end), .separator = separator};
    struct pulse_text text = {"", 0};
    while (pulse_csv_cells_next(&cells, &text))
        ;
    return text.length == 0;
}

/* How to put a name above the first column, which R leaves out of a table whose rows have names. */
static void add_name(char *what, size_t size, const char *name, char separator)
{
    const size_t used = strlen(what);
    (void)snprintf(what + used, size - used,
                   "; if the first column has no name: (printf '%s%s'; cat FILE) | "
                   "pulse-data info -",
                   name, separator == '\t' ? "\\t" : (char[]){separator, '\0'});
}

/* Whether a row has a cell too many and its time in the second, as if the first were its name. */
static bool is_behind_name(const struct pulse_csv *csv, const char *row, const char *end)
{
    struct pulse_csv_cells cells = {
        .at = row, .end = pulse_csv_line_end(row, end), .separator = csv->layout.separator};
    struct pulse_text text;
    return cells_in_row(csv, row, end) == csv->layout.n + 1 &&
           pulse_csv_cells_next(&cells, &text) && pulse_csv_cells_next(&cells, &text) &&
           pulse_csv_is_time(text);
}

/* A separator behind the last cell of each row but the header's; or no name above the names of
 * rows, which are times, or stand before them. */
static void advise_name(struct pulse_csv *csv, const char *row, const char *end, int64_t cells,
                        char *what, size_t size)
{
    const char separator = csv->layout.separator;
    const char *cell_end = pulse_csv_cell_end(row, end, separator);
    const bool one_more = cells == csv->layout.n + 1;
    if (one_more && pulse_is_time_name_of_any(csv->layout.names[0])) {
        if (ends_empty(row, end, separator))
            pulse_csv_add_command(csv->input, "if rows end with a separator too many",
                                  separator == ';'    ? "sed -E 's/;(\\r?)$/\\1/'"
                                  : separator == ','  ? "sed -E 's/,(\\r?)$/\\1/'"
                                  : separator == '\t' ? "sed -E 's/\\t(\\r?)$/\\1/'"
                                                      : "sed -E 's/[|](\\r?)$/\\1/'",
                                  what, size);
        else if (csv->layout.header_lines == 1 && is_behind_name(csv, row, end))
            add_name(what, size, "", separator);
    } else if (one_more && csv->layout.header_lines == 1 && cell_end != NULL &&
               pulse_csv_is_time(pulse_csv_cell_text(row, cell_end)))
        add_name(what, size, "date", separator);
}

int pulse_csv_report_trouble(struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                             const struct pulse_csv_wanted *wanted, const char *end,
                             struct pulse_err *err)
{
    char what[768];
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_LONG_ROW ||
        (trouble->fault == PULSE_CSV_NO_TIME && is_behind_name(csv, trouble->row, end))) {
        const int64_t cells = cells_in_row(csv, trouble->row, end);
        (void)snprintf(what, sizeof what, "%lld cells where the header has %lld", (long long)cells,
                       (long long)csv->layout.n);
        advise_name(csv, trouble->row, end, cells, what, sizeof what);
    } else if (trouble->fault == PULSE_CSV_OPEN_QUOTE)
        (void)snprintf(what, sizeof what, "a quote is never closed");
    else if (trouble->fault == PULSE_CSV_STRAY_QUOTE) {
        const struct pulse_text text =
            pulse_csv_cell_unquoted(trouble->cell, end, csv->layout.separator);
        (void)snprintf(what, sizeof what, PULSE_CSV_STRAY_QUOTE_TEXT, pulse_text_shown(text),
                       text.at);
    } else
        describe_cell(csv, trouble, wanted, what, sizeof what);
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_NO_TIME)
        advise_cut(csv, trouble->row, end, what, sizeof what);
    return pulse_csv_part_fail(csv, trouble->row, err, what);
}
