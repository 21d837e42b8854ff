#include "data/csv/no_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/common/text_column.h"
#include "data/csv/advice.h"
#include "data/csv/cell.h"
#include "data/csv/preamble.h"
#include "data/csv/sample.h"

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

int pulse_csv_fail_side_by_side(const char *uri, char *const *names, char separator, int64_t first,
                                int64_t second, struct pulse_err *err)
{
    char what[160], otherwise[96] = "";
    if (strcmp(names[first], names[second]) == 0)
        (void)snprintf(what, sizeof what, "two columns are called '%.40s'", names[first]);
    else {
        (void)snprintf(what, sizeof what, "'%.40s' and '%.40s' hold dates, each before numbers",
                       names[first], names[second]);
        (void)snprintf(otherwise, sizeof otherwise,
                       "; or say --time '%.40s' if all are of that date", names[first]);
    }
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s: %s, as of tables side by side; write each to a file of its own, and give "
        "their directory: cut -d'%s' -f%lld-%lld FILE > DIRECTORY/NAME.csv%s",
        uri, what, separator == '\t' ? "\t" : (char[]){separator, '\0'}, (long long)first + 1,
        (long long)second, otherwise);
}

int pulse_csv_refuse_side_by_side(const struct pulse_csv_header *header, const char *uri,
                                  struct pulse_err *err)
{
    int64_t first = -1, second = -1;
    for (int64_t c = 0; c < header->n && second < 0; c++) {
        if (!pulse_is_time_name_of_any(header->names[c]))
            continue;
        if (first < 0)
            first = c;
        else if (strcmp(header->names[first], header->names[c]) == 0)
            second = c;
    }
    return second < 0 ? 0
                      : pulse_csv_fail_side_by_side(uri, header->names, header->separator, first,
                                                    second, err);
}

int pulse_csv_refuse_short_header(const struct pulse_csv_head *head,
                                  const struct pulse_csv_header *header, struct pulse_err *err)
{
    enum { LINES = 50 };
    int64_t from = header->data_offset, to;
    for (int64_t line = header->lines + 1;
         line <= LINES && from < head->length && (to = pulse_csv_head_line_end(head, from)) > 0;
         line++, from = to) {
        struct pulse_csv_cells cells = {.at = head->bytes + from,
                                        .end = head->bytes + to - (head->bytes[to - 1] == '\n'),
                                        .separator = header->separator};
        struct pulse_text text;
        bool behind = false; /* its time is the second cell, as behind the name of a row */
        int64_t n = 0;
        while (pulse_csv_cells_next(&cells, &text))
            behind = (n++ == 1 && pulse_csv_is_time(text)) || behind;
        if (n == header->n + 1 && behind && header->lines == 1 && line == 2)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s, line 2: %lld cells where the header has %lld; if the first "
                "column has no name: (printf '%s'; cat FILE) | pulse-data info -",
                pulse_byte_reader_uri(head->input), (long long)n, (long long)header->n,
                header->separator == '\t' ? "\\t" : (char[]){header->separator, '\0'});
        if (n > header->n)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s, line %lld: %lld cells where the header has %lld; say --skip-rows "
                "%lld if it is the header",
                pulse_byte_reader_uri(head->input), (long long)line, (long long)n,
                (long long)header->n, (long long)line - 1);
    }
    return 0;
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

static void advise_line(char *advice, size_t size, int64_t line)
{
    (void)snprintf(advice, size, "say --skip-rows %lld if line %lld is the header",
                   (long long)line - 1, (long long)line);
}

/* Lines of comments at the beginning, as # source. */
static int64_t count_comments(const struct pulse_csv_head *head)
{
    const char *p = head->bytes, *const end = head->bytes + head->length;
    int64_t lines = 0;
    while (p < end && *p == '#') {
        const char *feed = memchr(p, '\n', (size_t)(end - p));
        lines += feed != NULL;
        p = feed == NULL ? end : feed + 1;
    }
    return lines;
}

/* What reads a table that stands further down than the header that was read; false where none is
 * seen. */
static bool advise_lines_above(const struct pulse_csv_head *head, int64_t header_lines,
                               const struct pulse_read_options *options, char *advice, size_t size)
{
    struct pulse_csv_table_lines table = {0};
    if (!pulse_csv_guess_table(head, options->delimiter, &table) || table.row <= header_lines + 1)
        table = (struct pulse_csv_table_lines){
            .header = options->skip_rows == 0 ? 1 + count_comments(head) : 0};
    if (table.header + 1 < table.row && table.header == 1)
        (void)snprintf(advice, size,
                       "if line 1 has the names, say sed 2,%lldd FILE | pulse-data info -",
                       (long long)table.row - 1);
    else if (table.header + 1 < table.row)
        (void)snprintf(advice, size,
                       "if line %lld has the names, say sed '1,%lldd;%lld,%lldd' FILE | pulse-data "
                       "info -",
                       (long long)table.header, (long long)table.header - 1,
                       (long long)table.header + 1, (long long)table.row - 1);
    else if (table.header > header_lines)
        advise_line(advice, size, table.header);
    return table.header + 1 < table.row || table.header > header_lines;
}

static bool holds_any(struct pulse_text text, const char *signs)
{
    bool found = false;
    for (size_t i = 0; i < text.length && !found; i++)
        found = strchr(signs, text.at[i]) != NULL;
    return found;
}

