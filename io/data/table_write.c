#include "data/table_write.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/compress.h"
#include "data/common/format.h"
#include "data/csv/write.h"
#include "data/hdf5/write.h"
#include "data/parquet/write.h"
#include "data/pickle/write.h"

struct pulse_table_writer {
    enum pulse_format format;
    const struct pulse_table_column *columns;
    int64_t n;
    const char *path;
    FILE *stream;
    FILE *packed;                         /* into the stream, where the path says so; else NULL */
    struct pulse_parquet_writer *parquet; /* one of the three, or none for CSV */
    struct pulse_h5_writer *h5;
    struct pulse_pickle_writer *pickle;
};

int pulse_table_writer_open(const struct pulse_table_writer_options *options,
                            const struct pulse_table_column *columns, int64_t n,
                            struct pulse_table_writer **out, struct pulse_err *err)
{
    const struct pulse_parquet_write_options parquet = {options->codec, options->group_rows};
    struct pulse_table_writer *o = pulse_calloc(1, sizeof *o, "a table to write", err);
    int rc = 0;
    if (o == NULL)
        return -1;
    o->format = pulse_format_of(options->path);
    o->columns = columns;
    o->n = n;
    o->path = options->path;
    o->stream = options->stream;
    if (o->format != PULSE_FORMAT_UNKNOWN &&
        pulse_compression_of_name(options->path) != PULSE_COMPRESSION_NONE) {
        o->packed =
            pulse_compress_open(options->stream, pulse_compression_of_name(options->path), err);
        o->stream = o->packed;
    }
    if (o->stream == NULL)
        rc = -1;
    else if (o->format == PULSE_FORMAT_CSV)
        pulse_csv_put_header(o->stream, columns, n);
    else if (o->format == PULSE_FORMAT_PARQUET)
        rc = pulse_parquet_write_open(o->stream, options->path, columns, n, &parquet, &o->parquet,
                                      err);
    else if (o->format == PULSE_FORMAT_HDF5)
        rc = pulse_h5_writer_open(options->temporary, options->path, columns, n, &o->h5, err);
    else if (o->format == PULSE_FORMAT_PICKLE)
        rc = pulse_pickle_writer_open(o->stream, columns, n, &o->pickle, err);
    else
        rc = pulse_format_refuse(options->path, err);
    if (rc == 0)
        *out = o;
    else
        pulse_table_writer_free(o);
    return rc;
}

int pulse_table_writer_batch(struct pulse_table_writer *out, const struct pulse_batch *batch,
                             struct pulse_err *err)
{
    if (out->parquet != NULL)
        return pulse_parquet_write_batch(out->parquet, batch, err);
    if (out->h5 != NULL)
        return pulse_h5_writer_batch(out->h5, batch, err);
    if (out->pickle != NULL)
        pulse_pickle_writer_batch(out->pickle, batch);
    else
        pulse_csv_put_batch(out->stream, batch);
    return 0;
}

int pulse_table_writer_end(struct pulse_table_writer *out, struct pulse_err *err)
{
    if (out->parquet != NULL)
        return pulse_parquet_write_end(out->parquet, err);
    if (out->h5 != NULL)
        return pulse_h5_writer_end(out->h5, err);
    if (out->pickle != NULL)
        pulse_pickle_writer_end(out->pickle);
    FILE *packed = out->packed;
    out->packed = NULL;
    return packed == NULL ? 0 : pulse_compress_end(packed, out->path, err);
}

void pulse_table_writer_free(struct pulse_table_writer *out)
{
    if (out == NULL)
        return;
    pulse_parquet_write_free(out->parquet);
    pulse_h5_writer_free(out->h5);
    pulse_pickle_writer_free(out->pickle);
    if (out->packed != NULL)
        (void)fclose(out->packed);
    free(out);
}
