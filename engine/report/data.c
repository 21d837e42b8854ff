#include "report/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "report/dataset.h"
#include "report/fingerprint.h"
#include "report/parts_reader.h"

int pulse_report_fail_dataset(const struct pulse_report *report, const char *dataset,
                              struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: %s is missing or not as pulse-train writes it; train again",
                      report->path, dataset);
}

static const char *get_fingerprint(const struct pulse_report *report)
{
    return json_string_value(json_object_get(report->summary, "fingerprint"));
}

static hid_t open_set(const struct pulse_report *report, const char *path, int rank, int64_t *dims)
{
    return pulse_report_open_set(report->file, report->path, path, rank, dims, NULL);
}

/* ---- What lies in parts --------------------------------------------------------- */

int pulse_report_read_apart(struct pulse_report *report, hid_t set, const char *path,
                            int64_t variable, int64_t n, double *out, struct pulse_err *err)
{
    const struct pulse_report_columns *elsewhere = report->elsewhere;
    if (elsewhere != NULL)
        return elsewhere->read(elsewhere->context, path, variable, n, out, err);
    if (report->parts == NULL &&
        pulse_report_parts_open(report->path, report->V, get_fingerprint(report), set, path,
                                &report->parts, err) != 0)
        return -1;
    return pulse_report_parts_read(report->parts, path, variable, n, out, err);
}

/* All columns, each to where it belongs in the rows. */
static int read_all_apart(struct pulse_report *report, hid_t set, const char *path, int64_t rows,
                          double *out, struct pulse_err *err)
{
    int status = 0;
    double *column = pulse_calloc(rows, sizeof *column, path, err);
    for (int64_t v = 0; column != NULL && status == 0 && v < report->V; v++) {
        status = pulse_report_read_apart(report, set, path, v, rows, column, err);
        for (int64_t r = 0; status == 0 && r < rows; r++)
            out[r * report->V + v] = column[r];
    }
    free(column);
    return column == NULL ? -1 : status;
}

/* ---- Datasets ------------------------------------------------------------------- */

int pulse_report_matrix(struct pulse_report *report, const char *path, int64_t rows,
                        int64_t columns, double **out, struct pulse_err *err)
{
    int64_t dims[2] = {rows, columns};
    const int rank = rows < 0 ? 1 : 2;
    bool apart = false;
    if (rank == 1)
        dims[0] = columns;
    hid_t set = pulse_report_open_set(report->file, report->path, path, rank, dims,
                                      rank == 2 ? &apart : NULL);
    if (set < 0)
        return pulse_report_fail_dataset(report, path, err);
    *out = pulse_calloc(rank == 1 ? columns : rows * columns, sizeof **out, path, err);
    if (*out != NULL && apart)
        (void)read_all_apart(report, set, path, rows, *out, err);
    else if (*out != NULL && pulse_report_read_all(set, H5T_NATIVE_DOUBLE, *out) < 0)
        (void)pulse_report_fail_dataset(report, path, err);
    (void)H5Dclose(set);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* A copy of one, made well-formed. */
static char *copy_string(const char *text, size_t most, struct pulse_err *err)
{
    char *copy = pulse_print(err, "%.*s", (int)strnlen(text, most), text);
    if (copy != NULL)
        pulse_utf8_repair(copy);
    return copy;
}

enum { MOST_LETTERS = 65536 };

/* n strings of `type`, each of so many bytes or of any length. */
static int read_texts(const struct pulse_report *report, const char *path, hid_t set, hid_t type,
                      int64_t n, char **out, struct pulse_err *err)
{
    const bool any = H5Tis_variable_str(type) > 0;
    const size_t size = any ? sizeof(char *) : H5Tget_size(type);
    char *text = pulse_calloc(n, size, path, err), **const each = (char **)(void *)text;
    if (text == NULL)
        return -1;
    const hid_t space = H5Dget_space(set);
    herr_t status = H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text);
    for (int64_t i = 0; status >= 0 && i < n; i++) {
        const char *string = any ? each[i] : text + (size_t)i * size;
        out[i] = copy_string(string == NULL ? "" : string, any ? MOST_LETTERS : size, err);
        status = out[i] == NULL ? -1 : 0;
    }
    if (any)
        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
    (void)H5Sclose(space);
    free(text);
    return status >= 0             ? 0
           : err->kind != PULSE_OK ? -1
                                   : pulse_report_fail_dataset(report, path, err);
}

