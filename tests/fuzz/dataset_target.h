/* What the targets of dataset formats share: all the ways to read a file, and parts that must agree
 * with the whole. A header alone, since each target is one source file. */
#ifndef PULSE_FUZZ_DATASET_TARGET_H
#define PULSE_FUZZ_DATASET_TARGET_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "data/dataset.h"
#include "memory_file.h"

static inline bool fuzz_same_value(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Reads n variables of a wide file in so many parts; every row must be that of `whole`. */
static inline void fuzz_compare_parts(const char *path, int parts, const char *const *names,
                                      int64_t n, const struct pulse_block *whole)
{
    struct pulse_err err = {0};
    bool quoted = false;
    int64_t row = 0, bytes = 0;
    for (int k = 0; k < parts; k++) {
        struct pulse_wide *wide;
        struct pulse_block block;
        if (pulse_wide_open(path, k, parts, NULL, &wide, &err) != 0 ||
            pulse_wide_read(wide, quoted, names, n, &block, &bytes, &err) != 0)
            abort(); /* the whole could be read */
        quoted ^= pulse_wide_flips_quotes(wide);
        for (int64_t i = 0; i < block.rows; i++, row++) {
            if (row >= whole->rows || block.time_ns[i] != whole->time_ns[row])
                abort();
            for (int64_t c = 0; c < n; c++)
                if (!fuzz_same_value(block.values[c * block.rows + i],
                                     whole->values[c * whole->rows + row]))
                    abort();
        }
        pulse_block_clear(&block);
        pulse_wide_free(wide);
    }
    if (row != whole->rows)
        abort();
}

/* Reads the bytes under a name with this extension: `read_wide` where there is a catalog that is no
 * long panel's (fuzz_long has those), and the long dataset; `read_more` unless it is NULL. */
static inline void fuzz_read_dataset(const uint8_t *data, size_t size, const char *extension,
                                     void (*read_wide)(const char *path,
                                                       const struct pulse_catalog *catalog),
                                     void (*read_more)(const char *path))
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_series series;
    int64_t bytes = 0;
    const struct memory_file file = memory_file_open(data, size, extension);
    if (pulse_catalog_open(file.path, NULL, &catalog, &err) == 0) {
        if (catalog.id == NULL)
            read_wide(file.path, &catalog);
        pulse_catalog_clear(&catalog);
    }
    if (pulse_series_read(file.path, "a", NULL, &series, &bytes, &err) == 0)
        pulse_series_clear(&series);
    if (read_more != NULL)
        read_more(file.path);
    memory_file_close(&file);
}

#endif
