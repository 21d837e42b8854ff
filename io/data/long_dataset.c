#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/long_panel.h"

/* A panel as a wide dataset. */
struct dataset {
    struct pulse_long *panel;
    bool owned;
    int64_t n;
    char **names; /* n */
    bool *empty;  /* n */
};

static void close_dataset(void *file)
{
    struct dataset *d = file;
    if (d == NULL)
        return;
    for (int64_t v = 0; d->names != NULL && v < d->n; v++)
        free(d->names[v]);
    free(d->names);
    free(d->empty);
    if (d->owned)
        pulse_long_free(d->panel);
    free(d);
}

/* A finite number, or NaN. */
static double number_of(const struct pulse_vector *cells, int64_t row)
{
    if (cells->reals != NULL)
        return isfinite(cells->reals[row]) ? cells->reals[row] : (double)NAN;
    return cells->missing[row] ? (double)NAN : pulse_vector_integer_to_real(cells, row);
}

/* ---- Opening --------------------------------------------------------------------- */

/* Where each id stands in the order; to be freed. */
static int64_t *invert_order(const struct pulse_long *p, struct pulse_err *err)
{
    int64_t *position = pulse_calloc(p->ids.n, sizeof *position, "a long panel", err);
    for (int64_t i = 0; position != NULL && i < p->ids.n; i++)
        position[p->order[i]] = i;
    return position;
}

static int set_columns(struct dataset *d, struct pulse_err *err)
{
    const struct pulse_long *p = d->panel;
    const int64_t n = pulse_long_variables(p);
    int64_t *position = invert_order(p, err);
    d->names = pulse_calloc(n, sizeof *d->names, "variable names", err);
    d->empty = pulse_calloc(n, sizeof *d->empty, "variables", err);
    int rc = position == NULL || d->names == NULL || d->empty == NULL ? -1 : 0;
    for (; rc == 0 && d->n < n; d->n++) {
        d->empty[d->n] = true;
        d->names[d->n] = pulse_long_variable_name(p, d->n, err);
        rc = d->names[d->n] == NULL ? -1 : 0;
    }
    for (int64_t k = 0; rc == 0 && k < p->n_values; k++)
        for (int64_t i = 0; i < p->n; i++)
            if (!isnan(number_of(&p->values[k].cells, i)))
                d->empty[position[p->id[i]] * p->n_values + k] = false;
    free(position);
    return rc;
}

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct dataset *d = pulse_calloc(1, sizeof *d, "an open file", err);
    (void)part, (void)parts;
    if (d == NULL)
        return -1;
    d->panel = options->panel;
    d->owned = options->panel == NULL;
    int rc = d->owned ? pulse_long_read(location->uri, options, &d->panel, err) : 0;
    if (rc == 0)
        rc = set_columns(d, err);
    if (rc == 0)
        *file = d;
    else
        close_dataset(d);
    return rc;
}

static void describe_frame(const void *file, int64_t frame, struct pulse_frame *out)
{
    const struct dataset *d = file;
    (void)frame;
    *out = (struct pulse_frame){
        .n = d->n, .names = d->names, .empty = d->empty, .time = -1, .note = d->panel->note};
}

/* ---- Reading --------------------------------------------------------------------- */

/* For each id and value which column of the request it is, −1 for none; to be freed. */
static int64_t *find_columns(const struct dataset *d, const struct pulse_frame_request *request,
                             struct pulse_err *err)
{
    const struct pulse_long *p = d->panel;
    int64_t *column = pulse_calloc(d->n, sizeof *column, "a long panel", err);
    if (column == NULL)
        return NULL;
    memset(column, -1, (size_t)d->n * sizeof *column);
    for (int64_t c = 0; c < request->n; c++) {
        const int64_t id = p->order[request->columns[c] / p->n_values];
        column[id * p->n_values + request->columns[c] % p->n_values] = c;
    }
    return column;
}

/* The dates on which a wanted id has a row, which become the rows: `row` is −1 on others. Returns
 * how many; `held` is how many cells can hold a value. */
static int64_t find_rows(const struct pulse_long *p, const int64_t *column, int64_t *row,
                         int64_t *held)
{
    int64_t rows = 0;
    memset(row, -1, (size_t)p->n_times * sizeof *row);
    *held = 0;
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t k = 0; k < p->n_values; k++)
            if (column[p->id[i] * p->n_values + k] >= 0) {
                row[p->date[i]] = 0;
                (*held)++;
            }
    for (int64_t t = 0; t < p->n_times; t++)
        if (row[t] == 0)
            row[t] = rows++;
    return rows;
}

int pulse_long_check_size(const struct pulse_long *panel, int64_t dates, int64_t n, int64_t held,
                          struct pulse_err *err)
{
    enum { CELLS_FREE = 16 << 20, SPARSEST = 100 };
    int64_t cells;
    if (!__builtin_mul_overflow(dates, n, &cells) &&
        (cells <= CELLS_FREE || cells / SPARSEST <= held))
        return 0;
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s: a long panel of %lld dates and %lld variables, of whose cells fewer than "
        "1 in 100 hold a value; is '%s' the column of ids? see --id, or choose "
        "variables",
        panel->uri, (long long)dates, (long long)n, panel->id_name);
}

/* Of several rows of one date and id the last value counts. */
static void fill_block(const struct pulse_long *p, const int64_t *column, const int64_t *row,
                       struct pulse_block *out)
{
    const int64_t cells = out->rows * out->columns;
    for (int64_t i = 0; i < cells; i++)
        out->values[i] = NAN;
    for (int64_t t = 0; t < p->n_times; t++)
        if (row[t] >= 0)
            out->time_ns[row[t]] = p->times[t];
    for (int64_t k = 0; k < p->n_values; k++)
        for (int64_t i = 0; i < p->n; i++) {
            const int64_t c = column[p->id[i] * p->n_values + k];
            const double value = c < 0 ? (double)NAN : number_of(&p->values[k].cells, i);
            if (!isnan(value))
                out->values[c * out->rows + row[p->date[i]]] = value;
        }
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    const struct dataset *d = file;
    const struct pulse_long *p = d->panel;
    int64_t held;
    *out = (struct pulse_block){
        .columns = request->n, .untimed = p->untimed, .zone = p->zone, .local = p->local};
    int64_t *column = find_columns(d, request, err);
    int64_t *row = pulse_calloc(p->n_times, sizeof *row, "a long panel", err);
    int rc = column == NULL || row == NULL ? -1 : 0;
    if (rc == 0) {
        out->rows = find_rows(p, column, row, &held);
        rc = pulse_long_check_size(p, out->rows, request->n, held, err);
    }
    if (rc == 0) {
        out->time_ns = pulse_alloc_aligned(out->rows + 1, sizeof *out->time_ns, "times", err);
        out->values = pulse_alloc_aligned(out->rows * request->n + 1, sizeof *out->values,
                                          "the values of a long panel", err);
        rc = out->time_ns == NULL || out->values == NULL ? -1 : 0;
    }
    if (rc == 0) {
        fill_block(p, column, row, out);
        *bytes_read += p->bytes;
    }
    free(column);
    free(row);
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}

const struct pulse_dataset_face pulse_long_dataset = {.open = open_dataset,
                                                      .close = close_dataset,
                                                      .describe_frame = describe_frame,
                                                      .read = read_block};
