#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "data/common/codec.h"
#include "data/formats.h"
#include "data/table_shape.h"
#include "data/table_write.h"
#include "store/store.h"

struct options {
    const char *from, *to;
    int codec;
    int64_t group_rows;
    bool wide, longer;
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
    const enum pulse_table_shape shape = options->wide     ? PULSE_SHAPE_WIDE
                                         : options->longer ? PULSE_SHAPE_LONG
                                                           : PULSE_SHAPE_KEPT;
    int rc = pulse_table_open_shaped(options->from, &options->reading, shape, &table, err);
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
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/pulse-convert-XXXXXX", pulse_temporary_directory());
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

/* Also by another path or a link, and where FROM names a table within the file. */
static bool is_same_file(const char *from, const char *to)
{
    char path[4096];
    struct stat a, b;
    const char *frame = strstr(from, "#/");
    (void)snprintf(path, sizeof path, "%s", from);
    if (strcmp(from, to) == 0)
        return true;
    if (stat(path, &a) != 0 && frame != NULL && frame - from < (ptrdiff_t)sizeof path)
        path[frame - from] = '\0';
    return strcmp(path, to) == 0 || (stat(path, &a) == 0 && stat(to, &b) == 0 &&
                                     a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static int convert_table(const struct options *options, struct pulse_err *err)
{
    if (pulse_format_of(options->to) == NULL)
        return pulse_format_refuse(options->to, err);
    if (is_same_file(options->from, options->to))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s is what would be read: name another file to write", options->to);
    return pulse_store_is_s3(options->to) ? convert_to_s3(options, err)
                                          : convert_to_file(options, options->to, err);
}

/* ---- Command line --------------------------------------------------------------- */

static const struct pulse_arg_choice codecs[] = {
    {"zstd", PULSE_CODEC_ZSTD}, {"snappy", PULSE_CODEC_SNAPPY}, {"none", PULSE_CODEC_NONE}, {0}};

static const struct pulse_arg option_table[] = {
    {"compression", 0, "METHOD", "Of Parquet: zstd (default), snappy or none",
     pulse_arg_read_choice, .at = offsetof(struct options, codec), .choices = codecs},
    {"row-group-rows", 0, "N", "Of Parquet: rows in a row group (262144)", pulse_arg_read_int,
     .at = offsetof(struct options, group_rows), .least = 1, .most = 1 << 28},
    {"long", 0, NULL, "Write a row per date and variable: unique_id, ds, y", pulse_arg_read_flag,
     .at = offsetof(struct options, longer)},
    {"wide", 0, NULL, "Write a long panel as a row per date and a column per id",
     pulse_arg_read_flag, .at = offsetof(struct options, wide)},
    {0}};

static const char doc[] =
    "Write a dataset in another format: CSV, Parquet, HDF5 or pickle, as the extensions say; CSV "
    "and "
    "pickles packed where .gz or .zst follows."
    "\v"
    "Rows are streamed, but with --long and --wide; the result appears whole or not at all. --long "
    "leaves rows without a value out. Pickles are lists of records that "
    "pandas.DataFrame(pandas.read_pickle(TO)) takes. HDF5 has a group 'data' with a vector per "
    "column.\n"
    "\n"
    "Examples:\n"
    "  pulse-data convert panel.csv panel.parquet\n"
    "  pulse-data convert s3://market-data/panel.parquet panel.csv.gz\n"
    "  pulse-data convert panel.csv panel.parquet --row-group-rows 250\n"
    "  pulse-data convert prices.csv wide.parquet --wide --id ticker --value close\n";

static int take_path(void *user, char **word, struct pulse_err *err)
{
    struct options *options = user;
    if (options->to != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "FROM and TO only, not '%s' too", *word);
    *(options->from == NULL ? &options->from : &options->to) = *word;
    return 0;
}

static int check_paths(void *user, struct pulse_err *err)
{
    const struct options *options = user;
    if (options->wide && options->longer)
        return pulse_fail(err, PULSE_E_USAGE, "--long or --wide, not both");
    return options->to != NULL ? 0 : pulse_fail(err, PULSE_E_USAGE, "from what, to what?");
}

int pulse_command_convert(int argc, char **argv)
{
    struct options options = {.codec = PULSE_CODEC_ZSTD,
                              .reading = pulse_read_options_or_all(NULL)};
    const struct pulse_args args = {
        .program = argv[0],
        .usage = "FROM TO",
        .doc = doc,
        .tables = {{option_table, &options, NULL, 0},
                   {pulse_arguments_reading_args, &options.reading, NULL, 0}},
        .take_word = take_path,
        .check = check_paths,
        .user = &options};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&args, argc, argv, &err) == 0 && convert_table(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
