#include "results/labels.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/put.h"
#include "results/file.h"

/* ---- Names ---------------------------------------------------------------------- */

struct names {
    char **text; /* n */
    int64_t n;
};

static int init_names(struct names *names, int64_t n, struct pulse_err *err)
{
    names->n = n;
    names->text = pulse_calloc(n, sizeof *names->text, "names", err);
    return names->text == NULL ? -1 : 0;
}

static void clear_names(struct names *names)
{
    for (int64_t i = 0; names->text != NULL && i < names->n; i++)
        free(names->text[i]);
    free(names->text);
}

/* -1 without a message when HDF5 failed, as all below. */
static int write_names(hid_t file, const char *path, char *const *text, int64_t n,
                       const char *description)
{
    hid_t type = pulse_h5_text_type(H5T_VARIABLE), layout = H5Pcreate(H5P_DATASET_CREATE);
    const struct pulse_results_dataset dataset = {.path = path,
                                                  .type = type,
                                                  .rank = 1,
                                                  .dims = {(hsize_t)n},
                                                  .units = "name",
                                                  .description = description};
    hid_t set = pulse_results_create_as(file, &dataset, layout);
    herr_t status =
        set < 0 ? -1 : H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, (const void *)text);
    if (set >= 0 && H5Dclose(set) < 0)
        status = -1;
    (void)H5Pclose(layout);
    (void)H5Tclose(type);
    return status < 0 ? -1 : 0;
}

static int write_variables(hid_t file, const struct pulse_results_header *header)
{
    static const struct {
        const char *path, *description;
    } sets[] = {{"/variables", "Names of the last axis"},
                {"/drivers/source", "Variables whose features are tested"},
                {"/drivers/target", "Variables that they may help predict"}};
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof sets / sizeof *sets; i++)
        status = write_names(file, sets[i].path, header->names, header->V, sets[i].description);
    return status;
}

static int write_features(hid_t file, const struct pulse_results_header *header,
                          struct pulse_err *err)
{
    const struct pulse_plan *plan = header->plan;
    const struct pulse_sizes *sizes = &plan->sizes;
    struct names names = {0};
    int status = init_names(&names, sizes->d, err);
    for (int64_t i = 0; status == 0 && i < sizes->d; i++) {
        const int64_t at = i - sizes->fixed;
        char family[PULSE_FAMILY_NAME];
        if (i == 0)
            names.text[i] = pulse_strdup("const", err);
        else if (at < 0)
            names.text[i] =
                pulse_print(err, "calendar.%s", pulse_calendar_name(&plan->calendar, i - 1));
        else
            names.text[i] =
                pulse_print(err, "%s.%s", header->names[header->entered[at % sizes->E]],
                            pulse_family_name(&sizes->features->family[at / sizes->E], family));
        status = names.text[i] == NULL ? -1 : 0;
    }
    if (status == 0)
        status =
            write_names(file, "/model/features", names.text, names.n, "Rows of the coefficients");
    clear_names(&names);
    return status;
}

static int write_candidates(hid_t file, const struct pulse_results *results, struct pulse_err *err)
{
    const struct pulse_results_header *header = &results->header;
    const struct pulse_sizes *sizes = &header->plan->sizes;
    struct names names = {0};
    char *blocks = pulse_features_text(sizes->features, err);
    int status = blocks == NULL ? -1 : init_names(&names, results->C, err);
    for (int64_t c = 0; status == 0 && c < results->C; c++) {
        names.text[c] =
            c < sizes->C ? pulse_print(err, "%.*s ridge=%.17g",
                                       pulse_features_block_length(sizes->features, c / sizes->L),
                                       blocks, header->options->ridge[c % sizes->L])
                         : pulse_strdup("persistence", err);
        status = names.text[c] == NULL ? -1 : 0;
    }
    if (status == 0)
        status = write_names(file, "/model/candidates", names.text, names.n,
                             "What the weights belong to");
    if (status == 0)
        status = write_names(file, "/model/fitted_candidates", names.text, sizes->C,
                             "Those of them that have coefficients");
    clear_names(&names);
    free(blocks);
    return status;
}

/* ---- Scales --------------------------------------------------------------------- */

enum axis {
    CALENDAR,
    VARIABLES,
    WINDOW,
    CANDIDATES,
    FITTED,
    FEATURES,
    RIDGE,
    SOURCE,
    TARGET,
    AXES
};

static const char *const axis_paths[AXES] = {"/calendar",
                                             "/variables",
                                             "/window",
                                             "/model/candidates",
                                             "/model/fitted_candidates",
                                             "/model/features",
                                             "/model/ridge",
                                             "/drivers/source",
                                             "/drivers/target"};

struct axes {
    hid_t file;
    hid_t scale[AXES];
};

/* netCDF's readers take an axis's name from that of the dataset. */
static int open_axes(struct axes *axes)
{
    herr_t status = 0;
    for (int i = 0; i < AXES; i++) {
        axes->scale[i] = H5Dopen2(axes->file, axis_paths[i], H5P_DEFAULT);
        if (axes->scale[i] < 0 ||
            H5DSset_scale(axes->scale[i], strrchr(axis_paths[i], '/') + 1) < 0)
            status = -1;
    }
    return status < 0 ? -1 : 0;
}

static void close_axes(struct axes *axes)
{
    for (int i = 0; i < AXES; i++)
        if (axes->scale[i] >= 0)
            (void)H5Dclose(axes->scale[i]);
}

