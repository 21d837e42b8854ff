#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/parquet/zones.h"

/* ---- The bytes ------------------------------------------------------------------- */

static int value_of_digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Base64 up to its padding; returns how many bytes. `out` has room for three of four. */
static int64_t decode(const uint8_t *text, int64_t length, uint8_t *out)
{
    uint32_t bits = 0;
    int64_t n = 0;
    for (int64_t i = 0, held = 0; i < length; i++) {
        const int digit = value_of_digit(text[i]);
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    return n;
}

/* A flat buffer: tables of fields at offsets that a table of offsets before each says. Whatever
 * lies outside reads as 0, and a table at 0 has no fields. */
struct flat {
    const uint8_t *at;
    int64_t bytes;
};

static uint32_t number_at(const struct flat *b, int64_t at, int size)
{
    uint32_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | (at >= 0 && at + size <= b->bytes ? b->at[at + i] : 0);
    return value;
}

/* Where field `i` of a table lies; 0 where it has none. */
static int64_t field_at(const struct flat *b, int64_t table, int i)
{
    const int64_t offsets = table - (int32_t)number_at(b, table, 4);
    const int64_t slot = 4 + 2 * (int64_t)i;
    if (table <= 0 || offsets < 0 || slot + 2 > number_at(b, offsets, 2))
        return 0;
    const uint32_t offset = number_at(b, offsets + slot, 2);
    return offset == 0 ? 0 : table + offset;
}

/* Where what a field refers to lies: a table, a vector, a text. */
static int64_t referred(const struct flat *b, int64_t table, int i)
{
    const int64_t at = field_at(b, table, i);
    return at == 0 ? 0 : at + number_at(b, at, 4);
}

/* A text that a field refers to; of no bytes where there is none. */
static struct flat text_of(const struct flat *b, int64_t table, int i)
{
    const int64_t at = referred(b, table, i), length = at == 0 ? 0 : number_at(b, at, 4);
    return at == 0 || at + 4 + length > b->bytes ? (struct flat){b->at, 0}
                                                 : (struct flat){b->at + at + 4, length};
}

/* ---- What they say --------------------------------------------------------------- */

/* A field of the schema: {0: name, 2: kind of type, 3: type}; of an instant {1: zone}. */
static int take_field(const struct flat *b, int64_t table, const struct pulse_table_column *columns,
                      int64_t n, char **out, struct pulse_err *err)
{
    enum { TIMESTAMP = 10 };
    const struct flat name = text_of(b, table, 0);
    if (number_at(b, field_at(b, table, 2), 1) != TIMESTAMP || field_at(b, table, 2) == 0)
        return 0;
    const struct flat zone = text_of(b, referred(b, table, 3), 1);
    for (int64_t c = 0; zone.bytes > 0 && c < n; c++)
        if (out[c] == NULL && (int64_t)strlen(columns[c].name) == name.bytes &&
            memcmp(columns[c].name, name.at, (size_t)name.bytes) == 0) {
            out[c] = pulse_print(err, "%.*s", (int)zone.bytes, (const char *)zone.at);
            if (out[c] == NULL)
                return -1;
        }
    return 0;
}

/* A message of Arrow's streams: −1, its length, {2: schema {1: [field]}}; older ones begin with the
 * length. */
int pulse_parquet_zones_of_arrow(const uint8_t *text, int64_t length,
                                 struct pulse_table_column *columns, int64_t n, char **out,
                                 struct pulse_err *err)
{
    uint8_t *bytes = pulse_calloc(length / 4 * 3 + 8, 1, "the schema of a Parquet file", err);
    if (bytes == NULL)
        return -1;
    struct flat b = {bytes, decode(text, length, bytes)};
    const int64_t begin = number_at(&b, 0, 4) == UINT32_MAX ? 8 : 4;
    b.at += begin < b.bytes ? begin : b.bytes;
    b.bytes -= begin < b.bytes ? begin : b.bytes;
    const int64_t schema = referred(&b, number_at(&b, 0, 4), 2);
    const int64_t fields = referred(&b, schema, 1);
    const int64_t count = fields == 0 ? 0 : number_at(&b, fields, 4);
    int rc = 0;
    for (int64_t i = 0, at = fields + 4; rc == 0 && i < count && at + 4 <= b.bytes; i++, at += 4)
        rc = take_field(&b, at + number_at(&b, at, 4), columns, n, out, err);
    free(bytes);
    return rc;
}
