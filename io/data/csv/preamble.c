#include "data/csv/preamble.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "data/common/columns.h"
#include "data/common/text_column.h"
#include "data/csv/cell.h"

enum { LINES_MOST = 50 };

struct line {
    int64_t cells, filled;
    int64_t time; /* the cell that names it, −1 for none */
};

static bool names_time(struct pulse_text text, const char *time)
{
    char name[PULSE_TEXT_SHOWN + 1];
    (void)snprintf(name, sizeof name, "%.*s", pulse_text_shown(text), text.at);
    return time == NULL ? pulse_is_time_name_of_any(name)
                        : text.length == strlen(time) && memcmp(text.at, time, text.length) == 0;
}

static void look_at_line(const char *p, const char *end, char separator, const char *time,
                         struct line *line)
{
    struct pulse_csv_cells cells = {.at = p, .end = end, .separator = separator};
    struct pulse_text text;
    *line = (struct line){.time = -1};
    for (; pulse_csv_cells_next(&cells, &text); line->cells++) {
        line->filled += text.length > 0;
        if (line->time < 0 && names_time(text, time))
            line->time = line->cells;
    }
}

/* Whether a row of the header's form begins at `p`. */
static bool is_row(const char *p, const char *end, char separator, const struct line *header)
{
    struct pulse_csv_cells cells = {
        .at = p, .end = pulse_csv_line_end(p, end), .separator = separator};
    struct pulse_text text;
    bool time = false;
    int64_t n = 0;
    for (; pulse_csv_cells_next(&cells, &text); n++)
        time = time || (n == header->time && pulse_csv_is_time(text));
    return time && n == header->cells;
}

/* Whether the lines [p, end) have nothing of a table with such a header. */
static bool are_no_rows(const char *p, const char *end, char separator, const char *time,
                        const struct line *header)
{
    bool none = true;
    while (none && p < end) {
        struct line line;
        const char *stop = pulse_csv_line_end(p, end);
        look_at_line(p, stop, separator, time, &line);
        none = line.cells != header->cells || line.filled <= 1;
        p = stop + 1;
    }
    return none;
}

static int64_t find_header(const struct pulse_csv_head *head, const char *time, char separator)
{
    const char *p = head->bytes, *const end = p + head->length;
    struct line before = {.cells = 0};
    const char *previous = p;
    for (int64_t line = 0; line < LINES_MOST && p < end; line++) {
        struct line header;
        const char *stop = pulse_csv_line_end(p, end);
        look_at_line(p, stop, separator, time, &header);
        if (header.time >= 0 && header.filled > 1) {
            /* Names of another level, ",SPX,VIX", stand above it. */
            const bool two = header.time == 0 && before.cells == header.cells &&
                             before.filled > 1 && *previous == separator;
            return stop < end && is_row(stop + 1, end, separator, &header) &&
                           are_no_rows(head->bytes, two ? previous : p, separator, time, &header)
                       ? line - two
                       : 0;
        }
        before = header;
        previous = p;
        p = stop + 1;
    }
    return 0;
}

/* Empty lines at the beginning; 0 where there is nothing else. */
static int64_t count_empty(const struct pulse_csv_head *head)
{
    int64_t lines = 0, at = 0;
    for (; at < head->length && strchr(" \t\r\n", head->bytes[at]) != NULL; at++)
        lines += head->bytes[at] == '\n';
    return at < head->length ? lines : 0;
}

int64_t pulse_csv_preamble_lines(const struct pulse_csv_head *head, const char *time,
                                 char separator)
{
    int64_t lines = separator == '\0' ? 0 : find_header(head, time, separator);
    for (const char *sign = ",;\t|"; separator == '\0' && lines == 0 && *sign != '\0'; sign++)
        lines = find_header(head, time, *sign);
    return lines > 0 ? lines : count_empty(head);
}

/* ---- For an advice -------------------------------------------------------------- */

