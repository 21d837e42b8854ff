#include "results/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "results/part_name.h"
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

static const char *const names[] = {"results.h5", "report.html",
                                    "summary.json"}; /* in order of delivery */

int pulse_output_stage(char *directory, size_t n, struct pulse_err *err)
{
    (void)snprintf(directory, n, "%s/pulse-train-XXXXXX", pulse_temporary_directory());
    if (mkdtemp(directory) == NULL) {
        (void)fail_output(directory, strerror(errno), err);
        directory[0] = '\0';
        return -1;
    }
    return 0;
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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
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
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) /* of runs that were killed */
            pulse_writer_sweep(directory, names[i]);
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

int pulse_output_prepare(const struct pulse_options *options, struct pulse_output *out,
                         struct pulse_err *err)
{
    *out = (struct pulse_output){.staged = false};
    if (strlen(options->output) >= sizeof out->directory)
        return fail_output(options->output, strerror(ENAMETOOLONG), err);
    if (!pulse_store_is_s3(options->output))
        (void)strcpy(out->directory, options->output);
    else if (pulse_lease_take(options->output, &out->lease, err) != 0)
        return -1; /* that it can be put shows that results can */
    out->staged = pulse_store_is_s3(options->output) &&
                  pulse_output_stage(out->directory, sizeof out->directory, err) == 0;
    if (err->kind == PULSE_OK && check_target(options, out->directory, err) == 0 &&
        lock_directory(out->directory, out, err) == 0)
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
    char *path = pulse_store_join(output->directory, "report.html", err);
    int status = path == NULL ? -1 : pulse_store_put(html, bytes, path, err);
    output->report = status == 0;
    free(path);
    return status;
}

void pulse_output_no_report(const struct pulse_options *options)
{
    struct pulse_err ignored = {.kind = PULSE_OK}; /* most often there is none */
    char *uri = pulse_store_join(options->output, "report.html", &ignored);
    if (uri != NULL)
        (void)pulse_store_delete(uri, &ignored);
    free(uri);
}

int pulse_output_check(const struct pulse_output *output, struct pulse_err *err)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    const int rc = pulse_lease_check(output->lease, err);
    if (pulse_lease_check_local(output->lease, &ignored) != 0)
        pulse_output_discard(output); /* another run makes them */
    return rc;
}

void pulse_output_find_parts(const struct pulse_options *options, struct pulse_listing *old)
{
    struct pulse_err ignored = {.kind = PULSE_OK}; /* most often there are none */
    (void)pulse_store_list(options->output, false, old, &ignored);
}

void pulse_output_remove_parts(const struct pulse_options *options, const struct pulse_listing *old)
{
    for (int64_t i = 0; i < old->n; i++) {
        struct pulse_err ignored = {.kind = PULSE_OK};
        char *uri = pulse_part_is_name(old->entries[i].name)
                        ? pulse_store_join(options->output, old->entries[i].name, &ignored)
                        : NULL;
        if (uri != NULL && pulse_store_delete(uri, &ignored) != 0)
            pulse_debug("%s stays, of an earlier run: %s", uri, ignored.text);
        free(uri);
    }
}

static bool is_made(const struct pulse_output *output, size_t name)
{
    return output->report || strcmp(names[name], "report.html") != 0;
}

void pulse_output_discard(const struct pulse_output *output)
{
    char path[PATH_MAX];
    for (size_t i = 0; output->staged && i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", output->directory, names[i]);
        (void)unlink(path);
    }
    if (output->staged) /* at once: who waits for the other ranks may be killed */
        (void)rmdir(output->directory);
}

int pulse_output_deliver(const struct pulse_options *options, const struct pulse_output *output,
                         struct pulse_err *err)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    if (!output->staged)
        return 0;
    const size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < n; i++) {
        /* With the last, small one all is there: a signal leaves neither it half done, nor the
         * clean-up after it. */
        pulse_shutdown_defer_for_save(i + 1 == n);
        const bool done =
            !is_made(output, i) ||
            (pulse_output_check(output, err) == 0 &&
             pulse_output_deliver_one(output->directory, names[i], options->output, err) == 0);
        if (done)
            continue;
        pulse_shutdown_defer_for_save(false);
        if (pulse_lease_check_local(output->lease, &ignored) == 0)
            pulse_warn("the results are whole in %s; pulse-data put takes them to %s",
                       output->directory, options->output);
        return -1;
    }
    pulse_output_discard(output);
    return 0;
}

void pulse_output_clear(const struct pulse_output *output)
{
    if (output->lock > 0)
        (void)close(output->lock);
    if (output->staged)
        (void)rmdir(output->directory);
    pulse_lease_release(output->lease);
}
