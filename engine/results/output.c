#include "results/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "base/temporary.h"
#include "results/part_name.h"
#include "results/replace.h"
#include "store/store.h"

static int fail_output(const char *path, const char *why, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_STORAGE, "%s cannot be written: %s; choose another location",
                      path, why);
}

/* A result replaces a file of that name, nothing else. */
static int check_name(const char *path, struct pulse_err *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return fail_output(path, "something that is no file has this name", err);
    return 0;
}

/* Whether files can be made in `directory`, for the sake of `path`. */
static int check_directory(const char *directory, const char *path, struct pulse_err *err)
{
    struct stat info;
    if (stat(directory, &info) == 0 && !S_ISDIR(info.st_mode))
        return fail_output(path, strerror(ENOTDIR), err);
    if (access(directory, W_OK | X_OK) != 0)
        return fail_output(path, strerror(errno), err);
    return 0;
}

int pulse_output_check_space(const char *directory, const char *where, int64_t bytes,
                             struct pulse_err *err)
{
    struct statvfs space;
    if (statvfs(directory, &space) != 0)
        return fail_output(directory, strerror(errno), err);
    int64_t left = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (left < bytes)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "--output %s%s: the results take about %.1f MB and the disk has %.1f MB left; "
            "free some space or choose another location",
            directory, where, (double)bytes / 1e6, (double)left / 1e6);
    return 0;
}

int pulse_output_stage(char *directory, size_t n, struct pulse_err *err)
{
    return pulse_temporary_make("pulse-train", pulse_file_is_remnant, directory, n, err);
}

static int check_target(const struct pulse_options *options, const char *directory,
                        struct pulse_err *err)
{
    char path[PATH_MAX];
    const int failed = pulse_make_directories(directory, 0777);
    if (failed != 0)
        return fail_output(directory, strerror(failed), err);
    if (check_directory(directory, directory, err) != 0)
        return -1;
    for (int i = 0; i < PULSE_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, pulse_file_names[i]);
        if (check_name(path, err) != 0)
            return -1;
    }
    if (options->output_file == NULL || pulse_store_is_s3(options->output_file))
        return 0;
    (void)snprintf(path, sizeof path, "%s", options->output_file);
    if (check_name(options->output_file, err) != 0)
        return -1;
    return check_directory(dirname(path), options->output_file, err);
}

/* The kernel releases the lock when the process ends, however it does. Where a file system knows
 * no locks on directories (some network ones), two runs are not kept apart: each file is still made
 * by one of them alone, since the hidden names differ, and the last one to finish stays. */
static int lock_directory(const char *directory, struct pulse_output *out, struct pulse_err *err)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_output(directory, strerror(errno), err);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        out->lock = fd;
        for (int i = 0; i < PULSE_FILES; i++) /* of runs that were killed */
            pulse_writer_sweep(directory, pulse_file_names[i]);
        pulse_replace_settle(directory);
        return 0;
    }
    const int why = errno;
    (void)close(fd);
    if (why == EWOULDBLOCK)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "--output %s: another run is writing its results there; wait until it "
                          "ends, or choose another directory",
                          directory);
    pulse_debug("%s cannot be locked: %s", directory, strerror(why));
    return 0;
}

/* Names that readers know; or, where files of other runs are beside them, names of their own. */
static int name_files(struct pulse_output *out, struct pulse_err *err)
{
    if (getrandom(&out->run, sizeof out->run, 0) < 0)
        return pulse_fail_errno(err, errno, "making a name for the results");
    for (int i = 0; i < PULSE_FILES; i++)
        if (out->staged)
            (void)pulse_file_own_name((enum pulse_result_file)i, out->run, out->name[i]);
        else
            (void)strcpy(out->name[i], pulse_file_names[i]);
    return 0;
}

static int prepare_prefix(const struct pulse_options *options, struct pulse_output *out,
                          struct pulse_err *err)
{
    out->staged = true;
    if (pulse_lease_take(options->output, &out->lease, err) != 0)
        return -1; /* that it can be put shows that results can */
    out->lock = pulse_output_stage(out->directory, sizeof out->directory, err);
    return out->lock < 0 || check_target(options, out->directory, err) != 0 ? -1 : 0;
}

