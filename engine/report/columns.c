#include "report/columns.h"

#include <stdlib.h>

#include "base/mem.h"
#include "report/dataset.h"

static const char *const row_paths[PULSE_REPORT_ROWS] = {
    "/predictions/actual",   "/predictions/predicted", "/predictions/persistence",
    "/predictions/lower_80", "/predictions/upper_80",  "/predictions/lower_95",
    "/predictions/upper_95"};

static const char *const window_paths[PULSE_REPORT_WINDOWS] = {
    "/metrics/n",
    "/metrics/sum_abs_error",
    "/metrics/sum_squared_error",
    "/metrics/persistence_sum_abs_error",
    "/metrics/persistence_sum_squared_error",
    "/metrics/hits",
    "/metrics/moves",
    "/metrics/interval_rows",
    "/metrics/inside_80",
    "/metrics/inside_95",
    "/trust/alpha",
    "/trust/beta"};

static const char *const link_paths[PULSE_REPORT_LINKS] = {"/drivers/f", "/drivers/p_adjusted",
                                                           "/drivers/partial_r2"};

static int open_all(struct pulse_report *report, struct pulse_report_columns_of *of,
                    const char *const *path, int kinds, int64_t n, struct pulse_err *err)
{
    *of = (struct pulse_report_columns_of){.n = n, .kinds = kinds, .path = path};
    for (int k = 0; k < kinds; k++) {
        int64_t dims[2] = {n, report->V};
        of->set[k] =
            pulse_report_open_set(report->file, report->path, path[k], 2, dims, &of->apart[k]);
        if (of->set[k] < 0)
            return pulse_report_fail_dataset(report, path[k], err);
        of->column[k] = pulse_calloc(n, sizeof(double), path[k], err);
        if (of->column[k] == NULL)
            return -1;
    }
    return 0;
}

static int open_coefficients(struct pulse_report *report, struct pulse_err *err)
{
    static const char path[] = "/model/coefficients";
    int64_t dims[3] = {-1, report->d, report->V};
    hid_t set = pulse_report_open_set(report->file, report->path, path, 3, dims, NULL);
    if (set < 0)
        return pulse_report_fail_dataset(report, path, err);
    report->coefficient_set = set;
    report->fits = dims[0];
    if (report->fits > report->C)
        return pulse_report_fail_dataset(report, path, err);
    report->coefficients =
        pulse_calloc(report->fits * report->V, sizeof *report->coefficients, path, err);
    return report->coefficients == NULL ? -1 : 0;
}

int pulse_report_open_columns(struct pulse_report *report, struct pulse_err *err)
{
    if (open_all(report, &report->rows, row_paths, PULSE_REPORT_ROWS, report->T, err) != 0 ||
        open_all(report, &report->per_window, window_paths, PULSE_REPORT_WINDOWS, report->W, err) !=
            0 ||
        open_all(report, &report->links, link_paths, PULSE_REPORT_LINKS, report->V, err) != 0)
        return -1;
    return open_coefficients(report, err);
}

int pulse_report_load(struct pulse_report *report, struct pulse_report_columns_of *of,
                      int64_t variable, struct pulse_err *err)
{
    for (int k = 0; k < of->kinds; k++) {
        if (!of->apart[k] &&
            pulse_report_read_column(of->set[k], variable, of->n, of->column[k]) != 0)
            return pulse_report_fail_dataset(report, of->path[k], err);
        if (of->apart[k] && pulse_report_read_apart(report, of->set[k], of->path[k], variable,
                                                    of->n, of->column[k], err) != 0)
            return -1;
    }
    return 0;
}

/* The numbers at start … start + count of an open dataset. -1 without a message. */
static int read_block(hid_t set, int rank, const hsize_t *start, const hsize_t *count, double *out)
{
    hid_t file = H5Dget_space(set), memory = H5Screate_simple(rank, count, NULL);
    (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
    const herr_t status = H5Dread(set, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, out);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    return status < 0 ? -1 : 0;
}

int pulse_report_load_links(struct pulse_report *report, int64_t source, struct pulse_err *err)
{
    struct pulse_report_columns_of *links = &report->links;
    const hsize_t start[2] = {(hsize_t)source, 0}, count[2] = {1, (hsize_t)links->n};
    for (int k = 0; k < links->kinds; k++)
        if (read_block(links->set[k], 2, start, count, links->column[k]) != 0)
            return pulse_report_fail_dataset(report, links->path[k], err);
    return 0;
}

int pulse_report_load_coefficients(struct pulse_report *report, int64_t feature,
                                   struct pulse_err *err)
{
    const hsize_t start[3] = {0, (hsize_t)feature, 0};
    const hsize_t count[3] = {(hsize_t)report->fits, 1, (hsize_t)report->V};
    if (read_block(report->coefficient_set, 3, start, count, report->coefficients) != 0)
        return pulse_report_fail_dataset(report, "/model/coefficients", err);
    return 0;
}

static void close_all(struct pulse_report_columns_of *of)
{
    for (int k = 0; k < of->kinds; k++) {
        free(of->column[k]);
        if (of->set[k] > 0)
            (void)H5Dclose(of->set[k]);
    }
}

void pulse_report_close_columns(struct pulse_report *report)
{
    close_all(&report->rows);
    close_all(&report->per_window);
    close_all(&report->links);
    free(report->coefficients);
    if (report->coefficient_set > 0)
        (void)H5Dclose(report->coefficient_set);
}
