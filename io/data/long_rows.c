#include "data/long_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/columns.h"

static const char what[] = "a long panel";

static int fail_cell(const struct pulse_long_reader *r, int64_t column, int64_t row,
                     const char *fault, struct pulse_err *err)
{
    char where[PULSE_ROW_TEXT];
    return pulse_fail(err, PULSE_E_INPUT, "%s, %s, column '%s': %s", r->panel->uri,
                      pulse_batch_where(r->batch, row, r->row, where), r->columns[column].name,
                      fault);
}

/* Text of a row, as it stands. */
static struct pulse_text text_of(const struct pulse_vector *v, int64_t row)
{
    const int64_t begin = row == 0 ? 0 : v->text_end[row - 1];
    return (struct pulse_text){v->text == NULL ? "" : v->text + begin,
                               (size_t)(v->text_end[row] - begin)};
}

static bool is_missing(const struct pulse_vector *v, int64_t row)
{
    return v->missing != NULL && v->missing[row];
}

static int reserve_rows(struct pulse_long *p, int64_t rows, struct pulse_err *err)
{
    int64_t cap = p->cap;
    const int64_t need = p->n + rows;
    for (int64_t i = 0; i < p->n_values; i++) {
        struct pulse_vector *cells = &p->values[i].cells;
        int64_t reals = p->cap, integers = p->cap, missing = p->cap;
        const bool whole = pulse_kind_is_integer(cells->kind);
        if (!whole && pulse_grow(&cells->reals, &reals, need, sizeof *cells->reals, what, err) != 0)
            return -1;
        if (whole &&
            (pulse_grow(&cells->integers, &integers, need, sizeof *cells->integers, what, err) !=
                 0 ||
             pulse_grow(&cells->missing, &missing, need, sizeof *cells->missing, what, err) != 0))
            return -1;
    }
    if (pulse_grow(&p->id, &cap, need, sizeof *p->id, what, err) != 0)
        return -1;
    cap = p->cap;
    if (pulse_grow(&p->date, &cap, need, sizeof *p->date, what, err) != 0)
        return -1;
    p->cap = cap;
    return 0;
}

/* ---- Times ----------------------------------------------------------------------- */

/* Each text is read once. */
static int take_text_time(struct pulse_long_reader *r, const struct pulse_vector *v, int64_t row,
                          int64_t *ns, struct pulse_err *err)
{
    struct pulse_long *p = r->panel;
    const struct pulse_text text = pulse_text_of_vector(v, row);
    const int64_t known = p->stamps.n;
    int64_t number;
    if (memchr(text.at, '\0', text.length) != NULL)
        return fail_cell(r, r->chosen.time, row, "no time", err);
    if (pulse_labels_add(&p->stamps, text, &number, err) != 0 ||
        pulse_grow(&p->stamp_ns, &p->stamps_cap, p->stamps.n, sizeof *p->stamp_ns, what, err) != 0)
        return -1;
    const char *wrong =
        number < known ? NULL
                       : pulse_stamps_read(&r->stamps, text.at, text.length, &p->stamp_ns[number]);
    *ns = p->stamp_ns[number];
    return wrong == NULL ? 0 : fail_cell(r, r->chosen.time, row, wrong, err);
}

static int take_time(struct pulse_long_reader *r, const struct pulse_vector *v, int64_t row,
                     int64_t *ns, struct pulse_err *err)
{
    const bool large = v->kind == PULSE_KIND_UINT && v->integers[row] < 0;
    if (is_missing(v, row) && v->kind == PULSE_KIND_TIME && v->integers[row] == PULSE_NO_TIME)
        *ns = PULSE_NO_TIME;
    else if (is_missing(v, row))
        return fail_cell(r, r->chosen.time, row, "no time", err);
    else if (v->kind == PULSE_KIND_TEXT)
        return take_text_time(r, v, row, ns, err);
    else if (v->kind == PULSE_KIND_TIME)
        *ns = v->integers[row];
    else if (v->reals == NULL && !large &&
             pulse_epoch_to_ns(v->integers[row], r->reading.time_unit, ns))
        return 0;
    else if (v->reals != NULL || r->reading.time_unit == PULSE_TIME_UNIT_NONE)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: the times in column '%s' are numbers of an undeclared unit; say "
                          "--time-unit s, ms, us or ns, or write timestamps",
                          r->panel->uri, r->panel->time_name);
    else
        return fail_cell(r, r->chosen.time, row, PULSE_TIME_OUTSIDE "; is --time-unit right?", err);
    return 0;
}

