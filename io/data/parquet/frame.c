#include "data/parquet/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/common/text_column.h"
#include "data/parquet/parquet.h"

struct pulse_parquet_frame {
    char *uri;
    struct pulse_read_options reading;
    struct pulse_parquet *parquet;
    struct pulse_parquet_layout layout;
    int64_t time;                  /* column */
    const struct pulse_zone *zone; /* of its instants; NULL: none */
    struct pulse_text_numbers numbers;
    struct pulse_text_column *texts; /* per column: what it holds, if it is text … */
    int64_t *words; /* … and those that hold something else than numbers, to be looked at where
                       every variable is wanted */
    int64_t n_words;
    int64_t *first; /* per row group: its first row among those that are read, or -1 */
};

/* ---- Which column is what ------------------------------------------------------- */

/* What pandas calls an index without a name: "__index_level_0__". */
static bool is_index(const char *name)
{
    return strncmp(name, "__index_level_", 14) == 0;
}

/* The only column of instants; -1 where there is none, or several. */
static int64_t find_only_time(const struct pulse_table_column *columns, int64_t n)
{
    int64_t found = -1, times = 0;
    for (int64_t c = 0; c < n; c++)
        if (columns[c].kind == PULSE_KIND_TIME) {
            found = c;
            times++;
        }
    return times == 1 ? found : -1;
}

static int fail_unit(const struct pulse_parquet_frame *f, const char *column, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: the times in column '%s' are numbers of an undeclared unit; say "
                      "--time-unit s, ms, us or ns, or write timestamps",
                      f->uri, column);
}

static int find_time(struct pulse_parquet_frame *f, const struct pulse_table_column *columns,
                     struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    const struct pulse_parquet_layout *l = &f->layout;
    if (pulse_columns_choose_time(f->uri, l->names, l->n, f->reading.time, &f->time, err) != 0)
        return -1;
    for (int64_t c = 0; f->time < 0 && c < l->n; c++)
        if (is_index(columns[c].name) && columns[c].kind == PULSE_KIND_TIME)
            f->time = c;
    if (f->time < 0)
        f->time = find_only_time(columns, l->n);
    if (f->time < 0) {
        f->time = pulse_columns_find_year(l->names, l->n);
        if (pulse_months_across(f->uri, l->names, l->n, f->time, err))
            return -1;
    }
    if (f->time < 0 && pulse_dates_across(f->uri, l->names, l->n, err))
        return -1;
    if (f->time < 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no time column (columns: %s); say --time NAME, or call it "
                          "'date' or 'timestamp'",
                          f->uri, pulse_columns_list(l->names, l->n, list));
    const struct pulse_table_column *time = &columns[f->time];
    if (pulse_kind_is_integer(time->kind))
        return 0;
    if (pulse_kind_is_number(time->kind))
        return fail_unit(f, time->name, err);
    if (time->kind != PULSE_KIND_TIME && time->kind != PULSE_KIND_TEXT)
        return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s' holds no times", f->uri, time->name);
    return 0;
}

static int set_layout(struct pulse_parquet_frame *f, struct pulse_err *err)
{
    struct pulse_parquet_layout *l = &f->layout;
    int64_t n, levels = 0;
    const struct pulse_table_column *columns = pulse_parquet_columns(f->parquet, &n);
    l->rows = pulse_parquet_rows(f->parquet);
    for (int64_t c = 0; c < n; c++)
        levels += columns[c].index; /* those of a MultiIndex say what a row is of */
    l->names = pulse_calloc(n, sizeof *l->names, "column names", err);
    l->numeric = pulse_calloc(n, sizeof *l->numeric, "column kinds", err);
    l->empty = pulse_calloc(n, sizeof *l->empty, "column kinds", err);
    l->holds = pulse_calloc(n, sizeof *l->holds, "column kinds", err);
    if (l->names == NULL || l->numeric == NULL || l->empty == NULL || l->holds == NULL)
        return -1;
    for (; l->n < n; l->n++) {
        l->names[l->n] = pulse_strdup(columns[l->n].name, err);
        if (l->names[l->n] == NULL)
            return -1;
        l->holds[l->n] = pulse_kind_name(columns[l->n].kind);
        l->numeric[l->n] =
            pulse_kind_is_number(columns[l->n].kind) && (levels < 2 || !columns[l->n].index);
    }
    if (find_time(f, columns, err) != 0)
        return -1;
    if (columns[f->time].kind == PULSE_KIND_TIME &&
        pulse_parquet_zone(f->parquet, f->time, f->reading.time_zone == NULL, &f->zone, err) != 0)
        return -1;
    l->numeric[f->time] = false;
    l->time = f->time;
    for (int64_t c = 0; c < n; c++)
        if (is_index(columns[c].name)) {
            l->names[c][0] = '\0';
            l->numeric[c] = false;
            l->empty[c] = true;
        }
    return 0;
}

