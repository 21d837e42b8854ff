/* Any bytes as a CSV file: its catalog, the wide file in 1 to 4 parts and through buffers shorter
 * than its rows, which must agree, and the long dataset. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/csv.h"
#include "data/dataset.h"
#include "memory_file.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 10000, .changes = 6};

static const char *const corpus[] = {
    "date,a,b\n2000-01-03,1,2\n2000-01-04,3,4\n",
    "\xef\xbb\xbf\"date\",\"a\"\r\n\"2000-01-03\",\"1.5\"\r\n\"2000-01-04\",\"\"\r\n",
    "date,note,a\n2000-01-03,\"x\ny, \"\"z\"\"\",1\n2000-01-04,\"\n\n\n\",2\n2000-01-05,,3",
    ",a,b\n2000-01-03 00:00:00+01:00,1e5,-2.25E-3\n20000104,NaN,inf\n",
    "DATE;DGS10\n2000-01-03;.\n2000-01-04;4.5\n",
    "timestamp\tvalue\tid\n2000-01-03T00:00:00.123Z\t123456789012345678901234567890\tx\n",
    "Date,Open,High,Low,Close,Adj Close,Volume\n2000-01-03,1,2,3,4,5,6\n2000-01-04,null,,,,,\n",
    "date,a\n\n\n2000-01-03,0.30000000000000004\n\r\n2000-01-04,-0\n\n",
    "a,date\n",
    "",
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    if (i >= sizeof corpus / sizeof *corpus)
        return NULL;
    *size = strlen(corpus[i]);
    return (const uint8_t *)corpus[i];
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Reads the file in parts; every row must be that of `whole`. -1 when a part fails. */
static int compare_parts(const char *path, int parts, const char *const *names, int64_t n,
                         const struct pulse_block *whole)
{
    struct pulse_err err = {0};
    bool quoted = false;
    int64_t row = 0, bytes = 0;
    int rc = 0;
    for (int k = 0; rc == 0 && k < parts; k++) {
        struct pulse_wide *wide;
        struct pulse_block block;
        if (pulse_wide_open(path, k, parts, NULL, &wide, &err) != 0)
            return -1;
        rc = pulse_wide_read(wide, quoted, names, n, &block, &bytes, &err);
        quoted ^= pulse_wide_flips_quotes(wide);
        for (int64_t i = 0; i < block.rows; i++, row++) {
            if (row >= whole->rows || block.time_ns[i] != whole->time_ns[row])
                abort();
            for (int64_t c = 0; c < n; c++)
                if (!same(block.values[c * block.rows + i], whole->values[c * whole->rows + row]))
                    abort();
        }
        pulse_block_clear(&block);
        pulse_wide_free(wide);
    }
    if (rc == 0 && row != whole->rows)
        abort();
    return rc;
}

/* The same rows, or none where `whole` is NULL, through a buffer of so many bytes. */
static void compare_buffer(const char *path, int64_t buffer_bytes, const struct pulse_block *whole)
{
    struct pulse_err err = {0};
    const struct pulse_read_options all = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};
    struct pulse_csv *csv;
    struct pulse_block block;
    int64_t bytes = 0, n = 0;
    if (pulse_csv_open(path, 0, 1, buffer_bytes, &all, &csv, &err) != 0)
        abort(); /* the catalog could */
    const struct pulse_csv_layout *layout = pulse_csv_layout(csv);
    int64_t *columns = calloc((size_t)layout->n, sizeof *columns);
    if (columns == NULL)
        abort();
    for (int64_t c = 0; c < layout->n; c++)
        if (layout->numeric[c])
            columns[n++] = c;
    int rc = pulse_csv_read(csv, false, columns, n, &block, &bytes, &err);
    if ((rc == 0) != (whole != NULL) || (whole != NULL && block.rows != whole->rows))
        abort();
    for (int64_t i = 0; whole != NULL && i < n * block.rows; i++)
        if (!same(block.values[i], whole->values[i]))
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
        if (compare_parts(path, parts, names, catalog->n, &whole) != 0)
            abort(); /* the whole could be read */
    for (int64_t buffer = 1; buffer <= 64; buffer += 9)
        compare_buffer(path, buffer, rc == 0 ? &whole : NULL);
    pulse_block_clear(&whole);
    pulse_wide_free(wide);
    free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_series series;
    int64_t bytes = 0;
    const struct memory_file file = memory_file_open(data, size, "csv");
    if (pulse_catalog_open(file.path, NULL, &catalog, &err) == 0) {
        read_wide(file.path, &catalog);
        pulse_catalog_clear(&catalog);
    }
    if (pulse_series_read(file.path, "a", NULL, &series, &bytes, &err) == 0)
        pulse_series_clear(&series);
    memory_file_close(&file);
    return 0;
}
