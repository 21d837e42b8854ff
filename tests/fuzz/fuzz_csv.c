/* Any bytes as a CSV file: its catalog, the wide file in 1 to 4 parts and through buffers shorter
 * than its rows, which must agree, and the long dataset. */
#include <stdbool.h>
#include <stdlib.h>

#include "data/csv/csv.h"
#include "dataset_target.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 10000, .changes = 6};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("date,a,b\n2000-01-03,1,2\n2000-01-04,3,4\n"),
    FUZZ_BYTES("\xef\xbb\xbf\"date\",\"a\"\r\n\"2000-01-03\",\"1.5\"\r\n\"2000-01-04\",\"\"\r\n"),
    FUZZ_BYTES(
        "date,note,a\n2000-01-03,\"x\ny, \"\"z\"\"\",1\n2000-01-04,\"\n\n\n\",2\n2000-01-05,,3"),
    FUZZ_BYTES(",a,b\n2000-01-03 00:00:00+01:00,1e5,-2.25E-3\n20000104,NaN,inf\n"),
    FUZZ_BYTES("DATE;DGS10\n2000-01-03;.\n2000-01-04;4.5\n"),
    FUZZ_BYTES(
        "timestamp\tvalue\tid\n2000-01-03T00:00:00.123Z\t123456789012345678901234567890\tx\n"),
    FUZZ_BYTES("Date,Open,High,Low,Close,Adj "
               "Close,Volume\n2000-01-03,1,2,3,4,5,6\n2000-01-04,null,,,,,\n"),
    FUZZ_BYTES("date,a\n\n\n2000-01-03,0.30000000000000004\n\r\n2000-01-04,-0\n\n"),
    FUZZ_BYTES("date,a,b,c\n2000-01-03,$1.5,3.58M,no\n2000-01-04,-$2,(4)%,-\n2000-01-05,,1bn,3\n"),
    FUZZ_BYTES("date;a;b\n2000-01-03;1\xe2\x80\xaf"
               "000,5;x\n2000-01-04;\xe2\x88\x92"
               "2,5 "
               "\xe2\x82\xac;100bp\n"),
    FUZZ_BYTES("gvkey,day,close\n001004,02/10/2023,1\n001045,02/10/2023,2\n001004,13/10/2023,3\n"),
    FUZZ_BYTES("a,date\n"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

/* The same rows, or none where `whole` is NULL, through a buffer of so many bytes. */
static void compare_buffer(const char *path, int64_t buffer_bytes, const struct pulse_block *whole)
{
    struct pulse_err err = {0};
    const struct pulse_read_options all = pulse_read_options_or_all(NULL);
    struct pulse_csv *csv;
    struct pulse_block block;
    int64_t bytes = 0, n = 0;
    const struct pulse_location location = {.uri = (char *)path, .file = (char *)path};
    if (pulse_csv_open(&location, 0, 1, buffer_bytes, &all, &csv, &err) != 0)
        abort(); /* the catalog could */
    const struct pulse_csv_layout *layout = pulse_csv_layout(csv);
    int64_t *columns = calloc((size_t)layout->n, sizeof *columns);
    if (columns == NULL)
        abort();
    for (int64_t c = 0; c < layout->n; c++)
        if (layout->numeric[c] && !layout->empty[c])
            columns[n++] = c;
    int rc = pulse_csv_read(csv, false, columns, n, &block, &bytes, &err);
    if ((rc == 0) != (whole != NULL) || (whole != NULL && block.rows != whole->rows))
        abort();
    for (int64_t i = 0; whole != NULL && i < n * block.rows; i++)
        if (!fuzz_same_value(block.values[i], whole->values[i]))
            abort();
    pulse_block_clear(&block);
    free(columns);
    pulse_csv_free(csv);
}

static void read_wide(const char *path, const struct pulse_catalog *catalog)
{
    struct pulse_err err = {0};
    struct pulse_wide *wide;
    struct pulse_block whole;
    int64_t bytes = 0;
    const char **names = calloc((size_t)catalog->n, sizeof *names);
    if (names == NULL)
        abort();
    for (int64_t v = 0; v < catalog->n; v++)
        names[v] = catalog->entries[v].name;
    if (pulse_wide_open(path, 0, 1, NULL, &wide, &err) != 0)
        abort(); /* the catalog could */
    int rc = pulse_wide_read(wide, false, names, catalog->n, &whole, &bytes, &err);
    for (int parts = 2; parts <= 4 && rc == 0; parts++)
        fuzz_compare_parts(path, parts, names, catalog->n, &whole);
    for (int64_t buffer = 1; buffer <= 64; buffer += 9)
        compare_buffer(path, buffer, rc == 0 ? &whole : NULL);
    pulse_block_clear(&whole);
    pulse_wide_free(wide);
    free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_dataset(data, size, "csv", read_wide, NULL);
    return 0;
}
