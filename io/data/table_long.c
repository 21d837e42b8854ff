#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/open_table.h"
#include "data/long_columns.h"
#include "data/table_shape.h"

/* A wide table, held whole, as rows of a name, a time and a value. */
struct long_table {
    struct pulse_table head; /* the columns' names are constants */
    struct pulse_table *from;
    const struct pulse_table_column *columns; /* of it */
    int64_t n;
    struct pulse_text_column *looks; /* n */
    struct pulse_text_numbers numbers;
    struct pulse_long_columns chosen;
    int64_t n_batches, cap;
    struct pulse_batch *batches; /* all rows of it */
    int64_t value, batch, at;    /* the next cell: of the chosen values, in a batch, its row */
};

static struct pulse_table_column columns_of_long[] = {
    {.name = (char *)"unique_id", .kind = PULSE_KIND_TEXT},
    {.name = (char *)"ds", .kind = PULSE_KIND_TIME},
    {.name = (char *)"y", .kind = PULSE_KIND_DOUBLE}};
enum { ID, TIME, VALUE, COLUMNS };

static void close_table(struct pulse_table *table)
{
    struct long_table *t = (struct long_table *)table;
    for (int64_t b = 0; b < t->n_batches; b++)
        pulse_batch_clear(&t->batches[b]);
    free(t->batches);
    free(t->looks);
    pulse_long_columns_clear(&t->chosen);
    pulse_table_free(t->from);
}

static bool is_missing(const struct pulse_vector *v, int64_t row)
{
    return (v->missing != NULL && v->missing[row]) || (v->reals != NULL && isnan(v->reals[row]));
}

/* ---- Reading all of it ----------------------------------------------------------- */

/* Text that holds numbers becomes reals. */
static int make_reals(struct long_table *t, int64_t column, struct pulse_batch *batch, int64_t row,
                      struct pulse_err *err)
{
    struct pulse_text_column *look = &t->looks[column];
    struct pulse_vector *v = &batch->vectors[column];
    enum pulse_text_fault fault;
    char what[512], where[PULSE_ROW_TEXT];
    double *reals = pulse_calloc(batch->rows, sizeof *reals, "a column", err);
    if (reals == NULL)
        return -1;
    if (look->look == PULSE_LOOK_NOTHING)
        pulse_text_column_look_over(look, batch, column, &t->numbers, row);
    const int64_t good =
        pulse_text_column_take_from(look, v, 0, batch->rows, &t->numbers, reals, &fault);
    if (good < batch->rows) {
        pulse_text_describe_fault(what, sizeof what, fault, pulse_text_of_vector(v, good),
                                  t->columns[column].name, look, &t->numbers,
                                  batch->line != NULL ? "line" : "row");
        free(reals);
        return pulse_fail(err, PULSE_E_INPUT, "%s, %s: %s", t->head.uri,
                          pulse_batch_where(batch, good, row, where), what);
    }
    free(v->reals);
    v->reals = reals;
    return 0;
}

/* Only what is used of a batch is kept. */
static int take_batch(struct long_table *t, struct pulse_batch *batch, int64_t row,
                      struct pulse_err *err)
{
    for (int64_t i = 0; i < t->chosen.n_values; i++)
        if (t->columns[t->chosen.values[i]].kind == PULSE_KIND_TEXT &&
            make_reals(t, t->chosen.values[i], batch, row, err) != 0)
            return -1;
    if (pulse_grow(&t->batches, &t->cap, t->n_batches + 1, sizeof *t->batches, "rows of a table",
                   err) != 0)
        return -1;
    t->batches[t->n_batches++] = *batch;
    *batch = (struct pulse_batch){0};
    return 0;
}

