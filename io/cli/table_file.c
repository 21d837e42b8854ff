#include "cli/table_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/formats.h"
#include "store/made.h"
#include "store/store.h"

/* A file that is written, and by whom its rows are. */
struct writing {
    const struct pulse_table_file *file;
    pulse_fill_table *fill;
    void *user;
};

static int write_rows(const struct writing *writing, const struct pulse_writer *writer,
                      struct pulse_err *err)
{
    const struct pulse_table_file *file = writing->file;
    const struct pulse_table_writer_options how = {.path = file->uri,
                                                   .temporary = writer->temporary,
                                                   .stream = writer->stream,
                                                   .codec = file->codec,
                                                   .group_rows = file->group_rows,
                                                   .dates = file->dates};
    struct pulse_table_writer *out;
    if (pulse_table_writer_open(&how, file->columns, file->n, &out, err) != 0)
        return -1;
    int rc = writing->fill(writing->user, out, err);
    if (rc == 0)
        rc = pulse_table_writer_end(out, err);
    pulse_table_writer_free(out);
    return rc;
}

int pulse_table_file_open(struct pulse_writer *writer, const struct pulse_format *format,
                          const char *path, struct pulse_err *err)
{
    const int rc = format != NULL && format->needs_file ? pulse_writer_open_file(writer, path, err)
                                                        : pulse_writer_open(writer, path, err);
    if (rc == 0)
        pulse_writer_sweep_dead(writer);
    return rc;
}

int pulse_table_file_check(const char *uri, struct pulse_err *err)
{
    const struct pulse_format *format = pulse_format_of(uri);
    struct pulse_writer writer = {0};
    if (pulse_store_is_s3(uri) ||
        (pulse_file_is_device(uri) && (format == NULL || !format->needs_file)))
        return 0;
    const int rc = pulse_table_file_open(&writer, format, uri, err);
    pulse_writer_discard(&writer);
    return rc;
}

static int write_to_path(const void *context, const char *path, struct pulse_err *err)
{
    const struct writing *writing = context;
    struct pulse_writer writer = {0};
    int rc = pulse_table_file_open(&writer, pulse_format_of(writing->file->uri), path, err);
    if (rc == 0)
        rc = write_rows(context, &writer, err);
    if (rc == 0)
        rc = pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return rc;
}

int pulse_table_file_write(const struct pulse_table_file *file, pulse_fill_table *fill, void *user,
                           struct pulse_err *err)
{
    const struct writing writing = {file, fill, user};
    return pulse_store_is_s3(file->uri)
               ? pulse_store_put_made("pulse-convert", write_to_path, &writing, file->uri, err)
               : write_to_path(&writing, file->uri, err);
}

bool pulse_table_file_is(const char *from, const char *to)
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