static int prepare_directory(const struct pulse_options *options, struct pulse_output *out,
                             struct pulse_err *err)
{
    if (check_target(options, options->output, err) != 0 ||
        lock_directory(options->output, out, err) != 0)
        return -1;
    return pulse_replace_make_private(options->output, out->directory, sizeof out->directory, err);
}

int pulse_output_prepare(const struct pulse_options *options, struct pulse_output *out,
                         struct pulse_err *err)
{
    *out = (struct pulse_output){.staged = false};
    const int status = pulse_store_is_s3(options->output) ? prepare_prefix(options, out, err)
                                                          : prepare_directory(options, out, err);
    if (status == 0 && name_files(out, err) == 0)
        return 0;
    pulse_output_clear(out);
    *out = (struct pulse_output){.staged = false};
    return -1;
}

int pulse_output_deliver_one(const char *directory, const char *name, const char *uri,
                             struct pulse_err *err)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    char *target = pulse_store_join(uri, name, err);
    int status = target == NULL ? -1 : pulse_store_put_file(path, target, err);
    free(target);
    return status;
}

int pulse_output_report(struct pulse_output *output, const char *html, int64_t bytes,
                        struct pulse_err *err)
{
    char *path = pulse_store_join(output->directory, output->name[PULSE_FILE_REPORT], err);
    int status = path == NULL ? -1 : pulse_store_put(html, bytes, path, err);
    output->report = status == 0;
    free(path);
    return status;
}

int pulse_output_check(const struct pulse_output *output, struct pulse_err *err)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    const int rc = pulse_lease_check(output->lease, err);
    if (pulse_lease_check_local(output->lease, &ignored) != 0)
        pulse_output_discard(output); /* another run makes them */
    return rc;
}

/* ---- What earlier runs have left ------------------------------------------------- */

void pulse_output_find_old(const struct pulse_options *options, struct pulse_listing *old)
{
    struct pulse_err ignored = {.kind = PULSE_OK}; /* most often there is nothing */
    (void)pulse_store_list(options->output, false, old, &ignored);
}

void pulse_output_remove_one(const char *output, const char *name)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *uri = pulse_store_join(output, name, &ignored);
    if (uri != NULL && pulse_store_delete(uri, &ignored) != 0)
        pulse_debug("%s stays: %s", uri, ignored.text);
    free(uri);
}

static bool is_result(const char *name)
{
    bool is = pulse_part_is_name(name);
    for (int i = 0; i < PULSE_FILE_SUMMARY; i++)
        is = is || pulse_file_is_name((enum pulse_result_file)i, name);
    return is;
}

bool pulse_output_has(const struct pulse_output *output, int file)
{
    return file == PULSE_FILE_REPORT        ? output->report
           : file == PULSE_FILE_PREDICTIONS ? output->predictions
                                            : true;
}

/* Where copies have the known names nobody can say which of the two summary.json has come to: when
 * the answer to its upload is lost. */
static bool is_ours(const struct pulse_output *output, const char *name)
{
    for (int i = 0; i < PULSE_FILES; i++)
        if (pulse_output_has(output, i) &&
            (strcmp(name, output->name[i]) == 0 ||
             (output->copied && strcmp(name, pulse_file_names[i]) == 0)))
            return true;
    return false;
}

/* Of an upload that was never completed: whether it was one of a run's. */
static bool is_left_over(const char *name)
{
    return is_result(name) || strncmp(name, ".checkpoint/", strlen(".checkpoint/")) == 0;
}

void pulse_output_remove_old(const struct pulse_options *options, const struct pulse_output *output,
                             const struct pulse_listing *old)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    if (pulse_lease_check_local(output->lease, &ignored) != 0)
        return; /* what is there may be another run's */
    for (int64_t i = 0; i < old->n; i++)
        if (is_result(old->entries[i].name) && !is_ours(output, old->entries[i].name))
            pulse_output_remove_one(options->output, old->entries[i].name);
    if (output->staged && pulse_store_abort_uploads(options->output, is_left_over, &ignored) != 0)
        pulse_debug("uploads that were not completed may be left: %s", ignored.text);
}

/* ---- Delivery ------------------------------------------------------------------- */

