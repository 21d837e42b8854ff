#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/batch.h"
#include "data/common/table_source.h"
#include "data/hdf5/fields_find.h"
#include "data/hdf5/file.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/ipc_codec.h"
#include "data/hdf5/rows.h"
#include "data/hdf5/sandbox.h"

/* ---- The child's side ----------------------------------------------------------- */

struct child {
    const char *path, *frame;
    enum pulse_time_unit unit;
    struct pulse_h5_place root;
    struct pulse_h5_fields fields;
    int64_t row; /* the next */
};

static void put_vector(struct pulse_h5_ipc *wire, const struct pulse_vector *v, int64_t rows)
{
    const int64_t text = v->kind == PULSE_KIND_TEXT && rows > 0 ? v->text_end[rows - 1] : 0;
    pulse_h5_put_bytes(wire, v->missing, rows * (int64_t)sizeof *v->missing);
    if (v->kind == PULSE_KIND_TEXT) {
        pulse_h5_put_bytes(wire, v->text_end, rows * (int64_t)sizeof *v->text_end);
        pulse_h5_put_integer(wire, text);
        pulse_h5_put_bytes(wire, v->text, text);
    } else if (v->reals != NULL) {
        pulse_h5_put_bytes(wire, v->reals, rows * (int64_t)sizeof *v->reals);
    } else {
        pulse_h5_put_bytes(wire, v->integers, rows * (int64_t)sizeof *v->integers);
    }
}

static int open_table(struct child *child, const struct pulse_h5_bytes *bytes,
                      struct pulse_h5_ipc *wire)
{
    const struct pulse_h5_fields *f = &child->fields;
    if (pulse_h5_file_open(child->path, bytes, child->unit, &child->root, wire->err) != 0 ||
        pulse_h5_fields_find(&child->root, child->frame, &child->fields, wire->err) != 0)
        return -1;
    pulse_h5_put_integer(wire, f->rows);
    pulse_h5_put_integer(wire, f->n);
    for (int64_t c = 0; c < f->n; c++) {
        pulse_h5_put_integer(wire, f->all[c].kind);
        pulse_h5_put_text(wire, f->all[c].name);
    }
    return 0;
}

static int read_batch(struct child *child, struct pulse_h5_ipc *wire)
{
    const int64_t step = pulse_h5_rows_step(&child->fields);
    const int64_t left = child->fields.rows - child->row, rows = left < step ? left : step;
    struct pulse_batch batch;
    int rc = pulse_h5_rows_next(&child->fields, child->row, rows, &batch, wire->err);
    pulse_h5_put_integer(wire, rows);
    for (int64_t c = 0; rc == 0 && c < batch.n; c++)
        put_vector(wire, &batch.vectors[c], rows);
    child->row += rows;
    pulse_batch_clear(&batch);
    return rc;
}

/* A request of no bytes opens, of one byte reads on. */
static int serve(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                 int64_t request_bytes, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    struct pulse_h5_ipc wire = {.err = err};
    (void)request;
    int rc = request_bytes == 0 ? open_table(state, bytes, &wire) : read_batch(state, &wire);
    wire.failed |= rc != 0;
    return pulse_h5_ipc_reply(&wire, reply);
}

/* ---- The table ------------------------------------------------------------------ */

struct state {
    char *path;
    struct pulse_object *object;
    struct pulse_h5_sandbox *guard;
    int64_t rows, row;
    int64_t n;
    struct pulse_table_column *columns;
};

static void release(void *open)
{
    struct state *s = open;
    pulse_h5_sandbox_free(s->guard);
    pulse_store_close(s->object);
    for (int64_t c = 0; c < s->n; c++)
        free(s->columns[c].name);
    free(s->columns);
    free(s->path);
    free(s);
}

static const struct pulse_table_column *columns(const void *open, int64_t *n)
{
    const struct state *s = open;
    *n = s->n;
    return s->columns;
}

static int64_t rows(const void *open)
{
    return ((const struct state *)open)->rows;
}

static double done(const void *open)
{
    const struct state *s = open;
    return s->rows == 0 ? 1 : (double)s->row / (double)s->rows;
}

