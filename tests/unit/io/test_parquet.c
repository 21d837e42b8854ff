/* So that what zlib reads is const. */
#define ZLIB_CONST
#include "support.h"

#include <lz4.h>
#include <math.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "allocations.h"
#include "data/common/codec.h"
#include "data/dataset.h"
#include "data/parquet/bits.h"
#include "data/parquet/parquet.h"
#include "data/parquet/thrift.h"
#include "parquet_sample.h"

/* ---- Files of a column or two --------------------------------------------------- */

enum { BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED };
enum { PLAIN = 0, RLE = 3, DELTA = 5, DELTA_LENGTH = 6, DELTA_PREFIX = 7, DICTIONARY = 8, STREAMS };

static struct sample_bytes file; /* too large for the stack */

/* A required column whose page of version 1 is `body`. */
static struct sample_column column(int type, int encoding, struct sample_body body)
{
    return (struct sample_column){.name = "c",
                                  .type = type,
                                  .converted = -1,
                                  .version = 1,
                                  .encoding = encoding,
                                  .body = body};
}

/* Writes the bytes in `file` and opens them; the directory is removed at once. */
static int open_bytes(struct pulse_parquet **parquet, struct pulse_err *err)
{
    char *dir = make_directory(), *path = write_bytes(dir, "x.parquet", file.at, file.n);
    *err = (struct pulse_err){0};
    int rc = pulse_parquet_open(path, parquet, err);
    free(path);
    remove_directory(dir);
    return rc;
}

/* Reads the only column of `rows` rows. */
static int read_column(const struct sample_column *c, int rows, struct pulse_batch *batch,
                       struct pulse_err *err)
{
    struct pulse_parquet *parquet;
    int64_t bytes = 0, first = 0;
    *batch = (struct pulse_batch){0};
    sample_file(&file, 0, c, 1, rows);
    if (open_bytes(&parquet, err) != 0)
        return -1;
    int rc = pulse_parquet_read(parquet, 0, &first, 1, batch, &bytes, err);
    pulse_parquet_free(parquet);
    return rc;
}

static struct pulse_batch check_read(const struct sample_column *c, int rows)
{
    struct pulse_err err;
    struct pulse_batch batch;
    if (read_column(c, rows, &batch, &err) != 0 || batch.vectors == NULL) {
        fail_msg("%s", err.text);
        abort(); /* not reached, but static analysis cannot know */
    }
    assert_int_equal(batch.rows, rows);
    return batch;
}

static void check_integers(struct sample_column c, int rows, const int64_t *expected)
{
    struct pulse_batch batch = check_read(&c, rows);
    for (int i = 0; i < rows; i++)
        assert_int_equal(batch.vectors[0].integers[i], expected[i]);
    pulse_batch_clear(&batch);
}

static void check_reals(struct sample_column c, int rows, const double *expected)
{
    struct pulse_batch batch = check_read(&c, rows);
    for (int i = 0; i < rows; i++)
        assert_true(batch.vectors[0].reals[i] == expected[i]);
    pulse_batch_clear(&batch);
}

/* The texts, one after the other with a bar behind each. */
static void check_texts(struct sample_column c, int rows, const char *expected)
{
    struct pulse_batch batch = check_read(&c, rows);
    const struct pulse_vector *v = &batch.vectors[0];
    char seen[256] = "";
    for (int i = 0, at = 0; i < rows; at = (int)v->text_end[i++]) {
        strncat(seen, v->text + at, (size_t)(v->text_end[i] - at));
        strcat(seen, "|");
    }
    assert_string_equal(seen, expected);
    pulse_batch_clear(&batch);
}