/* How many of the columns are read in one go: so many that their bytes are fetched side by side,
 * so few that they do not fill the memory twice. */
static int64_t run_of(const struct pulse_parquet_frame *f, int64_t group, const int64_t *columns,
                      int64_t n)
{
    enum { RUN_BYTES = 32 << 20 };
    int64_t count = 0, bytes = 0;
    while (count < n && (count == 0 || bytes < RUN_BYTES))
        bytes += pulse_parquet_chunk_bytes(f->parquet, group, columns[count++]);
    return count;
}

/* The columns of text whose cells were all missing so far, to `columns`. */
static int64_t list_unknown(const struct pulse_parquet_frame *f, int64_t *columns)
{
    int64_t n = 0;
    for (int64_t c = 0; c < f->layout.n; c++)
        if (c != f->time && f->layout.names[c][0] != '\0' && pulse_parquet_is_text(f->parquet, c) &&
            f->texts[c].look == PULSE_LOOK_NOTHING)
            columns[n++] = c;
    return n;
}

/* Whether columns of text hold numbers: by the first row group where they hold anything, so that
 * every reader of the file decides the same. */
static int look_at_text(struct pulse_parquet_frame *f, struct pulse_err *err)
{
    struct pulse_batch batch;
    int64_t begin, rows, bytes = 0;
    int rc = 0;
    for (int64_t g = 0; rc == 0 && g < pulse_parquet_groups(f->parquet); g++) {
        const int64_t n = list_unknown(f, f->words);
        pulse_parquet_group(f->parquet, g, &begin, &rows);
        for (int64_t c = 0, run; rc == 0 && c < n; c += run) {
            run = run_of(f, g, f->words + c, n - c);
            rc = pulse_parquet_read(f->parquet, g, f->words + c, run, &batch, &bytes, err);
            for (int64_t i = 0; rc == 0 && i < run; i++)
                pulse_text_column_look_at(&f->texts[f->words[c + i]], &batch.vectors[i], 0, rows,
                                          &f->numbers, begin);
            pulse_batch_clear(&batch);
        }
    }
    return rc;
}

static int set_text(struct pulse_parquet_frame *f, struct pulse_err *err)
{
    struct pulse_parquet_layout *l = &f->layout;
    f->texts = pulse_calloc(l->n, sizeof *f->texts, "column kinds", err);
    f->words = pulse_calloc(l->n, sizeof *f->words, "columns of text", err);
    if (f->texts == NULL || f->words == NULL ||
        pulse_text_numbers_init(&f->reading, &f->numbers, err) != 0)
        return -1;
    if (f->numbers.decimal == '\0')
        f->numbers.decimal = '.';
    if (look_at_text(f, err) != 0)
        return -1;
    for (int64_t c = 0; c < l->n; c++) {
        if (pulse_text_column_is_numeric(&f->texts[c]))
            l->numeric[c] = true;
        else if (f->texts[c].look == PULSE_LOOK_TEXT)
            f->words[f->n_words++] = c;
        else if (pulse_parquet_is_text(f->parquet, c) && f->texts[c].look == PULSE_LOOK_NOTHING)
            l->holds[c] = PULSE_HOLDS_NOTHING;
    }
    return 0;
}

/* Leaves out the row groups whose times lie outside the period; the rows of the others are counted
 * through. */
static int choose_groups(struct pulse_parquet_frame *f, struct pulse_err *err)
{
    const int64_t n = pulse_parquet_groups(f->parquet);
    f->first = pulse_calloc(n, sizeof *f->first, "row groups", err);
    if (f->first == NULL)
        return -1;
    /* The period is one of days by some clock, which no instant is a day away from. */
    const bool moved = f->zone != NULL || f->reading.time_zone != NULL;
    const int64_t slack = moved ? PULSE_NS_PER_DAY : 0;
    f->layout.rows = 0;
    for (int64_t g = 0; g < n; g++) {
        int64_t begin, rows, first_ns, last_ns;
        const bool known = pulse_parquet_period(f->parquet, g, f->time, &first_ns, &last_ns);
        pulse_parquet_group(f->parquet, g, &begin, &rows);
        f->first[g] = f->layout.rows;
        if (known &&
            ((f->reading.from_ns > INT64_MIN + slack && last_ns < f->reading.from_ns - slack) ||
             (f->reading.to_ns < INT64_MAX - slack && first_ns > f->reading.to_ns + slack)))
            f->first[g] = -1;
        else
            f->layout.rows += rows;
    }
    return 0;
}

