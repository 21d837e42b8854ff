#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/batch.h"
#include "data/common/open_table.h"
#include "data/long_panel.h"
#include "data/table_shape.h"

/* A long panel as a table. */
struct wide_table {
    struct pulse_table head; /* the columns' names are its own */
    struct pulse_long *panel;
    int64_t *first;    /* n_times + 1: where the rows of each time begin among … */
    int64_t *rows;     /* … the panel's rows, in their order */
    int64_t *position; /* of ids: which comes first */
};

static void close_table(struct pulse_table *table)
{
    struct wide_table *t = (struct wide_table *)table;
    pulse_long_free(t->panel);
    free(t->first);
    free(t->rows);
    free(t->position);
    for (int64_t c = 0; c < table->n; c++)
        free(table->columns[c].name);
}

static int sort_rows(struct wide_table *t, struct pulse_err *err)
{
    const struct pulse_long *p = t->panel;
    t->first = pulse_calloc(p->n_times + 2, sizeof *t->first, "a wide table", err);
    t->rows = pulse_calloc(p->n, sizeof *t->rows, "a wide table", err);
    t->position = pulse_calloc(p->ids.n, sizeof *t->position, "a wide table", err);
    if (t->first == NULL || t->rows == NULL || t->position == NULL)
        return -1;
    for (int64_t i = 0; i < p->n; i++)
        t->first[p->date[i] + 2]++;
    for (int64_t d = 0; d < p->n_times; d++)
        t->first[d + 2] += t->first[d + 1];
    for (int64_t i = 0; i < p->n; i++)
        t->rows[t->first[p->date[i] + 1]++] = i;
    for (int64_t i = 0; i < p->ids.n; i++)
        t->position[p->order[i]] = i;
    return 0;
}

static int set_columns(struct wide_table *t, struct pulse_err *err)
{
    const struct pulse_long *p = t->panel;
    const int64_t variables = pulse_long_variables(p);
    struct pulse_table *head = &t->head;
    head->rows = p->n_times;
    head->columns = pulse_calloc(variables + 1, sizeof *head->columns, "columns", err);
    head->unzoned = pulse_calloc(variables + 1, sizeof *head->unzoned, "columns", err);
    if (head->columns == NULL || head->unzoned == NULL)
        return -1;
    head->columns[0] = (struct pulse_table_column){.name = pulse_strdup(p->time_name, err),
                                                   .kind = p->time_text == NULL ? PULSE_KIND_TIME
                                                                                : PULSE_KIND_TEXT,
                                                   .zone = p->time_text == NULL ? p->zone : NULL};
    if (head->columns[head->n++].name == NULL)
        return -1;
    for (int64_t v = 0; v < variables; v++) {
        struct pulse_table_column *column = &head->columns[head->n++];
        column->kind = p->values[v % p->n_values].cells.kind;
        column->name = pulse_long_variable_name(p, v, err);
        if (column->name == NULL)
            return -1;
    }
    return 0;
}

static int put_times(const struct wide_table *t, struct pulse_batch *out, struct pulse_err *err)
{
    const struct pulse_long *p = t->panel;
    struct pulse_text_buffer buffer = {0};
    for (int64_t i = 0; i < out->rows; i++) {
        const int64_t d = t->head.row + i;
        if (p->time_text == NULL) {
            out->vectors[0].integers[i] = p->times[d];
            continue;
        }
        const char *text = pulse_labels_text(&p->stamps, p->time_text[d]);
        if (pulse_vector_put_text(&out->vectors[0], &buffer, text, (int64_t)strlen(text), err) != 0)
            return -1;
        pulse_vector_end_text(&out->vectors[0], &buffer, i);
    }
    return 0;
}

/* Of several rows of one time and id the last value counts. */
static void put_row(const struct wide_table *t, int64_t row, struct pulse_batch *out, int64_t to)
{
    const struct pulse_long *p = t->panel;
    for (int64_t k = 0; k < p->n_values; k++) {
        const struct pulse_vector *from = &p->values[k].cells;
        struct pulse_vector *v = &out->vectors[1 + t->position[p->id[row]] * p->n_values + k];
        if (from->reals != NULL ? isnan(from->reals[row]) : from->missing[row])
            continue;
        v->missing[to] = false;
        if (from->reals != NULL)
            v->reals[to] = from->reals[row];
        else
            v->integers[to] = from->integers[row];
    }
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    const struct wide_table *t = (const struct wide_table *)table;
    const int64_t most = pulse_batch_rows(table->n), left = table->rows - table->row;
    const int64_t rows = left < most ? left : most;
    if (pulse_batch_init(out, table->columns, table->n, rows, err) != 0 ||
        put_times(t, out, err) != 0)
        return -1;
    for (int64_t c = 1; c < table->n; c++) {
        struct pulse_vector *v = &out->vectors[c];
        memset(v->missing, true, (size_t)rows * sizeof *v->missing);
        for (int64_t i = 0; v->reals != NULL && i < rows; i++)
            v->reals[i] = NAN;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = t->first[table->row + i]; k < t->first[table->row + i + 1]; k++)
            put_row(t, t->rows[k], out, i);
    return 0;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

int pulse_table_of_panel(struct pulse_long *panel, struct pulse_table **out, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_read_options_or_all(NULL);
    const struct pulse_location location = {.uri = panel->uri};
    struct wide_table *t = pulse_open_table_new(sizeof *t, &face, &location, &reading, err);
    if (t == NULL) {
        pulse_long_free(panel);
        return -1;
    }
    t->panel = panel;
    int rc = pulse_long_check_size(panel, panel->n_times, pulse_long_variables(panel),
                                   panel->n * panel->n_values, err);
    if (rc == 0)
        rc = sort_rows(t, err);
    if (rc == 0)
        rc = set_columns(t, err);
    if (rc == 0)
        *out = &t->head;
    else
        pulse_open_table_free(&t->head);
    return rc;
}
