#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "data/common/clock.h"
#include "data/common/stamps.h"
#include "data/formats.h"
#include "data/parts.h"

/* The columns of the first file, then the keys. What one holds that the first file has no value of
 * is what the next file says that has one. */
struct dataset {
    struct pulse_parts parts;
    struct pulse_read_options reading;
    int64_t n;
    char **names;
    bool *numeric, *empty;
    bool *unknown;   /* no file that was looked at has a value of it */
    bool says_empty; /* the format says which columns are */
    int64_t time;
};

/* A file that is open. */
struct open_part {
    struct pulse_location location;
    const struct pulse_dataset_face *face;
    void *state;
};

static void close_part(struct open_part *part)
{
    if (part->state != NULL)
        part->face->close(part->state);
    pulse_location_clear(&part->location);
    *part = (struct open_part){0};
}

static int open_part(const struct dataset *d, int64_t i, struct open_part *out,
                     struct pulse_err *err)
{
    const char *uri = d->parts.all[i].uri;
    *out = (struct open_part){0};
    if (pulse_location_resolve(uri, &out->location, err) != 0)
        return -1;
    out->face = &out->location.format->dataset;
    if (out->face->open(&out->location, 0, 1, &d->reading, &out->state, err) != 0)
        return -1;
    return out->face->count_frames == NULL || out->face->count_frames(out->state) == 1
               ? 0
               : pulse_fail(err, PULSE_E_INPUT, "%s: several frames in a part file", uri);
}

static void close_dataset(void *file)
{
    struct dataset *d = file;
    if (d == NULL)
        return;
    pulse_parts_clear(&d->parts);
    for (int64_t c = 0; d->names != NULL && c < d->n; c++)
        free(d->names[c]);
    free(d->names);
    free(d->numeric);
    free(d->empty);
    free(d->unknown);
    free(d);
}

/* Whether all values of a key are numbers, but for those that are missing. */
static bool is_number_key(const struct pulse_parts *parts, int64_t key)
{
    double number;
    for (int64_t i = 0; i < parts->n; i++) {
        const char *value = parts->all[i].values[key];
        if (value[0] != '\0' && !pulse_parse_number(value, strlen(value), &number))
            return false;
    }
    return true;
}

static bool is_numeric(const struct pulse_frame *frame, int64_t column)
{
    return frame->numeric == NULL || frame->numeric[column];
}

/* Whether no row that was looked at has a value of the column. */
static bool holds_nothing(const struct pulse_frame *frame, int64_t column)
{
    const char *holds = frame->holds == NULL ? NULL : frame->holds[column];
    return (frame->empty != NULL && frame->empty[column]) ||
           (holds != NULL && strcmp(holds, PULSE_HOLDS_NOTHING) == 0);
}

static int set_columns(struct dataset *d, const struct pulse_frame *frame, struct pulse_err *err)
{
    const int64_t n = frame->n + d->parts.n_keys;
    d->names = pulse_calloc(n, sizeof *d->names, "column names", err);
    d->numeric = pulse_calloc(n, sizeof *d->numeric, "column kinds", err);
    d->empty = pulse_calloc(n, sizeof *d->empty, "column kinds", err);
    d->unknown = pulse_calloc(n, sizeof *d->unknown, "column kinds", err);
    if (d->names == NULL || d->numeric == NULL || d->empty == NULL || d->unknown == NULL)
        return -1;
    d->time = frame->time;
    d->says_empty = frame->empty != NULL;
    for (; d->n < n; d->n++) {
        const int64_t key = d->n - frame->n;
        d->names[d->n] = pulse_strdup(key < 0 ? frame->names[d->n] : d->parts.keys[key], err);
        if (d->names[d->n] == NULL)
            return -1;
        d->empty[d->n] = key < 0 && frame->empty != NULL && frame->empty[d->n];
        d->numeric[d->n] = key < 0 ? is_numeric(frame, d->n) : is_number_key(&d->parts, key);
        d->unknown[d->n] = key < 0 && holds_nothing(frame, d->n);
    }
    return 0;
}

static int64_t position_of(const struct pulse_frame *frame, const char *name)
{
    for (int64_t c = 0; c < frame->n; c++)
        if (strcmp(frame->names[c], name) == 0)
            return c;
    return -1;
}

/* Takes from a later file what the columns hold that were without a value so far; returns how many
 * still are. */