/* Whether a line begins with a time, and blanks stand between what it holds, where nothing else
 * does. */
static bool has_blanks_between(const struct pulse_csv_head *head)
{
    enum { LINES = 50 };
    const char *p = head->bytes, *const end = head->bytes + head->length;
    bool found = false;
    for (int line = 0; line < LINES && p < end && !found; line++) {
        const char *feed = memchr(p, '\n', (size_t)(end - p));
        const char *stop = feed == NULL ? end : feed;
        const struct pulse_text text = pulse_csv_cell_text(p, stop);
        const char *blank = memchr(text.at, ' ', text.length);
        const size_t n = blank == NULL ? 0 : (size_t)(blank - text.at);
        found = n > 0 && pulse_csv_is_time(pulse_csv_cell_text(text.at, blank)) &&
                !holds_any(text, ",;\t|");
        p = stop + 1;
    }
    return found;
}

enum { KINDS = 6 }; /* of times: spans, and forms that are no ISO 8601 */

/* The times in a column. */
struct forms {
    int64_t count[KINDS], others;
    struct pulse_text one[KINDS];
};

/* -1 where it is no time. */
static int kind_of(struct pulse_text text)
{
    int64_t ns;
    return pulse_parse_time(text.at, text.length, &ns)
               ? __builtin_ctz((unsigned)pulse_stamp_span(text.at, text.length))
           : pulse_date_form_hint(text) != NULL ? KINDS - 1
                                                : -1;
}

static void look_for_forms(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct forms *forms = (struct forms *)user + c;
    (void)line;
    const int kind = text.length == 0 ? -1 : kind_of(text);
    forms->others += kind < 0 && text.length > 0;
    if (kind >= 0 && forms->count[kind]++ == 0)
        forms->one[kind] = text;
}

/* The kinds of most and of second most times; whether there are two, among few words. */
static bool rank_kinds(const struct forms *forms, int *most, int *second)
{
    enum { LINES_ABOVE = 20 }; /* about the table */
    int64_t times = 0;
    *most = 0;
    for (int k = 0; k < KINDS; k++) {
        times += forms->count[k];
        *most = forms->count[k] > forms->count[*most] ? k : *most;
    }
    *second = *most == 0;
    for (int k = 0; k < KINDS; k++)
        *second = k != *most && forms->count[k] > forms->count[*second] ? k : *second;
    return forms->count[*second] > 0 && forms->others <= LINES_ABOVE && times > 3 * forms->others;
}

int pulse_csv_refuse_several_forms(const struct pulse_csv_head *head,
                                   const struct pulse_csv_layout *layout, struct pulse_err *err)
{
    char what[512];
    int most, second, rc = 0;
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    struct forms *forms = pulse_calloc(layout->n, sizeof *forms, "forms of times", err);
    if (forms == NULL)
        return -1;
    pulse_csv_sample_look(head, layout, &next, look_for_forms, forms);
    for (int64_t c = 0; c < layout->n && layout->n > 1 && rc == 0; c++) {
        if (layout->names[c][0] == '\0' || !rank_kinds(&forms[c], &most, &second))
            continue;
        const struct pulse_text one = forms[c].one[most], other = forms[c].one[second];
        (void)snprintf(what, sizeof what,
                       "column '%.64s' has times of several forms, '%.*s' and '%.*s' among them: "
                       "rows of one make a series",
                       layout->names[c], pulse_text_shown(one), one.at, pulse_text_shown(other),
                       other.at);
        pulse_csv_add_rows_like(head->input, layout, c, one, what, sizeof what);
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: %s", pulse_byte_reader_uri(head->input), what);
    }
    free(forms);
    return rc;
}

int pulse_csv_fail_time(const struct pulse_csv_head *head, const struct pulse_csv_header *header,
                        char *const *dated, int64_t n_dated,
                        const struct pulse_read_options *options, struct pulse_err *err)
{
    char *const *names = header->names;
    const int64_t n = header->n, header_lines = header->lines;
    char list[PULSE_COLUMNS_TEXT], advice[PULSE_COLUMNS_TEXT + 64];
    const char *uri = pulse_byte_reader_uri(head->input);
    const struct name_kinds kinds = count_kinds(names, n);
    int64_t line = 0;
    if (options->time == NULL && kinds.numbers == n)
        return fail_row_as_header(uri, names, n, header_lines, err);
    if (options->time == NULL && pulse_dates_across(uri, names, n, err))
        return -1;
    for (const char *sign = ",;\t|"; line <= header_lines && *sign != '\0'; sign++)
        line = find_header_line(head, *sign);
    (void)snprintf(advice, sizeof advice, "call it 'date' or 'timestamp', or say --time NAME");
    if (line > header_lines)
        advise_line(advice, sizeof advice, line);
    else if (advise_lines_above(head, header_lines, options, advice, sizeof advice))
        ;
    else if (n_dated > 1)
        (void)snprintf(advice, sizeof advice, "these hold dates: %s; say --time NAME",
                       pulse_columns_list(dated, n_dated, list));
    else if (n == 1 && has_blanks_between(head))
        (void)snprintf(advice, sizeof advice,
                       "if blanks stand between its cells: awk -v OFS=, '{$1=$1}1' FILE | "
                       "pulse-data info -");
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