void pulse_output_discard(const struct pulse_output *output)
{
    char path[PATH_MAX];
    for (int i = 0; i < PULSE_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", output->directory, output->name[i]);
        (void)unlink(path);
    }
    (void)rmdir(output->directory); /* at once: who waits for the other ranks may be killed */
}

/* Uploads one file. With the last, small one all is there: a signal leaves neither it half done,
 * nor the clean-up after it. */
static int upload_file(const struct pulse_options *options, const struct pulse_output *output,
                       enum pulse_result_file file, struct pulse_err *err)
{
    if (!pulse_output_has(output, (int)file))
        return 0;
    pulse_shutdown_defer_for_save(file == PULSE_FILE_SUMMARY);
    if (pulse_output_check(output, err) == 0 &&
        pulse_output_deliver_one(output->directory, output->name[file], options->output, err) == 0)
        return 0;
    pulse_shutdown_defer_for_save(false);
    return -1;
}

/* Seconds for taking back what a failed delivery has uploaded. */
static const double take_back_seconds = 3;

/* The old results are still those that summary.json names. */
static void take_back(const struct pulse_options *options, const struct pulse_output *output,
                      int uploaded)
{
    pulse_shutdown_grant_grace(take_back_seconds);
    for (int i = 0; i < uploaded; i++)
        pulse_output_remove_one(options->output, output->name[i]);
}

static int upload_files(const struct pulse_options *options, struct pulse_output *output,
                        struct pulse_err *err)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    int done = 0;
    while (done < PULSE_FILES &&
           upload_file(options, output, (enum pulse_result_file)done, err) == 0)
        done++;
    if (done == PULSE_FILES)
        return 0;
    if (pulse_lease_check_local(output->lease, &ignored) == 0)
        pulse_warn("the results are whole in %s; pulse-data put takes them to %s",
                   output->directory, options->output);
    /* An upload whose answer was lost may have been done. */
    output->named = done == PULSE_FILE_SUMMARY && err->kind != PULSE_E_STORAGE;
    if (!output->named)
        take_back(options, output, done);
    return -1;
}

static int copy_one(const struct pulse_options *options, const struct pulse_output *output,
                    enum pulse_result_file file)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    char *from = pulse_store_join(options->output, output->name[file], &ignored);
    char *to = pulse_store_join(options->output, pulse_file_names[file], &ignored);
    const int rc = from == NULL || to == NULL ? -1 : pulse_store_copy_object(from, to, &ignored);
    if (rc != 0)
        pulse_debug("%s keeps its name: %s", output->name[file], ignored.text);
    free(to);
    free(from);
    return rc;
}

int pulse_output_copy_to_known(const struct pulse_options *options, struct pulse_output *output)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    if (!output->staged || output->bytes > PULSE_STORE_COPY_BYTES ||
        pulse_output_check(output, &ignored) != 0)
        return -1;
    for (int i = 0; i < PULSE_FILE_SUMMARY; i++)
        if (pulse_output_has(output, i) &&
            copy_one(options, output, (enum pulse_result_file)i) != 0)
            return -1;
    output->copied = true;
    return 0;
}

void pulse_output_take_known(const struct pulse_options *options, struct pulse_output *output)
{
    for (int i = 0; i < PULSE_FILE_SUMMARY; i++) {
        if (pulse_output_has(output, i))
            pulse_output_remove_one(options->output, output->name[i]);
        (void)strcpy(output->name[i], pulse_file_names[i]);
    }
}

int pulse_output_deliver(const struct pulse_options *options, struct pulse_output *output,
                         struct pulse_err *err)
{
    struct stat info;
    char path[PATH_MAX];
    if (!output->staged)
        return pulse_replace_results(options->output, output->directory, err);
    (void)snprintf(path, sizeof path, "%s/%s", output->directory, output->name[PULSE_FILE_RESULTS]);
    output->bytes = stat(path, &info) == 0 ? info.st_size : INT64_MAX;
    if (upload_files(options, output, err) != 0)
        return -1;
    pulse_output_discard(output);
    return 0;
}

void pulse_output_clear(const struct pulse_output *output)
{
    if (output->directory[0] != '\0')
        (void)rmdir(output->directory);
    if (output->lock > 0)
        (void)close(output->lock);
    pulse_lease_release(output->lease);
}
