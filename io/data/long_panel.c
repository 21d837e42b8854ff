#include "data/long_panel.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/common/date_form.h"
#include "data/common/open_table.h"
#include "data/long_index.h"
#include "data/long_rows.h"
#include "data/repeats.h"
#include "data/table.h"
#include "store/store.h"

static const char what[] = "a long panel";

/* ---- Columns --------------------------------------------------------------------- */

/* "ticker", or "region,sector": as --id names them. */
static char *join_names(const struct pulse_long_reader *r, struct pulse_err *err)
{
    struct pulse_text_buffer names = {.what = "the name of the ids", .err = err};
    for (int64_t i = 0; i < r->chosen.n_ids; i++) {
        pulse_text_buffer_add(&names, i == 0 ? "" : ",");
        pulse_text_buffer_add(&names, r->columns[r->chosen.ids[i]].name);
    }
    return pulse_text_buffer_finish(&names);
}

static int name_columns(struct pulse_long_reader *r, struct pulse_err *err)
{
    struct pulse_long *p = r->panel;
    const struct pulse_long_columns *chosen = &r->chosen;
    p->id_kind = chosen->n_ids > 1 ? PULSE_KIND_TEXT : r->columns[chosen->id].kind;
    p->time_kind = r->columns[chosen->time].kind;
    p->id_name = join_names(r, err);
    p->time_name = pulse_strdup(r->columns[chosen->time].name, err);
    p->values = pulse_calloc(chosen->n_values, sizeof *p->values, what, err);
    p->left_out = pulse_calloc(chosen->n_left_out, sizeof *p->left_out, what, err);
    if (p->id_name == NULL || p->time_name == NULL || p->values == NULL || p->left_out == NULL)
        return -1;
    for (int64_t i = 0; i < chosen->n_values; i++) {
        const struct pulse_table_column *column = &r->columns[chosen->values[i]];
        struct pulse_long_value *value = &p->values[p->n_values++];
        value->name = pulse_strdup(column->name, err);
        value->cells.kind = column->kind == PULSE_KIND_TEXT ? PULSE_KIND_DOUBLE : column->kind;
        if (value->name == NULL)
            return -1;
    }
    p->attributes = chosen->attributes;
    for (; p->n_left_out < chosen->n_left_out; p->n_left_out++) {
        p->left_out[p->n_left_out] =
            pulse_strdup(r->columns[chosen->left_out[p->n_left_out]].name, err);
        if (p->left_out[p->n_left_out] == NULL)
            return -1;
    }
    return 0;
}

/* The form of times that are text other than ISO 8601, by the first rows. */
static void find_form(struct pulse_long_reader *r, const struct pulse_batch *batch)
{
    const struct pulse_vector *time = &batch->vectors[r->chosen.time];
    struct pulse_date_form form = {.any = false};
    int64_t ns;
    bool iso = r->reading.date_format != NULL || time->kind != PULSE_KIND_TEXT;
    for (int64_t i = 0; !iso && i < batch->rows; i++) {
        const struct pulse_text text = pulse_text_of_vector(time, i);
        iso = !pulse_date_form_see(&form, text) && pulse_parse_instant(text.at, text.length, &ns);
    }
    if (!iso)
        r->stamps.form = pulse_date_form_of(&form);
}

/* What the first rows say the columns are. `found` is false where they are not those of a long
 * panel; what options name must be. */
