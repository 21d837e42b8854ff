/* Any bytes as a long panel or a wide file: the first byte chooses CSV or pickle, whether the ids
 * are said, and the shape that is wanted; the rest is the file. What comes out is read as the
 * variables of a dataset and as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "data/dataset.h"
#include "data/table_shape.h"
#include "memory_file.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 10000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(
        "\x00"
        "date,ticker,close\n2020-01-01,A,1\n2020-01-01,B,2.5\n2020-01-02,A,\n2020-01-02,B,4\n"
        "2020-01-02,B,5\n"),
    FUZZ_BYTES("\x02"
               "ds,id,y,v,note\n20200101,1,1,2,x\n20200102,1,3,4,y\n20200101,7,1e3,-2,z\n"),
    FUZZ_BYTES("\x04"
               "time,a,b\n2020-01-01T00:00:00+09:00,1,18446744073709551615\n2020-01-02,2,\n"),
    FUZZ_BYTES(
        "\x06"
        "ds;id;y\n2020-03-28T00:00:00+01:00;\xc3\xa9;\"1,5\"\n2020-03-30T00:00:00+02:00;b;2\n"),
    FUZZ_BYTES("\x01(dVdate\n(lV2020-01-01\naV2020-01-01\nasVid\n(lVa\naVb\nasVy\n(lF1.5\naNas."),
    FUZZ_BYTES("\x03(dVdate\n(lV2020-01-01\naV2020-01-01\nasVid\n(lI5\naI-6\nasVy\n(lI1\naI2\nas."),
    FUZZ_BYTES("\x05(dVdate\n(lV2020-01-01\nasVx\n(lI5\nasVy\n(lF1.5\nas.")};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

/* Every row of a shape is there, and each cell has its column's kind. */
static void read_shape(const char *path, const struct pulse_read_options *options,
                       enum pulse_table_shape shape)
{
    struct pulse_err err = {0};
    struct pulse_table *table;
    int64_t n, rows = 0;
    bool end = false;
    int rc = 0;
    if (pulse_table_open_shaped(path, options, shape, &table, &err) != 0)
        return;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, &err);
        for (int64_t c = 0; rc == 0 && c < batch.n; c++)
            if (batch.vectors[c].kind != columns[c].kind)
                abort();
        rows += rc == 0 ? batch.rows : 0;
        pulse_batch_clear(&batch);
    }
    if (rc == 0 && rows != pulse_table_rows(table))
        abort();
    pulse_table_free(table);
}

/* All variables, by the catalog that read the panel. */
static void read_variables(const char *path, const struct pulse_read_options *options)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_wide *wide = NULL;
    struct pulse_block block = {0};
    int64_t bytes = 0;
    if (pulse_catalog_open(path, options, &catalog, &err) != 0)
        return;
    const struct pulse_read_options reading = pulse_catalog_reading(&catalog, options);
    const char **names = calloc((size_t)catalog.n + 1, sizeof *names);
    for (int64_t v = 0; names != NULL && v < catalog.n; v++)
        names[v] = catalog.entries[v].name;
    if (names != NULL && pulse_wide_open(path, 0, 1, &reading, &wide, &err) == 0 &&
        pulse_wide_read(wide, false, names, catalog.n, &block, &bytes, &err) == 0)
        (void)pulse_wide_check_repeats(path, &reading, names, catalog.n, &err);
    pulse_block_clear(&block);
    pulse_wide_free(wide);
    free(names);
    pulse_catalog_clear(&catalog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct pulse_read_options options = {.from_ns = INT64_MIN,
                                               .to_ns = INT64_MAX,
                                               .every_variable = (data[0] & 8) != 0,
                                               .id = (data[0] & 2) != 0 ? "id" : NULL};
    pulse_log_set_level(PULSE_LOG_SILENT);
    const struct memory_file file =
        memory_file_open(data + 1, size - 1, (data[0] & 1) == 0 ? "csv" : "pkl");
    if ((data[0] & 16) == 0)
        read_variables(file.path, &options);
    read_shape(file.path, &options, (data[0] & 4) != 0 ? PULSE_SHAPE_LONG : PULSE_SHAPE_WIDE);
    memory_file_close(&file);
    return 0;
}