static int attach_axes(const struct axes *axes, const char *path, int rank, const enum axis *of)
{
    hid_t set = H5Dopen2(axes->file, path, H5P_DEFAULT);
    herr_t status = set < 0 ? -1 : 0;
    for (int i = 0; status >= 0 && i < rank; i++)
        status = H5DSattach_scale(set, axes->scale[of[i]], (unsigned)i);
    if (set >= 0 && H5Dclose(set) < 0)
        status = -1;
    return status < 0 ? -1 : 0;
}

/* The datasets with a column per variable. */
static int attach_sets(const struct axes *axes, const struct pulse_results_header *header)
{
    static const struct {
        int rank;
        enum axis of[3];
    } shapes[] = {[BY_ROW] = {2, {CALENDAR, VARIABLES}},
                  [BY_WINDOW] = {2, {WINDOW, VARIABLES}},
                  [BY_WINDOW_AND_CANDIDATE] = {3, {WINDOW, CANDIDATES, VARIABLES}},
                  [BY_CANDIDATE] = {2, {CANDIDATES, VARIABLES}},
                  [ONE] = {1, {VARIABLES}}};
    char path[PULSE_RESULTS_PATH];
    int status = 0;
    for (int s = 0; status == 0 && s < pulse_results_sets(header); s++) {
        const enum pulse_results_shape shape = pulse_results_kind_of(s)->shape;
        if (!pulse_results_is_shared(s))
            status = attach_axes(axes, pulse_results_path(header, s, path), shapes[shape].rank,
                                 shapes[shape].of);
    }
    return status;
}

static int attach_others(const struct axes *axes, const struct pulse_results_header *header)
{
    static const struct {
        const char *path;
        int rank;
        enum axis of[2];
    } others[] = {{"/windows", 1, {WINDOW}},
                  {"/drivers/f", 2, {SOURCE, TARGET}},
                  {"/drivers/p_value", 2, {SOURCE, TARGET}},
                  {"/drivers/p_adjusted", 2, {SOURCE, TARGET}},
                  {"/drivers/partial_r2", 2, {SOURCE, TARGET}},
                  {"/drivers/method", 1, {TARGET}},
                  {"/drivers/ridge", 1, {TARGET}},
                  {"/drivers/freedom", 1, {TARGET}}};
    static const enum axis of_coefficients[] = {FITTED, FEATURES, VARIABLES};
    char path[PULSE_RESULTS_PATH];
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof others / sizeof *others; i++)
        status = attach_axes(axes, others[i].path, others[i].rank, others[i].of);
    for (int64_t j = 0; status == 0 && j < header->options->horizons.n; j++)
        status = attach_axes(axes, pulse_results_path_of(header, j, "/model/coefficients", path), 3,
                             of_coefficients);
    return status;
}

/* A group is opened alone most often: in each of them are the axes of its datasets, by soft links,
 * so that who visits all that is in the file meets each under its own name. */
static int link_axes(const struct axes *axes, const struct pulse_results_header *header)
{
    static const struct {
        const char *name;
        enum axis of;
    } links[] = {{"/predictions/calendar", CALENDAR},
                 {"/predictions/variables", VARIABLES},
                 {"/metrics/window", WINDOW},
                 {"/metrics/variables", VARIABLES},
                 {"/trust/window", WINDOW},
                 {"/trust/variables", VARIABLES},
                 {"/model/window", WINDOW},
                 {"/model/variables", VARIABLES},
                 {"/forecast/variables", VARIABLES},
                 {"/model/candidates", CANDIDATES},
                 {"/model/fitted_candidates", FITTED},
                 {"/model/features", FEATURES}};
    char path[PULSE_RESULTS_PATH];
    herr_t status = 0;
    for (int64_t j = 0; j < header->options->horizons.n; j++)
        for (size_t i = 0; status >= 0 && i < sizeof links / sizeof *links; i++) {
            (void)pulse_results_path_of(header, j, links[i].name, path);
            if (strcmp(path, axis_paths[links[i].of]) != 0)
                status = H5Lcreate_soft(axis_paths[links[i].of], axes->file, path, H5P_DEFAULT,
                                        H5P_DEFAULT);
        }
    return status < 0 ? -1 : 0;
}

/* What netCDF's readers take the times by, which have units of their form. */
static int name_calendar(const struct axes *axes)
{
    return pulse_h5_put_attribute(axes->scale[CALENDAR], "calendar", "proleptic_gregorian") != 0 ||
                   pulse_h5_put_attribute(axes->scale[WINDOW], "calendar", "proleptic_gregorian") !=
                       0
               ? -1
               : 0;
}

static int label_file(hid_t file, const struct pulse_results *results, struct pulse_err *err)
{
    const struct pulse_results_header *header = &results->header;
    struct axes axes = {.file = file};
    int status = write_variables(file, header) != 0 || write_features(file, header, err) != 0 ||
                         write_candidates(file, results, err) != 0
                     ? -1
                     : 0;
    if (status != 0)
        return -1;
    status = open_axes(&axes) != 0 || name_calendar(&axes) != 0 ||
                     attach_sets(&axes, header) != 0 || attach_others(&axes, header) != 0 ||
                     link_axes(&axes, header) != 0
                 ? -1
                 : 0;
    close_axes(&axes);
    return status;
}

int pulse_results_label(const struct pulse_results *results, struct pulse_err *err)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    (void)H5Pset_file_locking(access, false, true); /* some file systems know no locks */
    hid_t file = H5Fopen(results->partial, H5F_ACC_RDWR, access);
    (void)H5Pclose(access);
    int status = file < 0 ? -1 : label_file(file, results, err);
    if (file >= 0 && H5Fclose(file) < 0)
        status = -1;
    if (status != 0 && err->kind == PULSE_OK)
        (void)pulse_results_fail(results, "naming the axes", err);
    return status;
}