/* Strings, of one length as older results have them, or of any. */
static int read_strings(const struct pulse_report *report, const char *path, int64_t *n,
                        char ***out, struct pulse_err *err)
{
    int64_t dims[1] = {-1};
    int status = -1;
    hid_t type = -1, set = open_set(report, path, 1, dims);
    if (set >= 0)
        type = H5Dget_type(set);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (set < 0 || H5Tget_class(type) != H5T_STRING || size == 0 || size > MOST_LETTERS ||
        dims[0] < 1) {
        (void)pulse_report_fail_dataset(report, path, err);
        goto done;
    }
    *out = pulse_calloc(dims[0], sizeof **out, path, err);
    if (*out == NULL)
        goto done;
    *n = dims[0];
    status = read_texts(report, path, set, type, *n, *out, err);
done:
    if (type >= 0)
        (void)H5Tclose(type);
    if (set >= 0)
        (void)H5Dclose(set);
    return status;
}

int pulse_report_calendar(struct pulse_report *report, struct pulse_err *err)
{
    int64_t dims[1] = {-1};
    hid_t set = open_set(report, "/calendar", 1, dims);
    if (set < 0 || dims[0] < 1) {
        if (set >= 0)
            (void)H5Dclose(set);
        return pulse_report_fail_dataset(report, "/calendar", err);
    }
    report->T = dims[0];
    report->calendar = pulse_calloc(dims[0], sizeof(int64_t), "the calendar", err);
    herr_t status = -1;
    if (report->calendar != NULL)
        status = H5Dread(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, report->calendar);
    (void)H5Dclose(set);
    if (report->calendar == NULL)
        return -1;
    for (int64_t t = 0; status >= 0 && t < report->T; t++) {
        report->calendar[t] /= PULSE_NS_PER_DAY;
        if (t > 0 && report->calendar[t] <= report->calendar[t - 1])
            status = -1;
    }
    return status < 0 ? pulse_report_fail_dataset(report, "/calendar", err) : 0;
}

static hid_t window_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct pulse_report_window));
    hid_t id = H5Tcopy(H5T_C_S1), reason = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(id, sizeof(((struct pulse_report_window *)0)->id));
    (void)H5Tset_size(reason, sizeof(((struct pulse_report_window *)0)->reason));
    (void)H5Tset_cset(id, H5T_CSET_UTF8);
    (void)H5Tset_cset(reason, H5T_CSET_UTF8);
    (void)H5Tinsert(type, "id", HOFFSET(struct pulse_report_window, id), id);
    (void)H5Tinsert(type, "reason", HOFFSET(struct pulse_report_window, reason), reason);
    (void)H5Tinsert(type, "start", HOFFSET(struct pulse_report_window, start), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "end", HOFFSET(struct pulse_report_window, end), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "first_row", HOFFSET(struct pulse_report_window, first_row),
                    H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "rows", HOFFSET(struct pulse_report_window, rows), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "status", HOFFSET(struct pulse_report_window, status), H5T_NATIVE_INT64);
    (void)H5Tclose(reason);
    (void)H5Tclose(id);
    return type;
}

static int read_windows(struct pulse_report *report, struct pulse_err *err)
{
    int64_t dims[1] = {-1};
    herr_t status = -1;
    hid_t set = open_set(report, "/windows", 1, dims);
    if (set < 0)
        return pulse_report_fail_dataset(report, "/windows", err);
    report->W = dims[0];
    report->windows = pulse_calloc(dims[0], sizeof *report->windows, "the windows", err);
    if (report->windows != NULL && report->W > 0) {
        hid_t type = window_type();
        status = pulse_report_read_all(set, type, report->windows);
        (void)H5Tclose(type);
    }
    (void)H5Dclose(set);
    if (report->windows == NULL)
        return -1;
    for (int64_t w = 0; status >= 0 && w < report->W; w++) {
        struct pulse_report_window *window = &report->windows[w];
        window->start /= PULSE_NS_PER_DAY;
        window->end /= PULSE_NS_PER_DAY;
        window->id[sizeof window->id - 1] = window->reason[sizeof window->reason - 1] = '\0';
        pulse_utf8_repair(window->id);
        pulse_utf8_repair(window->reason);
    }
    return status < 0 ? pulse_report_fail_dataset(report, "/windows", err) : 0;
}

