#include "data/csv/footer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/text_column.h"
#include "data/csv/cell.h"

enum { TAIL_BYTES = 16 << 10, LINES_MOST = 20 };

/* ---- One line ------------------------------------------------------------------- */

/* What the cells of a line hold. */
struct line {
    int64_t cells, filled;
    bool year;               /* one is a year */
    struct pulse_text first; /* that has anything in it */
    bool time;               /* one is a time */
    bool summary;            /* one is called as summaries and sources are */
    bool ended;              /* by a line feed: then nothing of it was cut off */
};

static bool begins_with(struct pulse_text text, const char *word)
{
    const size_t n = strlen(word);
    return text.length >= n && strncasecmp(text.at, word, n) == 0 &&
           (text.length == n || !isalpha((unsigned char)text.at[n]));
}

static bool is_summary(struct pulse_text text)
{
    static const char *const words[] = {
        "total",   "totals", "sum",     "average", "avg",       "mean",    "median",    "max",
        "maximum", "min",    "minimum", "std",     "count",     "highest", "lowest",    "change",
        "note",    "notes",  "source",  "sources", "copyright", "summary", "footnotes", "legend"};
    bool found = memmem(text.at, text.length, ": ", 2) != NULL ||
                 (text.length > 1 && text.at[text.length - 1] == ':');
    for (size_t i = 0; !found && i < sizeof words / sizeof *words; i++)
        found = begins_with(text, words[i]);
    return found;
}

/* Of one of the last two millennia. */
static bool is_year(struct pulse_text text)
{
    return pulse_csv_is_year(text) && (text.at[0] == '1' || text.at[0] == '2');
}

/* The line [p, end); false where it is no text, or a quote in it is never closed. */
static bool look_at_line(const char *p, const char *end, char separator, struct line *line)
{
    struct pulse_csv_cells cells = {.at = p, .end = end, .separator = separator};
    struct pulse_text text;
    *line = (struct line){.cells = 0};
    while (pulse_csv_cells_next(&cells, &text)) {
        line->cells++;
        if (text.length > 0 && line->filled++ == 0)
            line->first = text;
        line->time = line->time || pulse_csv_is_time(text);
        line->year = line->year || is_year(text);
        line->summary = line->summary || is_summary(text);
    }
    return !cells.open && memchr(p, '\0', (size_t)(end - p)) == NULL;
}

/* Words: they begin with no digit, and where the line may have been cut off they are several. */
static bool begins_with_words(const struct line *line)
{
    const unsigned char first = (unsigned char)line->first.at[0];
    const bool word =
        isalpha(first) || first >= 0x80 || (first != '\0' && strchr("*#(", first) != NULL);
    return word && (line->ended || line->summary || !isalpha(first) ||
                    memchr(line->first.at, ' ', line->first.length) != NULL);
}

static bool is_no_row(const struct line *line, int64_t columns)
{
    if (line->filled == 0)
        return true;
    if (line->time || !begins_with_words(line))
        return false;
    return line->cells != columns || line->filled == 1 || line->summary;
}

/* ---- The last lines ------------------------------------------------------------- */

/* The lines at the end that are no rows. */
struct footer {
    const char *at;         /* where they begin */
    int64_t lines;          /* of them that hold anything */
    struct pulse_text text; /* what the first of those begins with */
};

/* Where the line begins before whose end (its line feed, or the text's end) `end` is. */
static const char *line_before(const char *from, const char *end)
{
    const char *feed = end > from ? memrchr(from, '\n', (size_t)(end - from)) : NULL;
    return feed == NULL ? from : feed + 1;
}

/* Goes backwards from `end`, so that of most files one line is looked at. False where there is no
 * footer, or none that is certainly one. */
