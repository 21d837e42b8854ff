/* Small files of each format, cut at every byte and changed at every byte: an error or a table,
 * never a crash, and no large piece of memory. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>
#include <zstd.h>

#include "allocations.h"
#include "data/common/codec.h"
#include "data/dataset.h"
#include "data/parquet/write.h"
#include "data/table.h"
#include "support.h"

/* ---- Reading all there is ------------------------------------------------------- */

static int read_table(const char *path, struct pulse_err *err)
{
    struct pulse_table *table;
    bool end = false;
    if (pulse_table_open(path, NULL, &table, err) != 0)
        return -1;
    int rc = 0;
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        pulse_batch_clear(&batch);
    }
    pulse_table_free(table);
    return rc;
}

static int read_series(const char *path, struct pulse_err *err)
{
    struct pulse_series series;
    int64_t bytes = 0;
    int rc = pulse_series_read(path, "value", NULL, &series, &bytes, err);
    pulse_series_clear(&series);
    return rc;
}

static int read_both(const char *path, struct pulse_err *err)
{
    const int rc = read_table(path, err);
    struct pulse_err other = {0};
    if (read_series(path, &other) != 0)
        assert_int_equal(other.kind, PULSE_E_INPUT);
    return rc;
}

enum { LARGE = 8 << 20 };

static void check_cuts(const char *name, const uint8_t *whole, size_t n)
{
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_bytes(dir, name, whole, n);
    assert_int_equal(read_table(path, &err), 0);
    assert_int_equal(read_series(path, &err), 0);
    allocations.largest = 0;
    for (size_t cut = n; cut-- > 0;) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        err = (struct pulse_err){0};
        assert_int_equal(read_both(path, &err), -1);
        assert_int_equal(err.kind, PULSE_E_INPUT);
        assert_says(&err, name);
    }
    assert_true(allocations.largest < LARGE);
    free(path);
    remove_directory(dir);
}

static void check_changes(const char *name, uint8_t *whole, size_t n)
{
    static const uint8_t masks[] = {0x01, 0x80};
    char *dir = make_directory();
    allocations.largest = 0;
    for (size_t at = 0; at < n; at++)
        for (size_t m = 0; m < sizeof masks; m++) {
            struct pulse_err err = {0};
            whole[at] ^= masks[m];
            char *path = write_bytes(dir, name, whole, n);
            whole[at] ^= masks[m];
            if (read_both(path, &err) != 0)
                assert_int_equal(err.kind, PULSE_E_INPUT);
            free(path);
        }
    assert_true(allocations.largest < (size_t)8 * LARGE);
    remove_directory(dir);
}

/* ---- The files ------------------------------------------------------------------ */

static uint8_t whole[4096];

static size_t make_parquet(int codec)
{
    char date[] = "date", value[] = "value", word[] = "word";
    const struct pulse_table_column columns[] = {{.name = date, .kind = PULSE_KIND_TIME},
                                                 {.name = value, .kind = PULSE_KIND_DOUBLE},
                                                 {.name = word, .kind = PULSE_KIND_TEXT}};
    bool missing[] = {false, true, false};
    int64_t times[] = {0, INT64_C(86400000000000), INT64_C(172800000000000)}, ends[] = {1, 1, 3};
    double reals[] = {1, 0, 2.5};
    char text[] = "abc";
    struct pulse_vector vectors[] = {
        {.kind = PULSE_KIND_TIME, .integers = times},
        {.kind = PULSE_KIND_DOUBLE, .reals = reals, .missing = missing},
        {.kind = PULSE_KIND_TEXT, .text = text, .text_end = ends, .missing = missing}};
    const struct pulse_batch batch = {.rows = 3, .n = 3, .vectors = vectors};
    const struct pulse_parquet_write_options options = {codec, 2};
    struct pulse_parquet_writer *writer;
    struct pulse_err err = {0};
    FILE *out = fmemopen(whole, sizeof whole, "w");
    assert_non_null(out);
    assert_int_equal(pulse_parquet_write_open(out, "x", columns, 3, &options, &writer, &err), 0);
    assert_int_equal(pulse_parquet_write_batch(writer, &batch, &err), 0);
    assert_int_equal(pulse_parquet_write_end(writer, &err), 0);
    pulse_parquet_write_free(writer);
    const long n = ftell(out);
    assert_int_equal(fclose(out), 0);
    return (size_t)n;
}

static const char csv[] =
    "date,value,word\n1970-01-02,1.5,a\n1970-01-03,,bb\n1970-01-04,3,\"c,c\"\n";
static const char lists[] = "(dVdate\n(lV2020-01-01\naV2020-01-02\nasVvalue\n(lF1.5\naNas.";

static size_t gzip(const char *text, size_t n)
{
    enum { GZIP_ONLY = 16, MEMORY = 8 };
    z_stream stream = {.next_in = (const Bytef *)text,
                       .avail_in = (uInt)n,
                       .next_out = whole,
                       .avail_out = sizeof whole};
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + GZIP_ONLY, MEMORY, Z_DEFAULT_STRATEGY),
        Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return stream.total_out;
}

static size_t zstd(const char *text, size_t n)
{
    const size_t length = ZSTD_compress(whole, sizeof whole, text, n, 3);
    assert_false(ZSTD_isError(length));
    return length;
}

/* ---- Cases ---------------------------------------------------------------------- */

static void hostile__parquet_cut_at_every_byte(void **state)
{
    (void)state;
    check_cuts("x.parquet", whole, make_parquet(PULSE_CODEC_NONE));
}

static void hostile__parquet_changed_at_every_byte(void **state)
{
    (void)state;
    check_changes("x.parquet", whole, make_parquet(PULSE_CODEC_ZSTD));
    check_changes("x.parquet", whole, make_parquet(PULSE_CODEC_SNAPPY));
}

static void hostile__packed_csv_cut_at_every_byte(void **state)
{
    (void)state;
    check_cuts("x.csv.gz", whole, gzip(csv, sizeof csv - 1));
    check_cuts("x.csv.zst", whole, zstd(csv, sizeof csv - 1));
}

static void hostile__packed_csv_changed_at_every_byte(void **state)
{
    (void)state;
    check_changes("x.csv.gz", whole, gzip(csv, sizeof csv - 1));
    check_changes("x.csv.zst", whole, zstd(csv, sizeof csv - 1));
}

static void hostile__packed_pickles_cut_at_every_byte(void **state)
{
    (void)state;
    check_cuts("x.pkl.gz", whole, gzip(lists, sizeof lists - 1));
    check_cuts("x.pkl.zst", whole, zstd(lists, sizeof lists - 1));
}

static void hostile__pickles_changed_at_every_byte(void **state)
{
    (void)state;
    memcpy(whole, lists, sizeof lists);
    check_changes("x.pkl", whole, sizeof lists - 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile__parquet_cut_at_every_byte),
        cmocka_unit_test(hostile__parquet_changed_at_every_byte),
        cmocka_unit_test(hostile__packed_csv_cut_at_every_byte),
        cmocka_unit_test(hostile__packed_csv_changed_at_every_byte),
        cmocka_unit_test(hostile__packed_pickles_cut_at_every_byte),
        cmocka_unit_test(hostile__pickles_changed_at_every_byte),
    };
    return RUN_CASES(tests, argc, argv);
}