static void check_refused(struct sample_column c, int rows, const char *part)
{
    struct pulse_err err;
    struct pulse_batch batch;
    assert_int_equal(read_column(&c, rows, &batch, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "x.parquet, row group 0, column 'c': ");
    assert_says(&err, part);
    pulse_batch_clear(&batch);
}

/* ---- Encodings ------------------------------------------------------------------ */

static void parquet__plain_of_every_type(void **state)
{
    (void)state;
    check_integers(column(INT32, PLAIN, SAMPLE("\1\0\0\0\xfe\xff\xff\xff")), 2, (int64_t[]){1, -2});
    check_integers(column(INT64, PLAIN, SAMPLE("\1\0\0\0\0\0\0\x80")), 1,
                   (int64_t[]){INT64_MIN + 1});
    check_integers(column(BOOLEAN, PLAIN, SAMPLE("\x05\x01")), 9,
                   (int64_t[]){1, 0, 1, 0, 0, 0, 0, 0, 1});
    /* An hour into Julian day 2440589. */
    check_integers(column(INT96, PLAIN, SAMPLE("\0\xa0\xb8\x30\x46\3\0\0\x8d\x3d\x25\0")), 1,
                   (int64_t[]){INT64_C(90000) * 1000000000});
    check_reals(column(FLOAT, PLAIN, SAMPLE("\0\0\x80\x3f")), 1, (double[]){1});
    check_reals(column(DOUBLE, PLAIN, SAMPLE("\0\0\0\0\0\0\0\xc0")), 1, (double[]){-2});
    check_texts(column(BYTE_ARRAY, PLAIN, SAMPLE("\2\0\0\0ab\0\0\0\0\1\0\0\0c")), 3, "ab||c|");
    struct sample_column fixed = column(FIXED, PLAIN, SAMPLE("abcdef"));
    fixed.width = 3;
    check_texts(fixed, 2, "abc|def|");
}

static void parquet__what_values_mean(void **state)
{
    (void)state;
    const int64_t day = INT64_C(86400) * 1000000000;
    struct sample_column c = column(INT32, PLAIN, SAMPLE("\xff\xff\xff\xff"));
    c.converted = 6;
    check_integers(c, 1, (int64_t[]){-day});
    c.converted = 13;
    check_integers(c, 1, (int64_t[]){UINT32_MAX});
    c.converted = 5;
    c.scale = 2;
    check_reals(c, 1, (double[]){-0.01});
    c = column(INT64, PLAIN, SAMPLE("\2\0\0\0\0\0\0\0"));
    c.converted = 9;
    check_integers(c, 1, (int64_t[]){2000000});
    c.converted = 10;
    check_integers(c, 1, (int64_t[]){2000});
    c = column(INT64, PLAIN, SAMPLE("\0\0\0\0\0\0\0\x70"));
    c.converted = 10;
    check_refused(c, 1, "outside 1677-09-22 to 2262-04-10");
}

static void parquet__decimals_are_rounded_once(void **state)
{
    (void)state;
    struct sample_column c = column(BYTE_ARRAY, PLAIN, SAMPLE("\2\0\0\0\xfe\x0c\0\0\0\0"));
    c.converted = 5;
    c.scale = 3;
    check_reals(c, 2, (double[]){-0.5, 0});
    /* 2^64 + 1 and −2^127, with more digits than a double has. */
    c = column(FIXED, PLAIN,
               SAMPLE("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1"
                      "\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    c.converted = 5;
    c.scale = 10;
    c.width = 16;
    check_reals(c, 2, (double[]){1844674407.3709551617, -17014118346046923173168730371.5884105728});
    c = column(BYTE_ARRAY, PLAIN, SAMPLE("\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
    c.converted = 5;
    check_refused(c, 1, "more than 16 bytes");
}

static void parquet__dictionaries(void **state)
{
    (void)state;
    struct sample_column c = column(INT32, DICTIONARY, SAMPLE("\2\3\xe4\0\4\1"));
    c.dictionary = SAMPLE("\7\0\0\0\x08\0\0\0\x09\0\0\0\x0a\0\0\0");
    c.dictionary_values = 4;
    /* width 2; 8 packed: 0 1 2 3 0 0 0 0; twice 1 */
    check_integers(c, 10, (int64_t[]){7, 8, 9, 10, 7, 7, 7, 7, 8, 8});
    c.dictionary_values = 3;
    check_refused(c, 10, "beyond its dictionary");
    c.dictionary_values = 5;
    check_refused(c, 10, "fewer values");
    c.dictionary_values = 0;
    check_refused(c, 10, "a dictionary that is not there");
    c = column(BYTE_ARRAY, DICTIONARY, SAMPLE("\0"));
    c.dictionary = SAMPLE("\1\0\0\0z");
    c.dictionary_values = 1;
    check_texts(c, 3, "z|z|z|");
}

static void parquet__runs_of_truth_values(void **state)
{
    (void)state;
    check_integers(column(BOOLEAN, RLE, SAMPLE("\4\0\0\0\4\1\3\2")), 4, (int64_t[]){1, 1, 0, 1});
    check_refused(column(BOOLEAN, RLE, SAMPLE("\2\0\0\0\x08\2")), 4, "more bits");
    check_refused(column(BOOLEAN, RLE, SAMPLE("\x09\0\0\0\4\1")), 4, "fewer values");
}

/* Header: blocks of 128 in 4 miniblocks, 3 integers, the first; block: least delta, widths. */
static void parquet__deltas(void **state)
{
    (void)state;
    check_integers(column(INT32, DELTA, SAMPLE("\x80\1\4\3\x0a\1\2\0\0\0\x0e\0\0\0\0\0\0\0")), 3,
                   (int64_t[]){5, 6, 8}); /* 5; least −1: + 2, + 3 */
    check_integers(column(INT64, DELTA, SAMPLE("\x80\1\4\1\3")), 1, (int64_t[]){-2});
    /* From INT64_MAX one step on, 64 bits wide. */
    check_integers(column(INT64, DELTA,
                          SAMPLE("\x80\1\4\2\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1\0\x40\0\0\0"
                                 "\1\0\0\0\0\0\0\0")),
                   2, (int64_t[]){INT64_MAX, INT64_MIN});
    check_refused(column(INT64, DELTA, SAMPLE("\x80\1\4\2\3")), 1, "another number of delta");
    check_refused(column(INT64, DELTA, SAMPLE("\x80\1\0\2\3")), 2, "size that cannot be");
    check_refused(column(INT64, DELTA, SAMPLE("\x80\1\4\2\3\0\x41\0\0\0\1")), 2, "too early");
    check_refused(column(DOUBLE, DELTA, SAMPLE("\x80\1\4\1\3")), 1, "encoding that is not known");
}

static void parquet__delta_texts(void **state)
{
    (void)state;
    /* Lengths 2, 1, 1. */
    check_texts(column(BYTE_ARRAY, DELTA_LENGTH,
                       SAMPLE("\x80\1\4\3\4\1\1\0\0\0\2\0\0\0"
                              "abcd")),
                3, "ab|c|d|");
    /* Shared 0, 1, 2. */
    check_texts(column(BYTE_ARRAY, DELTA_PREFIX,
                       SAMPLE("\x80\1\4\3\0\2\0\0\0\0\x80\1\4\3\4\1\1\0\0\0\2\0\0\0"
                              "abcd")),
                3, "ab|ac|acd|");
    check_refused(column(BYTE_ARRAY, DELTA_LENGTH, SAMPLE("\x80\1\4\1\x06zz")), 1, "fewer values");
    check_refused(column(BYTE_ARRAY, DELTA_LENGTH, SAMPLE("\x80\1\4\1\1zz")), 1, "fewer values");
    check_refused(column(BYTE_ARRAY, DELTA_PREFIX, SAMPLE("\x80\1\4\1\2\x80\1\4\1\2z")), 1,
                  "shares more than there is");
    struct sample_column fixed = column(FIXED, DELTA_PREFIX, SAMPLE("\x80\1\4\1\0\x80\1\4\1\4zz"));
    fixed.width = 2;
    check_texts(fixed, 1, "zz|");
    fixed.width = 3;
    check_refused(fixed, 1, "wrong length");
}

static void parquet__streams_of_bytes(void **state)
{
    (void)state;
    check_reals(column(FLOAT, STREAMS, SAMPLE("\0\0\0\0\x80\0\x3f\x40")), 2, (double[]){1, 2});
    check_integers(column(INT32, STREAMS, SAMPLE("\1\2\0\0\0\0\0\1")), 2,
                   (int64_t[]){1, (1 << 24) + 2});
    check_refused(column(DOUBLE, STREAMS, SAMPLE("\1\2")), 1, "fewer values");
}

/* ---- Levels --------------------------------------------------------------------- */

static void check_missing_second(struct sample_column c)
{
    struct pulse_batch batch = check_read(&c, 3);
    assert_false(batch.vectors[0].missing[0]);
    assert_true(batch.vectors[0].missing[1]);
    assert_false(batch.vectors[0].missing[2]);
    assert_int_equal(batch.vectors[0].integers[0], 1);
    assert_int_equal(batch.vectors[0].integers[2], 2);
    pulse_batch_clear(&batch);
}

static void parquet__missing_values(void **state)
{
    (void)state;
    struct sample_column c = column(INT32, PLAIN, SAMPLE("\2\0\0\0\3\5\1\0\0\0\2\0\0\0"));
    c.optional = true;
    check_missing_second(c);
    c.body = SAMPLE("\6\0\0\0\2\1\2\0\2\1\1\0\0\0\2\0\0\0");
    check_missing_second(c);
    c.version = 2;
    c.level_bytes = 2;
    c.body = SAMPLE("\3\5\1\0\0\0\2\0\0\0");
    check_missing_second(c);
    c.version = 1;
    c.body = SAMPLE("\xff\0\0\0\3\5\1\0\0\0\2\0\0\0");
    check_refused(c, 3, "levels longer than their page");
    c.body = SAMPLE("\2\0\0\0\3\7\1\0\0\0\2\0\0\0");
    check_refused(c, 3, "fewer values");
}

static void parquet__older_packed_bits(void **state)
{
    (void)state;
    uint32_t bits[10];
    struct pulse_thrift in = {.at = (const uint8_t *)"\xa0\x40", .end = NULL};
    in.end = in.at + 2;
    assert_null(pulse_parquet_old_bits(&in, 10, bits));
    for (int i = 0; i < 10; i++)
        assert_int_equal(bits[i], i == 0 || i == 2 || i == 9);
    assert_ptr_equal(in.at, in.end);
    assert_non_null(pulse_parquet_old_bits(&in, 1, bits));
}

/* ---- Thrift --------------------------------------------------------------------- */

static struct pulse_thrift reader(struct sample_body body)
{
    const uint8_t *at = body.at;
    return (struct pulse_thrift){.at = at, .end = at + body.bytes};
}

static void thrift__fields_and_what_is_skipped(void **state)
{
    (void)state;
    /* 1: true, 2: -3, 20: map {1: 2}, 21: [false, true], 22: 8 bytes, 23: "ab", end */
    struct pulse_thrift t =
        reader(SAMPLE("\x11\x16\5\x0b\x28\1\x66\2\4\x19\x21\2\1\x17xxxxxxxx\x18\2"
                      "ab\0"));
    struct pulse_thrift_field field = {0};
    int64_t length;
    assert_true(pulse_thrift_next(&t, &field) && field.id == 1);
    assert_true(pulse_thrift_bool(&t, field));
    assert_true(pulse_thrift_next(&t, &field) && field.id == 2);
    assert_int_equal(pulse_thrift_int(&t, field), -3);
    for (int id = 20; id < 23; id++) {
        assert_true(pulse_thrift_next(&t, &field) && field.id == id);
        pulse_thrift_skip(&t, field.type);
    }
    assert_true(pulse_thrift_next(&t, &field) && field.id == 23);
    assert_memory_equal(pulse_thrift_bytes(&t, field, &length), "ab", 2);
    assert_int_equal(length, 2);
    assert_false(pulse_thrift_next(&t, &field));
    assert_false(t.broken);
    assert_ptr_equal(t.at, t.end);
}

static void check_broken(struct sample_body body)
{
    struct pulse_thrift t = reader(body);
    pulse_thrift_skip(&t, PULSE_THRIFT_STRUCT);
    assert_true(t.broken);
    assert_ptr_equal(t.at, t.end);
}

static void thrift__sizes_and_depths_are_bounded(void **state)
{
    (void)state;
    char deep[200];
    check_broken(SAMPLE(""));                                               /* no end */
    check_broken(SAMPLE("\x18\5zz"));                                       /* text too long */
    check_broken(SAMPLE("\x19\xf6\xff\xff\xff\xff\x0f"));                   /* list too long */
    check_broken(SAMPLE("\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\x66")); /* map too long */
    check_broken(SAMPLE("\x16\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"));
    check_broken(SAMPLE("\x1e\0")); /* no such type */
    memset(deep, 0x1c, sizeof deep);
    check_broken((struct sample_body){deep, sizeof deep});
    memset(deep, 0x19, sizeof deep); /* lists of lists */
    check_broken((struct sample_body){deep, sizeof deep});
}

/* ---- Decompression -------------------------------------------------------------- */

enum { TEXT_BYTES = 5000, PACKED_ROOM = 8000 };

static void make_text(uint8_t *text)
{
    uint64_t seed = 1;
    for (int i = 0; i < TEXT_BYTES; i++)
        text[i] = (uint8_t)("abcdefgh"[next_random(&seed) % 8]);
}

static void check_codec(int codec, const uint8_t *packed, int64_t bytes, const uint8_t *text)
{
    uint8_t out[TEXT_BYTES + 1];
    assert_null(pulse_codec_decode(codec, packed, bytes, out, TEXT_BYTES));
    assert_memory_equal(out, text, TEXT_BYTES);
    assert_non_null(pulse_codec_decode(codec, packed, bytes - 1, out, TEXT_BYTES));
    assert_non_null(pulse_codec_decode(codec, packed, bytes, out, TEXT_BYTES - 1));
    assert_non_null(pulse_codec_decode(codec, packed, bytes, out, TEXT_BYTES + 1));
    assert_non_null(pulse_codec_decode(codec, packed, 0, out, TEXT_BYTES));
}

/* Appends a gzip member; returns its end. */
static size_t add_member(uint8_t *packed, size_t at, const uint8_t *text, size_t n)
{
    z_stream s = {.next_in = text,
                  .avail_in = (uInt)n,
                  .next_out = packed + at,
                  .avail_out = (uInt)(PACKED_ROOM - at)};
    assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    at += s.total_out;
    (void)deflateEnd(&s);
    return at;
}

static void codec__every_method_gives_exactly_what_was_packed(void **state)
{
    (void)state;
    uint8_t text[TEXT_BYTES], packed[PACKED_ROOM];
    make_text(text);
    check_codec(0, text, TEXT_BYTES, text);
    size_t n = sizeof packed;
    assert_int_equal(snappy_compress((char *)text, TEXT_BYTES, (char *)packed, &n), SNAPPY_OK);
    check_codec(1, packed, (int64_t)n, text);
    n = add_member(packed, 0, text, 3000);
    n = add_member(packed, n, text + 3000, TEXT_BYTES - 3000);
    check_codec(2, packed, (int64_t)n, text);
    n = ZSTD_compress(packed, sizeof packed, text, TEXT_BYTES, 3);
    check_codec(6, packed, (int64_t)n, text);
    int length = LZ4_compress_default((char *)text, (char *)packed, TEXT_BYTES, PACKED_ROOM);
    check_codec(7, packed, length, text);
    /* Brotli's own way to say "hello" as it is. */
    uint8_t five[5];
    assert_null(pulse_codec_decode(4, (const uint8_t *)"\x0b\x02\x80hello\x03", 9, five, 5));
    assert_memory_equal(five, "hello", 5);
    assert_non_null(pulse_codec_decode(4, (const uint8_t *)"\x0b\x02\x80hell", 7, five, 5));
}

static void codec__methods_that_are_not_read_are_named(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    assert_non_null(strstr(pulse_codec_decode(3, out, 1, out, 4), "LZO"));
    assert_non_null(strstr(pulse_codec_decode(5, out, 1, out, 4), "LZ4"));
    assert_non_null(pulse_codec_decode(8, out, 1, out, 4));
    assert_non_null(pulse_codec_decode(-1, out, 1, out, 4));
}

/* ---- Whole files ---------------------------------------------------------------- */

enum { FRAME_ROWS = 3, FRAME_COLUMNS = 3 };

static void make_frame(int text_encoding)
{
    struct sample_column columns[FRAME_COLUMNS] = {
        column(INT32, PLAIN, SAMPLE("\1\0\0\0\2\0\0\0\3\0\0\0")),
        column(INT64, DICTIONARY, SAMPLE("\1\3\2")),
        column(BYTE_ARRAY, text_encoding,
               SAMPLE("\2\0\0\0\6\1\x80\1\4\3\0\2\0\0\0\0\x80\1\4\3\4\1\1\0\0\0\2\0\0\0"
                      "abcd"))};
    columns[0].name = "date";
    columns[0].converted = 6;
    columns[1].name = "value";
    columns[1].dictionary = SAMPLE("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0");
    columns[1].dictionary_values = 2;
    columns[2].name = "text";
    columns[2].optional = true;
    sample_file(&file, 1, columns, FRAME_COLUMNS, FRAME_ROWS);
}

/* Everything that reading does with a file; -1 with an error. */
static int read_all(const char *path, struct pulse_err *err)
{
    struct pulse_series series;
    struct pulse_parquet *parquet = NULL;
    struct pulse_batch batch = {0};
    int64_t bytes = 0;
    if (pulse_series_read(path, "a", NULL, &series, &bytes, err) != 0)
        return -1;
    pulse_series_clear(&series);
    if (pulse_parquet_open(path, &parquet, err) != 0)
        return -1;
    int rc = pulse_parquet_read(parquet, 0, (int64_t[]){0, 1, 2}, 3, &batch, &bytes, err);
    pulse_batch_clear(&batch);
    pulse_parquet_free(parquet);
    return rc;
}

static void parquet__only_columns_that_are_wanted_are_read(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_series series;
    int64_t bytes = 0;
    make_frame(77);
    char *dir = make_directory(), *path = write_bytes(dir, "historical_a.parquet", file.at, file.n);
    assert_int_equal(pulse_series_read(path, "a", NULL, &series, &bytes, &err), 0);
    assert_int_equal(series.n, 3);
    assert_int_equal(series.time_ns[2], INT64_C(3) * 86400 * 1000000000);
    assert_true(series.value[0] == 1 && series.value[1] == 2 && series.value[2] == 1);
    assert_true(bytes > 0);
    pulse_series_clear(&series);
    assert_int_equal(read_all(path, &err), -1);
    assert_says(&err, "column 'text': an encoding that is not known");
    free(path);
    remove_directory(dir);
}

static void parquet__every_allocation_may_fail(void **state)
{
    (void)state;
    make_frame(DELTA_PREFIX);
    char *dir = make_directory(), *path = write_bytes(dir, "a.parquet", file.at, file.n);
    int rc = -1, failures = 0;
    for (; rc != 0 && failures < 1000; failures++) {
        struct pulse_err err = {0};
        allocations_fail_from(failures);
        rc = read_all(path, &err);
        allocations_succeed();
        if (rc != 0)
            assert_int_equal(err.kind, PULSE_E_MEMORY);
    }
    assert_int_equal(rc, 0);
    assert_true(failures > 30);
    free(path);
    remove_directory(dir);
}

static void parquet__more_rows_than_bytes_can_hold_are_refused(void **state)
{
    (void)state;
    struct pulse_err err;
    struct pulse_parquet *parquet;
    struct sample_column c = column(INT32, PLAIN, SAMPLE("\1\0\0\0"));
    sample_file(&file, 0, &c, 1, 2000000000);
    assert_int_equal(open_bytes(&parquet, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "more rows than its bytes can hold");
    check_refused(c, 10000000, "fewer values");
}

static void parquet__what_is_no_parquet_file_is_said(void **state)
{
    (void)state;
    struct pulse_err err;
    struct pulse_parquet *parquet;
    make_frame(DELTA_PREFIX);
    file.n--;
    assert_int_equal(open_bytes(&parquet, &err), -1);
    assert_says(&err, "does not end with PAR1");
    file.at[file.n - 1] = '1'; /* the length is moved by a byte */
    memcpy(file.at + file.n - 4, "PAR1", 4);
    assert_int_equal(open_bytes(&parquet, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    memcpy(file.at + file.n - 4, "PARE", 4);
    assert_int_equal(open_bytes(&parquet, &err), -1);
    assert_says(&err, "encrypted");
    file.n = 7;
    assert_int_equal(open_bytes(&parquet, &err), -1);
    assert_says(&err, "too short");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parquet__plain_of_every_type),
        cmocka_unit_test(parquet__what_values_mean),
        cmocka_unit_test(parquet__decimals_are_rounded_once),
        cmocka_unit_test(parquet__dictionaries),
        cmocka_unit_test(parquet__runs_of_truth_values),
        cmocka_unit_test(parquet__deltas),
        cmocka_unit_test(parquet__delta_texts),
        cmocka_unit_test(parquet__streams_of_bytes),
        cmocka_unit_test(parquet__missing_values),
        cmocka_unit_test(parquet__older_packed_bits),
        cmocka_unit_test(thrift__fields_and_what_is_skipped),
        cmocka_unit_test(thrift__sizes_and_depths_are_bounded),
        cmocka_unit_test(codec__every_method_gives_exactly_what_was_packed),
        cmocka_unit_test(codec__methods_that_are_not_read_are_named),
        cmocka_unit_test(parquet__only_columns_that_are_wanted_are_read),
        cmocka_unit_test(parquet__every_allocation_may_fail),
        cmocka_unit_test(parquet__more_rows_than_bytes_can_hold_are_refused),
        cmocka_unit_test(parquet__what_is_no_parquet_file_is_said),
    };
    return RUN_CASES(tests, argc, argv);
}
