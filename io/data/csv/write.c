#include "data/csv/write.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/terminal.h"
#include "base/zone.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Text of any bytes; in quotes where it is empty, to distinguish it from a missing one. */
static void put_quoted(FILE *to, const char *text, size_t length)
{
    bool quoted = length == 0 || is_blank(text[0]) || is_blank(text[length - 1]);
    for (size_t i = 0; i < length && !quoted; i++)
        quoted = text[i] != '\0' && strchr(",;|\t\"\r\n", text[i]) != NULL;
    if (!quoted) {
        (void)fwrite(text, 1, length, to);
        return;
    }
    (void)putc('"', to);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            (void)putc('"', to);
        (void)putc(text[i], to);
    }
    (void)putc('"', to);
}

/* Escaped, and then quoted where need be. */
static void show_text(FILE *to, const char *text, size_t length)
{
    char *own = strndup(text, length);
    const size_t capacity = PULSE_TERMINAL_ESCAPE * length + 1;
    char *escaped = own == NULL ? NULL : malloc(capacity);
    if (escaped != NULL) {
        (void)pulse_terminal_escape(own, escaped, capacity);
        put_quoted(to, escaped, strlen(escaped));
    } else {
        (void)putc('?', to); /* no memory even for a cell */
    }
    free(escaped);
    free(own);
}

static void put_text(FILE *to, const char *text, size_t length, unsigned how)
{
    if ((how & PULSE_CSV_SHOWN) != 0)
        show_text(to, text, length);
    else
        put_quoted(to, text, length);
}

void pulse_csv_put_name(FILE *to, const char *name, unsigned how)
{
    put_text(to, name, strlen(name), how);
}

void pulse_csv_put_number(FILE *to, double value)
{
    char text[PULSE_NUMBER_TEXT];
    if (isfinite(value))
        (void)fwrite(text, 1, (size_t)pulse_format_number(value, text), to);
}

/* With as few digits as a float needs. */
static void put_float(FILE *to, float value)
{
    char text[PULSE_NUMBER_TEXT];
    int length = 0;
    for (int digits = 6; digits <= 9 && isfinite(value); digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    (void)fwrite(text, 1, (size_t)length, to);
}

static void put_cell(FILE *to, unsigned how, const struct pulse_vector *v, int64_t row)
{
    char text[PULSE_INSTANT_TEXT];
    if (v->missing != NULL && v->missing[row])
        return;
    switch (v->kind) {
    case PULSE_KIND_BOOL:
        (void)fputs(v->integers[row] != 0 ? "true" : "false", to);
        break;
    case PULSE_KIND_INT:
        (void)fprintf(to, "%lld", (long long)v->integers[row]);
        break;
    case PULSE_KIND_UINT:
        (void)fprintf(to, "%llu", (unsigned long long)v->integers[row]);
        break;
    case PULSE_KIND_FLOAT:
        put_float(to, (float)v->reals[row]);
        break;
    case PULSE_KIND_DOUBLE:
        pulse_csv_put_number(to, v->reals[row]);
        break;
    case PULSE_KIND_TIME:
        (void)fputs((how & PULSE_CSV_DATES) != 0
                        ? pulse_format_day(pulse_day_of_ns(v->integers[row]), text)
                        : pulse_zone_format(v->zone, v->integers[row], text),
                    to);
        break;
    case PULSE_KIND_TEXT: {
        int64_t begin = row == 0 ? 0 : v->text_end[row - 1];
        put_text(to, v->text + begin, (size_t)(v->text_end[row] - begin), how);
        break;
    }
    }
}

void pulse_csv_put_header(FILE *to, const struct pulse_table_column *columns, int64_t n,
                          unsigned how)
{
    for (int64_t c = 0; c < n; c++) {
        if (c > 0)
            (void)putc(',', to);
        pulse_csv_put_name(to, columns[c].name, how);
    }
    (void)putc('\n', to);
}

void pulse_csv_put_batch(FILE *to, unsigned how, const struct pulse_batch *batch)
{
    for (int64_t row = 0; row < batch->rows && !ferror(to); row++) {
        for (int64_t c = 0; c < batch->n; c++) {
            if (c > 0)
                (void)putc(',', to);
            put_cell(to, how, &batch->vectors[c], row);
        }
        (void)putc('\n', to);
    }
}

/* ---- As a table writer ----------------------------------------------------------- */

struct csv_writer {
    FILE *to;
    unsigned how;
};

int pulse_csv_writer_open(const struct pulse_table_writer_options *options,
                          const struct pulse_table_column *columns, int64_t n, void **file,
                          struct pulse_err *err)
{
    struct csv_writer *writer = pulse_calloc(1, sizeof *writer, "a CSV file to write", err);
    if (writer == NULL)
        return -1;
    *writer = (struct csv_writer){options->stream, options->dates ? PULSE_CSV_DATES : 0};
    pulse_csv_put_header(writer->to, columns, n, 0);
    *file = writer;
    return 0;
}

int pulse_csv_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err)
{
    const struct csv_writer *writer = file;
    (void)err;
    pulse_csv_put_batch(writer->to, writer->how, batch);
    return 0;
}

int pulse_csv_writer_end(void *file, struct pulse_err *err)
{
    (void)file;
    (void)err;
    return 0;
}

void pulse_csv_writer_free(void *file)
{
    free(file);
}
