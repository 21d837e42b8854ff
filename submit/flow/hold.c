#include "submit/flow/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "store/store.h"

/* A step that lost its command is asked to end, and may save a checkpoint first. */
enum { PATIENCE_SECONDS = 30 };

static void name_lock(const char *results, char path[PATH_MAX])
{
    char whole[PATH_MAX], text[PULSE_DIGEST_TEXT];
    if (pulse_store_is_s3(results) || realpath(results, whole) == NULL)
        (void)snprintf(whole, sizeof whole, "%s", results);
    const struct pulse_digest digest = pulse_digest_of(whole, (int64_t)strlen(whole));
    (void)snprintf(path, PATH_MAX, "%s/pulse-flow-%d-%s.lock", pulse_temporary_directory(),
                   (int)geteuid(), pulse_digest_text(&digest, text));
}

/* A name in a directory where others may write: no link of theirs is followed. */
static int open_lock(const char *results, struct pulse_err *err)
{
    char path[PATH_MAX];
    name_lock(results, path);
    const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        (void)pulse_fail_errno(err, errno, "opening %s", path);
    return fd;
}

static int wait_for_lock(int fd, const char *results, struct pulse_err *err)
{
    const double until = pulse_seconds() + PATIENCE_SECONDS;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
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
    return 0;
}

int pulse_flow_hold_take(const char *results, struct pulse_flow_hold *hold, struct pulse_err *err)
{
    char pid[32];
    *hold = (struct pulse_flow_hold){.fd = -1};
    if (!pulse_store_is_s3(results)) {
        const int code = pulse_make_directories(results, 0777);
        if (code != 0)
            return pulse_fail_errno(err, code, "making %s", results);
    }
    hold->fd = open_lock(results, err);
    if (hold->fd < 0 || wait_for_lock(hold->fd, results, err) != 0)
        return -1;
    const int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(hold->fd, 0) != 0 || pwrite(hold->fd, pid, (size_t)n, 0) != n)
        return pulse_fail_errno(err, errno, "writing a lock");
    if (!pulse_store_is_s3(results))
        return 0;
    char *prefix = pulse_store_join(results, "flow", err);
    const int status = prefix == NULL ? -1 : pulse_lease_take(prefix, &hold->lease, err);
    free(prefix);
    return status;
}

void pulse_flow_hold_release(struct pulse_flow_hold *hold)
{
    pulse_lease_release(hold->lease);
    if (hold->fd >= 0)
        (void)close(hold->fd);
    *hold = (struct pulse_flow_hold){.fd = -1};
}

/* Whether a process is a pulse-flow: its number may be another's by now. */
static bool is_ours(pid_t pid)
{
    char path[64], program[PATH_MAX];
    (void)snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    const ssize_t n = readlink(path, program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    return strcmp(pulse_base_name(program), "pulse-flow") == 0;
}

bool pulse_flow_hold_is_taken(const char *results, pid_t *pid)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char text[32] = "";
    int64_t number = 0;
    *pid = 0;
    const int fd = open_lock(results, &ignored);
    if (fd < 0)
        return false;
    const bool taken = flock(fd, LOCK_EX | LOCK_NB) != 0;
    const ssize_t n = taken ? pread(fd, text, sizeof text - 1, 0) : 0;
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (pulse_parse_int(text, 1, INT_MAX, &number) && is_ours((pid_t)number))
        *pid = (pid_t)number;
    (void)close(fd);
    return taken;
}
