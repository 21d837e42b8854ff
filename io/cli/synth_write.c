#include "cli/synth_write.h"

#include <errno.h>
#include <hdf5.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/csv/write.h"

/* ---- CSV ------------------------------------------------------------------------ */

int pulse_synth_write_csv(const struct pulse_synth_panel *panel, const char *path,
                          struct pulse_err *err)
{
    struct pulse_writer writer;
    char date[PULSE_DATE_TEXT];
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    (void)fputs("date", writer.stream);
    for (int64_t v = 0; v < panel->n; v++) {
        (void)putc(',', writer.stream);
        pulse_csv_put_name(writer.stream, panel->variables[v].name);
    }
    (void)putc('\n', writer.stream);
    for (int64_t row = 0; row < panel->rows; row++) {
        (void)fputs(pulse_format_day(panel->days[row], date), writer.stream);
        for (int64_t v = 0; v < panel->n; v++) {
            (void)putc(',', writer.stream);
            pulse_csv_put_number(writer.stream, panel->values[row * panel->n + v]);
        }
        (void)putc('\n', writer.stream);
    }
    return pulse_writer_commit(&writer, err);
}

static int write_long_csv(const struct pulse_synth_panel *panel, int64_t v, const char *path,
                          struct pulse_err *err)
{
    struct pulse_writer writer;
    char date[PULSE_DATE_TEXT];
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    (void)fputs("timestamp,value\n", writer.stream);
    for (int64_t row = 0; row < panel->rows; row++) {
        double value = panel->values[row * panel->n + v];
        if (isnan(value))
            continue;
        (void)fputs(pulse_format_day(panel->days[row], date), writer.stream);
        (void)putc(',', writer.stream);
        pulse_csv_put_number(writer.stream, value);
        (void)putc('\n', writer.stream);
    }
    return pulse_writer_commit(&writer, err);
}

/* ---- HDF5 ----------------------------------------------------------------------- */

/* Creates a dataset in chunks, compressed; without times, so that equal panels make equal files. */
static hid_t create_dataset(hid_t group, const char *name, hid_t type, int rank,
                            const hsize_t *dims)
{
    static const hsize_t most[] = {1024, 64};
    hsize_t chunk[2] = {1, 1};
    for (int i = 0; i < rank; i++)
        chunk[i] = dims[i] < most[i] ? dims[i] : most[i];
    hid_t dataset = -1, space = H5Screate_simple(rank, dims, NULL);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    if (space >= 0 && plist >= 0 && H5Pset_obj_track_times(plist, false) >= 0 &&
        (dims[0] == 0 || (H5Pset_chunk(plist, rank, chunk) >= 0 && H5Pset_shuffle(plist) >= 0 &&
                          H5Pset_deflate(plist, 4) >= 0)))
        dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (plist >= 0)
        (void)H5Pclose(plist);
    if (space >= 0)
        (void)H5Sclose(space);
    return dataset;
}

static bool write_array(hid_t group, const char *name, hid_t type, int rank, const hsize_t *dims,
                        const void *values)
{
    hid_t dataset = create_dataset(group, name, type, rank, dims);
    if (dataset < 0)
        return false;
    bool done = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    return H5Dclose(dataset) >= 0 && done;
}

static bool write_attribute(hid_t group, const char *dataset, const char *name, const char *text)
{
    bool done = false;
    hid_t id = H5Dopen2(group, dataset, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    hid_t type = H5Tcopy(H5T_C_S1), attribute = -1;
    if (id >= 0 && space >= 0 && type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0)
        attribute = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        done = H5Awrite(attribute, type, &text) >= 0;
        (void)H5Aclose(attribute);
    }
    if (type >= 0)
        (void)H5Tclose(type);
    if (space >= 0)
        (void)H5Sclose(space);
    if (id >= 0)
        (void)H5Dclose(id);
    return done;
}

static bool write_times(hid_t group, const char *name, const int64_t *time_ns, int64_t n)
{
    return write_array(group, name, H5T_NATIVE_INT64, 1, &(hsize_t){(hsize_t)n}, time_ns) &&
           write_attribute(group, name, "units", "nanoseconds since 1970-01-01");
}

static bool write_names(hid_t group, const struct pulse_synth_panel *panel, struct pulse_err *err)
{
    const char **names = pulse_calloc(panel->n, sizeof *names, "variable names", err);
    hid_t type = H5Tcopy(H5T_C_S1);
    bool done = false;
    for (int64_t v = 0; names != NULL && v < panel->n; v++)
        names[v] = panel->variables[v].name;
    if (names != NULL && type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0)
        done = write_array(group, "columns", type, 1, &(hsize_t){(hsize_t)panel->n}, names);
    if (type >= 0)
        (void)H5Tclose(type);
    free(names);
    return done;
}

/* What goes into /data of a file; the rows that are not missing when one variable is chosen. */
struct content {
    const struct pulse_synth_panel *panel;
    int64_t variable; /* -1 for all */
    int64_t rows;
    int64_t *time_ns; /* rows */
    double *values;   /* rows of the variable */
};

static bool write_data(hid_t file, const struct content *content, struct pulse_err *err)
{
    hid_t group = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t dims[] = {(hsize_t)content->rows, (hsize_t)content->panel->n};
    bool done = false;
    if (group < 0)
        return false;
    if (content->variable < 0)
        done = write_array(group, "values", H5T_NATIVE_DOUBLE, 2, dims, content->panel->values) &&
               write_times(group, "date", content->time_ns, content->rows) &&
               write_names(group, content->panel, err);
    else
        done = write_times(group, "timestamp", content->time_ns, content->rows) &&
               write_array(group, "value", H5T_NATIVE_DOUBLE, 1, dims, content->values);
    return H5Gclose(group) >= 0 && done;
}