static int read_matrices(struct pulse_report *report, struct pulse_err *err)
{
    const int64_t V = report->V;
    if (pulse_report_matrix(report, "/model/final_weights", report->C, V, &report->final_weights,
                            err) != 0)
        return -1;
    return pulse_report_matrix(report, "/model/final_shrinkage", -1, V, &report->final_shrinkage,
                               err);
}

/* Whether summary and file speak of the same variables; the summary says nothing of those that are
 * not predicted. */
static int check_names(const struct pulse_report *report, struct pulse_err *err)
{
    const json_t *metrics = json_object_get(report->summary, "metrics");
    size_t known = 0;
    for (int64_t v = 0; v < report->V; v++)
        known += json_object_get(metrics, report->names[v]) != NULL;
    if (known == 0 || known != json_object_size(metrics))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: the summary.json beside it is not of the same run; train again",
                          report->path);
    return 0;
}

int pulse_report_open(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err)
{
    *report = (struct pulse_report){.summary = summary, .path = path, .elsewhere = elsewhere};
    char reason[PULSE_REPORT_REASON];
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_cache(access, 0, 521, 0, 1); /* chunks are read whole and once */
    /* It is whole: whoever else has it open changes nothing, and not all disks have locks. */
    (void)H5Pset_file_locking(access, false, true);
    report->file = H5Fopen(path, H5F_ACC_RDONLY, access);
    (void)pulse_report_hdf5_reason(reason); /* the next call forgets it */
    (void)H5Pclose(access);
    if (report->file < 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: cannot be read as HDF5%s; train again", path,
                          reason);
    if (pulse_report_check_fingerprint(report->file, path, get_fingerprint(report), err) != 0 ||
        read_strings(report, "/variables", &report->V, &report->names, err) != 0 ||
        read_windows(report, err) != 0)
        return -1;
    return check_names(report, err);
}

int pulse_report_read(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err)
{
    if (pulse_report_open(report, path, elsewhere, summary, err) != 0 ||
        read_strings(report, "/model/candidates", &report->C, &report->candidates, err) != 0 ||
        read_strings(report, "/model/features", &report->d, &report->features, err) != 0 ||
        pulse_report_calendar(report, err) != 0)
        return -1;
    return read_matrices(report, err);
}

int pulse_report_column(struct pulse_report *report, const char *path, int64_t variable,
                        double *out, struct pulse_err *err)
{
    int64_t dims[2] = {report->T, report->V};
    bool apart = false;
    int status = 0;
    hid_t set = pulse_report_open_set(report->file, report->path, path, 2, dims, &apart);
    if (set < 0)
        return pulse_report_fail_dataset(report, path, err);
    if (apart)
        status = pulse_report_read_apart(report, set, path, variable, report->T, out, err);
    else if (pulse_report_read_column(set, variable, report->T, out) != 0)
        status = pulse_report_fail_dataset(report, path, err);
    (void)H5Dclose(set);
    return status;
}

double pulse_report_number(const struct pulse_report *report, const char *section, int64_t variable,
                           const char *key)
{
    const json_t *all = json_object_get(report->summary, section);
    const json_t *value = json_object_get(json_object_get(all, report->names[variable]), key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void free_strings(char **strings, int64_t n)
{
    for (int64_t i = 0; strings != NULL && i < n; i++)
        free(strings[i]);
    free(strings);
}

void pulse_report_clear(struct pulse_report *report)
{
    free(report->final_weights);
    free(report->final_shrinkage);
    free_strings(report->names, report->V);
    free_strings(report->candidates, report->C);
    free_strings(report->features, report->d);
    free(report->calendar);
    free(report->windows);
    pulse_report_parts_close(report->parts);
    if (report->file > 0)
        (void)H5Fclose(report->file);
    *report = (struct pulse_report){0};
}
