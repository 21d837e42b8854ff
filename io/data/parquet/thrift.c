#include "data/parquet/thrift.h"

enum { DEEPEST = 24 }; /* Parquet's own structures nest 5 deep */

/* Always 0, to return it. */
static int mark_broken(struct pulse_thrift *t)
{
    t->broken = true;
    t->at = t->end;
    return 0;
}

static uint8_t next_byte(struct pulse_thrift *t)
{
    return t->at < t->end ? *t->at++ : (uint8_t)mark_broken(t);
}

uint64_t pulse_thrift_varint(struct pulse_thrift *t)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = next_byte(t);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return t->broken ? 0 : value;
    }
    return (uint64_t)mark_broken(t);
}

int64_t pulse_thrift_zigzag(struct pulse_thrift *t)
{
    uint64_t value = pulse_thrift_varint(t);
    return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

/* ---- Structures ----------------------------------------------------------------- */

/* ddddtttt → type t, id that of the field before + d; 0000tttt → type t, id as zigzag follows;
 * 00000000 → the end. */
bool pulse_thrift_next(struct pulse_thrift *t, struct pulse_thrift_field *field)
{
    uint8_t byte = next_byte(t);
    int64_t id = field->id + (byte >> 4);
    if (byte == 0) {
        t->depth--;
        return false;
    }
    if (byte >> 4 == 0)
        id = pulse_thrift_zigzag(t);
    *field = (struct pulse_thrift_field){(int)id, byte & 0xf};
    if (id < INT16_MIN || id > INT16_MAX || field->type == 0 || field->type > PULSE_THRIFT_STRUCT)
        (void)mark_broken(t);
    return !t->broken;
}

static bool enter_value(struct pulse_thrift *t)
{
    if (++t->depth > DEEPEST)
        (void)mark_broken(t);
    return !t->broken;
}

bool pulse_thrift_struct(struct pulse_thrift *t, struct pulse_thrift_field field)
{
    if (field.type != PULSE_THRIFT_STRUCT)
        (void)mark_broken(t);
    return enter_value(t);
}

/* nnnntttt → n elements of type t; 1111tttt → their number as varint follows. Every element has
 * one byte or more. */
static int64_t list_size(struct pulse_thrift *t, int *type)
{
    uint8_t byte = next_byte(t);
    uint64_t n = byte >> 4;
    *type = byte & 0xf;
    if (n == 15)
        n = pulse_thrift_varint(t);
    if (n > (uint64_t)(t->end - t->at))
        return mark_broken(t);
    return (int64_t)n;
}

int64_t pulse_thrift_structs(struct pulse_thrift *t, struct pulse_thrift_field field)
{
    int type = 0;
    if (field.type != PULSE_THRIFT_LIST)
        return mark_broken(t);
    int64_t n = list_size(t, &type);
    return n > 0 && type != PULSE_THRIFT_STRUCT ? mark_broken(t) : n;
}

bool pulse_thrift_element(struct pulse_thrift *t)
{
    return enter_value(t);
}

/* ---- Values --------------------------------------------------------------------- */

int64_t pulse_thrift_int(struct pulse_thrift *t, struct pulse_thrift_field field)
{
    if (field.type == PULSE_THRIFT_BYTE)
        return (int8_t)next_byte(t);
    if (field.type < PULSE_THRIFT_I16 || field.type > PULSE_THRIFT_I64)
        return mark_broken(t);
    return pulse_thrift_zigzag(t);
}

bool pulse_thrift_bool(struct pulse_thrift *t, struct pulse_thrift_field field)
{
    if (field.type != PULSE_THRIFT_TRUE && field.type != PULSE_THRIFT_FALSE)
        (void)mark_broken(t);
    return field.type == PULSE_THRIFT_TRUE;
}

const uint8_t *pulse_thrift_bytes(struct pulse_thrift *t, struct pulse_thrift_field field,
                                  int64_t *length)
{
    uint64_t n = field.type == PULSE_THRIFT_BINARY ? pulse_thrift_varint(t) : UINT64_MAX;
    if (n > (uint64_t)(t->end - t->at))
        n = (uint64_t)mark_broken(t);
    const uint8_t *at = t->at;
    t->at += n;
    *length = (int64_t)n;
    return at;
}

/* ---- What is not wanted --------------------------------------------------------- */

static void skip_elements(struct pulse_thrift *t, int64_t n, int type)
{
    for (int64_t i = 0; i < n && !t->broken; i++)
        if (type == PULSE_THRIFT_TRUE || type == PULSE_THRIFT_FALSE)
            (void)next_byte(t); /* in a list a truth value has a byte of its own */
        else
            pulse_thrift_skip(t, type);
}

/* n as varint, then kkkkvvvv → types of keys and values; nothing follows n = 0. */
static void skip_map(struct pulse_thrift *t)
{
    uint64_t n = pulse_thrift_varint(t);
    if (n == 0)
        return;
    uint8_t types = next_byte(t);
    if (n > (uint64_t)(t->end - t->at))
        (void)mark_broken(t);
    for (uint64_t i = 0; i < n && !t->broken; i++) {
        skip_elements(t, 1, types >> 4);
        skip_elements(t, 1, types & 0xf);
    }
}

static void skip_list(struct pulse_thrift *t)
{
    int type = 0;
    int64_t n = list_size(t, &type);
    skip_elements(t, n, type);
}

static void skip_struct(struct pulse_thrift *t)
{
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field))
        pulse_thrift_skip(t, field.type);
}

void pulse_thrift_skip(struct pulse_thrift *t, int type)
{
    const struct pulse_thrift_field field = {0, type};
    int64_t length;
    switch (type) {
    case PULSE_THRIFT_TRUE:
    case PULSE_THRIFT_FALSE:
        break;
    case PULSE_THRIFT_DOUBLE:
        if (t->end - t->at < 8)
            (void)mark_broken(t);
        else
            t->at += 8;
        break;
    case PULSE_THRIFT_BINARY:
        (void)pulse_thrift_bytes(t, field, &length);
        break;
    case PULSE_THRIFT_LIST:
    case PULSE_THRIFT_SET:
    case PULSE_THRIFT_MAP:
        if (!enter_value(t))
            break;
        if (type == PULSE_THRIFT_MAP)
            skip_map(t);
        else
            skip_list(t);
        t->depth--;
        break;
    case PULSE_THRIFT_STRUCT:
        if (enter_value(t))
            skip_struct(t);
        break;
    default:
        (void)pulse_thrift_int(t, field);
        break;
    }
}
