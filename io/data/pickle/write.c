#include "data/pickle/write.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/zone.h"

/* Opcodes of protocol 2. */
enum {
    PROTO = 0x80,
    EMPTY_LIST = ']',
    MARK = '(',
    EMPTY_DICT = '}',
    SETITEMS = 'u',
    APPENDS = 'e',
    BINUNICODE = 'X', /* llll, UTF-8 */
    LONG_BINPUT = 'r',
    LONG_BINGET = 'j',
    BINFLOAT = 'G', /* the highest byte first */
    LONG1 = 0x8a,   /* count, the lowest byte first, two's complement */
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    NONE = 'N',
    STOP = '.'
};

enum { RECORDS_AT_ONCE = 1000 }; /* between MARK and APPENDS: what a reader keeps on its stack */

struct pulse_pickle_writer {
    FILE *to;
    const struct pulse_table_column *columns;
    int64_t n;
    int64_t records;
};

static void put_number(FILE *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        (void)putc((int)(value >> (8 * i) & 0xff), to);
}

static void put_text(FILE *to, const char *text, int64_t length)
{
    (void)putc(BINUNICODE, to);
    put_number(to, (uint64_t)length, 4);
    (void)fwrite(text, 1, (size_t)length, to);
}

static void put_real(FILE *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    (void)putc(BINFLOAT, to);
    for (int i = 7; i >= 0; i--)
        (void)putc((int)(bits >> (8 * i) & 0xff), to);
}

/* A uint64 takes a ninth byte: its highest bit is no sign. */
static void put_integer(FILE *to, uint64_t value, bool is_signed)
{
    const int bytes = is_signed ? 8 : 9;
    (void)putc(LONG1, to);
    (void)putc(bytes, to);
    put_number(to, value, 8);
    if (!is_signed)
        (void)putc(0, to);
}

static void put_cell(FILE *to, const struct pulse_vector *v, int64_t row)
{
    char text[PULSE_INSTANT_TEXT];
    int64_t begin;
    if (v->missing != NULL && v->missing[row]) {
        (void)putc(NONE, to);
        return;
    }
    switch (v->kind) {
    case PULSE_KIND_BOOL:
        (void)putc(v->integers[row] != 0 ? NEWTRUE : NEWFALSE, to);
        break;
    case PULSE_KIND_INT:
    case PULSE_KIND_UINT:
        put_integer(to, (uint64_t)v->integers[row], v->kind == PULSE_KIND_INT);
        break;
    case PULSE_KIND_FLOAT:
    case PULSE_KIND_DOUBLE:
        put_real(to, v->reals[row]);
        break;
    case PULSE_KIND_TIME:
        (void)pulse_zone_format(v->zone, v->integers[row], text);
        put_text(to, text, (int64_t)strlen(text));
        break;
    case PULSE_KIND_TEXT:
        begin = row == 0 ? 0 : v->text_end[row - 1];
        put_text(to, v->text + begin, v->text_end[row] - begin);
        break;
    }
}

int pulse_pickle_writer_open(const struct pulse_table_writer_options *options,
                             const struct pulse_table_column *columns, int64_t n, void **file,
                             struct pulse_err *err)
{
    FILE *stream = options->stream;
    struct pulse_pickle_writer *o = pulse_calloc(1, sizeof *o, "a pickle to write", err);
    if (o == NULL)
        return -1;
    *o = (struct pulse_pickle_writer){.to = stream, .columns = columns, .n = n};
    (void)putc(PROTO, stream);
    (void)putc(2, stream);
    *file = o;
    return 0;
}

/* The names are written once, and referred to in the records that follow. */
static void put_record(struct pulse_pickle_writer *o, const struct pulse_batch *batch, int64_t row)
{
    (void)putc(EMPTY_DICT, o->to);
    (void)putc(MARK, o->to);
    for (int64_t c = 0; c < o->n; c++) {
        const char *name = o->columns[c].name;
        if (o->records == 0)
            put_text(o->to, name, (int64_t)strlen(name));
        (void)putc(o->records == 0 ? LONG_BINPUT : LONG_BINGET, o->to);
        put_number(o->to, (uint64_t)c, 4);
        put_cell(o->to, &batch->vectors[c], row);
    }
    (void)putc(SETITEMS, o->to);
}

int pulse_pickle_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err)
{
    struct pulse_pickle_writer *o = file;
    (void)err;
    for (int64_t row = 0; row < batch->rows; row++) {
        if (o->records == 0)
            (void)putc(EMPTY_LIST, o->to);
        if (o->records % RECORDS_AT_ONCE == 0)
            (void)putc(MARK, o->to);
        put_record(o, batch, row);
        if (++o->records % RECORDS_AT_ONCE == 0)
            (void)putc(APPENDS, o->to);
    }
    return 0;
}

/* Without a record a dict of empty columns, which have their names at least. */
static void put_empty_columns(struct pulse_pickle_writer *o)
{
    (void)putc(EMPTY_DICT, o->to);
    (void)putc(MARK, o->to);
    for (int64_t c = 0; c < o->n; c++) {
        put_text(o->to, o->columns[c].name, (int64_t)strlen(o->columns[c].name));
        (void)putc(EMPTY_LIST, o->to);
    }
    (void)putc(SETITEMS, o->to);
}

int pulse_pickle_writer_end(void *file, struct pulse_err *err)
{
    struct pulse_pickle_writer *o = file;
    (void)err;
    if (o->records == 0)
        put_empty_columns(o);
    if (o->records % RECORDS_AT_ONCE != 0)
        (void)putc(APPENDS, o->to);
    (void)putc(STOP, o->to);
    return 0;
}

void pulse_pickle_writer_free(void *file)
{
    free(file);
}
