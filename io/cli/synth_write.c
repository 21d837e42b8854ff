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
#include "cli/table_file.h"
#include "data/common/batch.h"
#include "data/formats.h"
#include "data/hdf5/put.h"
#include "data/table_write.h"

/* ---- Tables --------------------------------------------------------------------- */

/* The time, then a column per variable; or of a long dataset just `variable`. */
struct table {
    const struct pulse_synth_panel *panel;
    int64_t variable; /* −1: all, and rows where one is missing too */
    int64_t n;        /* columns with the time */
    struct pulse_table_column *columns;
    int64_t row; /* the next */
};

static int name_columns(struct table *table, struct pulse_err *err)
{
    const bool wide = table->variable < 0;
    table->n = wide ? table->panel->n + 1 : 2;
    table->columns = pulse_calloc(table->n, sizeof *table->columns, "columns", err);
    if (table->columns == NULL)
        return -1;
    table->columns[0] = (struct pulse_table_column){.name = (char *)(wide ? "date" : "timestamp"),
                                                    .kind = PULSE_KIND_TIME};
    for (int64_t c = 1; c < table->n; c++)
        table->columns[c] = (struct pulse_table_column){
            .name = wide ? table->panel->variables[c - 1].name : (char *)"value",
            .kind = PULSE_KIND_DOUBLE};
    return 0;
}

/* Fills a batch with rows from `table->row` on, and cuts it to those that there are. */
static void fill_batch(struct table *table, struct pulse_batch *batch)
{
    const struct pulse_synth_panel *panel = table->panel;
    const int64_t first = table->variable < 0 ? 0 : table->variable;
    int64_t n = 0;
    for (; n < batch->rows && table->row < panel->rows; table->row++) {
        const double *values = panel->values + table->row * panel->n + first;
        if (table->variable >= 0 && isnan(values[0]))
            continue;
        batch->vectors[0].integers[n] = panel->days[table->row] * PULSE_NS_PER_DAY;
        for (int64_t c = 1; c < table->n; c++)
            batch->vectors[c].reals[n] = values[c - 1];
        n++;
    }
    batch->rows = n;
}

static int write_rows(struct table *table, struct pulse_table_writer *out, struct pulse_err *err)
{
    int rc = 0;
    while (rc == 0 && table->row < table->panel->rows) {
        struct pulse_batch batch;
        rc = pulse_batch_init(&batch, table->columns, table->n, pulse_batch_rows(table->n), err);
        if (rc == 0) {
            fill_batch(table, &batch);
            rc = pulse_table_writer_batch(out, &batch, err);
        }
        pulse_batch_clear(&batch);
    }
    return rc == 0 ? pulse_table_writer_end(out, err) : -1;
}

/* Writes the file as `pulse-data convert` does, in the format of that extension. */
static int write_table(const struct pulse_synth_panel *panel, int64_t variable,
                       const char *extension, const char *path, struct pulse_err *err)
{
    struct table table = {.panel = panel, .variable = variable};
    struct pulse_table_writer *out = NULL;
    struct pulse_writer file = {0};
    int rc = name_columns(&table, err);
    if (rc == 0)
        rc = pulse_table_file_open(&file, pulse_format_of(extension), path, err);
    if (rc == 0) {
        const struct pulse_table_writer_options options = {.path = path,
                                                           .format = pulse_format_of(extension),
                                                           .temporary = file.temporary,
                                                           .stream = file.stream,
                                                           .dates = true};
        rc = pulse_table_writer_open(&options, table.columns, table.n, &out, err);
    }
    if (rc == 0)
        rc = write_rows(&table, out, err);
    pulse_table_writer_free(out);
    if (rc == 0)
        rc = pulse_writer_commit(&file, err);
    else
        pulse_writer_discard(&file);
    free(table.columns);
    return rc;
}

int pulse_synth_write_csv(const struct pulse_synth_panel *panel, const char *path,
                          struct pulse_err *err)
{
    return write_table(panel, -1, ".csv", path, err);
}

