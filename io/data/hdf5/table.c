#include "data/hdf5/hdf5.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/wire.h"
#include "data/hdf5/fields.h"
#include "data/hdf5/file.h"
#include "data/hdf5/guard/sandbox.h"
#include "data/hdf5/rows.h"
#include "store/store.h"

/* ---- The child's side ----------------------------------------------------------- */

struct child {
    const char *path, *frame;
    const struct pulse_read_options *reading;
    struct pulse_h5_location root;
    struct pulse_h5_fields fields;
    int64_t row; /* the next */
};

static void put_vector(struct pulse_wire *wire, const struct pulse_vector *v, int64_t rows)
{
    const int64_t text = v->kind == PULSE_KIND_TEXT && rows > 0 ? v->text_end[rows - 1] : 0;
    pulse_wire_put_bytes(wire, v->missing, rows * (int64_t)sizeof *v->missing);
    if (v->kind == PULSE_KIND_TEXT) {
        pulse_wire_put_bytes(wire, v->text_end, rows * (int64_t)sizeof *v->text_end);
        pulse_wire_put_integer(wire, text);
        pulse_wire_put_bytes(wire, v->text, text);
    } else if (v->reals != NULL) {
        pulse_wire_put_bytes(wire, v->reals, rows * (int64_t)sizeof *v->reals);
    } else {
        pulse_wire_put_bytes(wire, v->integers, rows * (int64_t)sizeof *v->integers);
    }
}

/* Times alone, beside what does not fit them. */
static int fail_alone(const struct pulse_h5_fields *f, char *const *labels, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT], what[PULSE_COLUMNS_TEXT + 200];
    (void)snprintf(what, sizeof what,
                   "no column beside '%.60s': these have another length, rank or type, or are "
                   "columns × rows where rows × columns are read: %s",
                   f->all[0].name, pulse_columns_list(labels, f->n_left_out, list));
    return pulse_h5_fail(&f->location, "", what, err);
}

/* What is no column, and why. */
static int put_left_out(const struct pulse_h5_fields *f, struct pulse_wire *wire)
{
    const int64_t n = f->n_left_out;
    char **labels = pulse_calloc(n, sizeof *labels, "column names", wire->err);
    int rc = labels == NULL ? -1 : 0;
    pulse_wire_put_integer(wire, n);
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        labels[i] = pulse_h5_left_out_label(f, i, wire->err);
        rc = labels[i] == NULL ? -1 : 0;
        if (rc == 0)
            pulse_wire_put_text(wire, labels[i]);
    }
    if (rc == 0 && n > 0 && f->n == 1)
        rc = fail_alone(f, labels, wire->err);
    for (int64_t i = 0; labels != NULL && i < n; i++)
        free(labels[i]);
    free(labels);
    return rc;
}

static int open_table(struct child *child, const struct pulse_h5_bytes *bytes,
                      struct pulse_wire *wire)
{
    const struct pulse_h5_fields *f = &child->fields;
    if (pulse_h5_file_open(child->path, bytes, child->reading, &child->root, wire->err) != 0 ||
        pulse_h5_fields_find(&child->root, child->frame, &child->fields, wire->err) != 0)
        return -1;
    pulse_wire_put_integer(wire, f->rows);
    pulse_wire_put_integer(wire, f->n);
    for (int64_t c = 0; c < f->n; c++) {
        pulse_wire_put_integer(wire, f->all[c].kind);
        pulse_wire_put_text(wire, f->all[c].name);
        pulse_wire_put_text(wire, f->all[c].zone);
        pulse_wire_put_integer(wire, f->all[c].index);
    }
    return put_left_out(f, wire);
}

static int read_batch(struct child *child, struct pulse_wire *wire)
{
    const int64_t step = pulse_h5_rows_step(&child->fields);
    const int64_t left = child->fields.rows - child->row, rows = left < step ? left : step;
    struct pulse_batch batch;
    int rc = pulse_h5_rows_next(&child->fields, child->row, rows, &batch, wire->err);
    pulse_wire_put_integer(wire, rows);
    for (int64_t c = 0; rc == 0 && c < batch.n; c++)
        put_vector(wire, &batch.vectors[c], rows);
    child->row += rows;
    pulse_batch_clear(&batch);
    return rc;
}

/* A request of no bytes opens, of one byte reads on. */
static int serve_table(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                       int64_t request_bytes, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    struct pulse_wire wire = {.err = err};
    (void)request;
    int rc = request_bytes == 0 ? open_table(state, bytes, &wire) : read_batch(state, &wire);
    wire.failed |= rc != 0;
    return pulse_h5_reply_wire(&wire, reply);
}

/* ---- The table ------------------------------------------------------------------ */

struct h5_table {
    struct pulse_table head; /* the columns' names are its own */
    struct pulse_object *object;
    struct pulse_h5_sandbox *guard;
};

static void close_table(struct pulse_table *table)
{
    struct h5_table *t = (struct h5_table *)table;
    pulse_h5_sandbox_free(t->guard);
    pulse_store_close(t->object);
    for (int64_t c = 0; c < table->n; c++)
        free(table->columns[c].name);
}

