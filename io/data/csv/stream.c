#include "data/csv/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/byte_reader.h"
#include "data/common/text_column.h"
#include "data/csv/cell.h"
#include "data/csv/layout.h"

enum {
    BUFFER_BYTES = 1 << 20,
    LONGEST_ROW = 64 << 20 /* a longer row is an open quote, or no table */
};

struct pulse_csv_stream {
    struct pulse_byte_reader *input;
    struct pulse_csv_layout layout;
    struct pulse_text *cells;
    char *bytes; /* the file's [from, from + length), then PULSE_CSV_CELL_PADDING line feeds */
    int64_t from;
    int64_t length;
    int64_t capacity;
    int64_t at;    /* in `bytes`: the next row */
    int64_t line;  /* its number */
    int64_t given; /* that of the row that was given last */
};

int pulse_csv_stream_open(const struct pulse_location *location,
                          const struct pulse_read_options *options, struct pulse_csv_stream **out,
                          struct pulse_err *err)
{
    struct pulse_csv_stream *stream = pulse_calloc(1, sizeof *stream, "an open CSV file", err);
    if (stream == NULL)
        return -1;
    stream->capacity = BUFFER_BYTES;
    if (pulse_byte_reader_open(location->file, location->packing, options->encoding, &stream->input,
                               err) != 0 ||
        pulse_csv_layout_read(stream->input, options, false, &stream->layout, err) != 0)
        goto fail;
    stream->bytes =
        pulse_alloc_aligned(stream->capacity + PULSE_CSV_CELL_PADDING, 1, "a CSV file's rows", err);
    stream->cells = pulse_calloc(stream->layout.n, sizeof *stream->cells, "cells of a row", err);
    if (stream->bytes == NULL || stream->cells == NULL)
        goto fail;
    pulse_csv_stream_rewind(stream);
    *out = stream;
    return 0;
fail:
    pulse_csv_stream_free(stream);
    return -1;
}

void pulse_csv_stream_free(struct pulse_csv_stream *stream)
{
    if (stream == NULL)
        return;
    pulse_byte_reader_close(stream->input);
    pulse_csv_layout_clear(&stream->layout);
    free(stream->cells);
    free(stream->bytes);
    free(stream);
}

const struct pulse_text_numbers *pulse_csv_stream_numbers(const struct pulse_csv_stream *stream)
{
    return &stream->layout.numbers;
}

const struct pulse_csv_layout *pulse_csv_stream_layout(const struct pulse_csv_stream *stream)
{
    return &stream->layout;
}

int64_t pulse_csv_stream_line(const struct pulse_csv_stream *stream)
{
    return stream->given;
}

char *const *pulse_csv_stream_names(const struct pulse_csv_stream *stream, int64_t *n)
{
    *n = stream->layout.n;
    return stream->layout.names;
}

void pulse_csv_stream_rewind(struct pulse_csv_stream *stream)
{
    const int64_t data = stream->layout.data_offset;
    stream->from = data;
    stream->length = 0;
    stream->at = 0;
    stream->line = stream->layout.header_lines + 1;
    stream->given = stream->line;
    pulse_byte_reader_will_read(stream->input, data,
                                pulse_byte_reader_guess_size(stream->input) - data);
}

static int fail_row(const struct pulse_csv_stream *stream, const char *what, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: %s", pulse_byte_reader_uri(stream->input),
                      (long long)stream->line, what);
}

static bool holds_last(const struct pulse_csv_stream *stream)
{
    return stream->from + stream->length == pulse_byte_reader_size(stream->input);
}

/* Forgets the rows that were passed and reads on; twice as far when a row fills the buffer. */
static int read_on(struct pulse_csv_stream *stream, struct pulse_err *err)
{
    const int64_t kept = stream->length - stream->at;
    if (kept > LONGEST_ROW)
        return fail_row(stream, "a row of more than 64 MiB; is a quote never closed?", err);
    const int64_t capacity = kept > stream->capacity / 2 ? 2 * stream->capacity : stream->capacity;
    char *bytes = stream->bytes;
    if (capacity > stream->capacity)
        bytes = pulse_alloc_aligned(capacity + PULSE_CSV_CELL_PADDING, 1, "a CSV file's rows", err);
    if (bytes == NULL)
        return -1;
    memmove(bytes, stream->bytes + stream->at, (size_t)kept);
    if (bytes != stream->bytes)
        free(stream->bytes);
    stream->bytes = bytes;
    stream->capacity = capacity;
    stream->from += stream->at;
    stream->at = 0;
    stream->length = kept;
    int64_t n;
    if (pulse_byte_reader_read(stream->input, stream->from + kept, bytes + kept, capacity - kept,
                               &n, err) != 0)
        return -1;
    stream->length += n;
    memset(bytes + stream->length, '\n', PULSE_CSV_CELL_PADDING);
    return memchr(bytes + kept, '\0', (size_t)n) == NULL
               ? 0
               : fail_row(stream, "a NUL byte in or after it; not a CSV text in UTF-8", err);
}