/* The library opens the hidden file by its name; the writer then syncs and renames it. */
static int write_h5(const struct content *content, const char *path, struct pulse_err *err)
{
    struct pulse_writer writer;
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    err->kind = PULSE_OK;
    hid_t file = H5Fcreate(writer.temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool done = file >= 0 && write_data(file, content, err);
    if (file >= 0)
        done = H5Fclose(file) >= 0 && done;
    if (done)
        return pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return err->kind != PULSE_OK ? -1
                                 : pulse_fail(err, PULSE_E_STORAGE,
                                              "writing %s: HDF5 failed; is the disk full?", path);
}

static int write_some_h5(const struct pulse_synth_panel *panel, int64_t variable, const char *path,
                         struct pulse_err *err)
{
    struct content content = {.panel = panel, .variable = variable};
    content.time_ns = pulse_calloc(panel->rows, sizeof *content.time_ns, "times", err);
    content.values = pulse_calloc(panel->rows, sizeof *content.values, "values", err);
    int rc = -1;
    if (content.time_ns != NULL && content.values != NULL) {
        for (int64_t row = 0; row < panel->rows; row++) {
            double value = variable < 0 ? 0 : panel->values[row * panel->n + variable];
            if (isnan(value))
                continue;
            content.time_ns[content.rows] = panel->days[row] * PULSE_NS_PER_DAY;
            content.values[content.rows++] = value;
        }
        rc = write_h5(&content, path, err);
    }
    free(content.time_ns);
    free(content.values);
    return rc;
}

int pulse_synth_write_h5(const struct pulse_synth_panel *panel, const char *path,
                         struct pulse_err *err)
{
    return write_some_h5(panel, -1, path, err);
}

/* ---- Directories ---------------------------------------------------------------- */

typedef int write_one(const struct pulse_synth_panel *panel, int64_t v, const char *path,
                      struct pulse_err *err);

static int write_dir(const struct pulse_synth_panel *panel, const char *dir, const char *extension,
                     write_one *write, struct pulse_err *err)
{
    int rc = 0;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return pulse_fail_errno(err, errno, "making directory %s", dir);
    for (int64_t v = 0; rc == 0 && v < panel->n; v++) {
        char *path;
        if (asprintf(&path, "%s/historical_%s%s", dir, panel->variables[v].name, extension) < 0)
            return pulse_fail(err, PULSE_E_MEMORY, "out of memory: a path in %s", dir);
        rc = write(panel, v, path, err);
        free(path);
    }
    return rc;
}

int pulse_synth_write_dir_csv(const struct pulse_synth_panel *panel, const char *dir,
                              struct pulse_err *err)
{
    return write_dir(panel, dir, ".csv", write_long_csv, err);
}

int pulse_synth_write_dir_h5(const struct pulse_synth_panel *panel, const char *dir,
                             struct pulse_err *err)
{
    return write_dir(panel, dir, ".h5", write_some_h5, err);
}

/* ---- The truth ------------------------------------------------------------------ */

static json_t *variables_json(const struct pulse_synth_panel *panel)
{
    static const char *const kinds[] = {"daily", "monthly", "quarterly"};
    json_t *all = json_array();
    for (int64_t v = 0; v < panel->n; v++) {
        const struct pulse_synth_variable *variable = &panel->variables[v];
        (void)json_array_append_new(
            all, json_pack("{s:s, s:s, s:f, s:f, s:I}", "name", variable->name, "kind",
                           kinds[variable->kind], "start", variable->start, "scale",
                           variable->scale, "first_row", (json_int_t)variable->first_row));
    }
    return all;
}

static json_t *links_json(const struct pulse_synth_panel *panel)
{
    json_t *all = json_array();
    for (int64_t i = 0; i < panel->links; i++) {
        const struct pulse_synth_link *link = &panel->link[i];
        (void)json_array_append_new(
            all, json_pack("{s:I, s:s, s:s, s:f}", "lag", (json_int_t)link->lag, "target",
                           panel->variables[link->target].name, "source",
                           panel->variables[link->source].name, "value", link->value));
    }
    return all;
}

int pulse_synth_write_truth(const struct pulse_synth_panel *panel,
                            const struct pulse_synth_options *options, const char *path,
                            struct pulse_err *err)
{
    static const char model[] =
        "z_t = sum_k A_k z_{t-k} + s_t e_t over rows t (trading days), e_t ~ N(0, I); "
        "ln s_t = 0.97 ln s_{t-1} + 0.12 n_t, n_t ~ N(0, 1), s common to all variables; "
        "level x_t = x_{t-1} + scale * z_t with x_{-1} = start, shown rounded to 6 decimals; "
        "coefficients lists the nonzero A_lag[target][source]; monthly and quarterly variables "
        "follow the same daily law but are shown on release days only";
    struct pulse_writer writer;
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    json_t *root = json_pack("{s:s, s:I, s:I, s:I, s:f, s:b, s:o, s:o}", "model", model, "seed",
                             (json_int_t)options->seed, "rows", (json_int_t)panel->rows, "lags",
                             (json_int_t)options->lags, "gaps", options->gaps, "random_walk",
                             (int)options->random_walk, "variables", variables_json(panel),
                             "coefficients", links_json(panel));
    int rc = root == NULL ? -1 : json_dumpf(root, writer.stream, JSON_INDENT(1));
    (void)putc('\n', writer.stream);
    json_decref(root);
    if (root != NULL && (rc == 0 || ferror(writer.stream) != 0))
        return pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return pulse_fail(err, PULSE_E_MEMORY, "out of memory: the model of %s", path);
}
