#include <stddef.h>

#include "base/log.h"
#include "base/progress.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/table_file.h"
#include "data/common/codec.h"
#include "data/formats.h"
#include "data/table_shape.h"
#include "data/table_write.h"

struct options {
    const char *from, *to;
    int codec;
    int64_t group_rows;
    bool wide, longer;
    struct pulse_read_options reading;
};

/* ---- The work ------------------------------------------------------------------- */

static int copy_rows(void *user, struct pulse_table_writer *out, struct pulse_err *err)
{
    struct pulse_table *table = user;
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

static int convert_table(const struct options *options, struct pulse_err *err)
{
    struct pulse_table *table = NULL;
    const enum pulse_table_shape shape = options->wide     ? PULSE_SHAPE_WIDE
                                         : options->longer ? PULSE_SHAPE_LONG
                                                           : PULSE_SHAPE_KEPT;
    struct pulse_table_file file = {
        .uri = options->to, .codec = options->codec, .group_rows = options->group_rows};
    if (pulse_format_of(options->to) == NULL)
        return pulse_format_refuse(options->to, err);
    if (pulse_table_file_is(options->from, options->to))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s is what would be read: name another file to write", options->to);
    int rc = pulse_table_open_shaped(options->from, &options->reading, shape, &table, err);
    if (rc == 0) {
        file.columns = pulse_table_columns(table, &file.n);
        rc = pulse_table_file_write(&file, copy_rows, table, err);
    }
    pulse_table_free(table);
    return rc;
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
    "Rows are streamed, but with --long and --wide; the result appears whole or not at all, and "
    "replaces a file of that name. --long leaves rows without a value out. Pickles are lists of "
    "records that "
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