static bool find_lines(const char *from, const char *end, char separator, int64_t columns,
                       struct footer *out)
{
    *out = (struct footer){.at = end};
    for (int64_t lines = 0; lines <= LINES_MOST && out->at > from; lines++) {
        struct line line;
        const char *stop = out->at, *last = stop[-1] == '\n' ? stop - 1 : stop;
        const char *begin = line_before(from, last);
        const bool whole = look_at_line(begin, last, separator, &line);
        line.ended = last < stop;
        if (!whole || !is_no_row(&line, columns))
            return whole && out->lines > 0 && (line.time || (line.year && line.cells == columns));
        out->at = begin;
        out->lines += line.filled > 0;
        out->text = line.filled > 0 ? line.first : out->text;
    }
    return false;
}

/* The last bytes behind `*begin`, which becomes where they begin. Where a text ends that is made
 * UTF-8 on the way is not known before all of it was. */
static int read_end(const struct pulse_csv_head *head, int64_t *begin, char *bytes, int64_t *n,
                    struct pulse_err *err)
{
    const int64_t size = pulse_byte_reader_size(head->input);
    int64_t got;
    if (size >= 0) {
        *begin = size - *begin < TAIL_BYTES ? *begin : size - TAIL_BYTES;
        return pulse_byte_reader_peek(head->input, *begin, bytes, size - *begin, n, err);
    }
    *n = 0;
    do {
        const int64_t passed = *n > TAIL_BYTES / 2 ? *n - TAIL_BYTES / 2 : 0;
        memmove(bytes, bytes + passed, (size_t)(*n - passed));
        *begin += passed;
        *n -= passed;
        if (pulse_byte_reader_read(head->input, *begin + *n, bytes + *n, TAIL_BYTES - *n, &got,
                                   err) != 0)
            return -1;
        *n += got;
    } while (*n == TAIL_BYTES);
    return 0;
}

/* The bytes of the end, from the beginning of a line on; none where that is not among them. */
static int read_tail(const struct pulse_csv_head *head, int64_t data_offset, char *bytes,
                     int64_t *from, int64_t *n, struct pulse_err *err)
{
    int64_t begin = data_offset;
    if (read_end(head, &begin, bytes, n, err) != 0)
        return -1;
    memset(bytes + *n, '\n', PULSE_CSV_CELL_PADDING);
    const char *feed = begin > data_offset ? memchr(bytes, '\n', (size_t)*n) : bytes;
    const int64_t passed = feed == NULL ? *n : feed - bytes;
    memmove(bytes, bytes + passed, (size_t)(*n - passed + PULSE_CSV_CELL_PADDING));
    *from = begin + passed;
    *n -= passed;
    return 0;
}

/* With the beginning of the first line where that is UTF-8. */
static char *print_note(const struct footer *footer, struct pulse_err *err)
{
    char quoted[PULSE_TEXT_SHOWN + 8] = "";
    size_t shown = (size_t)pulse_text_shown(footer->text);
    do
        (void)snprintf(quoted, sizeof quoted, ": '%.*s'", (int)shown, footer->text.at);
    while (!pulse_utf8_valid(quoted) && shown-- > 0); /* a character may be cut */
    return footer->lines == 1
               ? pulse_print(err, "the last line is no row, and left out%s", quoted)
               : pulse_print(err, "the last %lld lines are no rows, and left out%s …",
                             (long long)footer->lines, quoted);
}

int pulse_csv_footer_find(const struct pulse_csv_head *head, const struct pulse_csv_header *header,
                          int64_t *at, char **note, struct pulse_err *err)
{
    char tail[TAIL_BYTES + PULSE_CSV_CELL_PADDING];
    struct footer footer;
    const char *bytes = head->bytes + header->data_offset;
    int64_t from = header->data_offset, n = head->length - from;
    *at = -1;
    *note = NULL;
    const bool packed = pulse_byte_reader_packing(head->input) != PULSE_COMPRESSION_NONE;
    if (header->n < 2 || (!head->whole && packed))
        return 0;
    if (!head->whole) {
        bytes = tail;
        if (read_tail(head, header->data_offset, tail, &from, &n, err) != 0)
            return -1;
    }
    if (!find_lines(bytes, bytes + n, header->separator, header->n, &footer))
        return 0;
    *at = from + (footer.at - bytes);
    *note = print_note(&footer, err);
    return *note == NULL ? -1 : 0;
}
