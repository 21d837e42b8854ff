#include "panel/load_warnings.h"

#include "base/date.h"
#include "base/log.h"
#include "data/dataset.h"
#include "mpi/collect.h"

/* Collective: what every rank has counted of its variables, to all of them. */
static int count_together(const struct pulse_comm *comm, struct pulse_loaded *out,
                          struct pulse_err *err)
{
    static const char *const counting = "counting duplicates";
    int status = pulse_reduce(comm, out->duplicates, out->V, MPI_INT64_T, MPI_SUM, counting, err);
    if (status == 0)
        status = pulse_reduce(comm, &out->untimed, 1, MPI_INT64_T, MPI_SUM, counting, err);
    if (status == 0)
        status = pulse_reduce(comm, &out->beside, 1, MPI_INT64_T, MPI_SUM, counting, err);
    if (status == 0)
        status = pulse_reduce(comm, out->midnights, out->V, MPI_UINT32_T, MPI_BAND, counting, err);
    if (status == 0 && out->later != NULL)
        status =
            pulse_reduce(comm, out->later, PULSE_DAYS, MPI_UNSIGNED_CHAR, MPI_BOR, counting, err);
    return status;
}

/* Days after today are data only for who says so: others get a warning. */
static void warn_of_later(const struct pulse_options *options, const struct pulse_loaded *loaded)
{
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT];
    int64_t days = 0, from = 0, to = 0;
    for (int64_t i = 0; loaded->later != NULL && i < PULSE_DAYS; i++)
        if (loaded->later[i]) {
            from = days++ == 0 ? i : from;
            to = i;
        }
    if (days > 0)
        pulse_log_keep("%s: %lld row%s after today %s left out, %s to %s; --end-date %s takes %s",
                       options->data, (long long)days, days == 1 ? "" : "s",
                       days == 1 ? "is" : "are", pulse_format_day(from + PULSE_DAY_MIN, first),
                       pulse_format_day(to + PULSE_DAY_MIN, last), last, days == 1 ? "it" : "them");
}

static void warn_of_duplicates(const struct pulse_loaded *loaded)
{
    enum { NAMED = 5 }; /* each in a line of its own; the others are counted */
    int64_t variables = 0, others = 0;
    for (int64_t v = 0; v < loaded->V; v++) {
        if (loaded->duplicates[v] == 0)
            continue;
        if (++variables <= NAMED)
            pulse_log_keep("%s: %lld values overruled by a later one of the same date",
                           loaded->names[v], (long long)loaded->duplicates[v]);
        else
            others += loaded->duplicates[v];
    }
    if (variables > NAMED)
        pulse_log_keep("%lld values of %lld more variables overruled by a later one of the same "
                       "date",
                       (long long)others, (long long)(variables - NAMED));
}

static void warn_of_midnights(const struct pulse_options *options, bool wide,
                              const struct pulse_loaded *loaded)
{
    for (int64_t v = 0; v < (wide ? 1 : loaded->V); v++) {
        const char *zone = pulse_midnights_zone(loaded->midnights[v]);
        if (zone != NULL)
            pulse_log_keep(PULSE_MIDNIGHTS_WARNING, wide ? options->data : loaded->names[v], zone,
                           zone);
    }
}

int pulse_load_warn(const struct pulse_comm *comm, const struct pulse_options *options, bool wide,
                    struct pulse_loaded *loaded, struct pulse_err *err)
{
    const int status = count_together(comm, loaded, err);
    if (status != 0 || comm->rank != 0)
        return status;
    if (loaded->untimed > 0)
        pulse_log_keep(PULSE_UNTIMED_WARNING, options->data, (long long)loaded->untimed);
    if (loaded->beside > 0)
        pulse_log_keep(PULSE_BESIDE_WARNING, options->data, (long long)loaded->beside);
    warn_of_later(options, loaded);
    warn_of_midnights(options, wide, loaded);
    warn_of_duplicates(loaded);
    return 0;
}
