#include "data/csv/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/csv/cell.h"

enum { SAMPLE_BYTES = 32 << 10 }; /* of the part's end, to guess how many rows there are */

/* Mean length of the rows at the part's end; 0 where none is seen to end. */
static int sample_end(struct pulse_csv *csv, double *row_bytes, struct pulse_err *err)
{
    char sample[SAMPLE_BYTES];
    int64_t part = csv->last - csv->first;
    int64_t n = part < SAMPLE_BYTES ? part : SAMPLE_BYTES;
    if (pulse_csv_part_read(csv, csv->last - n, sample, n, &n, err) != 0)
        return -1;
    int64_t lines = pulse_csv_count_lines(sample, sample + n);
    *row_bytes = lines == 0 ? 0 : (double)n / (double)lines;
    return 0;
}

/* How many rows a file has whose end is not known: by the size that it is likely to have, but never
 * many times as many as there are already, since it may be made to look like anything. */
static int guess_unpacked_rows(const struct pulse_csv *csv, int64_t rows, int64_t begin, int64_t at,
                               int64_t *guess)
{
    enum { TIMES = 8, LEAST = 1024 };
    const double row_bytes = rows == 0 ? 1 : (double)(at - begin) / (double)rows;
    const double left = (double)(pulse_byte_reader_guess_size(csv->input) - at);
    const int64_t least = rows + rows / 4 + LEAST, most = rows * TIMES + LEAST;
    const double likely = (double)rows + left / row_bytes * (1 + 1. / 32);
    *guess = likely < (double)most ? (int64_t)likely : most;
    *guess = *guess < least ? least : *guess;
    return 0;
}

/* As if the rest were as long as the mean of the rows so far and of the last ones, since early rows
 * often lack most of their values. Rows in the buffer are counted. */
int pulse_csv_guess_rows(struct pulse_csv *csv, int64_t rows, int64_t begin, int64_t at,
                         int64_t *guess, struct pulse_err *err)
{
    if (csv->last == PULSE_CSV_ANY_END)
        return guess_unpacked_rows(csv, rows, begin, at, guess);
    int64_t left = csv->last - at, least = rows + rows / 4, most = rows + left / csv->layout.n + 1;
    if (csv->from + csv->length >= csv->last) {
        const char *base = csv->bytes - csv->from;
        *guess = rows + pulse_csv_count_lines(base + at, base + csv->last) + 1;
    } else {
        double seen = rows == 0 ? 0 : (double)(at - begin) / (double)rows, at_end;
        if (sample_end(csv, &at_end, err) != 0)
            return -1;
        double row_bytes = seen > 0 && at_end > 0 ? (seen + at_end) / 2 : seen + at_end;
        double more = row_bytes > 0 ? (double)left / row_bytes * (1 + 1. / 32) + 16 : 1;
        *guess = more < (double)left ? rows + (int64_t)more : most;
        *guess = *guess < least ? least : *guess;
    }
    *guess = *guess < most ? *guess : most;
    return 0;
}

void pulse_csv_move_columns(const double *in, int64_t from, double *out, int64_t to, int64_t rows,
                            int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        memmove(out + c * to, in + c * from, (size_t)rows * sizeof *out);
}

int pulse_csv_make_room(struct pulse_csv_sink *sink, int64_t slots, int64_t capacity,
                        struct pulse_err *err)
{
    int64_t cells;
    if (__builtin_mul_overflow(capacity, slots, &cells))
        cells = -1;
    int64_t *times = pulse_alloc_aligned(capacity, sizeof *times, "times of a CSV file", err);
    double *values = times == NULL
                         ? NULL
                         : pulse_alloc_aligned(cells, sizeof *values, "values of a CSV file", err);
    if (values == NULL) {
        free(times);
        return -1;
    }
    if (sink->rows > 0) {
        memcpy(times, sink->time_ns, (size_t)sink->rows * sizeof *times);
        pulse_csv_move_columns(sink->values, sink->capacity, values, capacity, sink->rows, slots);
    }
    free(sink->time_ns);
    free(sink->values);
    sink->time_ns = times;
    sink->values = values;
    sink->capacity = capacity;
    return 0;
}
