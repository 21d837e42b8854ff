#include "node/mpirun.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "node/quota.h"

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && strcmp(value, "1") == 0;
}

/* By making a directory and removing it. Not access(): root may do all, and then cannot. */
static bool can_write_to(const char *directory)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/pulse-node.XXXXXX", directory) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(path) != NULL && rmdir(path) == 0;
}

/* Bytes that are free where ranks of a node share memory; where there is no such directory, or
 * another was named, mpirun knows better. */
static int64_t free_shared_bytes(void)
{
    struct statvfs shared;
    if (getenv("OMPI_MCA_btl_vader_backing_directory") != NULL || statvfs("/dev/shm", &shared) != 0)
        return INT64_MAX;
    return (int64_t)(shared.f_bavail * shared.f_frsize);
}

int pulse_mpirun_check(int64_t ranks, struct pulse_err *err)
{
    enum { SEGMENT = 4608 << 10 }; /* a rank's, which fills as it is used; and the files' own */
    const char *directory = pulse_temporary_directory();
    if (geteuid() == 0 &&
        !(is_set("OMPI_ALLOW_RUN_AS_ROOT") && is_set("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")))
        return pulse_fail(err, PULSE_E_USAGE,
                          "mpirun does not start as root: use another user, or set "
                          "OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
    if (!can_write_to(directory))
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s cannot be written to (%s): set TMPDIR to a directory for temporary "
                          "files",
                          directory, strerror(errno));
    if (ranks > 1 && free_shared_bytes() < SEGMENT)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "/dev/shm has %.1f MiB free, and ranks share %.1f and more there: give the "
            "container more (sharedMemorySize of its job definition, --shm-size of "
            "docker run), or remove what fills it",
            (double)free_shared_bytes() / 1048576, SEGMENT / 1048576.0);
    return 0;
}

void pulse_mpirun_share_cpus(int64_t ranks)
{
    const int64_t cpus = pulse_quota_cpus();
    if (ranks <= cpus)
        return;
    pulse_info("%lld ranks share %lld CPU%s: those that wait give theirs away; as many ranks as "
               "CPUs are as fast",
               (long long)ranks, (long long)cpus, cpus == 1 ? "" : "s");
    (void)setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
}
