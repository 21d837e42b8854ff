#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/batch.h"
#include "data/formats.h"
#include "data/parts.h"

/* The columns of the first file, then the keys. */
struct parts_table {
    struct pulse_table head; /* the columns' names are its own */
    struct pulse_parts parts;
    struct pulse_table *inner; /* the file that is read; NULL between two */
    int64_t next;              /* the part after it */
};

static void close_table(struct pulse_table *table)
{
    struct parts_table *t = (struct parts_table *)table;
    pulse_open_table_free(t->inner);
    pulse_parts_clear(&t->parts);
    for (int64_t c = 0; c < table->n; c++)
        free(table->columns[c].name);
}

static int open_part(const struct parts_table *t, int64_t i, struct pulse_table **out,
                     struct pulse_err *err)
{
    struct pulse_location location;
    int rc = pulse_location_resolve(t->parts.all[i].uri, &location, err);
    if (rc == 0)
        rc = location.format->open_table(&location, &t->head.reading, out, err);
    pulse_location_clear(&location);
    return rc;
}

/* ---- Columns --------------------------------------------------------------------- */

static int add_column(struct pulse_table *t, const char *name, enum pulse_kind_of_column kind,
                      struct pulse_err *err)
{
    t->columns[t->n] = (struct pulse_table_column){.name = pulse_strdup(name, err), .kind = kind};
    return t->columns[t->n].name == NULL ? -1 : (t->n++, 0);
}

/* Whole numbers, numbers or text, whichever all values of a key are; 001 is text, as an id keeps
 * its zeros. */
static enum pulse_kind_of_column kind_of_key(const struct pulse_parts *parts, int64_t key)
{
    enum pulse_kind_of_column kind = PULSE_KIND_INT;
    for (int64_t i = 0; i < parts->n; i++) {
        const char *value = parts->all[i].values[key];
        int64_t whole;
        double number;
        if (value[0] == '0' && pulse_parse_int(value, 0, INT64_MAX, &whole) && value[1] != '\0')
            return PULSE_KIND_TEXT;
        if (value[0] == '\0' || pulse_parse_int(value, INT64_MIN + 1, INT64_MAX, &whole))
            continue;
        if (!pulse_parse_number(value, strlen(value), &number))
            return PULSE_KIND_TEXT;
        kind = PULSE_KIND_DOUBLE;
    }
    return kind;
}

static int set_columns(struct parts_table *t, const struct pulse_table *first,
                       struct pulse_err *err)
{
    int rc = 0;
    t->head.columns =
        pulse_calloc(first->n + t->parts.n_keys, sizeof *t->head.columns, "columns", err);
    if (t->head.columns == NULL)
        return -1;
    for (int64_t c = 0; rc == 0 && c < first->n; c++) {
        rc = add_column(&t->head, first->columns[c].name, first->columns[c].kind, err);
        t->head.columns[c].zone = first->columns[c].zone;
    }
    for (int64_t k = 0; rc == 0 && k < t->parts.n_keys; k++)
        rc = add_column(&t->head, t->parts.keys[k], kind_of_key(&t->parts, k), err);
    return rc;
}

/* Numbers of different kinds become reals; all else must be alike. */
static int join_columns(struct parts_table *t, const struct pulse_table *part,
                        struct pulse_err *err)
{
    const int64_t n = t->head.n - t->parts.n_keys;
    if (part->n != n)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %lld columns where %s has %lld", part->uri,
                          (long long)part->n, t->parts.all[0].uri, (long long)n);
    for (int64_t c = 0; c < n; c++) {
        struct pulse_table_column *column = &t->head.columns[c];
        const struct pulse_table_column *other = &part->columns[c];
        if (strcmp(column->name, other->name) != 0)
            return pulse_fail(err, PULSE_E_INPUT, "%s: a column '%s' where %s has '%s'", part->uri,
                              other->name, t->parts.all[0].uri, column->name);
        if (column->kind == other->kind && (column->zone == NULL) != (other->zone == NULL))
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s: the times of column '%s' have %s zone or offset, unlike those of "
                "%s",
                part->uri, column->name, other->zone == NULL ? "no" : "a", t->parts.all[0].uri);
        if (column->kind == other->kind)
            continue;
        if (!pulse_kind_is_number(column->kind) || !pulse_kind_is_number(other->kind))
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: column '%s' holds another kind of cells than in %s", part->uri,
                              column->name, t->parts.all[0].uri);
        column->kind = PULSE_KIND_DOUBLE;
    }
    return 0;
}

/* Warns of lines that a part leaves out, and of columns where the part before leaves out others. */
static int say_note(const struct pulse_table *part, char **said, struct pulse_err *err)
{
    const bool again = part->of_columns && *said != NULL && part->note != NULL;
    if (part->note == NULL || (again && strcmp(*said, part->note) == 0))
        return 0;
    pulse_warn("%s: %s", part->uri, part->note);
    free(*said);
    *said = pulse_strdup(part->note, err);
    return *said == NULL ? -1 : 0;
}

