#include "results/run_datasets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "results/file.h"
#include "results/window_record.h"

/* ---- Windows, calendar, coefficients -------------------------------------------- */

static int write_ridge(const struct pulse_results *results, bool writer)
{
    const struct pulse_options *options = results->header.options;
    const struct pulse_results_dataset dataset = {.path = "/model/ridge",
                                                  .type = H5T_IEEE_F64LE,
                                                  .rank = 1,
                                                  .dims = {(hsize_t)options->n_ridge},
                                                  .units = "1",
                                                  .description =
                                                      "Ridge penalties of the coefficients"};
    return pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_DOUBLE,
                                       options->ridge);
}

/* As the conventions for climate and forecast metadata have them, which readers of netCDF follow.
 */
static const char time_units[] = "nanoseconds since 1970-01-01";

/* The axis of what there is per window. */
static int write_window_axis(const struct pulse_results *results, bool writer,
                             struct pulse_err *err)
{
    const struct pulse_plan *plan = results->header.plan;
    int64_t *ns = pulse_calloc(plan->n_windows, sizeof *ns, "the windows", err);
    if (ns == NULL)
        return -1;
    for (int64_t w = 0; w < plan->n_windows; w++)
        ns[w] = plan->windows[w].start_day * PULSE_NS_PER_DAY;
    const struct pulse_results_dataset dataset = {.path = "/window",
                                                  .type = H5T_STD_I64LE,
                                                  .rank = 1,
                                                  .dims = {(hsize_t)plan->n_windows},
                                                  .units = time_units,
                                                  .description = "First day of each window"};
    const int status = pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_INT64, ns);
    free(ns);
    return status;
}

static int write_windows(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    const struct pulse_plan *plan = results->header.plan;
    struct pulse_window_record *records = pulse_window_records(plan, err);
    if (records == NULL)
        return -1;
    const struct pulse_results_dataset dataset = {
        .path = "/windows",
        .type = pulse_window_record_type(),
        .rank = 1,
        .dims = {(hsize_t)plan->n_windows},
        .units = "ns after 1970-01-01; rows",
        .description = "Windows; status 0 trained, 1 skipped, 2 failed"};
    const int status =
        pulse_results_write_dataset(results, writer, &dataset, dataset.type, records);
    (void)H5Tclose(dataset.type);
    free(records);
    return status;
}

static int write_calendar(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    const int64_t T = results->header.plan->sizes.T;
    int64_t *ns = pulse_calloc(T, sizeof *ns, "the calendar", err);
    if (ns == NULL)
        return -1;
    for (int64_t t = 0; t < T; t++)
        ns[t] = results->header.calendar[t] * PULSE_NS_PER_DAY;
    const struct pulse_results_dataset dataset = {.path = "/calendar",
                                                  .type = H5T_STD_I64LE,
                                                  .rank = 1,
                                                  .dims = {(hsize_t)T},
                                                  .units = time_units,
                                                  .description =
                                                      "Days on which a variable was observed"};
    const int status = pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_INT64, ns);
    free(ns);
    return status;
}

/* Candidate c of C × d × V from C × d × targets: columns of variables that are not predicted are
 * NaN. `context` is the horizon's slots. */
static void spread_candidate(const struct pulse_results *results, const void *context, int64_t c,
                             double *block)
{
    const struct pulse_results_header *header = &results->header;
    const struct pulse_final *final = header->final;
    const int64_t d = header->plan->sizes.d, *slot = context;
    for (int64_t i = 0; i < d; i++, block += header->V) {
        for (int64_t v = 0; v < header->V; v++)
            block[v] = NAN;
        for (int64_t e = 0; e < header->plan->sizes.E; e++)
            if (slot[e] >= 0)
                block[header->entered[e]] =
                    final->coefficients[(c * d + i) * final->targets + slot[e]];
    }
}

static int write_coefficients(const struct pulse_results *results, bool writer, int64_t j,
                              struct pulse_err *err)
{
    const struct pulse_results_header *header = &results->header;
    const struct pulse_sizes *sizes = &header->plan->sizes;
    char path[PULSE_RESULTS_PATH];
    const struct pulse_results_dataset dataset = {
        .path = pulse_results_path_of(header, j, "/model/coefficients", path),
        .type = H5T_IEEE_F64LE,
        .rank = 3,
        .dims = {(hsize_t)sizes->C, (hsize_t)sizes->d, (hsize_t)header->V},
        .units = "scaled target per scaled feature",
        .description = "Coefficients of the final fit, per candidate"};
    return pulse_results_write_blocks(results, writer, &dataset, spread_candidate,
                                      header->slot + j * sizes->E, err);
}

/* What is the same for all horizons is in the file once, under the names of each. */
static int link_shared(const struct pulse_results *results, int64_t j)
{
    static const char *const paths[] = {"/predictions/actual", "/model/scale", "/model/centre",
                                        "/model/ridge"};
    hid_t create = H5Pcreate(H5P_LINK_CREATE);
    herr_t status = H5Pset_create_intermediate_group(create, 1);
    for (size_t i = 0; status >= 0 && i < sizeof paths / sizeof *paths; i++) {
        char path[PULSE_RESULTS_PATH];
        status = H5Lcreate_hard(results->file, paths[i], results->file,
                                pulse_results_path_of(&results->header, j, paths[i], path), create,
                                H5P_DEFAULT);
    }
    (void)H5Pclose(create);
    return status < 0 ? -1 : 0;
}

static int write_horizons(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    int status = write_coefficients(results, writer, 0, err);
    for (int64_t j = 1; status == 0 && j < results->header.options->horizons.n; j++) {
        status = write_coefficients(results, writer, j, err);
        if (status == 0 && pulse_results_has_file(results))
            status = link_shared(results, j);
    }
    return status;
}

int pulse_results_write_run(const struct pulse_results *results, struct pulse_err *err)
{
    const int rank = results->comm->rank;
    const bool first = rank == 0, last = rank == results->comm->size - 1;
    return write_ridge(results, first) != 0 || write_windows(results, first, err) != 0 ||
                   write_window_axis(results, first, err) != 0 ||
                   write_calendar(results, first, err) != 0 ||
                   write_horizons(results, last, err) != 0
               ? -1
               : 0;
}
