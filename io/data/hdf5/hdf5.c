#include "data/hdf5/hdf5.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/zone.h"
#include "data/common/stamps.h"
#include "data/common/wire.h"
#include "data/hdf5/file.h"
#include "data/hdf5/frame.h"
#include "data/hdf5/guard/sandbox.h"
#include "data/hdf5/words.h"
#include "store/store.h"

struct pulse_h5 {
    char *path;
    struct pulse_object *object;
    struct pulse_h5_sandbox *guard;
    int64_t n;
    struct pulse_h5_frame *frames;
    const struct pulse_zone **zones; /* n: of the frames' times; NULL: none */
};

/* ---- The child's side ----------------------------------------------------------- */

/* First of a request; the positions of the columns follow. A request of no bytes opens; no rows ask
 * how many are best read at once. */
struct rows_wanted {
    int64_t frame, first, rows, n;
};

/* An answer to it: this, times, values, each on a boundary of 64 bytes. */
struct rows_read {
    int64_t rows, bytes_read;
    int64_t spans;          /* of times that are text */
    int64_t offsets, local; /* text of times has offsets from UTC; others than 0, taken as clocks */
};

enum { ALIGN = 64 };

struct child {
    const char *path, *frame; /* NULL: all */
    struct pulse_read_options reading;
    struct pulse_h5_location root;
    struct pulse_h5_layouts layouts;
    struct pulse_h5_words *words; /* per layout */
    struct pulse_stamps stamps;
};

/* Where the values begin in an answer, and its size; −1 when that is beyond all memory. */
static int64_t values_at(int64_t rows)
{
    return ALIGN + (rows * (int64_t)sizeof(int64_t) + ALIGN - 1) / ALIGN * ALIGN;
}

static int64_t answer_bytes(int64_t rows, int64_t n)
{
    int64_t values, bytes;
    if (rows > INT64_MAX / 32 || __builtin_mul_overflow(rows, n, &values) ||
        __builtin_mul_overflow(values, (int64_t)sizeof(double), &values) ||
        __builtin_add_overflow(values, values_at(rows), &bytes))
        return -1;
    return bytes;
}

/* What lies beside the numbers of each frame; of a file of very many it is not looked for. */
static int find_words(struct child *child, struct pulse_err *err)
{
    enum { FRAMES = 64 };
    const struct pulse_h5_layouts *layouts = &child->layouts;
    int rc = 0;
    child->words = pulse_calloc(layouts->n, sizeof *child->words, "HDF5 columns", err);
    if (child->words == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < layouts->n; i++)
        if (layouts->all[i].more && layouts->n <= FRAMES)
            rc = pulse_h5_words_find(&child->root, &layouts->all[i], &child->reading,
                                     &child->words[i], err);
    return rc;
}

static void put_column(struct pulse_wire *wire, const char *name, const char *holds, bool numeric,
                       bool empty)
{
    pulse_wire_put_text(wire, name);
    pulse_wire_put_text(wire, holds);
    pulse_wire_put_integer(wire, numeric);
    pulse_wire_put_integer(wire, empty);
}

static int open_frames(struct child *child, const struct pulse_h5_bytes *bytes,
                       struct pulse_h5_reply *reply, struct pulse_err *err)
{
    struct pulse_wire wire = {.err = err};
    if (pulse_h5_file_open(child->path, bytes, &child->reading, &child->root, err) != 0 ||
        pulse_h5_find_frames(&child->root, child->frame, &child->layouts, err) != 0 ||
        find_words(child, err) != 0)
        return -1;
    pulse_wire_put_integer(&wire, child->layouts.n);
    for (int64_t i = 0; i < child->layouts.n; i++) {
        const struct pulse_h5_frame *frame = &child->layouts.all[i].frame;
        pulse_wire_put_text(&wire, frame->path);
        pulse_wire_put_text(&wire, frame->zone == NULL ? "" : frame->zone);
        pulse_wire_put_integer(&wire, frame->rows);
        const struct pulse_h5_words *words = &child->words[i];
        const int64_t n_words = pulse_h5_words_count(words);
        pulse_wire_put_integer(&wire, frame->n + n_words);
        for (int64_t c = 0; c < frame->n; c++)
            put_column(&wire, frame->names[c], "", true, false);
        for (int64_t c = 0; c < n_words; c++)
            put_column(&wire, pulse_h5_words_name(words, c), pulse_h5_words_holds(words, c),
                       pulse_h5_words_is_numeric(words, c), pulse_h5_words_is_empty(words, c));
    }
    return pulse_h5_reply_wire(&wire, reply);
}

