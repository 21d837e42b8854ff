/* Any bytes as a Parquet file: its catalog, the wide file in 1 to 3 parts, which must agree, the
 * long dataset, and every flat column of it. */
#include <stdlib.h>

#include "data/parquet/parquet.h"
#include "dataset_target.h"
#include "parquet_sample.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

/* ---- Corpus --------------------------------------------------------------------- */

enum { ROWS = 3, COLUMNS = 4, SAMPLES = 4 };

static const char days[] = "\1\0\0\0\2\0\0\0\3\0\0\0";
static const char reals[] = "\2\0\0\0\3\5\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40";

/* PLAIN and dictionary in pages of version 1 */
static const struct sample_column plain[COLUMNS] = {
    {"date", 1, 0, 6, 0, false, 1, 0, 0, 0, {0}, {days, 12}},
    {"a", 5, 0, -1, 0, true, 1, 0, 0, 0, {0}, {reals, 22}},
    {"b", 1, 0, 5, 2, false, 1, 8, 0, 2, {"\x10\0\0\0\x20\0\0\0", 8}, {"\1\3\2", 3}},
    {"text", 6, 0, 0, 0, true, 1, 2, 0, 1, {"\2\0\0\0ab", 6}, {"\2\0\0\0\3\5\0\4\0", 9}}};

/* "ab", "ac", "acd": shared bytes 0, 1, 2; lengths of the rest 2, 1, 1; the rest */
static const char prefixed[] = "\x80\1\4\3\0\2\0\0\0\0"
                               "\x80\1\4\3\4\1\1\0\0\0\2\0\0\0"
                               "abcd";

/* Deltas, streams and runs in pages of version 2 */
static const struct sample_column deltas[COLUMNS] = {
    {"date", 2, 0, 10, 0, false, 2, 5, 0, 0, {0}, {"\x80\1\4\3\2\4\0\0\0\0", 10}},
    {"a", 4, 0, -1, 0, true, 2, 9, 2, 0, {0}, {"\3\5\0\0\0\0\x80\0\x3f\x40", 10}},
    {"flag", 0, 0, -1, 0, false, 2, 3, 0, 0, {0}, {"\2\0\0\0\3\5", 6}},
    {"text", 6, 0, 0, 0, false, 2, 7, 0, 0, {0}, {prefixed, 28}}};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    static struct sample_bytes made;
    if (i >= SAMPLES)
        return NULL;
    sample_file(&made, i % 2 == 0 ? 0 : 1, i < 2 ? plain : deltas, COLUMNS, ROWS);
    *size = made.n;
    return made.at;
}

/* ---- Target --------------------------------------------------------------------- */

static void read_variable(const char *path, const char *name)
{
    struct pulse_err err = {0};
    struct pulse_wide *wide;
    struct pulse_block whole;
    int64_t bytes = 0;
    if (pulse_wide_open(path, 0, 1, NULL, &wide, &err) != 0)
        abort(); /* the catalog could */
    if (pulse_wide_read(wide, false, &name, 1, &whole, &bytes, &err) == 0)
        for (int parts = 2; parts <= 3; parts++)
            fuzz_compare_parts(path, parts, &name, 1, &whole);
    pulse_block_clear(&whole);
    pulse_wide_free(wide);
}

static void read_wide(const char *path, const struct pulse_catalog *catalog)
{
    for (int64_t v = 0; v < catalog->n && v < 8; v++)
        read_variable(path, catalog->entries[v].name);
}

static void read_table(const char *path)
{
    struct pulse_err err = {0};
    struct pulse_parquet *parquet;
    int64_t n, bytes = 0;
    if (pulse_parquet_open(path, &parquet, &err) != 0)
        return;
    (void)pulse_parquet_columns(parquet, &n);
    for (int64_t g = 0; g < pulse_parquet_groups(parquet); g++)
        for (int64_t c = 0; c < n; c++) {
            struct pulse_batch batch;
            (void)pulse_parquet_read(parquet, g, &c, 1, &batch, &bytes, &err);
            pulse_batch_clear(&batch);
        }
    pulse_parquet_free(parquet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_dataset(data, size, "parquet", read_wide, read_table);
    return 0;
}