static int64_t settle_columns(struct dataset *d, const struct pulse_frame *frame)
{
    int64_t left = 0;
    for (int64_t c = 0; c < d->n; c++) {
        const int64_t at = d->unknown[c] ? position_of(frame, d->names[c]) : -1;
        if (at >= 0 && !holds_nothing(frame, at)) {
            d->unknown[c] = d->empty[c] = false;
            d->numeric[c] = is_numeric(frame, at);
        }
        left += d->unknown[c];
    }
    return left;
}

/* Looks at the files one after the other until it is known what each column holds. */
static int look_at_parts(struct dataset *d, struct pulse_err *err)
{
    int64_t left = 1;
    for (int64_t i = 0; i < d->parts.n && left > 0; i++) {
        struct open_part part;
        struct pulse_frame frame;
        int rc = open_part(d, i, &part, err);
        if (rc == 0) {
            part.face->describe_frame(part.state, 0, &frame);
            rc = i == 0 ? set_columns(d, &frame, err) : 0;
        }
        if (rc == 0)
            left = settle_columns(d, &frame);
        close_part(&part);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct dataset *d = pulse_calloc(1, sizeof *d, "an open directory", err);
    (void)part, (void)parts;
    if (d == NULL)
        return -1;
    d->reading = *options;
    int rc = pulse_parts_list(location->file, &d->parts, err);
    if (rc == 0 && d->parts.n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no part files", location->uri);
    if (rc == 0)
        rc = look_at_parts(d, err);
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
    *out = (struct pulse_frame){.n = d->n,
                                .names = d->names,
                                .numeric = d->numeric,
                                .empty = d->says_empty ? d->empty : NULL,
                                .time = d->time};
}

/* Where a column of the dataset lies in a part's file; −1 with an error. */
static int64_t find_column(const struct dataset *d, const struct open_part *part,
                           const struct pulse_frame *frame, int64_t column, struct pulse_err *err)
{
    const int64_t at = position_of(frame, d->names[column]);
    if (at < 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no column '%s', which %s has",
                          part->location.uri, d->names[column], d->parts.all[0].uri);
    if (d->numeric[column] && !is_numeric(frame, at) && !holds_nothing(frame, at))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: column '%s' holds another kind of cells than in other files of the "
                          "directory",
                          part->location.uri, d->names[column]);
    return at;
}

/* A file that has more columns than the first is an error: they would be left out. Where formats
 * are mixed, the time is among them or not. */
static int check_names(const struct dataset *d, const struct open_part *part,
                       const struct pulse_frame *frame, struct pulse_err *err)
{
    for (int64_t c = 0; c < frame->n; c++) {
        int64_t at = 0;
        while (at < d->n && strcmp(d->names[at], frame->names[c]) != 0)
            at++;
        if (at == d->n && c != frame->time && frame->names[c][0] != '\0')
            return pulse_fail(err, PULSE_E_INPUT, "%s: a column '%s', which %s does not have",
                              part->location.uri, frame->names[c], d->parts.all[0].uri);
    }
    return 0;
}

/* Reads a file; the columns of the request that are keys are left out of `out`. */
static int read_part(const struct dataset *d, int64_t i, const struct pulse_frame_request *request,
                     struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    struct open_part part;
    struct pulse_frame frame;
    struct pulse_frame_request inner = {0};
    int64_t *columns = pulse_calloc(request->n, sizeof *columns, "columns to read", err);
    int rc = columns == NULL ? -1 : open_part(d, i, &part, err);
    if (columns == NULL)
        return -1;
    if (rc == 0) {
        part.face->describe_frame(part.state, 0, &frame);
        rc = check_names(d, &part, &frame, err);
    }
    for (int64_t c = 0; rc == 0 && c < request->n; c++) {
        if (request->columns[c] >= d->n - d->parts.n_keys)
            continue;
        columns[inner.n] = find_column(d, &part, &frame, request->columns[c], err);
        rc = columns[inner.n++] < 0 ? -1 : 0;
    }
    inner.columns = columns;
    if (rc == 0)
        rc = part.face->read(part.state, &inner, out, bytes_read, err);
    close_part(&part);
    free(columns);
    return rc;
}

static double value_of_key(const char *text)
{
    double number;
    return text[0] != '\0' && pulse_parse_number(text, strlen(text), &number) && isfinite(number)
               ? number
               : (double)NAN;
}

/* What the times of all blocks are: instants of UTC, what clocks show, or of no zone. */
static int join_zones(const struct dataset *d, struct pulse_block *blocks, struct pulse_block *out,
                      struct pulse_err *err)
{
    int64_t zoned = -1, unzoned = -1;
    for (int64_t i = 0; i < d->parts.n; i++) {
        struct pulse_block *block = &blocks[i];
        if (block->zone != NULL || block->local)
            zoned = i;
        else if (block->rows > 0)
            unzoned = i;
        if (block->zone != NULL)
            out->zone = pulse_zone_utc();
        if (d->reading.time_zone == NULL)
            pulse_block_show_clocks(block, NULL);
        out->local = out->local || block->local;
    }
    return zoned < 0 || unzoned < 0
               ? 0
               : pulse_fail(err, PULSE_E_INPUT,
                            "%s: times without a zone or offset, and those of %s have one",
                            d->parts.all[unzoned].uri, d->parts.all[zoned].uri);
}

/* Years in one file and months in another are no series. */
static int join_spans(const struct dataset *d, const struct pulse_block *blocks,
                      struct pulse_block *out, struct pulse_err *err)
{
    int64_t first = -1;
    for (int64_t i = 0; i < d->parts.n; i++) {
        if (blocks[i].spans == 0)
            continue;
        if (first < 0)
            out->spans = blocks[first = i].spans;
        if (blocks[i].spans != out->spans)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s: its times are %s, and those of %s are %s; keep the files of one "
                "frequency",
                d->parts.all[i].uri, pulse_span_plural((enum pulse_stamp_span)blocks[i].spans),
                d->parts.all[first].uri, pulse_span_plural((enum pulse_stamp_span)out->spans));
    }
    return 0;
}

