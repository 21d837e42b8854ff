#include "data/csv/rows.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/date.h"
#include "base/number.h"
#include "base/number_short.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/common/text_decimal.h"
#include "data/csv/cell.h"
#include "data/csv/kinds.h"

/* Where cells end is found ahead of what is in them, 64 bytes at a time: so one number's digits
 * need not be known before the next number is begun. */
struct marks {
    const char *block; /* 64 bytes */
    uint64_t left;     /* bit i: block[i] is a mark that was not passed yet */
};

/* What the parser of one row carries. */
struct row {
    const struct pulse_csv_plan *plan;
    const char *end; /* of all rows */
    struct marks ahead;
    int64_t time_ns;
    bool local;
    unsigned spans;
    double *values; /* slots */
    struct pulse_csv_trouble *trouble;
};

static const char *set_trouble(struct row *row, enum pulse_csv_fault fault, const char *cell,
                               const char *cell_end, int64_t slot)
{
    row->trouble->fault = fault;
    row->trouble->cell = cell;
    row->trouble->cell_end = cell_end;
    row->trouble->slot = slot;
    return NULL;
}

/* ---- Where cells end ------------------------------------------------------------ */

/* The separators, line feeds and quotes among the 64 bytes at `p`. */
static inline struct marks find_marks(const char *p, char separator)
{
    struct marks marks = {p, 0};
#ifdef __SSE2__
    const __m128i sep = _mm_set1_epi8(separator), feed = _mm_set1_epi8('\n'),
                  quote = _mm_set1_epi8('"');
    for (int i = 0; i < 4; i++) {
        __m128i v;
        memcpy(&v, p + 16 * i, sizeof v);
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, sep), _mm_cmpeq_epi8(v, feed)),
                                   _mm_cmpeq_epi8(v, quote));
        marks.left |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * i);
    }
#else
    for (int i = 0; i < 64; i++)
        marks.left |= (uint64_t)(p[i] == separator || p[i] == '\n' || p[i] == '"') << i;
#endif
    return marks;
}

/* What is ahead after the quotes that open at `mark` of the cell at `p`; `block` is NULL when they
 * never close, or are none. */
static __attribute__((noinline)) struct marks pass_quotes(struct row *row, const char *p,
                                                          const char *mark)
{
    const char separator = row->plan->separator;
    const char *closing =
        mark < row->end ? memchr(mark + 1, '"', (size_t)(row->end - mark - 1)) : NULL;
    if (closing != NULL && !pulse_csv_quote_strays(p, mark, closing, separator))
        return find_marks(closing + 1, separator);
    (void)set_trouble(row, closing == NULL ? PULSE_CSV_OPEN_QUOTE : PULSE_CSV_STRAY_QUOTE, p,
                      row->end, 0);
    return (struct marks){NULL, 0};
}

/* Next separator or line feed outside quotes from the cell at `p` on; the line feeds after the last
 * row end every search. NULL when a quote is never closed, or begins no cell. */
static inline const char *next_end(struct row *row, struct marks *ahead, const char *p)
{
    for (;;) {
        while (ahead->left == 0)
            *ahead = find_marks(ahead->block + 64, row->plan->separator);
        const char *mark = ahead->block + __builtin_ctzll(ahead->left);
        ahead->left &= ahead->left - 1;
        if (*mark != '"')
            return mark;
        *ahead = pass_quotes(row, p, mark);
        if (ahead->block == NULL)
            return NULL;
    }
}

/* Passes `n` cells that are not the row's last; returns the first byte of the next. */
static inline const char *skip_cells(struct row *row, struct marks *ahead, const char *p, int64_t n)
{
    for (; n > 0; n--) {
        const char *cell_end = next_end(row, ahead, p);
        if (cell_end == NULL)
            return NULL;
        if (*cell_end == '\n')
            return set_trouble(row, PULSE_CSV_SHORT_ROW, p, cell_end, 0);
        p = cell_end + 1;
    }
    return p;
}

/* ---- What is in them ------------------------------------------------------------ */

/* 1.324 where nothing has shown what a point is, unless that is declared to be missing. */
static bool is_point_unclear(const struct row *row, const char *p, const char *cell_end)
{
    const struct pulse_text text = pulse_csv_cell_text(p, cell_end);
    return row->plan->point_unclear && pulse_text_point_unclear(text) &&
           !pulse_text_missing(text, &row->plan->numbers);
}

/* A value that is no plain number; apart from the loop over the cells, so that this stays small. */
static __attribute__((noinline)) bool take_other(struct row *row, const char *p,
                                                 const char *cell_end, int64_t slot)
{
    struct pulse_text_unit unit = {.text = ""};
    if (is_point_unclear(row, p, cell_end))
        return set_trouble(row, PULSE_CSV_POINT_UNCLEAR, p, cell_end, slot) != NULL;
    if (!pulse_text_number(pulse_csv_cell_text(p, cell_end), &row->plan->numbers,
                           &row->values[slot], &unit))
        return set_trouble(row, PULSE_CSV_NO_NUMBER, p, cell_end, slot) != NULL;
    if (unit.text[0] != '\0')
        return set_trouble(row, PULSE_CSV_OTHER_UNIT, p, cell_end, slot) != NULL;
    return true;
}

