#include "data/csv/head.h"

#include <stdlib.h>
#include <string.h>

#include "data/csv/cell.h"

enum { LONGEST_LINE = 64 << 20 }; /* a longer header or first row is no table */

int pulse_csv_head_read(struct pulse_csv_head *head, int64_t wanted, struct pulse_err *err)
{
    int64_t got;
    char *grown = realloc(head->bytes, (size_t)wanted + PULSE_CSV_CELL_PADDING);
    if (grown == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory: %lld bytes for the header of %s",
                          (long long)wanted, pulse_byte_reader_uri(head->input));
    head->bytes = grown;
    if (pulse_byte_reader_peek(head->input, head->length, grown + head->length,
                               wanted - head->length, &got, err) != 0)
        return -1;
    head->bytes_read += got;
    head->length += got;
    head->whole = head->length < wanted || head->length == pulse_byte_reader_size(head->input);
    memset(grown + head->length, '\n', PULSE_CSV_CELL_PADDING);
    return 0;
}

int64_t pulse_csv_head_line_end(const struct pulse_csv_head *head, int64_t from)
{
    bool quoted = false;
    for (int64_t i = from; i < head->length; i++) {
        if (head->bytes[i] == '"')
            quoted = !quoted;
        else if (head->bytes[i] == '\n' && !quoted)
            return i + 1;
    }
    return head->whole ? head->length : -1;
}

int pulse_csv_head_read_line(struct pulse_csv_head *head, int64_t from, int64_t *end,
                             struct pulse_err *err)
{
    while ((*end = pulse_csv_head_line_end(head, from)) < 0) {
        if (head->length > LONGEST_LINE)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: a line of more than %d MiB; not a CSV table, or a quote that is "
                              "never closed",
                              pulse_byte_reader_uri(head->input), LONGEST_LINE >> 20);
        if (pulse_csv_head_read(head, head->length * 2, err) != 0)
            return -1;
    }
    return 0;
}

int pulse_csv_head_skip_lines(struct pulse_csv_head *head, int64_t lines, int64_t *at,
                              struct pulse_err *err)
{
    *at = 0;
    for (int64_t line = 0; line < lines; line++) {
        const char *feed = NULL;
        while (feed == NULL) {
            if (head->length > *at)
                feed = memchr(head->bytes + *at, '\n', (size_t)(head->length - *at));
            if (feed == NULL && (head->whole || head->length > LONGEST_LINE))
                return pulse_fail(err, PULSE_E_INPUT, "%s: fewer lines than --skip-rows %lld",
                                  pulse_byte_reader_uri(head->input), (long long)lines);
            if (feed == NULL && pulse_csv_head_read(head, head->length * 2, err) != 0)
                return -1;
        }
        *at = feed + 1 - head->bytes;
    }
    return 0;
}