static int write_long_csv(const struct pulse_synth_panel *panel, int64_t v, const char *path,
                          struct pulse_err *err)
{
    return write_table(panel, v, ".csv", path, err);
}

static int write_long_h5(const struct pulse_synth_panel *panel, int64_t v, const char *path,
                         struct pulse_err *err)
{
    return write_table(panel, v, ".h5", path, err);
}

/* ---- A matrix in HDF5 ----------------------------------------------------------- */

static int put_times(hid_t group, const int64_t *time_ns, int64_t n)
{
    int rc =
        pulse_h5_put_array(group, "date", H5T_NATIVE_INT64, 1, &(hsize_t){(hsize_t)n}, time_ns);
    const hid_t set = rc == 0 ? H5Dopen2(group, "date", H5P_DEFAULT) : -1;
    if (set < 0)
        return -1;
    rc = pulse_h5_put_variable_attribute(set, "units", "nanoseconds since 1970-01-01");
    (void)H5Dclose(set);
    return rc;
}

/* Group "data": the values as one matrix, their times, and the names of its columns. */
static int put_matrix(hid_t file, const struct pulse_synth_panel *panel, const int64_t *time_ns,
                      const char *const *names)
{
    const hid_t group = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t text = pulse_h5_text_type(H5T_VARIABLE);
    const hsize_t dims[] = {(hsize_t)panel->rows, (hsize_t)panel->n};
    int rc = group < 0 ? -1 : 0;
    if (rc == 0)
        rc = pulse_h5_put_array(group, "values", H5T_NATIVE_DOUBLE, 2, dims, panel->values);
    if (rc == 0)
        rc = put_times(group, time_ns, panel->rows);
    if (rc == 0)
        rc = pulse_h5_put_array(group, "columns", text, 1, &dims[1], names);
    (void)H5Tclose(text);
    if (group >= 0 && H5Gclose(group) < 0)
        rc = -1;
    return rc;
}

/* The library opens the hidden file by its name; the writer then syncs and renames it. */
static int write_matrix(const struct pulse_synth_panel *panel, const int64_t *time_ns,
                        const char *const *names, const char *path, struct pulse_err *err)
{
    struct pulse_writer writer;
    if (pulse_writer_open_file(&writer, path, err) != 0)
        return -1;
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t file = H5Fcreate(writer.temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file >= 0 && put_matrix(file, panel, time_ns, names) == 0 && H5Fclose(file) >= 0)
        return pulse_writer_commit(&writer, err);
    if (file >= 0)
        pulse_h5_give_up();
    pulse_writer_discard(&writer);
    return pulse_fail(err, PULSE_E_STORAGE, "writing %s: HDF5 failed; is the disk full?", path);
}

int pulse_synth_write_h5(const struct pulse_synth_panel *panel, const char *path,
                         struct pulse_err *err)
{
    int64_t *time_ns = pulse_calloc(panel->rows, sizeof *time_ns, "times", err);
    const char **names = pulse_calloc(panel->n, sizeof *names, "variable names", err);
    int rc = time_ns == NULL || names == NULL ? -1 : 0;
    for (int64_t row = 0; rc == 0 && row < panel->rows; row++)
        time_ns[row] = panel->days[row] * PULSE_NS_PER_DAY;
    for (int64_t v = 0; rc == 0 && v < panel->n; v++)
        names[v] = panel->variables[v].name;
    if (rc == 0)
        rc = write_matrix(panel, time_ns, names, path, err);
    free(time_ns);
    free(names);
    return rc;
}

/* ---- Directories ---------------------------------------------------------------- */

typedef int write_one(const struct pulse_synth_panel *panel, int64_t v, const char *path,
                      struct pulse_err *err);

static int write_dir(const struct pulse_synth_panel *panel, const char *dir, const char *extension,
                     write_one *write, struct pulse_err *err)
{
    int rc = 0;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return pulse_fail_writing(err, errno, "making directory %s", dir);
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
    return write_dir(panel, dir, ".h5", write_long_h5, err);
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