/* Whether a cell of a column of text is a number after all. */
static bool is_number_in_text(const struct row *row, const char *p, const char *cell_end)
{
    struct pulse_text_unit unit;
    double value;
    if (p < cell_end && strchr("0123456789+-.,\" \t", *p) == NULL)
        return false;
    const struct pulse_text text = pulse_csv_cell_text(p, cell_end);
    return !pulse_text_missing(text, &row->plan->numbers) &&
           pulse_text_number(text, &row->plan->numbers, &value, &unit);
}

static __attribute__((noinline)) bool take_special(struct row *row, const char *p,
                                                   const char *cell_end, int64_t take)
{
    const struct pulse_csv_special *special = &row->plan->special[PULSE_CSV_SPECIAL - take];
    struct pulse_text_unit unit = special->unit;
    if (!special->text && is_point_unclear(row, p, cell_end))
        return set_trouble(row, PULSE_CSV_POINT_UNCLEAR, p, cell_end, take) != NULL;
    if (special->text)
        return !is_number_in_text(row, p, cell_end) ||
               set_trouble(row, PULSE_CSV_NUMBER_IN_TEXT, p, cell_end, take) != NULL;
    if (!pulse_text_number(pulse_csv_cell_text(p, cell_end), &row->plan->numbers,
                           &row->values[special->slot], &unit))
        return set_trouble(row, PULSE_CSV_NO_NUMBER, p, cell_end, take) != NULL;
    return pulse_text_same_unit(&unit, &special->unit) ||
           set_trouble(row, PULSE_CSV_OTHER_UNIT, p, cell_end, take) != NULL;
}

static inline bool take_value(struct row *row, const char *p, const char *cell_end, char decimal,
                              int64_t slot)
{
    double *value = &row->values[slot];
    return pulse_number_short(p, cell_end, decimal, value) ||
           (decimal == '.' && pulse_number_long(p, cell_end, value)) ||
           take_other(row, p, cell_end, slot);
}

static __attribute__((noinline)) bool take_time(struct row *row, const char *p,
                                                const char *cell_end)
{
    struct pulse_text text = {p, (size_t)(cell_end - p)};
    struct pulse_shown_offset offset;
    if (row->plan->time_unit != PULSE_TIME_UNIT_NONE) {
        if (pulse_csv_instant(text, row->plan->time_unit, &row->time_ns))
            return true;
        return set_trouble(row, PULSE_CSV_NO_TIME, p, cell_end, PULSE_CSV_TIME) != NULL;
    }
    if (row->plan->date_format != NULL) {
        text = pulse_csv_cell_text(p, cell_end);
        if (!pulse_parse_formatted(text.at, text.length, row->plan->date_format, &row->time_ns,
                                   &offset))
            return set_trouble(row, PULSE_CSV_NO_TIME, p, cell_end, PULSE_CSV_TIME) != NULL;
    } else if (!pulse_parse_stamp(text.at, text.length, &row->time_ns, &offset)) {
        text = pulse_csv_cell_text(p, cell_end);
        if (!pulse_parse_stamp(text.at, text.length, &row->time_ns, &offset))
            return set_trouble(row, PULSE_CSV_NO_TIME, p, cell_end, PULSE_CSV_TIME) != NULL;
    }
    if (row->plan->date_format == NULL && row->time_ns != PULSE_NO_TIME) {
        const unsigned span = pulse_stamp_span(text.at, text.length);
        row->spans |= span;
        if (row->plan->span != 0 && row->plan->span != span)
            return set_trouble(row, PULSE_CSV_OTHER_SPAN, p, cell_end, PULSE_CSV_TIME) != NULL;
    }
    struct pulse_stamps stamps; /* but for its buffer for messages, for each row */
    stamps.instants = row->plan->instants;
    stamps.any = true;
    stamps.offset = row->plan->offset;
    stamps.local = row->local;
    if (!pulse_stamps_take(&stamps, &offset, &row->time_ns))
        return set_trouble(row, PULSE_CSV_OTHER_OFFSET, p, cell_end, PULSE_CSV_TIME) != NULL;
    row->local = stamps.local;
    return true;
}

/* Takes the cell at `p`; returns the first byte of the next, which is the next row's after the
 * row's last cell. */