/* The columns among those wanted that are plain numbers; returns how many. */
static int64_t list_plain(const struct pulse_h5_layout *layout, const int64_t *columns, int64_t n,
                          int64_t *plain)
{
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        if (columns[i] < layout->frame.n)
            plain[found++] = columns[i];
    return found;
}

/* Behind the columns of numbers that were read, those of words; all where they were asked for. */
static int add_words(const struct child *child, const struct rows_wanted *wanted,
                     const int64_t *columns, const struct pulse_h5_numbers *numbers,
                     struct pulse_block *block, struct pulse_err *err)
{
    const struct pulse_h5_words *words = &child->words[wanted->frame];
    const int64_t n_numbers = numbers->layout->frame.n, rows = block->rows;
    int rc = 0;
    for (int64_t i = wanted->n - 1, p = numbers->n - 1; p >= 0 && i > p; i--)
        if (columns[i] < n_numbers)
            memmove(block->values + i * rows, block->values + p-- * rows,
                    (size_t)rows * sizeof *block->values);
    for (int64_t i = 0; rc == 0 && rows > 0 && i < wanted->n; i++)
        if (columns[i] >= n_numbers)
            rc = pulse_h5_words_read(words, columns[i] - n_numbers, numbers->first, rows,
                                     block->values + i * rows, err);
    if (rc == 0 && rows > 0 && child->reading.every_variable)
        rc = pulse_h5_words_check(words, numbers->first, rows, err);
    return rc;
}

static int serve_frames(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                        int64_t request_bytes, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    struct child *child = state;
    struct rows_wanted wanted;
    if (request_bytes == 0)
        return open_frames(child, bytes, reply, err);
    memcpy(&wanted, request, sizeof wanted);
    const int64_t *columns = (const int64_t *)((const char *)request + sizeof wanted);
    const struct pulse_h5_layout *layout = &child->layouts.all[wanted.frame];
    char *bytes_out = pulse_h5_reply_buffer(reply, answer_bytes(wanted.rows, wanted.n), err);
    if (bytes_out == NULL)
        return -1;
    struct pulse_block block = {.rows = wanted.rows,
                                .columns = wanted.n,
                                .time_ns = (int64_t *)(void *)(bytes_out + ALIGN),
                                .values = (double *)(void *)(bytes_out + values_at(wanted.rows))};
    struct rows_read read = {0};
    int64_t *plain = pulse_calloc(wanted.n, sizeof *plain, "columns to read", err);
    struct pulse_h5_numbers numbers = {.layout = layout, .columns = plain, .first = wanted.first};
    int rc = plain == NULL ? -1 : 0;
    if (rc == 0)
        numbers.n = list_plain(layout, columns, wanted.n, plain);
    if (rc == 0 && wanted.rows == 0)
        rc = pulse_h5_file_step(&child->root, &numbers, &block.rows, err);
    else if (rc == 0)
        rc = pulse_h5_file_read(&child->root, &child->reading, &child->stamps, &numbers, &block,
                                &read.bytes_read, err);
    if (rc == 0 && wanted.rows > 0)
        rc = add_words(child, &wanted, columns, &numbers, &block, err);
    free(plain);
    read.rows = block.rows;
    read.spans = child->stamps.spans;
    read.offsets = child->stamps.offset;
    read.local = child->stamps.local;
    memcpy(bytes_out, &read, sizeof read);
    return rc;
}

/* ---- Opening -------------------------------------------------------------------- */