int pulse_parquet_frame_open(const char *uri, const struct pulse_read_options *reading,
                             struct pulse_parquet_frame **out, struct pulse_err *err)
{
    struct pulse_parquet_frame *f = pulse_calloc(1, sizeof *f, "an open Parquet file", err);
    if (f == NULL)
        return -1;
    f->reading = *reading;
    f->uri = pulse_strdup(uri, err);
    if (f->uri == NULL || pulse_parquet_open(uri, &f->parquet, err) != 0 ||
        set_layout(f, err) != 0 ||
        pulse_parquet_note_nested(f->parquet, &f->layout.note, err) != 0 || set_text(f, err) != 0 ||
        choose_groups(f, err) != 0) {
        pulse_parquet_frame_free(f);
        return -1;
    }
    *out = f;
    return 0;
}

void pulse_parquet_frame_free(struct pulse_parquet_frame *frame)
{
    if (frame == NULL)
        return;
    for (int64_t c = 0; c < frame->layout.n; c++)
        free(frame->layout.names[c]);
    free(frame->layout.names);
    free(frame->layout.numeric);
    free(frame->layout.empty);
    free(frame->layout.holds);
    free(frame->layout.note);
    free(frame->texts);
    free(frame->words);
    free(frame->first);
    pulse_parquet_free(frame->parquet);
    free(frame->uri);
    free(frame);
}

const struct pulse_parquet_layout *pulse_parquet_frame_layout(const struct pulse_parquet_frame *f)
{
    return &f->layout;
}

int64_t pulse_parquet_frame_align(const struct pulse_parquet_frame *frame, int64_t row)
{
    int64_t best = frame->layout.rows;
    for (int64_t g = 0; g < pulse_parquet_groups(frame->parquet); g++)
        if (frame->first[g] >= row && frame->first[g] < best)
            best = frame->first[g];
    return best;
}

int pulse_parquet_frame_refuse_nested(const struct pulse_parquet_frame *frame, const char *variable,
                                      struct pulse_err *err)
{
    int64_t n;
    char *const *nested = pulse_parquet_nested(frame->parquet, &n);
    for (int64_t i = 0; i < n; i++)
        if (pulse_is_generic_value_name(nested[i]) || strcasecmp(nested[i], variable) == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: column '%s' is a list, map or struct; write its numbers as a "
                              "column of their own",
                              frame->uri, nested[i]);
    return 0;
}

/* ---- Rows ----------------------------------------------------------------------- */

/* Where rows of one row group go. */
struct rows {
    int64_t group;
    int64_t from;  /* first row of the group that is wanted */
    int64_t count; /* how many */
    int64_t to;    /* first row of the block that they become */
    int64_t row;   /* of the file, for messages */
};

static int fail_row(const struct pulse_parquet_frame *f, int64_t row, const char *what,
                    struct pulse_err *err)
{
    int64_t n;
    return pulse_fail(err, PULSE_E_INPUT, "%s, row %lld, column '%s': %s", f->uri, (long long)row,
                      pulse_parquet_columns(f->parquet, &n)[f->time].name, what);
}

static int take_times(const struct pulse_parquet_frame *f, const struct rows *rows,
                      const struct pulse_vector *v, struct pulse_stamps *stamps, int64_t *time_ns,
                      struct pulse_err *err)
{
    for (int64_t i = 0, row = rows->from; i < rows->count; i++, row++) {
        int64_t begin = v->text_end == NULL || row == 0 ? 0 : v->text_end[row - 1];
        if (v->missing != NULL && v->missing[row])
            return fail_row(f, rows->row + i, "no time", err);
        const bool count = pulse_kind_is_integer(v->kind);
        const bool fits =
            count && (v->kind == PULSE_KIND_INT || v->integers[row] >= 0) &&
            pulse_epoch_to_ns(v->integers[row], f->reading.time_unit, &time_ns[rows->to + i]);
        if (count && !fits && f->reading.time_unit == PULSE_TIME_UNIT_NONE)
            return fail_unit(f, f->layout.names[f->time], err);
        if (count && !fits)
            return fail_row(f, rows->row + i, PULSE_TIME_OUTSIDE "; is --time-unit right?", err);
        if (count)
            continue;
        const char *fault = NULL;
        if (v->text_end == NULL)
            time_ns[rows->to + i] = v->integers[row];
        else
            fault = pulse_stamps_read(stamps, v->text + begin, (size_t)(v->text_end[row] - begin),
                                      &time_ns[rows->to + i]);
        if (fault != NULL)
            return fail_row(f, rows->row + i, fault, err);
    }
    return 0;
}

/* A missing real is NaN already. */
static void take_reals(const double *reals, int64_t n, double *values)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = isfinite(reals[i]) ? reals[i] : NAN;
}