static inline const char *take_cell(struct row *row, struct marks *ahead, const char *p,
                                    char decimal, int64_t slot, bool last)
{
    const char *cell_end = next_end(row, ahead, p);
    if (cell_end == NULL)
        return NULL;
    if ((*cell_end == '\n') != last)
        return set_trouble(row, last ? PULSE_CSV_LONG_ROW : PULSE_CSV_SHORT_ROW, p, cell_end, slot);
    bool good = slot >= 0                ? take_value(row, p, cell_end, decimal, slot)
                : slot == PULSE_CSV_TIME ? take_time(row, p, cell_end)
                                         : take_special(row, p, cell_end, slot);
    return good ? cell_end + 1 : NULL;
}

/* What the loop over the cells needs is kept apart from the row, and so in registers. */
static __attribute__((noinline)) const char *parse_row(struct row *row, const char *p)
{
    const struct pulse_csv_plan *plan = row->plan;
    /* No sign is that of a short number where each cell with a point is looked at. */
    const char decimal = (char)(plan->point_unclear ? '\0' : plan->numbers.decimal);
    const struct pulse_csv_take *take = plan->take, *const end = take + plan->takes,
                                *const last = plan->skip_last == 0 ? end - 1 : end;
    struct marks ahead = row->ahead;
    for (; take < end; take++) {
        p = skip_cells(row, &ahead, p, take->skip);
        if (p != NULL)
            p = take_cell(row, &ahead, p, decimal, take->slot, take == last);
        if (p == NULL)
            return NULL;
    }
    if (plan->skip_last > 0) {
        p = skip_cells(row, &ahead, p, plan->skip_last - 1);
        const char *row_end = p == NULL ? NULL : next_end(row, &ahead, p);
        if (row_end == NULL)
            return NULL;
        if (*row_end != '\n')
            return set_trouble(row, PULSE_CSV_LONG_ROW, p, row_end, 0);
        p = row_end + 1;
    }
    row->ahead = ahead;
    return p;
}

/* ---- All rows ------------------------------------------------------------------- */

int64_t pulse_csv_tile_rows(int64_t slots)
{
    enum { TILE_VALUES = 8192, MOST = 64 };
    int64_t rows = TILE_VALUES / (slots + 1);
    return rows < 1 ? 1 : rows > MOST ? MOST : rows;
}

/* The last rows go to their columns a tile at a time: row after row would touch a cache line, and
 * often a page, per value. */
static void flush_tile(const struct pulse_csv_sink *sink, int64_t rows, int64_t slots)
{
    double *values = sink->values + sink->rows - rows;
    for (int64_t c = 0; c < slots; c++)
        for (int64_t i = 0; i < rows; i++)
            values[c * sink->capacity + i] = sink->tile[i * slots + c];
}

/* Whether the row at `p` ends before `end`. */
static bool is_whole(const char *p, const char *end, char separator)
{
    while ((p = pulse_csv_cell_end(p, end, separator)) != NULL && p < end)
        if (*p++ == '\n')
            return true;
    return false;
}

/* A row of separators alone, as spreadsheets put below a table, is none: where its line ends. NULL
 * for any other. */
static const char *pass_separators(const char *p, char separator)
{
    while (*p == separator || *p == ' ' || *p == '\t' || *p == '\r')
        p++;
    return *p == '\n' ? p : NULL;
}

int pulse_csv_parse(const struct pulse_csv_plan *plan, struct pulse_csv_text *text,
                    struct pulse_csv_sink *sink, struct pulse_csv_trouble *trouble)
{
    const int64_t tile_rows = pulse_csv_tile_rows(plan->slots);
    int64_t in_tile = 0;
    int status = 0;
    struct row row = {.plan = plan, .end = text->end, .trouble = trouble};
    if (text->at < text->stop)
        row.ahead = find_marks(text->at, plan->separator);
    while (text->at < text->stop && sink->rows < sink->capacity) {
        const char *p = text->at, *next;
        bool empty = *p == '\n' || (*p == '\r' && p[1] == '\n');
        trouble->row = p;
        row.values = sink->tile + in_tile * plan->slots;
        next = empty ? next_end(&row, &row.ahead, p) + 1 : parse_row(&row, p);
        const char *blank = next == NULL ? pass_separators(p, plan->separator) : NULL;
        if (blank != NULL && (blank < text->end || text->last)) {
            empty = true;
            next = blank + 1;
            row.ahead = find_marks(next, plan->separator);
        }
        if (next == NULL) {
            status = text->last || is_whole(p, text->end, plan->separator) ? -1 : 0;
            break;
        }
        if (next > text->end && !text->last) /* its line feed is not the file's but padding */
            break;
        text->at = next;
        if (empty)
            continue;
        sink->time_ns[sink->rows++] = row.time_ns;
        if (++in_tile == tile_rows) {
            flush_tile(sink, in_tile, plan->slots);
            in_tile = 0;
        }
    }
    flush_tile(sink, in_tile, plan->slots);
    sink->local = sink->local || row.local;
    sink->spans |= row.spans;
    return status;
}