/* A line, and what it could be. */
struct guess {
    const char *at, *end;
    int64_t cells;
    bool begins; /* with a time */
    bool digits; /* with a day or month of digits alone, 20161230 or 201612 */
    bool holds;  /* times or numbers */
    bool names;  /* has something in each cell but perhaps the first, and holds none */
};

static bool is_of_digits(struct pulse_text text)
{
    struct pulse_shown_offset offset;
    int64_t ns;
    return (text.length == 8 &&
            pulse_parse_formatted(text.at, text.length, "%Y%m%d", &ns, &offset)) ||
           (text.length == 6 && pulse_parse_formatted(text.at, text.length, "%Y%m", &ns, &offset));
}

static struct guess guess_line(const char *p, const char *end, char separator)
{
    static const struct pulse_text_numbers plain = {.decimal = '.'};
    struct pulse_csv_cells cells = {.at = p, .end = end, .separator = separator};
    struct guess guess = {.at = p, .end = end, .names = true};
    struct pulse_text_unit unit;
    struct pulse_text text;
    double value;
    for (; pulse_csv_cells_next(&cells, &text); guess.cells++) {
        const bool time = pulse_csv_is_time(text), filled = text.length > 0;
        guess.begins = guess.begins || (guess.cells == 0 && time);
        guess.digits = guess.digits || (guess.cells == 0 && is_of_digits(text));
        guess.holds =
            guess.holds || time || (filled && pulse_text_number(text, &plain, &value, &unit));
        guess.names = guess.names && (filled || guess.cells == 0);
    }
    guess.names = guess.names && !guess.holds;
    return guess;
}

/* Whether two cells of the line are the same. */
static bool has_doubles(const struct guess *line, char separator)
{
    enum { CELLS_MOST = 1000 }; /* each is held against each other */
    struct pulse_csv_cells one = {.at = line->at, .end = line->end, .separator = separator};
    struct pulse_text a, b;
    bool found = line->cells > CELLS_MOST;
    while (!found && pulse_csv_cells_next(&one, &a)) {
        struct pulse_csv_cells other = one;
        while (!found && pulse_csv_cells_next(&other, &b))
            found = a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
    }
    return found;
}

/* The line of names above the row lines[row]: the one before it, or where that names none, the
 * first as long that does. −1 for none. */
static int64_t find_names_above(const struct guess *lines, int64_t row, char separator)
{
    int64_t first = row - 1;
    if (lines[first].names && !has_doubles(&lines[first], separator))
        return first;
    while (first > 0 && lines[first - 1].cells == lines[row].cells)
        first--;
    while (first < row && (!lines[first].names || has_doubles(&lines[first], separator)))
        first++;
    return first < row ? first : lines[row - 1].holds ? -1 : row - 1;
}

static bool find_table(const struct pulse_csv_head *head, char separator,
                       struct pulse_csv_table_lines *out)
{
    struct guess lines[LINES_MOST];
    const char *p = head->bytes, *const end = head->bytes + head->length;
    for (int64_t line = 0; line < LINES_MOST && p < end; line++) {
        const char *stop = pulse_csv_line_end(p, end);
        lines[line] = guess_line(p, stop, separator);
        const struct guess *here = &lines[line];
        p = stop + 1;
        if (line < 1 || here->cells < 2 || here->cells != here[-1].cells ||
            !(here->begins || (here->digits && here[-1].names)))
            continue;
        const int64_t names = find_names_above(lines, line, separator);
        /* Rows whose dates are of no known form are no lines to be left out. */
        const bool rows = names >= 0 && names + 1 < line && lines[names + 1].holds &&
                          lines[names + 1].cells == here->cells;
        *out = (struct pulse_csv_table_lines){1 + names, 1 + line};
        return out->header > 0 && !rows;
    }
    return false;
}

bool pulse_csv_guess_table(const struct pulse_csv_head *head, char separator,
                           struct pulse_csv_table_lines *out)
{
    bool found = separator != '\0' && find_table(head, separator, out);
    for (const char *sign = ",;\t|"; separator == '\0' && !found && *sign != '\0'; sign++)
        found = find_table(head, *sign, out);
    return found;
}
