#include "data/csv/header.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/common/levels.h"
#include "data/common/text_number.h"
#include "data/csv/cell.h"
#include "data/csv/foreign.h"
#include "data/csv/preamble.h"
#include "data/csv/separator.h"

enum { LEVELS_MOST = 6 }; /* lines of names */

/* ---- Cells of a line ------------------------------------------------------------ */

/* A copy of a header cell, with "" made ". */
static char *take_name(struct pulse_text text, struct pulse_err *err)
{
    char *name = pulse_calloc((int64_t)text.length + 1, 1, "a column name", err);
    if (name == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < text.length; i++) {
        name[n++] = text.at[i];
        if (text.at[i] == '"' && i + 1 < text.length && text.at[i + 1] == '"')
            i++;
    }
    name[n] = '\0';
    return name;
}

struct cells {
    int64_t n, cap;
    char **all;
};

static void clear_cells(struct cells *cells)
{
    for (int64_t c = 0; c < cells->n; c++)
        free(cells->all[c]);
    free(cells->all);
    *cells = (struct cells){0};
}

/* `closed` becomes false where a quote is never closed; clear `out` in any case. */
static int split_line(const char *p, const char *end, char separator, struct cells *out,
                      bool *closed, struct pulse_err *err)
{
    *closed = true;
    for (;; p++) {
        const char *cell_end = pulse_csv_cell_end(p, end, separator);
        *closed = cell_end != NULL;
        if (cell_end == NULL)
            return 0;
        if (pulse_grow(&out->all, &out->cap, out->n + 1, sizeof *out->all, "column names", err) !=
            0)
            return -1;
        out->all[out->n] = take_name(pulse_csv_cell_quoted(p, cell_end), err);
        if (out->all[out->n++] == NULL)
            return -1;
        p = cell_end;
        if (p >= end)
            return 0;
    }
}

static const char western_encodings[] =
    "say --encoding windows-1252 if it is of Windows or Latin-1";
static const char other_encodings[] =
    "make UTF-8 of it, as with iconv -f gb18030 -t utf-8 FILE | pulse-data info - (or big5, "
    "shift_jis, euc-kr, windows-1251 …)";

/* Three bytes beyond ASCII in a row, which letters of Western Europe hardly ever are. */
static bool has_run(const char *name)
{
    int run = 0;
    for (; *name != '\0' && run < 3; name++)
        run = ((unsigned char)*name & 0x80) != 0 ? run + 1 : 0;
    return run == 3;
}

/* Behind the header [p, end) the text goes on to `stop`. */
static int split_names(const char *p, const char *end, const char *stop, const char *uri,
                       const struct pulse_read_options *options, struct pulse_csv_header *header,
                       struct pulse_err *err)
{
    struct cells cells = {0};
    bool closed;
    header->separator =
        options->delimiter != '\0' ? options->delimiter : pulse_csv_separator_find(p, end, stop);
    int rc = split_line(p, end, header->separator, &cells, &closed, err);
    header->names = cells.all;
    header->n = cells.n;
    if (rc == 0 && !closed)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s, line %lld: a quote is never closed; say --skip-rows N if the header "
                          "stands further down",
                          uri, (long long)header->lines);
    for (int64_t c = 0; rc == 0 && c < header->n; c++)
        if (header->names[c] != NULL && !pulse_utf8_valid(header->names[c]))
            rc = pulse_fail(err, PULSE_E_INPUT,
                            "%s, line %lld: the name of column %lld is not UTF-8; %s", uri,
                            (long long)header->lines, (long long)c + 1,
                            has_run(header->names[c]) ? other_encodings : western_encodings);
    return rc;
}

/* ---- Several lines of names ----------------------------------------------------- */

static struct pulse_text text_of(const char *cell)
{
    return (struct pulse_text){cell, strlen(cell)};
}

/* Names: text, of which some may be empty, and no date before them. */
static bool are_labels(const struct cells *line)
{
    static const struct pulse_text_numbers plain = {.decimal = '.'};
    struct pulse_text_unit unit;
    double value;
    int64_t filled = 0;
    for (int64_t c = 1; c < line->n; c++) {
        const struct pulse_text text = text_of(line->all[c]);
        if (text.length > 0 && (pulse_text_number(text, &plain, &value, &unit) ||
                                pulse_csv_is_time(text_of(line->all[c]))))
            return false;
        filled += text.length > 0;
    }
    return filled > 0 && !pulse_csv_is_time(text_of(line->all[0])) &&
           pulse_utf8_valid(line->all[0]);
}

