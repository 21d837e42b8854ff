#include "data/csv/no_time.h"

#include <stdio.h>
#include <string.h>

#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/text_column.h"
#include "data/csv/cell.h"
#include "data/csv/preamble.h"

/* What the names of columns would be as cells of a row. */
struct name_kinds {
    int64_t times, numbers, others; /* but for times of day */
};

static struct name_kinds count_kinds(char *const *names, int64_t n)
{
    static const struct pulse_text_numbers plain = {.decimal = '.'};
    struct name_kinds kinds = {0};
    struct pulse_text_unit unit;
    double value;
    for (int64_t c = 0; c < n; c++) {
        const struct pulse_text name = {names[c], strlen(names[c])};
        const bool number = pulse_text_number(name, &plain, &value, &unit);
        const bool time = name.length > 0 && pulse_csv_is_time(name);
        kinds.times += time;
        kinds.numbers += number && !time;
        kinds.others += !time && !number && name.length > 0 && !pulse_is_clock(name);
    }
    return kinds;
}

static int fail_row_as_header(const char *uri, char *const *names, int64_t n, int64_t line,
                              struct pulse_err *err)
{
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s, line %lld: a row ('%.40s', '%.40s' …) where the names of the columns are "
        "expected; put such a line before it: (echo 'date,a,b'; cat FILE) | pulse-data "
        "info -",
        uri, (long long)line, names[0], n > 1 ? names[1] : "");
}

int pulse_csv_refuse_row_as_header(const struct pulse_csv_header *header, const char *uri,
                                   struct pulse_err *err)
{
    const struct name_kinds kinds = count_kinds(header->names, header->n);
    return kinds.times == 1 && kinds.numbers > 0 && kinds.others == 0
               ? fail_row_as_header(uri, header->names, header->n, header->lines, err)
               : 0;
}

/* The line, counted from 1, that has a cell called like a time; 0 for none among the first. */
static int64_t find_header_line(const struct pulse_csv_head *head, char separator)
{
    enum { LINES = 50 };
    const char *p = head->bytes, *const end = head->bytes + head->length;
    for (int64_t line = 1; line <= LINES && p < end; line++, p++) {
        const char *feed = memchr(p, '\n', (size_t)(end - p));
        const char *stop = feed == NULL ? end : feed;
        for (const char *cell = p, *cell_end; cell < stop; cell = cell_end + 1) {
            cell_end = memchr(cell, separator, (size_t)(stop - cell));
            cell_end = cell_end == NULL ? stop : cell_end;
            const struct pulse_text text = pulse_csv_cell_text(cell, cell_end);
            char name[PULSE_TEXT_SHOWN + 1];
            (void)snprintf(name, sizeof name, "%.*s", pulse_text_shown(text), text.at);
            if (pulse_is_time_name_of_any(name) && stop > cell_end)
                return line;
        }
        p = stop;
    }
    return 0;
}

static bool has_year(char *const *names, int64_t n)
{
    bool found = false;
    for (int64_t c = 0; c < n; c++)
        found =
            found || pulse_text_is_word((struct pulse_text){names[c], strlen(names[c])}, "year");
    return found;
}

int pulse_csv_fail_time(const struct pulse_csv_head *head, char *const *names, int64_t n,
                        int64_t header_lines, const struct pulse_read_options *options,
                        struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT], advice[96];
    const char *uri = pulse_byte_reader_uri(head->input);
    const struct name_kinds kinds = count_kinds(names, n);
    int64_t line = 0;
    if (options->time == NULL && kinds.numbers == n)
        return fail_row_as_header(uri, names, n, header_lines, err);
    if (options->time == NULL && pulse_dates_across(uri, names, n, err))
        return -1;
    for (const char *sign = ",;\t|"; line <= header_lines && *sign != '\0'; sign++)
        line = find_header_line(head, *sign);
    if (line <= header_lines)
        line = 1 + pulse_csv_preamble_guess(head, options->delimiter);
    (void)snprintf(advice, sizeof advice, "call it 'date' or 'timestamp', or say --time NAME");
    if (line > header_lines)
        (void)snprintf(advice, sizeof advice, "say --skip-rows %lld if line %lld is the header",
                       (long long)line - 1, (long long)line);
    else if (has_year(names, n))
        (void)snprintf(advice, sizeof advice,
                       "write year, month and day in one column, as 2016-12-30");
    else if (names[0][0] == '\0')
        (void)snprintf(advice, sizeof advice,
                       "say --time '' if it is the first one, which has no name");
    return pulse_fail(err, PULSE_E_INPUT, "%s: no time column %s%s(columns: %s); %s", uri,
                      options->time == NULL ? "" : options->time, options->time == NULL ? "" : " ",
                      pulse_columns_list(names, n, list), advice);
}