static int choose_columns(struct pulse_long_reader *r, const struct pulse_batch *batch, bool *found,
                          struct pulse_err *err)
{
    for (int64_t c = 0; c < r->n; c++)
        if (batch->rows > 0 && r->columns[c].kind == PULSE_KIND_TEXT)
            pulse_text_column_look_over(&r->looks[c], batch, c, &r->numbers, 0);
    if (pulse_long_columns_find(r->panel->uri, r->columns, r->looks, r->n, &r->reading, &r->chosen,
                                err) != 0)
        return -1;
    *found = r->chosen.time >= 0 && r->chosen.id >= 0;
    if (r->reading.id != NULL && r->chosen.time < 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no time column; say --time NAME", r->panel->uri);
    if (r->reading.id != NULL && r->chosen.n_values == 0 && batch->rows > 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no column of numbers beside '%s' and '%s'",
                          r->panel->uri, r->columns[r->chosen.time].name, r->reading.id);
    *found = *found && (r->chosen.n_values > 0 || r->reading.id != NULL);
    if (*found && batch->rows > 0)
        find_form(r, batch);
    return *found ? name_columns(r, err) : 0;
}

/* ---- Rows ------------------------------------------------------------------------ */

static int read_table(struct pulse_long_reader *r, struct pulse_table *table, bool *found,
                      struct pulse_err *err)
{
    bool end = false, first = true;
    int rc = 0;
    table->warned = true; /* of times that stand for none: their rows are counted here */
    r->columns = pulse_table_columns(table, &r->n);
    r->looks = pulse_calloc(r->n, sizeof *r->looks, "column kinds", err);
    *found = r->looks != NULL;
    while (rc == 0 && *found && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        if (rc == 0 && first)
            rc = choose_columns(r, &batch, found, err);
        if (rc == 0 && *found && !end)
            rc = pulse_long_take_batch(r, &batch, err);
        pulse_batch_clear(&batch);
        first = false;
    }
    return r->looks == NULL ? -1 : rc;
}

/* Times of several offsets have no zone to be shown in: they stay as they stand. */
static int keep_text(struct pulse_long *p, struct pulse_err *err)
{
    p->time_text = pulse_calloc(p->n_times, sizeof *p->time_text, what, err);
    for (int64_t s = p->stamps.n - 1; p->time_text != NULL && s >= 0; s--) {
        const int64_t at = pulse_long_find_time(p, p->stamp_ns[s]);
        if (at >= 0)
            p->time_text[at] = s;
    }
    return p->time_text == NULL ? -1 : 0;
}

static int take_zone(struct pulse_long_reader *r, struct pulse_err *err)
{
    struct pulse_long *p = r->panel;
    struct pulse_block block = {0};
    const struct pulse_table_column *time = &r->columns[r->chosen.time];
    if (time->kind == PULSE_KIND_TEXT) {
        pulse_stamps_end(&r->stamps, &block);
        p->zone = block.zone;
        p->local = block.local;
    } else if (time->kind == PULSE_KIND_TIME) {
        p->zone = time->zone;
    }
    return p->local ? keep_text(p, err) : 0;
}

/* Whether a file whose options do not say so is a long panel: more than one row in a hundred
 * repeats a date, and the labels distinguish most of those. Integers that are called like an id are
 * one without that, as long as they do not count the rows: they are no variable. */
static bool is_panel(const struct pulse_long_reader *r)
{
    const struct pulse_long *p = r->panel;
    const int64_t repeats = p->n - p->n_times;
    const bool whole = pulse_kind_is_integer(r->columns[r->chosen.id].kind),
               by_name = r->chosen.id_by_name;
    const bool several = 2 * p->ids.n <= p->n; /* rows of an id */
    if (r->unnamed || p->n == 0)
        return false;
    if (100 * repeats > p->n && 2 * p->repeated <= repeats)
        return several || (by_name && !whole);
    return whole && by_name && several && 100 * p->repeated <= p->n;
}

/* Years and months of one id: one would be taken for the other. */
static int check_spans(const struct pulse_long_reader *r, struct pulse_err *err)
{
    const struct pulse_long *p = r->panel;
    return r->spans_differ ? pulse_spans_refuse(p->uri, &r->reading, err) : 0;
}

static int read_panel(struct pulse_long_reader *r, bool *found, struct pulse_err *err)
{
    struct pulse_table *table = NULL;
    if (pulse_text_numbers_init(&r->reading, &r->numbers, err) != 0)
        return -1;
    if (r->numbers.decimal == '\0')
        r->numbers.decimal = '.';
    int rc = pulse_table_open(r->panel->uri, &r->reading, &table, err);
    if (rc == 0 && table->note != NULL) {
        r->panel->note = pulse_strdup(table->note, err);
        rc = r->panel->note == NULL ? -1 : 0;
    }
    if (rc == 0)
        rc = read_table(r, table, found, err);
    if (rc == 0 && *found)
        rc = pulse_long_index(r->panel, err);
    if (rc == 0 && *found)
        rc = check_spans(r, err);
    if (rc == 0 && *found)
        rc = take_zone(r, err);
    if (rc == 0 && *found && r->reading.id == NULL)
        *found = is_panel(r);
    pulse_table_free(table);
    return rc;
}

int pulse_long_read(const char *uri, const struct pulse_read_options *options,
                    struct pulse_long **out, struct pulse_err *err)
{
    struct pulse_long_reader reader = {.reading = pulse_read_options_or_all(options)};
    bool found = false;
    *out = NULL;
    reader.reading.as_panel = true;
    reader.stamps = pulse_stamps_begin(&reader.reading);
    reader.panel = pulse_calloc(1, sizeof *reader.panel, what, err);
    if (reader.panel == NULL)
        return -1;
    reader.panel->uri = pulse_strdup(uri, err);
    reader.panel->bytes = pulse_store_bytes_of(uri);
    const int rc = reader.panel->uri == NULL ? -1 : read_panel(&reader, &found, err);
    if (rc == 0 && found)
        *out = reader.panel;
    else
        pulse_long_free(reader.panel);
    pulse_long_columns_clear(&reader.chosen);
    free(reader.looks);
    pulse_labels_clear(&reader.ids_apart);
    pulse_text_buffer_clear(&reader.joined);
    free(reader.kept);
    free(reader.spans);
    free(reader.taken);
    return rc;
}

void pulse_long_free(struct pulse_long *panel)
{
    if (panel == NULL)
        return;
    for (int64_t i = 0; i < panel->n_values; i++) {
        free(panel->values[i].name);
        free(panel->values[i].cells.missing);
        free(panel->values[i].cells.integers);
        free(panel->values[i].cells.reals);
    }
    for (int64_t i = 0; i < panel->n_left_out; i++)
        free(panel->left_out[i]);
    pulse_labels_clear(&panel->ids);
    pulse_labels_clear(&panel->stamps);
    free(panel->stamp_ns);
    free(panel->time_text);
    free(panel->order);
    free(panel->values);
    free(panel->left_out);
    free(panel->id);
    free(panel->date);
    free(panel->times);
    free(panel->id_name);
    free(panel->time_name);
    free(panel->note);
    free(panel->uri);
    free(panel);
}

/* ---- Variables ------------------------------------------------------------------- */

int64_t pulse_long_variables(const struct pulse_long *panel)
{
    return panel->ids.n * panel->n_values;
}

char *pulse_long_variable_name(const struct pulse_long *panel, int64_t variable,
                               struct pulse_err *err)
{
    const char *id = pulse_labels_text(&panel->ids, panel->order[variable / panel->n_values]);
    return panel->n_values == 1
               ? pulse_strdup(id, err)
               : pulse_print(err, "%s.%s", id, panel->values[variable % panel->n_values].name);
}
