#include "data/csv_rows.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/date.h"
#include "base/number.h"
#include "data/cell.h"

/* What the parser of one row carries. */
struct row {
    const struct pulse_csv_plan *plan;
    const char *end; /* of all rows */
    int64_t time_ns;
    double *values; /* slots */
    struct pulse_csv_trouble *trouble;
};

static const char *fail(struct row *row, enum pulse_csv_fault fault, const char *cell,
                        const char *cell_end, int64_t slot)
{
    row->trouble->fault = fault;
    row->trouble->cell = cell;
    row->trouble->cell_end = cell_end;
    row->trouble->slot = slot;
    return NULL;
}

/* Whether a cell ends here, with the line feed of \r\n counted to the line's end. */
static bool is_cell_end(const char *p, char separator)
{
    return *p == separator || *p == '\n' || (*p == '\r' && p[1] == '\n');
}

/* ---- Skipping ---------------------------------------------------------------------------------
 */

/* First separator, line feed or quote at or after `p`; the padding's line feeds end every search.
 */
static const char *find_mark(const char *p, char separator)
{
#ifdef __SSE2__
    const __m128i sep = _mm_set1_epi8(separator), feed = _mm_set1_epi8('\n'),
                  quote = _mm_set1_epi8('"');
    for (;; p += 16) {
        __m128i v;
        memcpy(&v, p, sizeof v);
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, sep), _mm_cmpeq_epi8(v, feed)),
                                   _mm_cmpeq_epi8(v, quote));
        int mask = _mm_movemask_epi8(hit);
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#else
    while (*p != separator && *p != '\n' && *p != '"')
        p++;
    return p;
#endif
}

/* Passes `n` cells and the separator after each; NULL when the row ends before. */
static const char *skip_cells(struct row *row, const char *p, int64_t n)
{
    const char separator = row->plan->separator;
    const char *first = p;
    while (n > 0) {
        p = find_mark(p, separator);
        if (*p == '"') {
            const char *closing = memchr(p + 1, '"', (size_t)(row->end - p - 1));
            if (closing == NULL)
                return fail(row, PULSE_CSV_OPEN_QUOTE, p, row->end, 0);
            p = closing + 1;
        } else if (*p == separator) {
            p++;
            n--;
        } else {
            return fail(row, PULSE_CSV_SHORT_ROW, first, p, 0);
        }
    }
    return p;
}

/* ---- Taking
 * -------------------------------------------------------------------------------------- */

static const char *take_slow_value(struct row *row, const char *p, int64_t slot)
{
    const char *cell_end = pulse_cell_end(p, row->end, row->plan->separator);
    if (cell_end == NULL)
        return fail(row, PULSE_CSV_OPEN_QUOTE, p, row->end, slot);
    if (!pulse_text_number(pulse_cell_text(p, cell_end), &row->values[slot]))
        return fail(row, PULSE_CSV_NO_NUMBER, p, cell_end, slot);
    return cell_end;
}

static inline const char *take_value(struct row *row, const char *p, int64_t slot)
{
    const char *after = pulse_number_prefix(p, &row->values[slot]);
    if (after != NULL && is_cell_end(after, row->plan->separator))
        return after;
    return take_slow_value(row, p, slot);
}

static const char *take_time(struct row *row, const char *p)
{
    enum { DATE_LENGTH = 10 }; /* YYYY-MM-DD */
    if (row->end - p >= DATE_LENGTH && is_cell_end(p + DATE_LENGTH, row->plan->separator) &&
        pulse_parse_instant(p, DATE_LENGTH, &row->time_ns))
        return p + DATE_LENGTH;
    const char *cell_end = pulse_cell_end(p, row->end, row->plan->separator);
    if (cell_end == NULL)
        return fail(row, PULSE_CSV_OPEN_QUOTE, p, row->end, PULSE_CSV_TIME);
    struct pulse_text text = pulse_cell_text(p, cell_end);
    if (!pulse_parse_instant(text.at, text.length, &row->time_ns))
        return fail(row, PULSE_CSV_NO_TIME, p, cell_end, PULSE_CSV_TIME);
    return cell_end;
}

/* From the end of a row's last cell to the next row. */
static const char *end_row(struct row *row, const char *p)
{
    if (*p == '\r' && p[1] == '\n')
        p++;
    if (p < row->end && *p != '\n')
        return fail(row, PULSE_CSV_LONG_ROW, p, row->end, 0);
    return p < row->end ? p + 1 : row->end;
}

static const char *parse_row(struct row *row, const char *p)
{
    const struct pulse_csv_plan *plan = row->plan;
    for (int64_t i = 0; i < plan->takes; i++) {
        const struct pulse_csv_take *take = &plan->take[i];
        /* The cell taken before ends at its separator, which begins the way to the next. */
        if (i > 0) {
            if (*p != plan->separator || p >= row->end)
                return fail(row, PULSE_CSV_SHORT_ROW, p, p, take->slot);
            p++;
        }
        if (take->skip > 0 && (p = skip_cells(row, p, take->skip)) == NULL)
            return NULL;
        p = take->slot == PULSE_CSV_TIME ? take_time(row, p) : take_value(row, p, take->slot);
        if (p == NULL)
            return NULL;
    }
    if (plan->skip_last > 0) {
        if (*p != plan->separator || p >= row->end)
            return fail(row, PULSE_CSV_SHORT_ROW, p, p, 0);
        p = skip_cells(row, p + 1, plan->skip_last - 1);
        if (p == NULL)
            return NULL;
        const char *cell_end = pulse_cell_end(p, row->end, plan->separator);
        if (cell_end == NULL)
            return fail(row, PULSE_CSV_OPEN_QUOTE, p, row->end, 0);
        p = cell_end;
    }
    return end_row(row, p);
}

/* ---- All rows
 * -------------------------------------------------------------------------------------- */

int64_t pulse_csv_tile_rows(int64_t slots)
{
    enum { TILE_VALUES = 8192, MOST = 64 };
    int64_t rows = TILE_VALUES / (slots + 1);
    return rows < 1 ? 1 : rows > MOST ? MOST : rows;
}

/* Rows go to their columns a tile at a time: row after row would touch a cache line, and often a
 * page, per value. */
static void flush_tile(const double *tile, int64_t rows, int64_t slots, double *values,
                       int64_t stride, int64_t first)
{
    for (int64_t c = 0; c < slots; c++)
        for (int64_t i = 0; i < rows; i++)
            values[c * stride + first + i] = tile[i * slots + c];
}

int64_t pulse_csv_parse(const struct pulse_csv_plan *plan, const char *p, const char *end,
                        int64_t *time_ns, double *values, int64_t stride, double *tile,
                        struct pulse_csv_trouble *trouble)
{
    const int64_t tile_rows = pulse_csv_tile_rows(plan->slots);
    int64_t rows = 0, in_tile = 0;
    struct row row = {.plan = plan, .end = end, .trouble = trouble};
    while (p < end) {
        if (*p == '\n' || (*p == '\r' && p[1] == '\n')) {
            p += *p == '\n' ? 1 : 2;
            continue;
        }
        trouble->row = p;
        row.values = tile + in_tile * plan->slots;
        p = parse_row(&row, p);
        if (p == NULL)
            return -1;
        time_ns[rows++] = row.time_ns;
        if (++in_tile == tile_rows) {
            flush_tile(tile, in_tile, plan->slots, values, stride, rows - in_tile);
            in_tile = 0;
        }
    }
    flush_tile(tile, in_tile, plan->slots, values, stride, rows - in_tile);
    return rows;
}
