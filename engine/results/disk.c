#include "results/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
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

int pulse_results_reserve(struct pulse_results *results, struct pulse_err *err)
{
    if (results->comm->rank != 0)
        return 0;
    results->disk = open(results->partial, O_RDWR | O_CLOEXEC);
    if (results->disk < 0)
        return pulse_fail_errno(err, errno, "opening %s", results->partial);
    /* Some file systems cannot: then a column finds out that the disk is full. */
    const off_t bytes = (off_t)bytes_of_columns(results);
    if (fallocate(results->disk, FALLOC_FL_KEEP_SIZE, 0, bytes) != 0 && errno == ENOSPC)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s: the disk has no space for its %.1f MB any more; free some or choose "
                          "another --output",
                          results->path, (double)bytes / 1e6);
    return 0;
}

/* ---- Afterwards ----------------------------------------------------------------- */

static void *commit_file(void *context)
{
    struct pulse_results *results = context;
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, &all); /* mpirun gives a rank one processor */
    (void)pulse_writer_commit(&results->writer, &results->outcome);
    return NULL;
}

/* Waiting for the disk, and for it to release the file that is replaced, takes no processor: the
 * report is made meanwhile. */
const char *pulse_results_commit(struct pulse_results *results)
{
    results->threaded = pulse_shutdown_start_thread(&results->thread, commit_file, results) == 0;
    if (!results->threaded)
        (void)commit_file(results);
    (void)snprintf(results->readable, sizeof results->readable, "/proc/self/fd/%d", results->disk);
    return results->readable;
}

const char *pulse_results_committed(struct pulse_results *results, struct pulse_err *err)
{
    if (results->threaded)
        (void)pthread_join(results->thread, NULL);
    if (results->outcome.kind != PULSE_OK) {
        *err = results->outcome;
        return NULL;
    }
    pulse_shutdown_set_file(results->path, results->header.directory);
    return results->path;
}