static int take_frames(struct pulse_h5 *h5, const struct pulse_h5_answer *answer,
                       struct pulse_err *err)
{
    struct pulse_wire wire = {.err = err, .bytes = answer->at, .used = answer->bytes};
    const int64_t n = pulse_wire_take_count(&wire);
    h5->frames = pulse_calloc(n, sizeof *h5->frames, "HDF5 frames", err);
    if (h5->frames == NULL)
        return -1;
    for (; h5->n < n; h5->n++) {
        struct pulse_h5_frame *frame = &h5->frames[h5->n];
        frame->path = pulse_wire_take_text(&wire);
        frame->zone = pulse_wire_take_text(&wire);
        frame->rows = pulse_wire_take_integer(&wire);
        const int64_t names = pulse_wire_take_count(&wire);
        frame->names = pulse_calloc(names, sizeof *frame->names, "column names", err);
        frame->numeric = pulse_calloc(names, sizeof *frame->numeric, "column kinds", err);
        frame->empty = pulse_calloc(names, sizeof *frame->empty, "column kinds", err);
        frame->holds = pulse_calloc(names, sizeof *frame->holds, "column kinds", err);
        const bool space = frame->names != NULL && frame->numeric != NULL && frame->empty != NULL &&
                           frame->holds != NULL;
        for (; space && frame->n < names; frame->n++) {
            frame->names[frame->n] = pulse_wire_take_text(&wire);
            frame->holds[frame->n] = pulse_wire_take_text(&wire);
            frame->numeric[frame->n] = pulse_wire_take_integer(&wire) != 0;
            frame->empty[frame->n] = pulse_wire_take_integer(&wire) != 0;
        }
        if (!space || wire.failed || frame->rows < 0 || frame->path[0] != '/') {
            h5->n++; /* so that it is released */
            return wire.failed || !space
                       ? -1
                       : pulse_fail(err, PULSE_E_INPUT, "%s: broken description", h5->path);
        }
    }
    return wire.failed ? -1 : 0;
}

static int find_zones(struct pulse_h5 *h5, bool resolve, struct pulse_err *err)
{
    int rc = 0;
    h5->zones = pulse_calloc(h5->n, sizeof *h5->zones, "HDF5 frames", err);
    if (h5->zones == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < h5->n; i++) {
        const char *name = h5->frames[i].zone;
        if (name[0] != '\0' && resolve)
            rc = pulse_zone_of_file(h5->path, name, &h5->zones[i], err);
        else if (name[0] != '\0')
            h5->zones[i] = pulse_zone_utc();
    }
    return rc;
}

