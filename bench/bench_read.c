/* Seconds to read all columns of a wide file into memory, as JSON: "cold" the first time in this
 * process, "seconds" the second. The values as raw doubles, column after column, go to a second
 * file when one is named:
 *
 *     bench_read FILE [VALUES]
 */
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "data/dataset.h"

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check_status(int status, const struct pulse_err *err)
{
    if (status != 0) {
        (void)fprintf(stderr, "bench_read: %s\n", err->text);
        exit(1);
    }
}

static void read_all(const char *path, struct pulse_block *block, int64_t *bytes)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_wide *wide;
    check_status(pulse_catalog_open(path, NULL, &catalog, &err), &err);
    const char **names = calloc((size_t)catalog.n, sizeof *names);
    for (int64_t i = 0; names != NULL && i < catalog.n; i++)
        names[i] = catalog.entries[i].name;
    check_status(pulse_wide_open(path, 0, 1, NULL, &wide, &err), &err);
    check_status(pulse_wide_read(wide, false, names, catalog.n, block, bytes, &err), &err);
    pulse_wide_free(wide);
    free(names);
    pulse_catalog_clear(&catalog);
}

static void save(const char *path, const struct pulse_block *block)
{
    const size_t count = (size_t)(block->rows * block->columns);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(block->values, sizeof *block->values, count, file) != count ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_read FILE [VALUES]\n");
        return 2;
    }
    struct pulse_block block = {0};
    int64_t bytes = 0;
    double spent[2] = {0, 0};
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30); /* as pulse-train does */
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    for (int i = 0; i < 2; i++) {
        pulse_block_clear(&block);
        bytes = 0;
        const double began = seconds();
        read_all(argv[1], &block, &bytes);
        spent[i] = seconds() - began;
    }
    (void)printf(
        "{\"cold\": %.9g, \"seconds\": %.9g, \"rows\": %lld, \"columns\": %lld, \"bytes\": "
        "%lld}\n",
        spent[0], spent[1], (long long)block.rows, (long long)block.columns, (long long)bytes);
    if (argc > 2)
        save(argv[2], &block);
    pulse_block_clear(&block);
    return 0;
}
