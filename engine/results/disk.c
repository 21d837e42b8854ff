#include "results/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/shutdown.h"
#include "results/file.h"

/* ---- Before --------------------------------------------------------------------- */

/* What the columns in the file will take, and nothing beyond its end. */
static int64_t bytes_of_columns(const struct pulse_results *results)
{
    const struct pulse_results_header *header = &results->header;
    int64_t bytes = 0, column;
    hsize_t dims[3];
    for (int s = 0; s < pulse_results_sets(header); s++)
        if (!pulse_results_is_shared(s) && !pulse_results_in_parts(header, s)) {
            (void)pulse_results_dimensions(header, s, header->V, dims, &column);
            bytes += column * header->V * (int64_t)sizeof(double);
        }
    return bytes;
}

/* 0, or why so many bytes cannot be had: an errno. Some file systems cannot say: then a column
 * finds out that the disk is full. */
static int set_aside(int file, int64_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && (rlim_t)bytes > limit.rlim_cur)
        return EFBIG; /* fallocate asks for limits of the size alone, which stays */
    if (fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0)
        return 0;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : 0;
}

int pulse_results_reserve(struct pulse_results *results, struct pulse_err *err)
{
    if (results->comm->rank != 0)
        return 0;
    results->disk = open(results->partial, O_RDWR | O_CLOEXEC);
    if (results->disk < 0)
        return pulse_fail_errno(err, errno, "opening %s", results->partial);
    const int64_t bytes = bytes_of_columns(results);
    const int why = set_aside(results->disk, bytes);
    return why == 0 ? 0
                    : pulse_fail(err, PULSE_E_STORAGE,
                                 "%s: there is no space for its %.1f MB any more (%s); free some "
                                 "or choose another --output",
                                 results->path, (double)bytes / 1e6, strerror(why));
}

/* ---- Afterwards ----------------------------------------------------------------- */

static void *sync_file(void *context)
{
    struct pulse_results *results = context;
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, &all); /* mpirun gives a rank one processor */
    results->unsynced = fsync(results->disk) == 0 ? 0 : errno;
    return NULL;
}

/* Waiting for the disk takes no processor: the report is made meanwhile. The file keeps its name
 * until that is done, since HDF5 cannot open a file, not even by a link of /proc, at a moment at
 * which its name changes. */
const char *pulse_results_sync(struct pulse_results *results)
{
    results->threaded = pulse_shutdown_start_thread(&results->thread, sync_file, results) == 0;
    if (!results->threaded)
        (void)sync_file(results);
    return results->partial;
}

const char *pulse_results_commit(struct pulse_results *results, struct pulse_err *err)
{
    if (results->threaded)
        (void)pthread_join(results->thread, NULL);
    if (results->unsynced != 0)
        (void)pulse_fail_writing(err, results->unsynced, "writing %s", results->path);
    else
        (void)pulse_writer_commit(&results->writer, err);
    if (err->kind != PULSE_OK)
        return NULL;
    pulse_shutdown_set_file(results->path, results->header.directory);
    return results->path;
}