/* "Date,,,": the name of the index, and no value. */
static bool names_index(const struct cells *line)
{
    for (int64_t c = 1; c < line->n; c++)
        if (line->all[c][0] != '\0')
            return false;
    return line->all[0][0] != '\0' && !pulse_csv_is_time(text_of(line->all[0]));
}

static bool has_doubles(char *const *names, int64_t n)
{
    struct pulse_name_index index;
    struct pulse_err ignored;
    const bool doubles = pulse_name_index_init(&index, "", names, n, &ignored) != 0;
    if (!doubles)
        pulse_name_index_clear(&index);
    return doubles;
}

/* The lines below the first, as far as they were looked at. */
struct levels {
    struct cells lines[LEVELS_MOST + 1];
    int64_t n;     /* of them that are names, and … */
    bool index;    /* … the next names the index … */
    bool rows;     /* … and then a row of a date follows */
    int64_t end;   /* where that begins */
    int64_t taken; /* lines of the file */
};

/* Looks at the line that begins at `from`; `more` where the next is to be looked at. */
static int look_at_line(struct pulse_csv_head *head, const struct pulse_csv_header *header,
                        int64_t from, int64_t *to, struct levels *levels, bool *more,
                        struct pulse_err *err)
{
    struct cells *line = &levels->lines[levels->n + levels->index];
    bool closed;
    *more = false;
    if (pulse_csv_head_read_line(head, from, to, err) != 0)
        return -1;
    const char *p = head->bytes + from, *end = head->bytes + *to;
    if (end > p && end[-1] == '\n')
        end--;
    if (memchr(p, '\0', (size_t)(end - p)) != NULL || memchr(p, '\n', (size_t)(end - p)) != NULL)
        return 0;
    clear_cells(line);
    if (split_line(p, end, header->separator, line, &closed, err) != 0)
        return -1;
    if (!closed || line->n != header->n)
        return 0;
    levels->rows = pulse_csv_is_time(text_of(line->all[0])) ||
                   (levels->index && pulse_csv_is_year(text_of(line->all[0])));
    if (levels->rows || levels->index)
        return 0;
    levels->index = names_index(line);
    levels->n += !levels->index && are_labels(line);
    *more = (levels->index || are_labels(line)) && levels->n < LEVELS_MOST;
    levels->end = *to;
    levels->taken++;
    return 0;
}

static void free_names(char **names, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        free(names[c]);
    free(names);
}

/* The labels of column `c`, one a level. `merged`: one above others stands before the first of them
 * alone, as spreadsheets write a cell over several columns. */
static void take_labels(const struct pulse_csv_header *header, const struct levels *levels,
                        bool merged, int64_t c, const char *labels[LEVELS_MOST + 1])
{
    const int64_t last = levels->n;
    char *const *lowest = last == 0 ? header->names : levels->lines[last - 1].all;
    for (int64_t i = 0; i <= last; i++) {
        char *const *line = i == 0 ? header->names : levels->lines[i - 1].all;
        int64_t from = c;
        while (merged && lowest[c][0] != '\0' && i < last && from > 1 && line[from][0] == '\0')
            from--;
        labels[i] = line[from];
    }
}

/* The joined names of all columns but the first, which is empty; to be freed. */
static char **join_labels(const struct pulse_csv_header *header, const struct levels *levels,
                          bool merged, const char *const *names, struct pulse_err *err)
{
    const char *labels[LEVELS_MOST + 1];
    char **joined = pulse_calloc(header->n, sizeof *joined, "column names", err);
    if (joined == NULL)
        return NULL;
    joined[0] = pulse_strdup("", err);
    for (int64_t c = 1; c < header->n && joined[c - 1] != NULL; c++) {
        take_labels(header, levels, merged, c, labels);
        joined[c] = pulse_levels_join(names, labels, levels->n + 1, err);
    }
    if (joined[header->n - 1] != NULL)
        return joined;
    free_names(joined, header->n);
    return NULL;
}

