#include "data/parquet/thrift_write.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "data/parquet/thrift.h"

static void put_raw(struct pulse_thrift_out *t, const void *bytes, int64_t n)
{
    if (t->err->kind != PULSE_OK ||
        pulse_grow(&t->bytes, &t->capacity, t->n + n, 1, "a Parquet header", t->err) != 0)
        return;
    if (n > 0)
        memcpy(t->bytes + t->n, bytes, (size_t)n);
    t->n += n;
}

static void put_byte(struct pulse_thrift_out *t, unsigned byte)
{
    const uint8_t b = (uint8_t)byte;
    put_raw(t, &b, 1);
}

static void put_varint(struct pulse_thrift_out *t, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(t, (unsigned)(value & 0x7f) | 0x80);
    put_byte(t, (unsigned)value);
}

static void put_zigzag(struct pulse_thrift_out *t, int64_t value)
{
    put_varint(t, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

/* ddddtttt: type t, d more than the field before. */
static void put_field(struct pulse_thrift_out *t, int id, int type)
{
    assert(t->depth > 0 && id > t->last[t->depth - 1] && id - t->last[t->depth - 1] < 16);
    put_byte(t, (unsigned)(id - t->last[t->depth - 1]) << 4 | (unsigned)type);
    t->last[t->depth - 1] = id;
}

void pulse_thrift_put_int(struct pulse_thrift_out *t, int id, int type, int64_t value)
{
    put_field(t, id, type);
    if (type == PULSE_THRIFT_BYTE)
        put_byte(t, (unsigned)value & 0xff);
    else
        put_zigzag(t, value);
}

void pulse_thrift_put_bool(struct pulse_thrift_out *t, int id, bool value)
{
    put_field(t, id, value ? PULSE_THRIFT_TRUE : PULSE_THRIFT_FALSE);
}

void pulse_thrift_put_bytes(struct pulse_thrift_out *t, int id, const void *bytes, int64_t n)
{
    put_field(t, id, PULSE_THRIFT_BINARY);
    put_varint(t, (uint64_t)n);
    put_raw(t, bytes, n);
}

void pulse_thrift_put_text(struct pulse_thrift_out *t, int id, const char *text)
{
    pulse_thrift_put_bytes(t, id, text, (int64_t)strlen(text));
}

void pulse_thrift_begin(struct pulse_thrift_out *t, int id)
{
    if (id != 0)
        put_field(t, id, PULSE_THRIFT_STRUCT);
    assert(t->depth < PULSE_THRIFT_DEEPEST_WRITTEN);
    t->last[t->depth++] = 0;
}

void pulse_thrift_end(struct pulse_thrift_out *t)
{
    put_byte(t, 0);
    t->depth--;
}

void pulse_thrift_put_list(struct pulse_thrift_out *t, int id, int type, int64_t n)
{
    put_field(t, id, PULSE_THRIFT_LIST);
    put_byte(t, (unsigned)(n < 15 ? n : 15) << 4 | (unsigned)type);
    if (n >= 15)
        put_varint(t, (uint64_t)n);
}

void pulse_thrift_element_int(struct pulse_thrift_out *t, int64_t value)
{
    put_zigzag(t, value);
}

void pulse_thrift_element_text(struct pulse_thrift_out *t, const char *text)
{
    put_varint(t, strlen(text));
    put_raw(t, text, (int64_t)strlen(text));
}