/* The time, and the columns of numbers that have a name; what else there is is warned about. */
static int choose_columns(struct long_table *t, const struct pulse_batch *batch,
                          struct pulse_err *err)
{
    const struct pulse_read_options *reading = &t->from->reading;
    struct pulse_read_options said = *reading;
    char list[PULSE_COLUMNS_TEXT];
    int64_t kept = 0, n = 0;
    said.id = NULL;
    for (int64_t c = 0; c < t->n; c++)
        if (batch->rows > 0 && t->columns[c].kind == PULSE_KIND_TEXT)
            pulse_text_column_look_over(&t->looks[c], batch, c, &t->numbers, 0);
    if (pulse_long_columns_find(t->head.uri, t->columns, t->looks, t->n, &said, &t->chosen, err) !=
        0)
        return -1;
    if (t->chosen.time < 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no time column; say --time NAME", t->head.uri);
    /* What could be an id is a column like others where there is no long panel. */
    if (t->chosen.id >= 0 && t->columns[t->chosen.id].kind != PULSE_KIND_TEXT)
        t->chosen.values[t->chosen.n_values++] = t->chosen.id;
    char **names = pulse_calloc(t->n, sizeof *names, "columns", err);
    if (names == NULL)
        return -1;
    for (int64_t i = 0; i < t->chosen.n_left_out; i++)
        names[n++] = t->columns[t->chosen.left_out[i]].name;
    if (t->chosen.id >= 0 && t->columns[t->chosen.id].kind == PULSE_KIND_TEXT)
        names[n++] = t->columns[t->chosen.id].name;
    for (int64_t i = 0; i < t->chosen.n_values; i++) {
        const int64_t c = t->chosen.values[i];
        if (t->columns[c].name[0] == '\0')
            names[n++] = t->columns[c].name;
        else
            t->chosen.values[kept++] = c;
    }
    t->chosen.n_values = kept;
    if (n > 0)
        pulse_warn("%s: %s: no named columns of numbers%s, and left out", t->head.uri,
                   pulse_columns_list(names, n, list),
                   t->chosen.attributes > 0 ? ", or " PULSE_ATTRIBUTES_TEXT : "");
    free(names);
    return 0;
}

static int read_all(struct long_table *t, struct pulse_err *err)
{
    bool end = false;
    int64_t row = 0;
    int rc = pulse_text_numbers_init(&t->from->reading, &t->numbers, err);
    if (t->numbers.decimal == '\0')
        t->numbers.decimal = '.';
    for (bool first = true; rc == 0 && !end; first = false) {
        struct pulse_batch batch;
        rc = pulse_table_next(t->from, &batch, &end, err);
        const int64_t rows = batch.rows;
        if (rc == 0 && first)
            rc = choose_columns(t, &batch, err);
        if (rc == 0 && !end)
            rc = take_batch(t, &batch, row, err);
        row += rows;
        pulse_batch_clear(&batch);
    }
    return rc;
}

/* ---- Columns --------------------------------------------------------------------- */

/* Two columns of one name would become one id. */
static int check_names(const struct long_table *t, struct pulse_err *err)
{
    struct pulse_name_index index = {0};
    char **names = pulse_calloc(t->chosen.n_values, sizeof *names, "columns", err);
    for (int64_t i = 0; names != NULL && i < t->chosen.n_values; i++)
        names[i] = t->columns[t->chosen.values[i]].name;
    const int rc = names == NULL
                       ? -1
                       : pulse_name_index_init(&index, t->head.uri, names, t->chosen.n_values, err);
    pulse_name_index_clear(&index);
    free(names);
    return rc;
}

/* Values of one kind keep it; of several they are reals. */
static int set_columns(struct long_table *t, struct pulse_err *err)
{
    struct pulse_table *head = &t->head;
    head->columns = pulse_calloc(COLUMNS, sizeof *head->columns, "columns", err);
    head->unzoned = pulse_calloc(COLUMNS, sizeof *head->unzoned, "columns", err);
    if (head->columns == NULL || head->unzoned == NULL)
        return -1;
    memcpy(head->columns, columns_of_long, sizeof columns_of_long);
    head->n = COLUMNS;
    head->columns[TIME].kind = t->columns[t->chosen.time].kind;
    head->columns[TIME].zone = t->columns[t->chosen.time].zone;
    for (int64_t i = 0; i < t->chosen.n_values; i++) {
        enum pulse_kind_of_column kind = t->columns[t->chosen.values[i]].kind;
        kind = kind == PULSE_KIND_TEXT ? PULSE_KIND_DOUBLE : kind;
        if (i == 0)
            head->columns[VALUE].kind = kind;
        else if (head->columns[VALUE].kind != kind)
            head->columns[VALUE].kind = PULSE_KIND_DOUBLE;
    }
    return check_names(t, err);
}

/* Whole numbers beside reals must be some themselves. */
static int check_exact(const struct long_table *t, int64_t column, const struct pulse_vector *v,
                       int64_t row, struct pulse_err *err)
{
    const int64_t most = INT64_C(1) << 53, x = v->integers[row];
    if (x >= -most && x <= most && (v->kind == PULSE_KIND_INT || x >= 0))
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: column '%s' has whole numbers of more than 53 bits beside columns of "
                      "reals, which cannot hold them; choose columns with --value",
                      t->head.uri, t->columns[column].name);
}