static int join_names(struct pulse_csv_header *header, const struct levels *levels,
                      struct pulse_err *err)
{
    const char *names[LEVELS_MOST + 1];
    const int64_t n = levels->n + 1;
    names[0] = header->names[0];
    for (int64_t i = 1; i < n; i++)
        names[i] = levels->lines[i - 1].all[0];
    char **joined = join_labels(header, levels, false, names, err);
    if (joined != NULL && levels->n > 0 && has_doubles(joined, header->n)) {
        free_names(joined, header->n);
        joined = join_labels(header, levels, true, names, err);
    }
    if (joined == NULL)
        return -1;
    for (int64_t c = 1; c < header->n; c++) {
        char *name = header->names[c];
        header->names[c] = joined[c];
        joined[c] = name;
    }
    free_names(joined, header->n);
    const char *last = names[n - 1];
    char *index = pulse_strdup(levels->index ? levels->lines[levels->n].all[0]
                               : pulse_is_time_name_of_any(names[0]) ? names[0]
                               : pulse_is_time_name_of_any(last)     ? last
                                                                     : "",
                               err);
    if (index == NULL)
        return -1;
    free(header->names[0]);
    header->names[0] = index;
    header->data_offset = levels->end;
    header->lines += levels->taken;
    return 0;
}

/* Whether the last line of names has the time and names columns twice, as ",SPX,VIX" above
 * "Dates,PX_LAST,PX_LAST"; not where each pair of columns has dates of its own. */
static bool doubles_last(const struct levels *levels)
{
    const struct cells *last = &levels->lines[levels->n - 1];
    int64_t times = 0;
    for (int64_t c = 0; c < last->n; c++)
        times += pulse_is_time_name_of_any(last->all[c]);
    return times == 1 && pulse_is_time_name_of_any(last->all[0]) && has_doubles(last->all, last->n);
}

/* Takes names in several lines together. They are some only where nothing else is possible: a date
 * follows the last, and a line names the index, or the first or the last names columns twice. */
static int read_levels(struct pulse_csv_head *head, const struct pulse_read_options *options,
                       struct pulse_csv_header *header, struct pulse_err *err)
{
    struct levels levels = {.end = header->data_offset};
    int64_t from = header->data_offset, to = from;
    const bool doubles = has_doubles(header->names, header->n);
    bool more = header->n > 1 && (doubles || !pulse_is_time_name_of_any(header->names[0])) &&
                (options->time == NULL || strcmp(options->time, header->names[0]) != 0);
    int rc = 0;
    while (rc == 0 && more) {
        rc = look_at_line(head, header, from, &to, &levels, &more, err);
        more = more && to > from && to < head->length;
        from = to;
    }
    const bool named =
        levels.index && (levels.n > 0 || pulse_is_time_name_of_any(levels.lines[levels.n].all[0]));
    if (rc == 0 && levels.rows &&
        (named || (!levels.index && levels.n > 0 && (doubles || doubles_last(&levels)))))
        rc = join_names(header, &levels, err);
    for (int64_t i = 0; i <= LEVELS_MOST; i++)
        clear_cells(&levels.lines[i]);
    return rc;
}

/* ---- Lines that are no rows ------------------------------------------------------ */

static bool is_transform_label(struct pulse_text text)
{
    if (text.length > 0 && text.at[text.length - 1] == ':')
        text.length--;
    return pulse_text_is_word(text, "transform") || pulse_text_is_word(text, "factors");
}

int pulse_csv_add_note(char **note, char *more, struct pulse_err *err)
{
    char *before = *note;
    *note = before == NULL ? more : pulse_print(err, "%s; %s", before, more);
    if (before != NULL)
        free(more);
    free(before);
    return *note == NULL ? -1 : 0;
}