static int check_text(const struct pulse_csv_stream *stream, char *row, char *row_end,
                      struct pulse_err *err)
{
    unsigned char high = 0;
    for (const char *p = row; p < row_end; p++)
        high |= (unsigned char)*p;
    if (high < 0x80)
        return 0;
    const char kept = *row_end;
    *row_end = '\0';
    const bool valid = pulse_utf8_valid(row);
    *row_end = kept;
    return valid ? 0
                 : fail_row(stream,
                            "text that is not UTF-8; say --encoding windows-1252 if it is of "
                            "Windows or Latin-1",
                            err);
}

static int fail_stray_quote(const struct pulse_csv_stream *stream, const char *cell,
                            struct pulse_err *err)
{
    char what[256];
    const struct pulse_text text =
        pulse_csv_cell_unquoted(cell, stream->bytes + stream->length, stream->layout.separator);
    (void)snprintf(what, sizeof what, PULSE_CSV_STRAY_QUOTE_TEXT, pulse_text_shown(text), text.at);
    return fail_row(stream, what, err);
}

/* Cuts the row at `at` into cells. 0 with `row_end` NULL: more bytes are needed to know. */
static int cut_row(struct pulse_csv_stream *stream, const char **row_end, struct pulse_err *err)
{
    char what[96];
    const char *p = stream->bytes + stream->at, *const end = stream->bytes + stream->length;
    const bool last = holds_last(stream);
    int64_t n = 0;
    *row_end = NULL;
    for (;; p++) {
        const char *cell_end = pulse_csv_cell_end(p, end, stream->layout.separator);
        if (cell_end == NULL && last)
            return fail_row(stream, "a quote is never closed", err);
        if (cell_end == NULL || (cell_end == end && !last))
            return 0;
        if (pulse_csv_stray_quote(p, cell_end, stream->layout.separator) != NULL)
            return fail_stray_quote(stream, p, err);
        if (n < stream->layout.n)
            stream->cells[n] = (struct pulse_text){p, (size_t)(cell_end - p)};
        n++;
        p = cell_end;
        if (p == end || *p == '\n')
            break;
    }
    *row_end = p;
    if (n == stream->layout.n)
        return 0;
    (void)snprintf(what, sizeof what, "%lld cells where the header has %lld", (long long)n,
                   (long long)stream->layout.n);
    return fail_row(stream, what, err);
}

/* Passes empty lines; whether a row, or the beginning of one, follows in the buffer. */
static bool find_row(struct pulse_csv_stream *stream)
{
    while (stream->at < stream->length) {
        const char *p = stream->bytes + stream->at;
        const int64_t empty = *p == '\n' ? 1 : *p == '\r' && p[1] == '\n' ? 2 : 0;
        const int64_t left = stream->length - stream->at;
        if (empty == 0 || (empty > left && !holds_last(stream)))
            return true;
        stream->at += empty < left ? empty : left;
        stream->line++;
    }
    return false;
}

int pulse_csv_stream_next(struct pulse_csv_stream *stream, const struct pulse_text **cells,
                          struct pulse_err *err)
{
    const char *row_end = NULL;
    *cells = NULL;
    for (;;) {
        const bool row = find_row(stream);
        if (stream->layout.data_end >= 0 && stream->from + stream->at >= stream->layout.data_end)
            return 0;
        if (row && cut_row(stream, &row_end, err) != 0)
            return -1;
        if (row_end != NULL)
            break;
        if (holds_last(stream))
            return 0;
        if (read_on(stream, err) != 0)
            return -1;
    }
    char *row = stream->bytes + stream->at;
    char *end = stream->bytes + (row_end - stream->bytes);
    if (check_text(stream, row, end, err) != 0)
        return -1;
    stream->given = stream->line;
    stream->line += pulse_csv_count_lines(row, end) + 1;
    stream->at = row_end - stream->bytes;
    stream->at += stream->at < stream->length; /* its line feed */
    *cells = stream->cells;
    return 0;
}