static int count_rows(struct long_table *t, struct pulse_err *err)
{
    const bool reals = !pulse_kind_is_integer(t->head.columns[VALUE].kind);
    int64_t untimed = 0;
    for (int64_t b = 0; b < t->n_batches; b++) {
        const struct pulse_batch *batch = &t->batches[b];
        const struct pulse_vector *time = &batch->vectors[t->chosen.time];
        for (int64_t i = 0; i < batch->rows; i++)
            untimed += is_missing(time, i);
        for (int64_t k = 0; k < t->chosen.n_values; k++) {
            const int64_t column = t->chosen.values[k];
            const struct pulse_vector *v = &batch->vectors[column];
            for (int64_t i = 0; i < batch->rows; i++) {
                if (is_missing(v, i) || is_missing(time, i))
                    continue;
                if (reals && pulse_kind_is_integer(v->kind) &&
                    check_exact(t, column, v, i, err) != 0)
                    return -1;
                t->head.rows++;
            }
        }
    }
    if (untimed > 0)
        pulse_warn("%s: %lld rows without a time are left out", t->head.uri, (long long)untimed);
    return 0;
}

/* ---- Rows ------------------------------------------------------------------------ */

/* The next cell that has a value. */
static void find_cell(struct long_table *t)
{
    for (;; t->value++, t->batch = 0)
        for (; t->batch < t->n_batches; t->batch++, t->at = 0) {
            const struct pulse_batch *batch = &t->batches[t->batch];
            const struct pulse_vector *v = &batch->vectors[t->chosen.values[t->value]];
            for (; t->at < batch->rows; t->at++)
                if (!is_missing(v, t->at) && !is_missing(&batch->vectors[t->chosen.time], t->at))
                    return;
        }
}

static int put_time(const struct long_table *t, struct pulse_vector *to,
                    struct pulse_text_buffer *buffer, int64_t row, struct pulse_err *err)
{
    const struct pulse_vector *v = &t->batches[t->batch].vectors[t->chosen.time];
    int rc = 0;
    if (to->kind == PULSE_KIND_TEXT) {
        const int64_t begin = t->at == 0 ? 0 : v->text_end[t->at - 1];
        rc = pulse_vector_put_text(to, buffer, v->text + begin, v->text_end[t->at] - begin, err);
        pulse_vector_end_text(to, buffer, row);
    } else if (to->reals != NULL) {
        to->reals[row] = v->reals[t->at];
    } else {
        to->integers[row] = v->integers[t->at];
    }
    return rc;
}

static void put_value(const struct long_table *t, struct pulse_vector *to, int64_t row)
{
    const struct pulse_vector *v = &t->batches[t->batch].vectors[t->chosen.values[t->value]];
    if (to->reals == NULL)
        to->integers[row] = v->integers[t->at];
    else
        to->reals[row] = v->reals != NULL ? v->reals[t->at] : (double)v->integers[t->at];
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    struct long_table *t = (struct long_table *)table;
    const int64_t most = pulse_batch_rows(COLUMNS), left = table->rows - table->row;
    const int64_t rows = left < most ? left : most;
    struct pulse_text_buffer ids = {0}, times = {0};
    int rc = pulse_batch_init(out, table->columns, table->n, rows, err);
    for (int64_t i = 0; rc == 0 && i < rows; i++, t->at++) {
        find_cell(t);
        const char *name = t->columns[t->chosen.values[t->value]].name;
        rc = pulse_vector_put_text(&out->vectors[ID], &ids, name, (int64_t)strlen(name), err);
        pulse_vector_end_text(&out->vectors[ID], &ids, i);
        if (rc == 0)
            rc = put_time(t, &out->vectors[TIME], &times, i, err);
        put_value(t, &out->vectors[VALUE], i);
    }
    return rc;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

int pulse_table_melt(struct pulse_table *from, struct pulse_table **out, struct pulse_err *err)
{
    const struct pulse_location location = {.uri = from->uri};
    struct long_table *t = pulse_open_table_new(sizeof *t, &face, &location, &from->reading, err);
    if (t == NULL) {
        pulse_table_free(from);
        return -1;
    }
    t->from = from;
    t->columns = pulse_table_columns(from, &t->n);
    t->looks = pulse_calloc(t->n, sizeof *t->looks, "column kinds", err);
    int rc = t->looks == NULL ? -1 : read_all(t, err);
    if (rc == 0)
        rc = set_columns(t, err);
    if (rc == 0)
        rc = count_rows(t, err);
    if (rc == 0)
        *out = &t->head;
    else
        pulse_open_table_free(&t->head);
    return rc;
}
