/* Any bytes as a table of any kind of cells: the first byte chooses CSV or pickle, the unit of
 * times, the decimal sign and the packing, the rest is the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/table.h"
#include "memory_file.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

#define ARRAY(dtype, n, data)                                                                      \
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\nt\x43\x01"                       \
    "btR(I1\n(I" n "\nt" dtype "I00\n" data "tb"
#define U2 "cnumpy\ndtype\n(VU2\nI00\nI01\ntR(I3\nV<\nNNNI8\nI4\nI8\ntb"
#define M8                                                                                         \
    "cnumpy\ndtype\n(VM8\nI00\nI01\ntR(I4\nV<\nNNNI-1\nI-1\nI0\n((d(C\x02"                         \
    "msI1\nI1\nI1\ntttb"

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(
        "\x00"
        "date,a,b,c,d\n2020-01-01,1,1.5,true,x\n20200102,-2,,FALSE,\"y \"\"z\"\"\"\r\n\n,,NA,,"),
    FUZZ_BYTES("\x04"
               "time;n\n1577836800000;18446744073709551615\n-1;+5\n"),
    FUZZ_BYTES(
        "\x04\xef\xbb\xbf\"date\"\t\"\xc3\xa9\"\n\"1970-01-01T00:00:00.5Z\"\t\"\xe2\x82\xac\n\"\n"),
    FUZZ_BYTES("\x01(dVdate\n(lV2020-01-01\naV2020-01-02\nasVa\n(lF1.5\naNasVb\n(lI01\naI00\nasVc\n"
               "(lV\\u20ac\naI5\nas."),
    FUZZ_BYTES("\x03(l(dVtime\nI5\nsVa\nI1\nsa(dVtime\nI-6\nsVa\nL2L\nsVb\n(lI1\nasa."),
    FUZZ_BYTES("\x01(dVt\n" ARRAY(U2, "2",
                                  "C\x10"
                                  "a\0\0\0\0\0\0\0\xac\x20\0\0\x3d\xd8\x01\0") "s."),
    FUZZ_BYTES("\x01(dVt\n" ARRAY(M8, "2", "C\x10\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80") "s."),
    /* packed: a gzip stream, a zstd frame, a pickle in gzip */
    FUZZ_BYTES("\000"
               "date;a\n2020-01-01;1,5\n2020-01-02;2,25\n"),
    FUZZ_BYTES("\012"
               "date\ta\n2020-01-01\t1,234\n2020-01-02\t-0,5e3\n"),
    FUZZ_BYTES(
        "\036"
        "\037\213\010\000\000\000\000\000\002\003\113\111\054\111\265\116\344\062\062\060\062"
        "\320\065\060\004\042\153\103\035\123\004\327\310\332\110\307\310\224\013\000\063\171"
        "\343\335\046\000\000\000"),
    FUZZ_BYTES(
        "\074"
        "\050\265\057\375\004\130\025\001\000\340\144\141\164\145\073\141\012\062\060\062\060"
        "\055\060\061\055\060\061\073\061\054\065\062\073\062\054\062\065\012\001\000\145\233"
        "\114\055\122\034\130"),
    FUZZ_BYTES(
        "\037"
        "\037\213\010\000\000\000\000\000\002\003\323\110\011\113\111\054\111\345\322\310\011"
        "\063\062\060\062\320\065\060\004\042\256\304\342\260\104\240\220\233\241\236\051\220"
        "\255\007\000\140\235\155\025\045\000\000\000"),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

/* Every cell lies where its vector says. */
static void check_batch(const struct pulse_batch *batch, const struct pulse_table_column *columns)
{
    for (int64_t c = 0; c < batch->n; c++) {
        const struct pulse_vector *v = &batch->vectors[c];
        if (v->kind != columns[c].kind)
            abort();
        int64_t end = 0;
        for (int64_t r = 0; v->kind == PULSE_KIND_TEXT && r < batch->rows; r++) {
            if (v->text_end[r] < end)
                abort();
            end = v->text_end[r];
        }
        for (int64_t i = 0; v->text != NULL && i < end; i++)
            if ((unsigned char)v->text[i] == 0xff) /* never in UTF-8 */
                abort();
    }
}

static void read_table(const char *path, enum pulse_time_unit unit, char decimal)
{
    const struct pulse_read_options options = {
        .time_unit = unit, .decimal = decimal, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    struct pulse_err err = {0};
    struct pulse_table *table;
    int64_t n, rows = 0;
    bool end = false;
    int rc = 0;
    if (pulse_table_open(path, &options, &table, &err) != 0)
        return;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, &err);
        if (rc == 0)
            check_batch(&batch, columns);
        rows += rc == 0 ? batch.rows : 0;
        pulse_batch_clear(&batch);
    }
    if (rc == 0 && rows != pulse_table_rows(table))
        abort();
    pulse_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { UNITS = PULSE_TIME_UNIT_NS + 1, SIGNS = 3, PACKINGS = 3 };
    static const char *const packings[PACKINGS] = {"", ".gz", ".zst"};
    char extension[16];
    if (size == 0)
        return 0;
    const int how = data[0] / 2;
    (void)snprintf(extension, sizeof extension, "%s%s", data[0] % 2 == 0 ? "csv" : "pkl",
                   packings[how / UNITS / SIGNS % PACKINGS]);
    const struct memory_file file = memory_file_open(data + 1, size - 1, extension);
    read_table(file.path, (enum pulse_time_unit)(how % UNITS), "\0,."[how / UNITS % SIGNS]);
    memory_file_close(&file);
    return 0;
}
