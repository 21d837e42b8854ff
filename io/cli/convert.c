#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "data/common/codec.h"
#include "data/common/format.h"
#include "data/dataset.h"
#include "data/table.h"
#include "data/table_write.h"
#include "store/store.h"

struct options {
    const char *from, *to;
    int codec;
    int64_t group_rows;
    struct pulse_read_options reading;
};

/* ---- The work ------------------------------------------------------------------- */

static int copy_rows(struct pulse_table *table, struct pulse_table_writer *out,
                     struct pulse_err *err)
{
    struct pulse_progress progress;
    bool end = false;
    int rc = 0;
    pulse_progress_begin(&progress, "converting", false);
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        if (rc == 0 && !end)
            rc = pulse_table_writer_batch(out, &batch, err);
        pulse_batch_clear(&batch);
        pulse_progress_at(&progress, pulse_table_done(table));
    }
    pulse_progress_end(&progress);
    return rc;
}

static int write_table(const struct options *options, struct pulse_table *table,
                       const struct pulse_writer *writer, struct pulse_err *err)
{
    int64_t n;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    const struct pulse_table_writer_options how = {.path = options->to,
                                                   .temporary = writer->temporary,
                                                   .stream = writer->stream,
                                                   .codec = options->codec,
                                                   .group_rows = options->group_rows};
    struct pulse_table_writer *out;
    if (pulse_table_writer_open(&how, columns, n, &out, err) != 0)
        return -1;
    int rc = copy_rows(table, out, err);
    if (rc == 0)
        rc = pulse_table_writer_end(out, err);
    pulse_table_writer_free(out);
    return rc;
}

static int convert_to_file(const struct options *options, const char *path, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    struct pulse_table *table = NULL;
    int rc = pulse_table_open(options->from, &options->reading, &table, err);
    if (rc == 0)
        rc = pulse_writer_open(&writer, path, err);
    if (rc == 0)
        rc = write_table(options, table, &writer, err);
    if (rc == 0)
        rc = pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    pulse_table_free(table);
    return rc;
}

/* An object is made here first: it is uploaded whole or not at all. */
static int convert_to_s3(const struct options *options, struct pulse_err *err)
{
    const char *temporary = getenv("TMPDIR");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/pulse-convert-XXXXXX",
                   temporary == NULL ? "/tmp" : temporary);
    int fd = mkstemp(path);
    if (fd < 0)
        return pulse_fail(err, PULSE_E_STORAGE, "no temporary file %s can be made; set TMPDIR",
                          path);
    (void)close(fd);
    int rc = convert_to_file(options, path, err);
    if (rc == 0)
        rc = pulse_store_put_file(path, options->to, err);
    (void)unlink(path);
    return rc;
}

static int convert(const struct options *options, struct pulse_err *err)
{
    if (pulse_format_of(options->to) == PULSE_FORMAT_UNKNOWN)
        return pulse_format_refuse(options->to, err);
    return pulse_store_is_s3(options->to) ? convert_to_s3(options, err)
                                          : convert_to_file(options, options->to, err);
}

/* ---- Command line --------------------------------------------------------------- */

enum { KEY_COMPRESSION = 256, KEY_GROUP_ROWS };

static const struct argp_option option_table[] = {
    {"compression", KEY_COMPRESSION, "METHOD", 0, "Of Parquet: zstd (default), snappy or none", 0},
    {"row-group-rows", KEY_GROUP_ROWS, "N", 0, "Of Parquet: rows in a row group (262144)", 0},
    PULSE_ARGUMENT_TIME_UNIT_ROW,
    PULSE_ARGUMENT_DECIMAL_ROW,
    {0}};

static const char doc[] =
    "Write a dataset in another format: CSV, Parquet, HDF5 or pickle, as the extensions say; CSV "
    "and "
    "pickles packed where .gz or .zst follows."
    "\v"
    "Rows are streamed; the result appears whole or not at all. Pickles are lists of records that "
    "pandas.DataFrame(pandas.read_pickle(TO)) takes. HDF5 has a group 'data' with a vector per "
    "column.\n"
    "\n"
    "Examples:\n"
    "  pulse-data convert panel.csv panel.parquet\n"
    "  pulse-data convert s3://market-data/panel.parquet panel.csv.gz\n"
    "  pulse-data convert panel.csv panel.parquet --row-group-rows 250\n";

static error_t take_compression(struct argp_state *state, struct options *options, const char *arg)
{
    static const struct {
        const char *name;
        int codec;
    } known[] = {
        {"zstd", PULSE_CODEC_ZSTD}, {"snappy", PULSE_CODEC_SNAPPY}, {"none", PULSE_CODEC_NONE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(arg, known[i].name) == 0) {
            options->codec = known[i].codec;
            return 0;
        }
    return pulse_arguments_refuse(state, "--compression %s: expected zstd, snappy or none", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    char *end;
    switch (key) {
    case KEY_COMPRESSION:
        return take_compression(state, options, arg);
    case KEY_GROUP_ROWS:
        options->group_rows = strtoll(arg, &end, 10);
        if (end == arg || *end != '\0' || options->group_rows < 1 || options->group_rows > 1 << 28)
            return pulse_arguments_refuse(state, "--row-group-rows %s: expected a number of rows",
                                          arg);
        return 0;
    case PULSE_ARGUMENT_TIME_UNIT:
        return pulse_arguments_time_unit(state, arg, &options->reading);
    case PULSE_ARGUMENT_DECIMAL:
        return pulse_arguments_decimal(state, arg, &options->reading);
    case ARGP_KEY_ARG:
        if (options->to != NULL)
            return pulse_arguments_refuse(state, "FROM and TO only, not '%s' too", arg);
        *(options->from == NULL ? &options->from : &options->to) = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->to == NULL)
            return pulse_arguments_refuse(state, "from what, to what?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int pulse_command_convert(int argc, char **argv)
{
    static const struct argp argp = {option_table, parse, "FROM TO", doc, NULL, NULL, NULL};
    struct options options = {.codec = PULSE_CODEC_ZSTD,
                              .reading = {.from_ns = INT64_MIN, .to_ns = INT64_MAX}};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&argp, argc, argv, 0, &options, &err) == 0 &&
        convert(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
