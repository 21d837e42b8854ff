#include "tune/study_lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"
#include "tune/study.h"

/* ---- On disk ------------------------------------------------------------------------- */

/* Whether the open file still has this name: its owner may have removed it before we locked it. */
static bool is_still_there(int file, const char *path)
{
    struct stat ours, named;
    return fstat(file, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* Opens and locks the file of the lease, unless another worker has it. */
static int lock_file(const char *path, struct pulse_study_lease *lease, struct pulse_err *err)
{
    for (;;) {
        const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0)
            return pulse_fail_writing(err, errno, "opening %s", path);
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            const int why = errno;
            (void)close(file);
            return why == EWOULDBLOCK ? 0 : pulse_fail_errno(err, why, "locking %s", path);
        }
        if (is_still_there(file, path)) {
            lease->file = file;
            lease->locked = true;
            return 0;
        }
        (void)close(file);
    }
}

static int take_file(const char *directory, struct pulse_study_lease *lease, bool *taken,
                     struct pulse_err *err)
{
    const int failed = pulse_make_directories(directory, 0777);
    if (failed != 0)
        return pulse_fail_writing(err, failed, "making %s", directory);
    if (lock_file(lease->path, lease, err) != 0)
        return -1;
    *taken = lease->locked;
    return 0;
}

/* ---- Both ---------------------------------------------------------------------------- */

int pulse_study_lease_take(const char *study, const char *name, struct pulse_study_lease *lease,
                           bool *taken, struct pulse_err *err)
{
    int status = -1;
    *lease = (struct pulse_study_lease){0};
    *taken = false;
    char *directory = pulse_store_join(study, PULSE_STUDY_LEASES, err);
    if (directory != NULL)
        lease->path = pulse_store_join(directory, name, err);
    if (lease->path != NULL)
        status = pulse_store_is_s3(study)
                     ? pulse_lease_try(lease->path, &lease->objects, taken, err)
                     : take_file(directory, lease, taken, err);
    free(directory);
    if (!*taken) {
        free(lease->path);
        *lease = (struct pulse_study_lease){0};
    }
    return status;
}

int pulse_study_lease_check(const struct pulse_study_lease *lease, struct pulse_err *err)
{
    return pulse_lease_check(lease->objects, err);
}

bool pulse_study_lease_is_lost(const struct pulse_study_lease *lease)
{
    return pulse_lease_is_lost(lease->objects);
}

void pulse_study_lease_release(struct pulse_study_lease *lease)
{
    pulse_lease_release(lease->objects);
    if (lease->locked) {
        (void)unlink(lease->path);
        (void)close(lease->file);
    }
    free(lease->path);
    *lease = (struct pulse_study_lease){0};
}

bool pulse_study_lease_is_held(const char *study, const char *name)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    bool held = false, there = false;
    char *path = pulse_study_path(study, PULSE_STUDY_LEASES, name, &ignored);
    if (path != NULL && pulse_store_is_s3(study))
        held = pulse_store_is_directory(path, &there, &ignored) == 0 && there;
    else if (path != NULL) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        held = file >= 0 && flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (file >= 0)
            (void)close(file);
    }
    free(path);
    return held;
}
