#include "prepare/write.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/progress.h"
#include "cli/table_file.h"
#include "data/common/codec.h"

enum { BATCH_VALUES = 1 << 20, GROUP_VALUES = 1 << 25, GROUP_ROWS = 1 << 18, BATCH_ROWS = 1 << 13 };

/* Rows of which so many values are; at least one. */
static int64_t rows_of(const struct pulse_prepared *panel, int64_t values, int64_t most)
{
    const int64_t rows = values / (panel->n + 1);
    return rows < 1 ? 1 : rows > most ? most : rows;
}

static int make_vectors(const struct pulse_prepared *panel, struct pulse_batch *batch, int64_t rows,
                        struct pulse_err *err)
{
    *batch = (struct pulse_batch){.n = panel->n + 1};
    batch->vectors = pulse_calloc(batch->n, sizeof *batch->vectors, "the columns", err);
    if (batch->vectors == NULL)
        return -1;
    batch->vectors[0].kind = PULSE_KIND_TIME;
    batch->vectors[0].integers = pulse_calloc(rows, sizeof(int64_t), "the columns", err);
    for (int64_t v = 1; v < batch->n; v++) {
        batch->vectors[v].kind = PULSE_KIND_DOUBLE;
        batch->vectors[v].reals = pulse_calloc(rows, sizeof(double), "the columns", err);
        if (batch->vectors[v].reals == NULL)
            return -1;
    }
    return batch->vectors[0].integers == NULL ? -1 : 0;
}

/* Rows from the t-th on. */
static void fill_vectors(const struct pulse_sheet *sheet, int64_t t, struct pulse_batch *batch)
{
    for (int64_t i = 0; i < batch->rows; i++)
        batch->vectors[0].integers[i] = sheet->day[t + i] * PULSE_NS_PER_DAY;
    for (int64_t i = 0; i < batch->rows; i++)
        for (int64_t v = 1; v < batch->n; v++)
            batch->vectors[v].reals[i] = sheet->row[t + i][v - 1];
}

struct rows {
    const struct pulse_prepared *panel;
};

static int write_rows(void *user, struct pulse_table_writer *out, struct pulse_err *err)
{
    const struct pulse_prepared *panel = ((const struct rows *)user)->panel;
    const int64_t rows = rows_of(panel, BATCH_VALUES, BATCH_ROWS);
    struct pulse_progress progress;
    struct pulse_batch batch;
    int status = make_vectors(panel, &batch, rows, err);
    pulse_progress_begin(&progress, "writing", false);
    for (int64_t t = 0; status == 0 && t < panel->sheet.n; t += rows) {
        batch.rows = panel->sheet.n - t < rows ? panel->sheet.n - t : rows;
        fill_vectors(&panel->sheet, t, &batch);
        status = pulse_table_writer_batch(out, &batch, err);
        pulse_progress_at(&progress, (double)(t + batch.rows) / (double)panel->sheet.n);
    }
    pulse_progress_end(&progress);
    pulse_batch_clear(&batch);
    return status;
}

int pulse_prepared_write(const struct pulse_prepared *panel, const char *uri, struct pulse_err *err)
{
    static char date[] = "date";
    struct pulse_table_column *columns =
        pulse_calloc(panel->n + 1, sizeof *columns, "the columns", err);
    if (columns == NULL)
        return -1;
    columns[0] = (struct pulse_table_column){.name = date, .kind = PULSE_KIND_TIME};
    for (int64_t v = 0; v < panel->n; v++)
        columns[v + 1] =
            (struct pulse_table_column){.name = panel->names[v], .kind = PULSE_KIND_DOUBLE};
    const struct pulse_table_file file = {.uri = uri,
                                          .columns = columns,
                                          .n = panel->n + 1,
                                          .codec = PULSE_CODEC_ZSTD,
                                          .group_rows = rows_of(panel, GROUP_VALUES, GROUP_ROWS),
                                          .dates = true};
    struct rows rows = {panel};
    const int status = pulse_table_file_write(&file, write_rows, &rows, err);
    free(columns);
    return status;
}
