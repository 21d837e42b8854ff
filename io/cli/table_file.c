#include "cli/table_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"

static int write_rows(const struct pulse_table_file *file, const struct pulse_writer *writer,
                      pulse_fill_table *fill, void *user, struct pulse_err *err)
{
    const struct pulse_table_writer_options how = {.path = file->uri,
                                                   .temporary = writer->temporary,
                                                   .stream = writer->stream,
                                                   .codec = file->codec,
                                                   .group_rows = file->group_rows,
                                                   .dates = file->dates};
    struct pulse_table_writer *out;
    if (pulse_table_writer_open(&how, file->columns, file->n, &out, err) != 0)
        return -1;
    int rc = fill(user, out, err);
    if (rc == 0)
        rc = pulse_table_writer_end(out, err);
    pulse_table_writer_free(out);
    return rc;
}

static int write_to_path(const struct pulse_table_file *file, const char *path,
                         pulse_fill_table *fill, void *user, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    int rc = pulse_writer_open(&writer, path, err);
    if (rc == 0)
        rc = write_rows(file, &writer, fill, user, err);
    if (rc == 0)
        rc = pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return rc;
}

/* An object is made here first: it is uploaded whole or not at all. */
static int write_to_s3(const struct pulse_table_file *file, pulse_fill_table *fill, void *user,
                       struct pulse_err *err)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/pulse-convert-XXXXXX", pulse_temporary_directory());
    int fd = mkstemp(path);
    if (fd < 0)
        return pulse_fail(err, PULSE_E_STORAGE, "no temporary file %s can be made; set TMPDIR",
                          path);
    (void)close(fd);
    int rc = write_to_path(file, path, fill, user, err);
    if (rc == 0)
        rc = pulse_store_put_file(path, file->uri, err);
    (void)unlink(path);
    return rc;
}

int pulse_table_file_write(const struct pulse_table_file *file, pulse_fill_table *fill, void *user,
                           struct pulse_err *err)
{
    return pulse_store_is_s3(file->uri) ? write_to_s3(file, fill, user, err)
                                        : write_to_path(file, file->uri, fill, user, err);
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
