#include "data/csv/cell.h"

#include <string.h>

#include "base/date.h"
#include "data/common/date_form.h"

const char *pulse_csv_cell_end(const char *p, const char *end, char separator)
{
    for (; p < end && *p != separator && *p != '\n'; p++)
        if (*p == '"') {
            p = memchr(p + 1, '"', (size_t)(end - p - 1));
            if (p == NULL)
                return NULL;
        }
    return p;
}

bool pulse_csv_quote_strays(const char *cell, const char *quote, const char *closing,
                            char separator)
{
    const char *first = cell;
    while (first < quote && (*first == ' ' || *first == '\t'))
        first++;
    first += first < quote && *first == '=';
    /* Within quotes it is one of two, or marked by a backslash. */
    const bool quoted = *first == '"' && (quote == first || strchr("\"\\", quote[-1]) != NULL);
    const size_t n = (size_t)(closing - quote);
    return !quoted && (memchr(quote, separator, n) != NULL || memchr(quote, '\n', n) != NULL);
}

const char *pulse_csv_stray_quote(const char *p, const char *cell_end, char separator)
{
    const char *quote = memchr(p, '"', (size_t)(cell_end - p)), *closing = NULL;
    while (quote != NULL) {
        closing = memchr(quote + 1, '"', (size_t)(cell_end - quote - 1));
        if (closing == NULL || pulse_csv_quote_strays(p, quote, closing, separator))
            break;
        quote = memchr(closing + 1, '"', (size_t)(cell_end - closing - 1));
    }
    return closing == NULL ? NULL : quote;
}

struct pulse_text pulse_csv_cell_unquoted(const char *p, const char *end, char separator)
{
    const char *at = p;
    while (at < end && *at != separator && *at != '\n')
        at++;
    return pulse_text_trim((struct pulse_text){p, (size_t)(at - p)});
}

struct pulse_text pulse_csv_cell_text(const char *first, const char *end)
{
    const struct pulse_text trimmed = pulse_csv_cell_quoted(first, end);
    return trimmed.length > 0 ? pulse_text_trim(trimmed) : trimmed;
}

/* What begins and ends as said, without it; no quotation mark is left inside. */
static bool unwrap(struct pulse_text *t, const char *before, const char *after)
{
    const size_t n = strlen(before), m = strlen(after);
    if (t->length < n + m || memcmp(t->at, before, n) != 0 ||
        memcmp(t->at + t->length - m, after, m) != 0 ||
        memchr(t->at + n, '"', t->length - n - m) != NULL)
        return false;
    *t = (struct pulse_text){t->at + n, t->length - n - m};
    return true;
}

bool pulse_csv_take_formula(struct pulse_text *cell)
{
    return unwrap(cell, "=\"", "\"") || unwrap(cell, "\"=\"\"", "\"\"\"");
}

struct pulse_text pulse_csv_cell_quoted(const char *first, const char *end)
{
    struct pulse_text t = pulse_text_trim((struct pulse_text){first, (size_t)(end - first)});
    if (pulse_csv_take_formula(&t))
        return t;
    if (t.length >= 2 && t.at[0] == '"' && t.at[t.length - 1] == '"')
        t = (struct pulse_text){t.at + 1, t.length - 2};
    return t;
}

const char *pulse_csv_line_end(const char *p, const char *end)
{
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    return feed == NULL ? end : feed;
}

int64_t pulse_csv_count_lines(const char *p, const char *end)
{
    int64_t lines = 0;
    for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines;
}

bool pulse_csv_cells_next(struct pulse_csv_cells *cells, struct pulse_text *cell)
{
    if (cells->at == NULL)
        return false;
    const char *cell_end = pulse_csv_cell_end(cells->at, cells->end, cells->separator);
    cells->open = cell_end == NULL;
    if (!cells->open)
        *cell = pulse_csv_cell_text(cells->at, cell_end);
    cells->at = cells->open || cell_end >= cells->end ? NULL : cell_end + 1;
    return !cells->open;
}

bool pulse_csv_is_time(struct pulse_text cell)
{
    int64_t ns;
    return pulse_read_instant(cell.at, cell.length, &ns) != PULSE_INSTANT_UNREADABLE ||
           pulse_date_form_fits(cell);
}

bool pulse_csv_is_year(struct pulse_text cell)
{
    bool digits = cell.length == 4;
    for (size_t i = 0; digits && i < 4; i++)
        digits = cell.at[i] >= '0' && cell.at[i] <= '9';
    return digits;
}
