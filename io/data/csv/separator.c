#include "data/csv/separator.h"

#include <stdbool.h>
#include <stdint.h>

#include "data/csv/cell.h"

enum { SEPARATORS = 4 };
static const char separators[SEPARATORS] = {',', ';', '\t', '|'};

/* Cells of a line; `timed`: 2 where one is a time, 1 where one could be a year. */
static int64_t count_cells(const char *p, const char *end, char separator, int *timed)
{
    struct pulse_csv_cells cells = {.at = p, .end = end, .separator = separator};
    struct pulse_text text;
    int64_t n = 0;
    *timed = 0;
    for (; pulse_csv_cells_next(&cells, &text); n++) {
        const int here = pulse_csv_is_time(text) ? 2 : pulse_csv_is_year(text);
        *timed = here > *timed ? here : *timed;
    }
    return n;
}

/* How well a separator fits the header [p, end) and the line behind it, in a text that goes on to
 * `stop`: as many cells in both, and a time among those of the second. Names may have commas
 * themselves, and so have numbers. */
static int rank_separator(const char *p, const char *end, const char *stop, char separator)
{
    int timed;
    const int64_t names = count_cells(p, end, separator, &timed);
    const char *row = end + 1 < stop ? end + 1 : stop;
    const bool fits = names > 1 && row < stop &&
                      count_cells(row, pulse_csv_line_end(row, stop), separator, &timed) == names;
    return fits ? 1 + timed : 0;
}

char pulse_csv_separator_find(const char *p, const char *end, const char *stop)
{
    int64_t counts[SEPARATORS] = {0}, others = 0;
    int best = 0, ranks[SEPARATORS];
    bool quoted = false;
    for (const char *at = p; at < end; at++) {
        quoted ^= *at == '"';
        for (int i = 0; i < SEPARATORS && !quoted; i++)
            counts[i] += *at == separators[i];
    }
    for (int i = 0; i < SEPARATORS; i++) {
        ranks[i] = counts[i] > 0 ? rank_separator(p, end, stop, separators[i]) : 0;
        others += i < SEPARATORS - 1 ? counts[i] : 0;
    }
    if (others > 0)
        counts[SEPARATORS - 1] = 0;
    for (int i = 1; i < SEPARATORS; i++)
        if (ranks[i] > ranks[best] || (ranks[i] == ranks[best] && counts[i] > counts[best]))
            best = i;
    return separators[best];
}
