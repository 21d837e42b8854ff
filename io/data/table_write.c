#include "data/table_write.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/compress.h"
#include "data/csv/format.h"
#include "data/formats.h"

struct pulse_table_writer {
    const struct pulse_table_writer_face *face;
    void *file; /* the format's own; NULL before it is open */
    const char *path;
    FILE *packed; /* into the stream, where the path says so; else NULL */
};

static int open_format(struct pulse_table_writer *writer,
                       const struct pulse_table_writer_options *options,
                       const struct pulse_table_column *columns, int64_t n, struct pulse_err *err)
{
    const enum pulse_compression packing =
        options->format != NULL ? PULSE_COMPRESSION_NONE : pulse_compression_of_name(options->path);
    struct pulse_table_writer_options inner = *options;
    if (packing != PULSE_COMPRESSION_NONE) {
        writer->packed = pulse_compress_open(options->stream, packing, err);
        if (writer->packed == NULL)
            return -1;
        inner.stream = writer->packed;
    }
    return writer->face->open(&inner, columns, n, &writer->file, err);
}

/* Only CSV can have two columns of one name. */
static int check_names(const char *path, const struct pulse_table_column *columns, int64_t n,
                       struct pulse_err *err)
{
    struct pulse_name_index index = {0};
    char **names = pulse_calloc(n, sizeof *names, "column names", err);
    for (int64_t c = 0; names != NULL && c < n; c++)
        names[c] = columns[c].name;
    int rc = names == NULL ? -1 : pulse_name_index_init(&index, path, names, n, err);
    pulse_name_index_clear(&index);
    free(names);
    return rc;
}

int pulse_table_writer_open(const struct pulse_table_writer_options *options,
                            const struct pulse_table_column *columns, int64_t n,
                            struct pulse_table_writer **out, struct pulse_err *err)
{
    const struct pulse_format *format =
        options->format != NULL ? options->format : pulse_format_of(options->path);
    if (format == NULL)
        return pulse_format_refuse(options->path, err);
    if (format != &pulse_csv_format && check_names(options->path, columns, n, err) != 0)
        return -1;
    struct pulse_table_writer *writer = pulse_calloc(1, sizeof *writer, "a table to write", err);
    if (writer == NULL)
        return -1;
    writer->face = &format->writer;
    writer->path = options->path;
    int rc = open_format(writer, options, columns, n, err);
    if (rc == 0)
        *out = writer;
    else
        pulse_table_writer_free(writer);
    return rc;
}

int pulse_table_writer_batch(struct pulse_table_writer *writer, const struct pulse_batch *batch,
                             struct pulse_err *err)
{
    return writer->face->write(writer->file, batch, err);
}

int pulse_table_writer_end(struct pulse_table_writer *writer, struct pulse_err *err)
{
    if (writer->face->end(writer->file, err) != 0)
        return -1;
    FILE *packed = writer->packed;
    writer->packed = NULL;
    return packed == NULL ? 0 : pulse_compress_end(packed, writer->path, err);
}

void pulse_table_writer_free(struct pulse_table_writer *writer)
{
    if (writer == NULL)
        return;
    writer->face->free(writer->file);
    if (writer->packed != NULL)
        (void)fclose(writer->packed);
    free(writer);
}