/* Those that stand for none take their rows with them. */
static int take_times(struct pulse_long_reader *r, const struct pulse_batch *batch,
                      struct pulse_err *err)
{
    struct pulse_long *p = r->panel;
    if (pulse_grow(&r->kept, &r->kept_cap, batch->rows, sizeof *r->kept, what, err) != 0)
        return -1;
    r->n_kept = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        int64_t *ns = &p->date[p->n + r->n_kept];
        if (take_time(r, &batch->vectors[r->chosen.time], i, ns, err) != 0)
            return -1;
        if (pulse_is_time(*ns))
            r->kept[r->n_kept++] = i;
        else
            p->untimed++;
    }
    return 0;
}

/* ---- Ids ------------------------------------------------------------------------- */

/* Whole numbers as such, whatever the column's kind. */
static struct pulse_text number_text(const struct pulse_vector *v, int64_t row, char out[64])
{
    int length;
    if (v->reals == NULL)
        length = v->kind == PULSE_KIND_UINT
                     ? snprintf(out, 64, "%" PRIu64, (uint64_t)v->integers[row])
                     : snprintf(out, 64, "%" PRId64, v->integers[row]);
    else
        length = pulse_format_number(v->reals[row], out);
    return (struct pulse_text){out, (size_t)length};
}

/* What a column says that a row is of; `buffer` is for numbers. */
static int take_label(struct pulse_long_reader *r, const struct pulse_batch *batch, int64_t column,
                      int64_t row, char buffer[64], struct pulse_text *text, struct pulse_err *err)
{
    const struct pulse_vector *v = &batch->vectors[column];
    const bool none = is_missing(v, row) || (v->reals != NULL && !isfinite(v->reals[row]));
    *text = (struct pulse_text){"", 0};
    if (!none)
        *text = v->kind == PULSE_KIND_TEXT ? text_of(v, row) : number_text(v, row, buffer);
    if (memchr(text->at, '\0', text->length) != NULL)
        return fail_cell(r, column, row, "a NUL byte in an id", err);
    r->unnamed = r->unnamed || pulse_text_trim(*text).length == 0;
    return r->unnamed && r->reading.id != NULL
               ? fail_cell(r, column, row, "no id; name another column with --id, or fill it in",
                           err)
               : 0;
}

/* The labels of several columns, with this byte between them. */
static int join_labels(struct pulse_long_reader *r, const struct pulse_batch *batch, int64_t row,
                       char between, struct pulse_err *err)
{
    r->joined.what = "an id";
    r->joined.err = err;
    r->joined.n = 0;
    for (int64_t i = 0; i < r->chosen.n_ids; i++) {
        char buffer[64];
        struct pulse_text text;
        if (take_label(r, batch, r->chosen.ids[i], row, buffer, &text, err) != 0 ||
            pulse_text_buffer_add_bytes(&r->joined, &between, i == 0 ? 0 : 1) != 0 ||
            pulse_text_buffer_add_bytes(&r->joined, text.at, (int64_t)text.length) != 0)
            return -1;
    }
    return 0;
}

static int add_joined(const struct pulse_long_reader *r, struct pulse_labels *to, int64_t *number,
                      struct pulse_err *err)
{
    const struct pulse_text text = {r->joined.bytes, (size_t)r->joined.n};
    return pulse_labels_add(to, text, number, err);
}

/* "DE.services" of the labels DE and services, which is named when it is first met. That two
 * different ids have one name, as "a.b" and "c" beside "a" and "b.c", shows in their numbers. */
static int take_joined_id(struct pulse_long_reader *r, const struct pulse_batch *batch, int64_t row,
                          int64_t *number, struct pulse_err *err)
{
    const int64_t known = r->ids_apart.n;
    int64_t named;
    if (join_labels(r, batch, row, '\x1f', err) != 0 ||
        add_joined(r, &r->ids_apart, number, err) != 0)
        return -1;
    if (*number < known)
        return 0;
    if (join_labels(r, batch, row, '.', err) != 0 ||
        add_joined(r, &r->panel->ids, &named, err) != 0)
        return -1;
    return *number == named
               ? 0
               : fail_cell(r, r->chosen.id, row,
                           "joined with the other columns of --id it gives the name of "
                           "another id; rename one of them",
                           err);
}

static int take_id(struct pulse_long_reader *r, const struct pulse_batch *batch, int64_t row,
                   int64_t *number, struct pulse_err *err)
{
    char buffer[64];
    struct pulse_text text;
    if (r->chosen.n_ids > 1)
        return take_joined_id(r, batch, row, number, err);
    return take_label(r, batch, r->chosen.id, row, buffer, &text, err) != 0
               ? -1
               : pulse_labels_add(&r->panel->ids, text, number, err);
}