/* The text of a vector, its ends checked. */
static int take_text(struct pulse_wire *wire, struct pulse_vector *v, int64_t n)
{
    struct pulse_text_buffer buffer = {0};
    int64_t before = 0;
    pulse_wire_take_bytes(wire, v->text_end, n * (int64_t)sizeof *v->text_end);
    const int64_t text = pulse_wire_take_count(wire);
    if (wire->failed || pulse_vector_put_text(v, &buffer, wire->bytes + wire->at, text, wire->err))
        return -1;
    wire->at += text;
    for (int64_t i = 0; i < n; i++) {
        if (v->text_end[i] < before || v->text_end[i] > text)
            pulse_wire_take_bytes(wire, NULL, -1);
        before = v->text_end[i];
    }
    return 0;
}

static int take_vector(struct pulse_wire *wire, struct pulse_vector *v, int64_t n)
{
    pulse_wire_take_bytes(wire, v->missing, n * (int64_t)sizeof *v->missing);
    for (int64_t i = 0; i < n; i++) /* one byte each, of which only 0 and 1 are bools */
        v->missing[i] = ((const unsigned char *)v->missing)[i] != 0;
    if (v->kind == PULSE_KIND_TEXT)
        return take_text(wire, v, n);
    if (v->reals != NULL)
        pulse_wire_take_bytes(wire, v->reals, n * (int64_t)sizeof *v->reals);
    else
        pulse_wire_take_bytes(wire, v->integers, n * (int64_t)sizeof *v->integers);
    return 0;
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    struct pulse_h5_answer answer = {0};
    int rc = pulse_h5_sandbox_call(((struct h5_table *)table)->guard, "", 1, &answer, err);
    struct pulse_wire wire = {.err = err, .bytes = answer.at, .used = answer.bytes};
    const int64_t n = rc == 0 ? pulse_wire_take_count(&wire) : 0;
    if (rc == 0 && (n < 1 || n > table->rows - table->row))
        pulse_wire_take_bytes(&wire, NULL, -1);
    if (rc == 0 && !wire.failed)
        rc = pulse_batch_init(out, table->columns, table->n, n, err);
    for (int64_t c = 0; rc == 0 && !wire.failed && c < table->n; c++)
        rc = take_vector(&wire, &out->vectors[c], n);
    return wire.failed ? -1 : rc;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

/* One warning that names what is no column. */
static int name_left_out(const struct pulse_table *t, struct pulse_wire *wire,
                         struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    const int64_t n = pulse_wire_take_count(wire);
    char **names = pulse_calloc(n, sizeof *names, "column names", err);
    for (int64_t i = 0; names != NULL && i < n; i++)
        names[i] = pulse_wire_take_text(wire);
    const bool failed = names == NULL || wire->failed;
    if (!failed && n > 0)
        pulse_warn("%s: %s: no column of cells beside the others, and left out", t->uri,
                   pulse_columns_list(names, n, list));
    for (int64_t i = 0; names != NULL && i < n; i++)
        free(names[i]);
    free(names);
    return failed ? -1 : 0;
}

static int set_zone(struct pulse_table *t, int64_t c, const char *name, struct pulse_err *err)
{
    if (name[0] == '\0')
        return 0;
    t->columns[c].zone = pulse_zone_utc();
    return t->reading.time_zone != NULL
               ? 0
               : pulse_zone_of_file(t->uri, name, &t->columns[c].zone, err);
}

static int take_columns(struct pulse_table *t, const struct pulse_h5_answer *answer,
                        struct pulse_err *err)
{
    struct pulse_wire wire = {.err = err, .bytes = answer->at, .used = answer->bytes};
    t->rows = pulse_wire_take_integer(&wire);
    const int64_t n = pulse_wire_take_count(&wire);
    t->columns = pulse_calloc(n, sizeof *t->columns, "columns", err);
    for (; t->columns != NULL && !wire.failed && t->n < n; t->n++) {
        const int64_t kind = pulse_wire_take_integer(&wire);
        t->columns[t->n].kind = (enum pulse_kind_of_column)kind;
        t->columns[t->n].name = pulse_wire_take_text(&wire);
        char *zone = pulse_wire_take_text(&wire);
        t->columns[t->n].index = pulse_wire_take_integer(&wire) != 0;
        if (zone != NULL && set_zone(t, t->n, zone, err) != 0)
            wire.failed = true;
        free(zone);
        if (t->rows < 0 || kind < PULSE_KIND_BOOL || kind > PULSE_KIND_TEXT ||
            (t->columns[t->n].name != NULL && !pulse_utf8_valid(t->columns[t->n].name)))
            pulse_wire_take_bytes(&wire, NULL, -1);
    }
    if (wire.failed || t->columns == NULL)
        return -1;
    return name_left_out(t, &wire, err);
}

int pulse_h5_table_open(const struct pulse_location *location,
                        const struct pulse_read_options *options, struct pulse_table **out,
                        struct pulse_err *err)
{
    struct pulse_h5_answer answer = {0};
    struct h5_table *t = pulse_open_table_new(sizeof *t, &face, location, options, err);
    if (t == NULL)
        return -1;
    struct child child = {.path = location->file, .frame = location->frame, .reading = options};
    const struct pulse_h5_server server = {&child, serve_table};
    int rc = pulse_store_open(location->file, &t->object, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_start(t->object, &server, &t->guard, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_call(t->guard, "", 0, &answer, err);
    if (rc == 0)
        rc = take_columns(&t->head, &answer, err);
    if (rc == 0)
        *out = &t->head;
    else
        pulse_open_table_free(&t->head);
    return rc;
}
