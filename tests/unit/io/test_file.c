#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/pipe.h"
#include "store/store.h"
#include "store/whole.h"

static int count_files(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    (void)closedir(d);
    return n;
}

static void assert_content(const char *path, const char *expected)
{
    char text[64] = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    assert_string_equal(text, expected);
}

static void file__appears_only_when_committed(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer writer;
    char *dir = make_directory(), *path = write_text(dir, "out", "old");
    assert_int_equal(pulse_writer_open(&writer, path, &err), 0);
    (void)fputs("new", writer.stream);
    (void)fflush(writer.stream);
    assert_content(path, "old");
    assert_int_equal(pulse_writer_commit(&writer, &err), 0);
    assert_content(path, "new");
    assert_int_equal(count_files(dir), 1);
    free(path);
    remove_directory(dir);
}

static void file__discarding_leaves_nothing(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer writer;
    char *dir = make_directory(), *path = write_text(dir, "out", "old");
    assert_int_equal(pulse_writer_open(&writer, path, &err), 0);
    (void)fputs("new", writer.stream);
    pulse_writer_discard(&writer);
    pulse_writer_discard(&writer);
    assert_content(path, "old");
    assert_int_equal(count_files(dir), 1);
    free(path);
    remove_directory(dir);
}

static void file__two_writers_of_one_name_do_not_meet(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer a, b;
    char *dir = make_directory(), *path;
    assert_true(asprintf(&path, "%s/out", dir) > 0);
    assert_int_equal(pulse_writer_open(&a, path, &err), 0);
    assert_int_equal(pulse_writer_open(&b, path, &err), 0);
    (void)fputs("a", a.stream);
    (void)fputs("b", b.stream);
    assert_int_equal(pulse_writer_commit(&a, &err), 0);
    assert_int_equal(pulse_writer_commit(&b, &err), 0);
    assert_content(path, "b");
    assert_int_equal(count_files(dir), 1);
    free(path);
    remove_directory(dir);
}

static void file__a_full_disk_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer writer;
    char *dir = make_directory(), *path;
    assert_true(asprintf(&path, "%s/out", dir) > 0);
    assert_int_equal(pulse_writer_open(&writer, path, &err), 0);
    /* The stream meets a full device instead of the hidden file. */
    assert_non_null(freopen("/dev/full", "w", writer.stream));
    (void)fputs("new", writer.stream);
    assert_int_equal(pulse_writer_commit(&writer, &err), -1);
    assert_int_equal(err.kind, PULSE_E_STORAGE);
    assert_says(&err, "No space left");
    assert_int_equal(count_files(dir), 0);
    free(path);
    remove_directory(dir);
}

/* The stream has forgotten why when the file is committed. */
static void file__a_write_that_failed_long_ago_is_said_as_it_was(void **state)
{
    (void)state;
    static const char block[1 << 16];
    struct pulse_err err = {0};
    struct pulse_writer writer;
    struct rlimit before, little;
    char *dir = make_directory(), *path;
    assert_true(asprintf(&path, "%s/out", dir) > 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){.rlim_cur = sizeof block, .rlim_max = before.rlim_max};
    pulse_file_begin_process();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(pulse_writer_open(&writer, path, &err), 0);
    for (int i = 0; i < 4; i++)
        (void)fwrite(block, 1, sizeof block, writer.stream);
    errno = 0;
    assert_int_equal(pulse_writer_commit(&writer, &err), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err.kind, PULSE_E_STORAGE);
    assert_says(&err, "File too large");
    assert_int_equal(count_files(dir), 0);
    free(path);
    remove_directory(dir);
}

/* Writes "new" to dir/name as every program does. */
static int put_new(const char *dir, const char *name, struct pulse_err *err)
{
    struct pulse_writer writer;
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
    int rc = pulse_writer_open(&writer, path, err);
    if (rc == 0) {
        (void)fputs("new", writer.stream);
        rc = pulse_writer_commit(&writer, err);
    }
    free(path);
    return rc;
}

static char *link_to(const char *dir, const char *name, const char *target)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
    assert_int_equal(symlink(target, path), 0);
    return path;
}

static bool is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static void file__what_a_link_leads_to_is_replaced_and_the_link_stays(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_text(dir, "out", "old");
    char *link = link_to(dir, "link", "out"), *lost = link_to(dir, "lost", "nowhere");
    assert_int_equal(put_new(dir, "link", &err), 0);
    assert_content(path, "new");
    assert_true(is_link(link));
    assert_int_equal(put_new(dir, "lost", &err), -1);
    assert_int_equal(err.kind, PULSE_E_STORAGE);
    assert_says(&err, "leads nowhere");
    assert_true(is_link(lost));
    assert_int_equal(count_files(dir), 3);
    free(path);
    free(link);
    free(lost);
    remove_directory(dir);
}