static int pass_transforms(struct pulse_csv_head *head, struct pulse_csv_header *header,
                           struct pulse_err *err)
{
    const int64_t first = header->lines + 1;
    int64_t to;
    for (;;) {
        if (pulse_csv_head_read_line(head, header->data_offset, &to, err) != 0)
            return -1;
        const char *p = head->bytes + header->data_offset, *end = head->bytes + to;
        const char *cell_end = pulse_csv_cell_end(p, end, header->separator);
        if (cell_end == NULL || !is_transform_label(pulse_csv_cell_text(p, cell_end)))
            break;
        header->data_offset = to;
        header->lines++;
    }
    if (header->lines < first)
        return 0;
    char *codes = pulse_print(err,
                              header->lines == first
                                  ? "line %lld holds codes of transformations; it is no row, "
                                    "and left out"
                                  : "lines %lld to %lld hold codes of transformations; they "
                                    "are no rows, and left out",
                              (long long)first, (long long)header->lines);
    return codes == NULL ? -1 : pulse_csv_add_note(&header->note, codes, err);
}

/* ---- The header ----------------------------------------------------------------- */

static int note_preamble(int64_t lines, struct pulse_csv_header *header, struct pulse_err *err)
{
    header->note = lines == 1 ? pulse_strdup("the first line stands before the header, and is left "
                                             "out",
                                             err)
                              : pulse_print(err,
                                            "the first %lld lines stand before the header, and are "
                                            "left out",
                                            (long long)lines);
    return header->note == NULL ? -1 : 0;
}

/* What shows by its first bytes that it is no text of one byte a character, whatever was said. */
static int refuse_unlike_said(const struct pulse_byte_reader *input, struct pulse_err *err)
{
    enum { LOOKED_AT = 4 << 10 };
    struct pulse_csv_head head = {0};
    const char *uri = pulse_byte_reader_uri(input);
    int rc = pulse_byte_reader_open(uri, pulse_byte_reader_packing(input), 0, &head.input, err);
    if (rc == 0)
        rc = pulse_csv_head_read(&head, LOOKED_AT, err);
    if (rc == 0 && head.length >= 3 && memcmp(head.bytes, "\xef\xbb\xbf", 3) == 0)
        rc = pulse_fail(err, PULSE_E_INPUT,
                        "%s: it begins with the byte order mark of UTF-8; leave out --encoding",
                        uri);
    if (rc == 0)
        rc = pulse_csv_refuse_other_files(
            &head, head.bytes, pulse_csv_line_end(head.bytes, head.bytes + head.length), uri, err);
    free(head.bytes);
    pulse_byte_reader_close(head.input);
    return rc;
}

/* The first line, or the first behind a preamble. */
static int read_names(struct pulse_csv_head *head, const struct pulse_read_options *options,
                      struct pulse_csv_header *header, struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    int64_t begin, end, skipped = options->skip_rows;
    if (skipped == 0)
        skipped = pulse_csv_preamble_lines(head, options->time, options->delimiter);
    if (pulse_csv_head_skip_lines(head, skipped, &begin, err) != 0 ||
        pulse_csv_head_read_line(head, begin, &end, err) != 0)
        return -1;
    const char *first = head->bytes + begin, *stop = head->bytes + end;
    assert(head->bytes != NULL);                                         /* it was read */
    if (begin == 0 && end >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0) /* UTF-8 byte order mark */
        first += 3;
    if (options->encoding == PULSE_WINDOWS_1252 && begin == 0 &&
        refuse_unlike_said(head->input, err) != 0)
        return -1;
    if (pulse_csv_refuse_other_files(head, first, stop, uri, err) != 0)
        return -1;
    if (stop > first && stop[-1] == '\n')
        stop--;
    if (pulse_csv_cell_text(first, stop).length == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: %s; expected a header with a date column and a column per variable",
                          uri, head->length == 0 ? "the file is empty" : "the first line is empty");
    header->data_offset = end;
    header->lines = skipped + 1;
    for (const char *p = first; p < stop; p++)
        header->lines += *p == '\n';
    if (pulse_csv_refuse_bare_returns(first, stop, uri, err) != 0 ||
        (options->skip_rows == 0 && skipped > 0 && note_preamble(skipped, header, err) != 0))
        return -1;
    return split_names(first, stop, head->bytes + head->length, uri, options, header, err);
}

int pulse_csv_header_read(struct pulse_csv_head *head, const struct pulse_read_options *options,
                          struct pulse_csv_header *out, struct pulse_err *err)
{
    *out = (struct pulse_csv_header){0};
    return read_names(head, options, out, err) != 0 || read_levels(head, options, out, err) != 0 ||
                   pass_transforms(head, out, err) != 0
               ? -1
               : 0;
}