/* The text of a vector, its ends checked. */
static int take_text(struct pulse_h5_ipc *wire, struct pulse_vector *v, int64_t n)
{
    struct pulse_text_room room = {0};
    int64_t before = 0;
    pulse_h5_take_bytes(wire, v->text_end, n * (int64_t)sizeof *v->text_end);
    const int64_t text = pulse_h5_take_count(wire);
    if (wire->failed || pulse_vector_put_text(v, &room, wire->bytes + wire->at, text, wire->err))
        return -1;
    wire->at += text;
    for (int64_t i = 0; i < n; i++) {
        if (v->text_end[i] < before || v->text_end[i] > text)
            pulse_h5_take_bytes(wire, NULL, -1);
        before = v->text_end[i];
    }
    return 0;
}

static int take_vector(struct pulse_h5_ipc *wire, struct pulse_vector *v, int64_t n)
{
    pulse_h5_take_bytes(wire, v->missing, n * (int64_t)sizeof *v->missing);
    for (int64_t i = 0; i < n; i++) /* one byte each, of which only 0 and 1 are bools */
        v->missing[i] = ((const unsigned char *)v->missing)[i] != 0;
    if (v->kind == PULSE_KIND_TEXT)
        return take_text(wire, v, n);
    if (v->reals != NULL)
        pulse_h5_take_bytes(wire, v->reals, n * (int64_t)sizeof *v->reals);
    else
        pulse_h5_take_bytes(wire, v->integers, n * (int64_t)sizeof *v->integers);
    return 0;
}

static int next(void *open, struct pulse_batch *out, bool *end, struct pulse_err *err)
{
    struct state *s = open;
    struct pulse_h5_answer answer = {0};
    *end = s->row == s->rows;
    if (*end)
        return 0;
    int rc = pulse_h5_sandbox_call(s->guard, "", 1, &answer, err);
    struct pulse_h5_ipc wire = {.err = err, .bytes = answer.at, .used = answer.bytes};
    const int64_t n = rc == 0 ? pulse_h5_take_count(&wire) : 0;
    if (rc == 0 && (n < 1 || n > s->rows - s->row))
        pulse_h5_take_bytes(&wire, NULL, -1);
    if (rc == 0 && !wire.failed)
        rc = pulse_batch_init(out, s->columns, s->n, n, err);
    for (int64_t c = 0; rc == 0 && !wire.failed && c < s->n; c++)
        rc = take_vector(&wire, &out->vectors[c], n);
    s->row += n;
    return wire.failed ? -1 : rc;
}

static const struct pulse_table_format format = {columns, rows, next, done, release};

static int take_columns(struct state *s, const struct pulse_h5_answer *answer,
                        struct pulse_err *err)
{
    struct pulse_h5_ipc wire = {.err = err, .bytes = answer->at, .used = answer->bytes};
    s->rows = pulse_h5_take_integer(&wire);
    const int64_t n = pulse_h5_take_count(&wire);
    s->columns = pulse_calloc(n, sizeof *s->columns, "columns", err);
    for (; s->columns != NULL && !wire.failed && s->n < n; s->n++) {
        const int64_t kind = pulse_h5_take_integer(&wire);
        s->columns[s->n].kind = (enum pulse_kind_of_column)kind;
        s->columns[s->n].name = pulse_h5_take_text(&wire);
        if (s->rows < 0 || kind < PULSE_KIND_BOOL || kind > PULSE_KIND_TEXT ||
            (s->columns[s->n].name != NULL && !pulse_utf8_valid(s->columns[s->n].name)))
            pulse_h5_take_bytes(&wire, NULL, -1);
    }
    return wire.failed || s->columns == NULL ? -1 : 0;
}

int pulse_table_of_h5(const char *uri, const struct pulse_read_options *options,
                      struct pulse_table_source *out, struct pulse_err *err)
{
    struct pulse_h5_answer answer = {0};
    struct state *s = pulse_calloc(1, sizeof *s, "an open table", err);
    if (s == NULL)
        return -1;
    s->path = pulse_h5_file_of(uri, err);
    struct child child = {
        .path = s->path, .frame = pulse_h5_frame_part(uri), .unit = options->time_unit};
    const struct pulse_h5_server server = {&child, serve};
    int rc = s->path == NULL ? -1 : pulse_store_open(s->path, &s->object, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_start(s->object, &server, &s->guard, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_call(s->guard, "", 0, &answer, err);
    if (rc == 0)
        rc = take_columns(s, &answer, err);
    if (rc == 0)
        *out = (struct pulse_table_source){&format, s};
    else
        release(s);
    return rc;
}