static void file__a_pipe_is_written_to_and_a_directory_refused(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer writer;
    char got[4] = "", *dir = make_directory(), fifo[512], folder[512];
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    (void)snprintf(folder, sizeof folder, "%s/folder", dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    char *link = link_to(dir, "link", "fifo");
    const int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(put_new(dir, i == 0 ? "fifo" : "link", &err), 0);
        assert_int_equal(read(reader, got, sizeof got), 3);
        assert_memory_equal(got, "new", 3);
    }
    assert_int_equal(pulse_writer_open_file(&writer, fifo, &err), -1);
    assert_int_equal(err.kind, PULSE_E_STORAGE);
    assert_true(pulse_file_is_device(fifo) && is_link(link));
    assert_int_equal(put_new(dir, "folder", &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "is a directory");
    assert_int_equal(count_files(dir), 3);
    (void)close(reader);
    assert_int_equal(rmdir(folder), 0);
    free(link);
    remove_directory(dir);
}

static void file__a_device_stays_one(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct stat info;
    char *dir = make_directory(), *path = NULL;
    assert_true(asprintf(&path, "%s/null", dir) > 0);
    int made = mknod(path, S_IFCHR | 0600, makedev(1, 3));
    const int fd = made == 0 ? open(path, O_WRONLY) : -1; /* a mount may forbid devices */
    if (fd >= 0) {
        (void)close(fd);
        assert_int_equal(put_new(dir, "null", &err), 0);
        assert_true(stat(path, &info) == 0 && S_ISCHR(info.st_mode));
    }
    free(path);
    remove_directory(dir);
    if (fd < 0)
        skip();
}

static void file__an_empty_tmpdir_is_none(void **state)
{
    (void)state;
    const char *before = getenv("TMPDIR");
    char *kept = before == NULL ? NULL : strdup(before);
    assert_int_equal(setenv("TMPDIR", "", 1), 0);
    assert_string_equal(pulse_temporary_directory(), "/tmp");
    assert_int_equal(setenv("TMPDIR", "elsewhere", 1), 0);
    assert_string_equal(pulse_temporary_directory(), "elsewhere");
    assert_int_equal(kept == NULL ? unsetenv("TMPDIR") : setenv("TMPDIR", kept, 1), 0);
    free(kept);
}

static void file__a_missing_directory_is_an_input_error(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_writer writer;
    assert_int_equal(pulse_writer_open(&writer, "no_such_dir/out", &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "no_such_dir/out");
}

static void store__reads_ranges_and_notices_a_shortened_file(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_object *object;
    char got[8] = {0};
    char *dir = make_directory(), *path = write_text(dir, "f", "0123456789");
    assert_int_equal(pulse_store_open(path, &object, &err), 0);
    assert_int_equal(pulse_store_size(object), 10);
    assert_string_equal(pulse_store_uri(object), path);
    assert_int_equal(pulse_store_read(object, 3, got, 4, &err), 0);
    assert_string_equal(got, "3456");
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(pulse_store_read(object, 3, got, 4, &err), -1);
    assert_says(&err, "became shorter");
    pulse_store_close(object);
    assert_int_equal(pulse_store_open(dir, &object, &err), -1);
    assert_says(&err, "not a regular file");
    free(path);
    remove_directory(dir);
}

static void store__what_may_be_absent_is_no_error_and_gets_no_advice(void **state)
{
    (void)state;
    struct pulse_err err = {0}, none = {0};
    struct pulse_object *object = NULL;
    char *dir = make_directory(), *path = write_text(dir, "panel.csv", "0123456789");
    char *absent = pulse_store_join(dir, "panle.csv", &err);
    assert_int_equal(pulse_store_open(absent, &object, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "did you mean");
    const char *const neither[] = {absent, dir};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pulse_store_open_if_any(neither[i], &object, &none), 0);
        assert_null(object);
        assert_int_equal(pulse_store_bytes_of(neither[i]), 0);
    }
    assert_int_equal(none.kind, PULSE_OK);
    assert_int_equal(pulse_store_open_if_any(path, &object, &none), 0);
    assert_int_equal(pulse_store_size(object), 10);
    pulse_store_close(object);
    assert_int_equal(pulse_store_bytes_of(path), 10);
    free(absent);
    free(path);
    remove_directory(dir);
}

static void file__sweeping_takes_what_killed_writers_left_and_nothing_else(void **state)
{
    (void)state;
    const char *const left[] = {".a.spans.12-0.tmp", ".b.c.spans.9999-31.tmp"};
    const char *const stay[] = {"a.spans",          ".a.spans",        ".a.spans.12-0.tmp.txt",
                                ".a.spans.x-0.tmp", ".a.spans.12.tmp", ".a.other.12-0.tmp",
                                "a.spans.12-0.tmp"};
    char *dir = make_directory();
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        free(write_text(dir, left[i], "half"));
    char *kept[sizeof stay / sizeof *stay];
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        kept[i] = write_text(dir, stay[i], "");
    pulse_writer_sweep(dir, ".spans");
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
        assert_int_equal(unlink(kept[i]), 0);
        free(kept[i]);
    }
    assert_int_equal(rmdir(dir), 0); /* nothing else is left */
    free(dir);
}

