#include "run/journal.h"

#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "math/blas_kernels.h"
#include "results/summary.h"

static void find_versions(struct pulse_versions *versions)
{
    char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    unsigned major = 0, minor = 0, release = 0;
    if (gethostname(versions->host, sizeof versions->host - 1) != 0)
        versions->host[0] = '\0';
    (void)MPI_Get_library_version(library, &length);
    library[strcspn(library, ",\n")] = '\0'; /* what follows is where it was built */
    (void)snprintf(versions->mpi, sizeof versions->mpi, "%.100s", library);
    (void)H5get_libversion(&major, &minor, &release);
    (void)snprintf(versions->hdf5, sizeof versions->hdf5, "%u.%u.%u", major, minor, release);
}

void pulse_journal_begin(const struct pulse_comm *comm, const struct pulse_options *options,
                         struct pulse_versions *versions)
{
    find_versions(versions);
    pulse_debug("pulse-train %s on %s: %d rank%s, %d node%s, %lld BLAS thread%s a rank",
                PULSE_VERSION, versions->host, comm->size, comm->size == 1 ? "" : "s", comm->nodes,
                comm->nodes == 1 ? "" : "s", (long long)options->threads,
                options->threads == 1 ? "" : "s");
    pulse_debug("%s; HDF5 %s; %s", versions->mpi, versions->hdf5, pulse_blas_description());
    pulse_debug("data %s, results %s%s%s", options->data, options->output,
                options->name == NULL ? "" : ", run ", options->name == NULL ? "" : options->name);
}

void pulse_journal_plan(const struct pulse_options *options, const struct pulse_panel *panel,
                        const struct pulse_work *work)
{
    const struct pulse_plan *plan = &work->plan;
    const struct pulse_sizes *sizes = &plan->sizes;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], history[48];
    pulse_debug("read %lld variables, %lld rows from %s to %s", (long long)panel->loaded.V,
                (long long)sizes->T, pulse_format_day(panel->calendar[0], first),
                pulse_format_day(panel->calendar[sizes->T - 1], last));
    pulse_debug("plan: %lld windows, %lld to skip; %lld features, %lld candidates, %lld systems, "
                "%lld spans; history %s",
                (long long)plan->n_windows, (long long)pulse_plan_count(plan, PULSE_SKIPPED),
                (long long)sizes->d, (long long)sizes->C, (long long)work->n_systems,
                (long long)plan->n_spans, pulse_history_name(options, history));
}

void pulse_journal_stages(const struct pulse_timings *timings, int64_t peak_rss_bytes)
{
    for (int s = 0; s < PULSE_STAGES; s++)
        pulse_debug("stage %s: %.3f s, of which %.3f s waiting", pulse_stage_names[s],
                    timings->slowest[s], timings->waiting[s]);
    pulse_debug("memory of the largest rank: %.1f MB", (double)peak_rss_bytes / 1e6);
}

void pulse_journal_end(int code, double seconds)
{
    pulse_debug("end after %.3f s with exit code %d", seconds, code);
}
