#include "data/csv/preamble.h"

#include <stdio.h>
#include <string.h>

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

static const char *end_of_line(const char *p, const char *end)
{
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    return feed == NULL ? end : feed;
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
    struct pulse_csv_cells cells = {.at = p, .end = end_of_line(p, end), .separator = separator};
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
        const char *stop = end_of_line(p, end);
        look_at_line(p, stop, separator, time, &line);
        none = line.cells != header->cells || line.filled <= 1;
        p = stop + 1;
    }
    return none;
}

static int64_t find_header(const struct pulse_csv_head *head, const char *time, char separator)
{
    const char *p = head->bytes, *const end = p + head->length;
    for (int64_t line = 0; line < LINES_MOST && p < end; line++) {
        struct line header;
        const char *stop = end_of_line(p, end);
        look_at_line(p, stop, separator, time, &header);
        if (header.time >= 0 && header.filled > 1)
            return stop < end && is_row(stop + 1, end, separator, &header) &&
                           are_no_rows(head->bytes, p, separator, time, &header)
                       ? line
                       : 0;
        p = stop + 1;
    }
    return 0;
}

int64_t pulse_csv_preamble_lines(const struct pulse_csv_head *head, const char *time,
                                 char separator)
{
    int64_t lines = separator == '\0' ? 0 : find_header(head, time, separator);
    for (const char *sign = ",;\t|"; separator == '\0' && lines == 0 && *sign != '\0'; sign++)
        lines = find_header(head, time, *sign);
    return lines;
}

/* What a line is for a guess: how many cells, whether a time begins it, and whether times or
 * numbers are in it. */
struct guess {
    int64_t cells;
    bool begins, holds;
};

static struct guess guess_line(const char *p, const char *end, char separator)
{
    static const struct pulse_text_numbers plain = {.decimal = '.'};
    struct pulse_csv_cells cells = {.at = p, .end = end, .separator = separator};
    struct pulse_text_unit unit;
    struct pulse_text text;
    struct guess guess = {0};
    double value;
    for (; pulse_csv_cells_next(&cells, &text); guess.cells++) {
        const bool time = pulse_csv_is_time(text);
        guess.begins = guess.begins || (guess.cells == 0 && time);
        guess.holds = guess.holds || time || pulse_text_number(text, &plain, &value, &unit);
    }
    return guess;
}

static int64_t guess_lines(const struct pulse_csv_head *head, char separator)
{
    const char *p = head->bytes, *const end = head->bytes + head->length;
    struct guess before = {0};
    int64_t found = 0;
    for (int64_t line = 0; line < LINES_MOST && p < end && found == 0; line++) {
        const char *stop = end_of_line(p, end);
        const struct guess here = guess_line(p, stop, separator);
        if (line > 1 && here.begins && !before.holds && here.cells > 1 &&
            here.cells == before.cells)
            found = line - 1;
        before = here;
        p = stop + 1;
    }
    return found;
}

int64_t pulse_csv_preamble_guess(const struct pulse_csv_head *head, char separator)
{
    int64_t lines = separator == '\0' ? 0 : guess_lines(head, separator);
    for (const char *sign = ",;\t|"; separator == '\0' && lines == 0 && *sign != '\0'; sign++)
        lines = guess_lines(head, *sign);
    return lines;
}