/* ---- Values ---------------------------------------------------------------------- */

/* Numbers that are written as text. A column that turns out to hold other text is left out. */
static int take_text(struct pulse_long_reader *r, int64_t column, const struct pulse_batch *batch,
                     bool wanted, struct pulse_err *err)
{
    struct pulse_text_column *look = &r->looks[column];
    const struct pulse_vector *v = &batch->vectors[column];
    enum pulse_text_fault fault;
    char text[512], where[PULSE_ROW_TEXT];
    if (pulse_grow(&r->taken, &r->taken_cap, batch->rows, sizeof *r->taken, what, err) != 0)
        return -1;
    if (look->look == PULSE_LOOK_NOTHING)
        pulse_text_column_look_over(look, batch, column, &r->numbers, r->row);
    const int64_t good = pulse_text_column_take_from(look, v, 0, batch->rows, &r->numbers,
                                                     wanted ? r->taken : NULL, &fault);
    if (good == batch->rows)
        return 0;
    pulse_text_describe_fault(text, sizeof text, fault, pulse_text_of_vector(v, good),
                              r->columns[column].name, look, &r->numbers,
                              batch->line != NULL ? "line" : "row");
    return pulse_fail(err, PULSE_E_INPUT, "%s, %s: %s", r->panel->uri,
                      pulse_batch_where(batch, good, r->row, where), text);
}

static int take_values(struct pulse_long_reader *r, int64_t value, const struct pulse_batch *batch,
                       struct pulse_err *err)
{
    const int64_t column = r->chosen.values[value], n = r->panel->n;
    const struct pulse_vector *v = &batch->vectors[column];
    struct pulse_vector *to = &r->panel->values[value].cells;
    if (v->kind == PULSE_KIND_TEXT && take_text(r, column, batch, true, err) != 0)
        return -1;
    for (int64_t i = 0; i < r->n_kept; i++) {
        const int64_t row = r->kept[i];
        if (to->reals == NULL) {
            to->missing[n + i] = is_missing(v, row);
            to->integers[n + i] = v->integers[row];
        } else if (v->kind == PULSE_KIND_TEXT) {
            to->reals[n + i] = r->taken[row];
        } else {
            to->reals[n + i] = is_missing(v, row) ? (double)NAN : v->reals[row];
        }
    }
    return 0;
}

/* What the row's time is the time of; 0 where that is no text, or of a form. */
static unsigned span_of(const struct pulse_long_reader *r, int64_t row)
{
    const struct pulse_vector *times = &r->batch->vectors[r->chosen.time];
    if (times->kind != PULSE_KIND_TEXT || r->stamps.form != NULL)
        return 0;
    const struct pulse_text text = pulse_text_of_vector(times, row);
    return pulse_stamp_span(text.at, text.length);
}

/* Each id may have a frequency of its own. */
static int take_span(struct pulse_long_reader *r, int64_t row, int64_t id, struct pulse_err *err)
{
    const int64_t known = r->spans_cap;
    if (pulse_grow(&r->spans, &r->spans_cap, id + 1, sizeof *r->spans, what, err) != 0)
        return -1;
    memset(r->spans + known, 0, (size_t)(r->spans_cap - known));
    r->spans[id] |= (unsigned char)span_of(r, row);
    r->spans_differ = r->spans_differ || pulse_stamp_spans_differ(r->spans[id]);
    return 0;
}

int pulse_long_take_batch(struct pulse_long_reader *r, const struct pulse_batch *batch,
                          struct pulse_err *err)
{
    struct pulse_long *p = r->panel;
    const struct pulse_long_columns *chosen = &r->chosen;
    r->batch = batch;
    int rc = reserve_rows(p, batch->rows, err);
    if (rc == 0)
        rc = take_times(r, batch, err);
    for (int64_t i = 0; rc == 0 && i < r->n_kept; i++) {
        rc = take_id(r, batch, r->kept[i], &p->id[p->n + i], err);
        if (rc == 0)
            rc = take_span(r, r->kept[i], p->id[p->n + i], err);
    }
    for (int64_t i = 0; rc == 0 && i < chosen->n_values; i++)
        rc = take_values(r, i, batch, err);
    for (int64_t i = 0; rc == 0 && r->reading.every_variable && i < chosen->n_left_out; i++)
        if (batch->vectors[chosen->left_out[i]].kind == PULSE_KIND_TEXT)
            rc = take_text(r, chosen->left_out[i], batch, false, err);
    p->n += r->n_kept;
    r->row += batch->rows;
    return rc;
}