static void take_integers(const struct rows *rows, const struct pulse_vector *v, double *values)
{
    for (int64_t i = 0, row = rows->from; i < rows->count; i++, row++)
        values[i] = v->missing != NULL && v->missing[row] ? (double)NAN
                                                          : pulse_vector_integer_to_real(v, row);
}

/* Numbers that are written as text; `values` NULL: they are only looked at. */
static int take_text(const struct pulse_parquet_frame *f, int64_t column, const struct rows *rows,
                     const struct pulse_vector *v, double *values, struct pulse_err *err)
{
    enum pulse_text_fault fault;
    char what[512];
    const struct pulse_text_column *text = &f->texts[column];
    const int64_t good =
        pulse_text_column_take_from(text, v, rows->from, rows->count, &f->numbers,
                                    values == NULL ? NULL : values + rows->to, &fault);
    if (good == rows->count)
        return 0;
    pulse_text_describe_fault(what, sizeof what, fault, pulse_text_of_vector(v, rows->from + good),
                              f->layout.names[column], text, &f->numbers, "row");
    return pulse_fail(err, PULSE_E_INPUT, "%s, row %lld: %s", f->uri, (long long)(rows->row + good),
                      what);
}

static int take_values(const struct pulse_parquet_frame *f, int64_t column, const struct rows *rows,
                       const struct pulse_vector *v, double *values, struct pulse_err *err)
{
    if (v->text_end != NULL)
        return take_text(f, column, rows, v, values, err);
    if (v->reals != NULL)
        take_reals(v->reals + rows->from, rows->count, values + rows->to);
    else
        take_integers(rows, v, values + rows->to);
    return 0;
}

/* Reads `n` columns of a row group; `out` NULL: what they hold is only looked at. */
static int read_columns(struct pulse_parquet_frame *f, const struct rows *rows,
                        const int64_t *columns, int64_t n, const struct pulse_block *out,
                        int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_batch batch;
    int rc = 0;
    for (int64_t c = 0, run; rc == 0 && c < n; c += run) {
        run = run_of(f, rows->group, columns + c, n - c);
        rc = pulse_parquet_read(f->parquet, rows->group, columns + c, run, &batch, bytes_read, err);
        for (int64_t i = 0; rc == 0 && i < run; i++)
            rc = take_values(f, columns[c + i], rows, &batch.vectors[i],
                             out == NULL ? NULL : out->values + (c + i) * out->rows, err);
        pulse_batch_clear(&batch);
    }
    return rc;
}

static int read_group(struct pulse_parquet_frame *f, const struct rows *rows,
                      const int64_t *columns, int64_t n, struct pulse_stamps *stamps,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_batch batch;
    int rc = pulse_parquet_read(f->parquet, rows->group, &f->time, 1, &batch, bytes_read, err);
    if (rc == 0)
        rc = take_times(f, rows, batch.vectors, stamps, out->time_ns, err);
    pulse_batch_clear(&batch);
    if (rc == 0)
        rc = read_columns(f, rows, columns, n, out, bytes_read, err);
    if (rc == 0 && f->reading.every_variable)
        rc = read_columns(f, rows, f->words, f->n_words, NULL, bytes_read, err);
    return rc;
}

int pulse_parquet_frame_read(struct pulse_parquet_frame *frame, int64_t first, int64_t rows,
                             const int64_t *columns, int64_t n, struct pulse_block *out,
                             int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_stamps stamps = pulse_stamps_begin(&frame->reading);
    int64_t cells;
    int rc = 0;
    *out = (struct pulse_block){.rows = rows, .columns = n};
    if (__builtin_mul_overflow(rows, n, &cells))
        cells = -1;
    out->time_ns = pulse_calloc(rows, sizeof *out->time_ns, "times of a Parquet file", err);
    out->values = pulse_alloc_aligned(cells, sizeof *out->values, "values of a Parquet file", err);
    if (out->time_ns == NULL || out->values == NULL)
        rc = -1;
    for (int64_t g = 0; rc == 0 && g < pulse_parquet_groups(frame->parquet); g++) {
        int64_t in_file, size, begin = frame->first[g];
        pulse_parquet_group(frame->parquet, g, &in_file, &size);
        int64_t from = begin > first ? begin : first;
        int64_t end = begin + size < first + rows ? begin + size : first + rows;
        const struct rows wanted = {g, from - begin, end - from, from - first,
                                    in_file + from - begin};
        if (begin >= 0 && from < end)
            rc = read_group(frame, &wanted, columns, n, &stamps, out, bytes_read, err);
    }
    pulse_stamps_end(&stamps, out);
    if (frame->zone != NULL)
        out->zone = frame->zone;
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}