/* Puts the blocks of all parts behind one another, with the keys' values between their columns. */
static int join_blocks(const struct dataset *d, const struct pulse_frame_request *request,
                       const struct pulse_block *blocks, struct pulse_block *out,
                       struct pulse_err *err)
{
    int64_t cells, row = 0;
    for (int64_t i = 0; i < d->parts.n; i++)
        out->rows += blocks[i].rows;
    if (__builtin_mul_overflow(out->rows, request->n, &cells))
        cells = -1;
    out->time_ns = pulse_alloc_aligned(out->rows + 1, sizeof *out->time_ns, "times", err);
    out->values = pulse_alloc_aligned(cells, sizeof *out->values, "values", err);
    if (out->time_ns == NULL || out->values == NULL)
        return -1;
    for (int64_t i = 0; i < d->parts.n; row += blocks[i++].rows) {
        const int64_t rows = blocks[i].rows;
        if (rows == 0)
            continue;
        memcpy(out->time_ns + row, blocks[i].time_ns, (size_t)rows * sizeof *out->time_ns);
        for (int64_t c = 0, from = 0; c < request->n; c++) {
            const int64_t key = request->columns[c] - (d->n - d->parts.n_keys);
            double *to = out->values + c * out->rows + row;
            if (key < 0)
                memcpy(to, blocks[i].values + from++ * rows, (size_t)rows * sizeof *to);
            for (int64_t r = 0; key >= 0 && r < rows; r++)
                to[r] = value_of_key(d->parts.all[i].values[key]);
        }
    }
    return 0;
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    const struct dataset *d = file;
    int rc = 0;
    *out = (struct pulse_block){.columns = request->n};
    struct pulse_block *blocks = pulse_calloc(d->parts.n, sizeof *blocks, "part files", err);
    if (blocks == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < d->parts.n; i++)
        rc = read_part(d, i, request, &blocks[i], bytes_read, err);
    if (rc == 0)
        rc = join_zones(d, blocks, out, err);
    if (rc == 0)
        rc = join_spans(d, blocks, out, err);
    if (rc == 0)
        rc = join_blocks(d, request, blocks, out, err);
    for (int64_t i = 0; i < d->parts.n; i++)
        pulse_block_clear(&blocks[i]);
    free(blocks);
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}

const struct pulse_dataset_face pulse_parts_dataset = {.open = open_dataset,
                                                       .close = close_dataset,
                                                       .describe_frame = describe_frame,
                                                       .read = read_block};
