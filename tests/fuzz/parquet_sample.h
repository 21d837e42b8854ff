/* Small Parquet files made in memory, for the fuzz target and the unit tests: columns whose pages
 * are given byte by byte. */
#ifndef PULSE_FUZZ_PARQUET_SAMPLE_H
#define PULSE_FUZZ_PARQUET_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_ROOM = 1 << 14 };

struct sample_bytes {
    size_t n;
    uint8_t at[SAMPLE_ROOM];
};

struct sample_body {
    const void *at;
    size_t bytes;
};
/* The bytes of a string literal. */
#define SAMPLE(text) ((struct sample_body){(text), sizeof(text) - 1})

struct sample_column {
    const char *name;
    int type;      /* by Parquet's number */
    int width;     /* of FIXED_LEN_BYTE_ARRAY */
    int converted; /* ConvertedType; -1 for none */
    int scale;
    bool optional;
    int version;     /* of its data page: 1 or 2 */
    int encoding;    /* of its data page */
    int level_bytes; /* version 2: how many bytes of the body are levels */
    int dictionary_values;
    struct sample_body dictionary;
    struct sample_body body;
};

/* ---- Thrift's compact protocol -------------------------------------------------- */

static inline void sample_put(struct sample_bytes *to, const void *bytes, size_t n)
{
    if (to->n + n > sizeof to->at)
        abort();
    if (n > 0)
        memcpy(to->at + to->n, bytes, n);
    to->n += n;
}

static inline void sample_byte(struct sample_bytes *to, int byte)
{
    sample_put(to, &(uint8_t){(uint8_t)byte}, 1);
}

static inline void sample_varint(struct sample_bytes *to, uint64_t value)
{
    for (; value > 127; value >>= 7)
        sample_byte(to, (int)(value & 127) | 128);
    sample_byte(to, (int)value);
}

/* `step`: how much larger the field's number is than the one's before. */
static inline void sample_int(struct sample_bytes *to, int step, int64_t value)
{
    sample_byte(to, step << 4 | 6);
    sample_varint(to, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

static inline void sample_text(struct sample_bytes *to, int step, const char *text)
{
    sample_byte(to, step << 4 | 8);
    sample_varint(to, strlen(text));
    sample_put(to, text, strlen(text));
}

static inline void sample_structs(struct sample_bytes *to, int step, int n)
{
    sample_byte(to, step << 4 | 9);
    sample_byte(to, n << 4 | 12);
}

/* ---- Pages ---------------------------------------------------------------------- */

/* Snappy's own way to say that bytes are as they are: length; 61 << 2, length − 1 in two bytes. */
static inline void sample_compress(struct sample_bytes *to, int codec, struct sample_body body)
{
    if (codec == 1) {
        sample_varint(to, body.bytes);
        if (body.bytes > 0) {
            sample_byte(to, 61 << 2);
            sample_byte(to, (int)(body.bytes - 1) & 255);
            sample_byte(to, (int)(body.bytes - 1) >> 8);
        }
    }
    sample_put(to, body.at, body.bytes);
}

static inline void sample_page(struct sample_bytes *to, int codec, int version, int n, int encoding,
                               int level_bytes, struct sample_body body)
{
    static struct sample_bytes packed;
    packed.n = 0;
    sample_put(&packed, body.at, (size_t)level_bytes);
    sample_compress(&packed, codec,
                    (struct sample_body){(const char *)body.at + level_bytes,
                                         body.bytes - (size_t)level_bytes});
    sample_int(to, 1, version == 0 ? 2 : version == 1 ? 0 : 3);
    sample_int(to, 1, (int64_t)body.bytes);
    sample_int(to, 1, (int64_t)packed.n);
    sample_byte(to, (version == 0 ? 4 : version == 1 ? 2 : 5) << 4 | 12);
    sample_int(to, 1, n);
    if (version == 2) {
        sample_int(to, 3, encoding);
        sample_int(to, 1, level_bytes);
        sample_int(to, 1, 0);
    } else {
        sample_int(to, 1, encoding);
        if (version == 1)
            sample_int(to, 1, 3);
    }
    sample_byte(to, 0);
    sample_byte(to, 0);
    sample_put(to, packed.at, packed.n);
}

/* ---- The file ------------------------------------------------------------------- */

static inline void sample_schema(struct sample_bytes *to, const struct sample_column *columns,
                                 int n)
{
    sample_structs(to, 1, n + 1);
    sample_text(to, 4, "schema");
    sample_int(to, 1, n);
    sample_byte(to, 0);
    for (int c = 0; c < n; c++) {
        sample_int(to, 1, columns[c].type);
        sample_int(to, 1, columns[c].width);
        sample_int(to, 1, columns[c].optional);
        sample_text(to, 1, columns[c].name);
        if (columns[c].converted >= 0) {
            sample_int(to, 2, columns[c].converted);
            sample_int(to, 1, columns[c].scale);
        }
        sample_byte(to, 0);
    }
}

/* One row group of `rows` rows, fewer than 15 columns. */
static inline void sample_file(struct sample_bytes *out, int codec,
                               const struct sample_column *columns, int n, int rows)
{
    size_t begin[16], data[16], end[16];
    out->n = 0;
    sample_put(out, "PAR1", 4);
    for (int c = 0; c < n; c++) {
        const struct sample_column *column = &columns[c];
        begin[c] = out->n;
        if (column->dictionary_values > 0)
            sample_page(out, codec, 0, column->dictionary_values, 0, 0, column->dictionary);
        data[c] = out->n;
        sample_page(out, codec, column->version, rows, column->encoding, column->level_bytes,
                    column->body);
        end[c] = out->n;
    }
    size_t footer = out->n;
    sample_int(out, 1, 1);
    sample_schema(out, columns, n);
    sample_int(out, 1, rows);
    sample_structs(out, 1, 1);
    sample_structs(out, 1, n);
    for (int c = 0; c < n; c++) {
        sample_byte(out, 3 << 4 | 12);
        sample_int(out, 1, columns[c].type);
        sample_int(out, 3, codec);
        sample_int(out, 1, rows);
        sample_int(out, 2, (int64_t)(end[c] - begin[c]));
        sample_int(out, 2, (int64_t)data[c]);
        if (data[c] > begin[c])
            sample_int(out, 2, (int64_t)begin[c]);
        sample_byte(out, 0);
        sample_byte(out, 0);
    }
    sample_int(out, 2, rows);
    sample_byte(out, 0);
    sample_byte(out, 0);
    uint32_t length = (uint32_t)(out->n - footer);
    sample_put(out, &length, 4);
    sample_put(out, "PAR1", 4);
}

#endif