int pulse_h5_open(const struct pulse_location *location, const struct pulse_read_options *options,
                  struct pulse_h5 **out, struct pulse_err *err)
{
    struct pulse_h5_answer answer = {0};
    struct pulse_h5 *h5 = pulse_calloc(1, sizeof *h5, "an open HDF5 file", err);
    if (h5 == NULL)
        return -1;
    h5->path = pulse_strdup(location->file, err);
    struct child child = {.path = h5->path,
                          .frame = location->frame,
                          .reading = *options,
                          .root = {.id = -1},
                          .stamps = pulse_stamps_begin(options)};
    const struct pulse_h5_server server = {&child, serve_frames};
    int rc = h5->path == NULL ? -1 : pulse_store_open(h5->path, &h5->object, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_start(h5->object, &server, &h5->guard, err);
    if (rc == 0)
        rc = pulse_h5_sandbox_call(h5->guard, "", 0, &answer, err);
    if (rc == 0)
        rc = take_frames(h5, &answer, err);
    if (rc == 0)
        rc = find_zones(h5, options->time_zone == NULL, err);
    if (rc == 0)
        *out = h5;
    else
        pulse_h5_free(h5);
    return rc;
}

void pulse_h5_free(struct pulse_h5 *h5)
{
    if (h5 == NULL)
        return;
    pulse_h5_sandbox_free(h5->guard);
    for (int64_t i = 0; i < h5->n; i++) {
        struct pulse_h5_frame *frame = &h5->frames[i];
        for (int64_t c = 0; c < frame->n; c++) {
            free(frame->names[c]);
            free(frame->holds[c]);
        }
        free(frame->names);
        free(frame->holds);
        free(frame->numeric);
        free(frame->empty);
        free(frame->path);
        free(frame->zone);
    }
    free(h5->frames);
    free(h5->zones);
    pulse_store_close(h5->object);
    free(h5->path);
    free(h5);
}

int64_t pulse_h5_frames(const struct pulse_h5 *h5)
{
    return h5->n;
}

const struct pulse_h5_frame *pulse_h5_frame(const struct pulse_h5 *h5, int64_t i)
{
    return &h5->frames[i];
}

/* ---- Values --------------------------------------------------------------------- */

/* What is read in pieces into `out`, which takes `capacity` rows. */
struct reading {
    struct pulse_h5 *h5;
    struct rows_wanted *request; /* with its columns after it */
    int64_t capacity;
    struct pulse_block *out;
    struct pulse_stamps stamps;
};

/* Sends the request; an answer for as many rows, and what it says of itself. */
static int ask_rows(const struct reading *r, struct pulse_h5_answer *answer, struct rows_read *read,
                    struct pulse_err *err)
{
    const struct rows_wanted *wanted = r->request;
    const int64_t size = (int64_t)sizeof *wanted + wanted->n * (int64_t)sizeof(int64_t);
    if (pulse_h5_sandbox_call(r->h5->guard, wanted, size, answer, err) != 0)
        return -1;
    if (answer->bytes == answer_bytes(wanted->rows, wanted->n)) {
        memcpy(read, answer->at, sizeof *read);
        if (read->rows >= 0 && read->bytes_read >= 0 &&
            (wanted->rows == 0 || read->rows <= wanted->rows))
            return 0;
    }
    return pulse_fail(err, PULSE_E_INPUT, "%s: broken rows", r->h5->path);
}

/* Reads one piece behind those that are there. */
static int read_piece(struct reading *r, int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_block *out = r->out;
    struct pulse_h5_answer answer;
    struct rows_read read = {0};
    if (ask_rows(r, &answer, &read, err) != 0)
        return -1;
    if (read.rows > 0)
        memcpy(out->time_ns + out->rows, answer.at + ALIGN, (size_t)read.rows * sizeof(int64_t));
    for (int64_t c = 0; read.rows > 0 && c < out->columns; c++)
        memcpy(out->values + c * r->capacity + out->rows,
               answer.at + values_at(r->request->rows) + c * read.rows * (int64_t)sizeof(double),
               (size_t)read.rows * sizeof(double));
    r->stamps.spans |= (unsigned)read.spans;
    r->stamps.offset = r->stamps.offset || read.offsets != 0;
    r->stamps.local = r->stamps.local || read.local != 0;
    out->rows += read.rows;
    *bytes_read += read.bytes_read;
    return 0;
}

/* Rows that are read at once: more of an object that is far away, whose bytes come in parallel. */
static int find_step(const struct reading *r, int64_t *step, struct pulse_err *err)
{
    enum { FAR = 8 };
    struct pulse_h5_answer answer;
    struct rows_read read = {0};
    if (ask_rows(r, &answer, &read, err) != 0)
        return -1;
    const int64_t times = pulse_store_is_s3(r->h5->path) ? FAR : 1;
    const int64_t rows = read.rows < 1 ? 1 : read.rows;
    *step = rows < r->capacity / times ? rows * times : r->capacity;
    return 0;
}

static int read_pieces(struct reading *r, int64_t first, int64_t *bytes_read, struct pulse_err *err)
{
    int64_t step;
    if (find_step(r, &step, err) != 0)
        return -1;
    for (int64_t at = first, end = first + r->capacity; at < end; at += r->request->rows) {
        const int64_t piece =
            step < r->capacity ? step - at % step : step; /* ends where a chunk does */
        r->request->first = at;
        r->request->rows = piece < end - at ? piece : end - at;
        if (read_piece(r, bytes_read, err) != 0)
            return -1;
    }
    return 0;
}

static int alloc_block(struct pulse_block *out, int64_t rows, struct pulse_err *err)
{
    if (answer_bytes(rows, out->columns) < 0)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory: %lld rows of an HDF5 file",
                          (long long)rows);
    out->time_ns = pulse_alloc_aligned(rows + 1, sizeof *out->time_ns, "times", err);
    out->values = pulse_alloc_aligned(rows * out->columns + 1, sizeof *out->values, "values", err);
    return out->time_ns == NULL || out->values == NULL ? -1 : 0;
}

int pulse_h5_read(struct pulse_h5 *h5, int64_t frame, int64_t first, int64_t rows,
                  const int64_t *columns, int64_t n, struct pulse_block *out, int64_t *bytes_read,
                  struct pulse_err *err)
{
    struct reading r = {.h5 = h5, .capacity = rows, .out = out};
    *out = (struct pulse_block){.columns = n};
    r.request = pulse_calloc((int64_t)sizeof *r.request + n * (int64_t)sizeof *columns, 1,
                             "columns to read", err);
    if (r.request == NULL)
        return -1;
    *r.request = (struct rows_wanted){.frame = frame, .n = n};
    if (n > 0)
        memcpy(r.request + 1, columns, (size_t)n * sizeof *columns);
    int rc = alloc_block(out, rows, err);
    if (rc == 0 && rows > 0)
        rc = read_pieces(&r, first, bytes_read, err);
    /* Columns lie one right after the other, of as many rows as there are. */
    for (int64_t c = 1; rc == 0 && c < n && out->rows < rows; c++)
        memmove(out->values + c * out->rows, out->values + c * rows,
                (size_t)out->rows * sizeof *out->values);
    free(r.request);
    pulse_stamps_end(&r.stamps, out);
    if (rc == 0 && h5->zones[frame] != NULL)
        out->zone = h5->zones[frame];
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}