static void store__lists_visible_files_in_order(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_listing listing;
    char *dir = make_directory(), *sub;
    free(write_text(dir, "b", "12"));
    free(write_text(dir, "a", "1"));
    free(write_text(dir, ".hidden", ""));
    assert_true(asprintf(&sub, "%s/sub", dir) > 0);
    assert_int_equal(mkdir(sub, 0777), 0);
    assert_int_equal(pulse_store_list(dir, false, &listing, &err), 0);
    assert_int_equal(listing.n, 2);
    assert_string_equal(listing.entries[0].name, "a");
    assert_string_equal(listing.entries[1].name, "b");
    assert_int_equal(listing.entries[1].bytes, 2);
    pulse_listing_clear(&listing);
    free(sub);
    remove_directory(dir);
}

/* Programs that are started inherit none of it, and its bytes are those of the file that was
 * opened. */
static void store__standard_input_that_is_a_file_is_that_file(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_whole whole;
    char path[PULSE_PIPE_PATH];
    FILE *file = tmpfile();
    const int before = dup(STDIN_FILENO);
    assert_non_null(file);
    (void)fputs("date,a\n", file);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(pulse_whole_read("-", 100, &whole, &err), 0);
    assert_int_equal(whole.n, 7);
    assert_memory_equal(whole.bytes, "date,a\n", 7);
    pulse_whole_clear(&whole);
    assert_int_equal(pulse_pipe_path("-", path, &err), 0);
    const int kept = (int)strtol(strrchr(path, '/') + 1, NULL, 10);
    assert_true(fcntl(kept, F_GETFD) & FD_CLOEXEC);
    if (before >= 0) {
        (void)dup2(before, STDIN_FILENO);
        (void)close(before);
    }
    (void)fclose(file);
}

static void mem__impossible_sizes_are_a_memory_error(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    assert_null(pulse_calloc(-1, 8, "x", &err));
    assert_int_equal(err.kind, PULSE_E_MEMORY);
    assert_null(pulse_calloc(INT64_MAX, 16, "x", &err));
    assert_null(pulse_alloc_aligned(INT64_MAX / 2, 8, "x", &err));
    double *large = pulse_alloc_aligned(3 << 20, sizeof *large, "x", &err);
    assert_non_null(large);
    assert_int_equal((uintptr_t)large % 64, 0);
    large[(3 << 20) - 1] = 1;
    free(large);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__appears_only_when_committed),
        cmocka_unit_test(file__discarding_leaves_nothing),
        cmocka_unit_test(file__two_writers_of_one_name_do_not_meet),
        cmocka_unit_test(file__a_full_disk_is_an_error_that_leaves_nothing),
        cmocka_unit_test(file__a_write_that_failed_long_ago_is_said_as_it_was),
        cmocka_unit_test(file__what_a_link_leads_to_is_replaced_and_the_link_stays),
        cmocka_unit_test(file__a_pipe_is_written_to_and_a_directory_refused),
        cmocka_unit_test(file__a_device_stays_one),
        cmocka_unit_test(file__an_empty_tmpdir_is_none),
        cmocka_unit_test(file__a_missing_directory_is_an_input_error),
        cmocka_unit_test(file__sweeping_takes_what_killed_writers_left_and_nothing_else),
        cmocka_unit_test(store__reads_ranges_and_notices_a_shortened_file),
        cmocka_unit_test(store__what_may_be_absent_is_no_error_and_gets_no_advice),
        cmocka_unit_test(store__lists_visible_files_in_order),
        cmocka_unit_test(store__standard_input_that_is_a_file_is_that_file),
        cmocka_unit_test(mem__impossible_sizes_are_a_memory_error),
    };
    return RUN_CASES(tests, argc, argv);
}