static int look_at_parts(struct parts_table *t, struct pulse_err *err)
{
    char *said = NULL;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < t->parts.n; i++) {
        struct pulse_table *part = NULL;
        rc = open_part(t, i, &part, err);
        if (rc == 0)
            rc = i == 0 ? set_columns(t, part, err) : join_columns(t, part, err);
        if (rc == 0)
            t->head.rows += part->rows;
        if (rc == 0)
            rc = say_note(part, &said, err);
        pulse_open_table_free(part);
    }
    free(said);
    return rc;
}

/* ---- Rows ------------------------------------------------------------------------ */

/* Numbers of any kind → reals. */
static int make_reals(struct pulse_vector *v, int64_t rows, struct pulse_err *err)
{
    if (v->kind == PULSE_KIND_DOUBLE)
        return 0;
    if (v->reals == NULL) {
        v->reals = pulse_calloc(rows, sizeof *v->reals, "a column", err);
        if (v->reals == NULL)
            return -1;
        for (int64_t i = 0; i < rows; i++)
            v->reals[i] = pulse_vector_integer_to_real(v, i);
        free(v->integers);
        v->integers = NULL;
    }
    v->kind = PULSE_KIND_DOUBLE;
    return 0;
}

/* A key's value in all rows. */
static int fill_key(const char *value, struct pulse_vector *v, int64_t rows, struct pulse_err *err)
{
    struct pulse_text_buffer buffer = {0};
    int64_t whole = 0;
    double number = 0;
    (void)pulse_parse_int(value, INT64_MIN + 1, INT64_MAX, &whole);
    (void)pulse_parse_number(value, strlen(value), &number);
    for (int64_t i = 0; i < rows; i++) {
        v->missing[i] = value[0] == '\0';
        if (v->kind == PULSE_KIND_INT) {
            v->integers[i] = whole;
        } else if (v->kind == PULSE_KIND_DOUBLE) {
            v->reals[i] = number;
        } else {
            if (pulse_vector_put_text(v, &buffer, value, (int64_t)strlen(value), err) != 0)
                return -1;
            pulse_vector_end_text(v, &buffer, i);
        }
    }
    return 0;
}

/* Adds the keys to a batch of a file's columns. */
static int add_keys(const struct parts_table *t, struct pulse_batch *inner, struct pulse_batch *out,
                    struct pulse_err *err)
{
    const int64_t n = t->head.n - t->parts.n_keys;
    const struct pulse_part *part = &t->parts.all[t->next - 1];
    struct pulse_batch keys;
    int rc = pulse_batch_init(&keys, t->head.columns + n, t->parts.n_keys, inner->rows, err);
    for (int64_t k = 0; rc == 0 && k < t->parts.n_keys; k++)
        rc = fill_key(part->values[k], &keys.vectors[k], inner->rows, err);
    for (int64_t c = 0; rc == 0 && c < n; c++)
        if (t->head.columns[c].kind == PULSE_KIND_DOUBLE)
            rc = make_reals(&inner->vectors[c], inner->rows, err);
    if (rc == 0) {
        out->vectors = pulse_calloc(t->head.n, sizeof *out->vectors, "columns", err);
        rc = out->vectors == NULL ? -1 : 0;
    }
    if (rc == 0) {
        out->n = t->head.n;
        out->rows = inner->rows;
        memcpy(out->vectors, inner->vectors, (size_t)n * sizeof *out->vectors);
        memcpy(out->vectors + n, keys.vectors, (size_t)keys.n * sizeof *out->vectors);
        inner->n = keys.n = 0; /* moved */
    }
    pulse_batch_clear(&keys);
    return rc;
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    struct parts_table *t = (struct parts_table *)table;
    struct pulse_batch inner = {0};
    int rc = 0;
    while (rc == 0 && (t->inner == NULL || t->inner->row == t->inner->rows)) {
        pulse_open_table_free(t->inner);
        t->inner = NULL;
        rc = t->next == t->parts.n
                 ? pulse_fail(err, PULSE_E_INPUT, "%s: its files changed meanwhile", table->uri)
                 : open_part(t, t->next++, &t->inner, err);
    }
    if (rc == 0)
        rc = t->inner->face->next(t->inner, &inner, err);
    if (rc == 0) {
        t->inner->row += inner.rows;
        rc = add_keys(t, &inner, out, err);
    }
    pulse_batch_clear(&inner);
    return rc;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

int pulse_parts_table_open(const struct pulse_location *location,
                           const struct pulse_read_options *options, struct pulse_table **out,
                           struct pulse_err *err)
{
    struct parts_table *t = pulse_open_table_new(sizeof *t, &face, location, options, err);
    if (t == NULL)
        return -1;
    int rc = pulse_parts_list(location->file, &t->parts, err);
    if (rc == 0 && t->parts.n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no part files", location->uri);
    if (rc == 0)
        rc = look_at_parts(t, err);
    if (rc == 0)
        *out = &t->head;
    else
        pulse_open_table_free(&t->head);
    return rc;
}
