#include "submit/flow/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "store/store.h"

/* A step that lost its command is asked to end, and may save a checkpoint first. */
enum { PATIENCE_SECONDS = 30, MOST_OWNER_BYTES = 4096 };

/* ---- The lock ------------------------------------------------------------------------ */

/* Beside the record, under a name that readers of directories pass over: whoever sees the one sees
 * the other. Of results in S3 in the directory for temporary files. */
static char *name_lock(const char *results, struct pulse_err *err)
{
    char text[PULSE_DIGEST_TEXT];
    if (!pulse_store_is_s3(results))
        return pulse_store_join(results, ".flow.lock", err);
    const struct pulse_digest digest = pulse_digest_of_text(results);
    return pulse_print(err, "%s/pulse-flow-%d-%s.lock", pulse_temporary_directory(), (int)geteuid(),
                       pulse_digest_text(&digest, text));
}

static int make_directory(const char *results, struct pulse_err *err)
{
    const int code = pulse_store_is_s3(results) ? 0 : pulse_make_directories(results, 0777);
    return code == 0 ? 0 : pulse_fail_writing(err, code, "making %s", results);
}

/* 1 once it is locked; 0 where the file system has no locks. */
static int wait_for_lock(int fd, const char *results, double until, struct pulse_err *err)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            pulse_warn("%s cannot be locked (%s): see that no other command is at work there",
                       results, strerror(errno));
            return 0;
        }
        if (pulse_shutdown_get_signal() != PULSE_OK) {
            pulse_shutdown_describe_signal(false, err);
            return -1;
        }
        if (pulse_seconds() > until)
            return pulse_fail(err, PULSE_E_TEMPORARY,
                              "another command, or a step that one has left, is at work on %s: "
                              "wait for it, or pulse-flow cancel",
                              results);
        (void)usleep(100000);
    }
    return 1;
}

/* Whether the open file still has this name: whoever had it may have removed it meanwhile. */
static bool is_still_there(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && lstat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* No link is followed: others may write to the directory of temporary files. */
static int lock_file(const char *results, const char *path, struct pulse_flow_hold *hold,
                     struct pulse_err *err)
{
    const double until = pulse_seconds() + PATIENCE_SECONDS;
    for (;;) {
        if (make_directory(results, err) != 0)
            return -1;
        hold->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
        if (hold->fd < 0 && errno == ENOENT && pulse_seconds() < until)
            continue; /* somebody has removed the directory in this moment */
        if (hold->fd < 0)
            return pulse_fail_writing(err, errno, "opening %s", path);
        const int locked = wait_for_lock(hold->fd, results, until, err);
        if (locked <= 0)
            return locked;
        if (is_still_there(hold->fd, path)) {
            hold->locked = pulse_strdup(path, err);
            return hold->locked == NULL ? -1 : 0;
        }
        (void)close(hold->fd);
        hold->fd = -1;
    }
}

/* For those who look: which process it is. */
static int write_owner(int fd, struct pulse_err *err)
{
    struct pulse_lease_owner self;
    pulse_lease_owner_self(0, &self);
    char *text = pulse_lease_owner_text(&self, err);
    if (text == NULL)
        return -1;
    const ssize_t n = (ssize_t)strlen(text);
    const bool whole = ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
    free(text);
    return whole ? 0 : pulse_fail_writing(err, errno, "writing a lock");
}

static int take_lease(const char *results, struct pulse_flow_hold *hold, struct pulse_err *err)
{
    char *prefix = pulse_store_join(results, "flow", err);
    const int status = prefix == NULL ? -1 : pulse_lease_take(prefix, &hold->lease, err);
    free(prefix);
    return status;
}

int pulse_flow_hold_take(const char *results, struct pulse_flow_hold *hold, struct pulse_err *err)
{
    *hold = (struct pulse_flow_hold){.fd = -1};
    char *path = name_lock(results, err);
    int status = path == NULL ? -1 : lock_file(results, path, hold, err);
    if (status == 0)
        status = write_owner(hold->fd, err);
    if (status == 0 && pulse_store_is_s3(results))
        status = take_lease(results, hold, err);
    free(path);
    return status;
}

/* Removed while it is locked: whoever waits for it sees that, and makes another one. */
void pulse_flow_hold_release(struct pulse_flow_hold *hold)
{
    pulse_lease_release(hold->lease);
    if (hold->locked != NULL && is_still_there(hold->fd, hold->locked))
        (void)unlink(hold->locked);
    if (hold->fd >= 0)
        (void)close(hold->fd);
    free(hold->locked);
    *hold = (struct pulse_flow_hold){.fd = -1};
}

/* ---- Looking ------------------------------------------------------------------------- */

/* The command's process, if that is one of this machine's and alive. */
static void find_process(struct pulse_flow_holder *holder)
{
    const struct pulse_lease_owner *owner = &holder->owner;
    struct pulse_lease_owner self;
    const char *why;
    pulse_lease_owner_self(0, &self);
    if (!pulse_lease_owner_is_here(owner, &self))
        holder->elsewhere = owner->pid > 0;
    else if (!pulse_lease_owner_gone(owner, &self, &why))
        holder->pid = (pid_t)owner->pid;
}

static int look_at_lock(const char *results, struct pulse_flow_holder *holder,
                        struct pulse_err *err)
{
    char text[MOST_OWNER_BYTES];
    char *path = name_lock(results, err);
    if (path == NULL)
        return -1;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        holder->known = errno == ENOENT || errno == ENOTDIR;
    } else {
        const bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
        holder->taken = !is_free && errno == EWOULDBLOCK;
        holder->known = is_free || holder->taken;
        const ssize_t n = holder->taken ? pread(fd, text, sizeof text, 0) : 0;
        pulse_lease_owner_read(text, n > 0 ? n : 0, &holder->owner);
        (void)close(fd);
    }
    free(path);
    return 0;
}

static int look_at_lease(const char *results, struct pulse_flow_holder *holder,
                         struct pulse_err *err)
{
    char *prefix = pulse_store_join(results, "flow", err);
    int status =
        prefix == NULL ? -1 : pulse_lease_look(prefix, &holder->taken, &holder->owner, err);
    free(prefix);
    holder->known = status == 0;
    if (status != 0 && err->kind == PULSE_E_STORAGE) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        status = 0;
    }
    return status;
}

int pulse_flow_hold_look(const char *results, struct pulse_flow_holder *holder,
                         struct pulse_err *err)
{
    *holder = (struct pulse_flow_holder){.known = false};
    int status = look_at_lock(results, holder, err);
    if (status == 0 && !holder->taken && pulse_store_is_s3(results))
        status = look_at_lease(results, holder, err);
    if (status == 0 && holder->taken)
        find_process(holder);
    return status;
}
