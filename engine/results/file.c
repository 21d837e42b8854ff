#include "results/file.h"

#include <stdlib.h>
#include <string.h>

const struct pulse_results_kind pulse_results_kinds[SETS] = {
    [ACTUAL] = {"/predictions/actual", BY_ROW, false, "original",
                "Observed value; NaN where there is none"},
    [PREDICTED] = {"/predictions/predicted", BY_ROW, false, "original",
                   "Retrodiction from everything before the row's window"},
    [PERSISTENCE] = {"/predictions/persistence", BY_ROW, false, "original",
                     "Last observation before the row: the baseline"},
    [BOUND + PULSE_LOWER_80] = {"/predictions/lower_80", BY_ROW, false, "original",
                                "Lower bound of the 80 % interval"},
    [BOUND + PULSE_UPPER_80] = {"/predictions/upper_80", BY_ROW, false, "original",
                                "Upper bound of the 80 % interval"},
    [BOUND + PULSE_LOWER_95] = {"/predictions/lower_95", BY_ROW, false, "original",
                                "Lower bound of the 95 % interval"},
    [BOUND + PULSE_UPPER_95] = {"/predictions/upper_95", BY_ROW, false, "original",
                                "Upper bound of the 95 % interval"},
    [N_ROWS] = {"/metrics/n", BY_WINDOW, true, "rows", "Scored rows"},
    [ABS_ERROR] = {"/metrics/sum_abs_error", BY_WINDOW, false, "original",
                   "Sum of absolute errors"},
    [SQUARED_ERROR] = {"/metrics/sum_squared_error", BY_WINDOW, false, "original squared",
                       "Sum of squared errors"},
    [PERSISTENCE_ABS_ERROR] = {"/metrics/persistence_sum_abs_error", BY_WINDOW, false, "original",
                               "Sum of absolute errors of persistence"},
    [PERSISTENCE_SQUARED_ERROR] = {"/metrics/persistence_sum_squared_error", BY_WINDOW, false,
                                   "original squared", "Sum of squared errors of persistence"},
    [HITS] = {"/metrics/hits", BY_WINDOW, true, "rows", "Moves whose direction was told"},
    [MOVES] = {"/metrics/moves", BY_WINDOW, true, "rows", "Scored rows on which the value changed"},
    [INTERVAL_ROWS] = {"/metrics/interval_rows", BY_WINDOW, true, "rows",
                       "Scored rows that had intervals"},
    [INSIDE_80] = {"/metrics/inside_80", BY_WINDOW, true, "rows",
                   "Scored rows inside the 80 % interval"},
    [INSIDE_95] = {"/metrics/inside_95", BY_WINDOW, true, "rows",
                   "Scored rows inside the 95 % interval"},
    [ALPHA] = {"/trust/alpha", BY_WINDOW, false, "1",
               "Trust is Beta(alpha, beta), after the window"},
    [BETA] = {"/trust/beta", BY_WINDOW, false, "1", "Trust is Beta(alpha, beta), after the window"},
    [MEAN] = {"/trust/mean", BY_WINDOW, false, "1", "alpha / (alpha + beta)"},
    [TRUST_LOW] = {"/trust/lower_95", ONE, false, "1", "95 % credible interval at the end, lower"},
    [TRUST_HIGH] = {"/trust/upper_95", ONE, false, "1", "95 % credible interval at the end, upper"},
    [SCALE] = {"/model/scale", ONE, false, "transformed", "s: standard deviation of the burn-in"},
    [CENTRE] = {"/model/centre", ONE, false, "transformed",
                "m: mean of the burn-in (level), else 0"},
    [WEIGHTS] = {"/model/weights", BY_WINDOW_AND_CANDIDATE, false, "1",
                 "Weights of the candidates, used in the window"},
    [SHRINKAGE] = {"/model/shrinkage", BY_WINDOW, false, "1",
                   "b: slope towards persistence, used in the window"},
    [HALF_80] = {"/model/half_width_80", BY_WINDOW, false, "scaled",
                 "Half-width of the 80 % interval"},
    [HALF_95] = {"/model/half_width_95", BY_WINDOW, false, "scaled",
                 "Half-width of the 95 % interval"},
    [FINAL_WEIGHTS] = {"/model/final_weights", BY_CANDIDATE, false, "1", "Weights of the forecast"},
    [FINAL_SHRINKAGE] = {"/model/final_shrinkage", ONE, false, "1", "b of the forecast"},
    [FINAL_HALF_80] = {"/model/final_half_width_80", ONE, false, "scaled",
                       "Half-width of the forecast's 80 % interval"},
    [FINAL_HALF_95] = {"/model/final_half_width_95", ONE, false, "scaled",
                       "Half-width of the forecast's 95 % interval"},
    [FINAL_SIGMA] = {"/model/final_sigma", ONE, false, "scaled", "Scale of the errors at the end"},
    [FORECAST] = {"/forecast/value", ONE, false, "original", "The next row"},
    [FORECAST_BOUND + PULSE_LOWER_80] = {"/forecast/lower_80", ONE, false, "original",
                                         "Lower bound of the forecast's 80 % interval"},
    [FORECAST_BOUND + PULSE_UPPER_80] = {"/forecast/upper_80", ONE, false, "original",
                                         "Upper bound of the forecast's 80 % interval"},
    [FORECAST_BOUND + PULSE_LOWER_95] = {"/forecast/lower_95", ONE, false, "original",
                                         "Lower bound of the forecast's 95 % interval"},
    [FORECAST_BOUND + PULSE_UPPER_95] = {"/forecast/upper_95", ONE, false, "original",
                                         "Upper bound of the forecast's 95 % interval"}};

int pulse_results_attribute(hid_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    (void)H5Tset_size(type, strlen(text) + 1);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t status = attribute < 0 ? -1 : H5Awrite(attribute, type, text);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    return status < 0 ? -1 : 0;
}

hid_t pulse_results_create_as(hid_t file, const char *path, hid_t type, int rank,
                              const hsize_t *dims, hid_t layout, const char *units,
                              const char *description)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), link = H5Pcreate(H5P_LINK_CREATE);
    (void)H5Pset_create_intermediate_group(link, 1);
    (void)H5Pset_obj_track_times(layout, false);
    hid_t set = H5Dcreate2(file, path, type, space, link, layout, H5P_DEFAULT);
    if (set >= 0 && (pulse_results_attribute(set, "units", units) != 0 ||
                     pulse_results_attribute(set, "description", description) != 0)) {
        (void)H5Dclose(set);
        set = -1;
    }
    (void)H5Pclose(link);
    (void)H5Sclose(space);
    return set;
}

hid_t pulse_results_create(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims,
                           const hsize_t *chunk, const char *units, const char *description)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    (void)H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER);
    if (chunk != NULL)
        (void)H5Pset_chunk(layout, rank, chunk);
    hid_t set = pulse_results_create_as(file, path, type, rank, dims, layout, units, description);
    (void)H5Pclose(layout);
    return set;
}

/* Bytes of a dataset in memory. */
static int64_t bytes_of(hid_t type, int rank, const hsize_t *dims)
{
    int64_t bytes = (int64_t)H5Tget_size(type);
    for (int i = 0; i < rank; i++)
        bytes *= (int64_t)dims[i];
    return bytes;
}

static int create_and_write(const struct pulse_results *results, bool writer, const char *path,
                            hid_t file_type, hid_t memory_type, int rank, const hsize_t *dims,
                            const void *data, const char *units, const char *description)
{
    hid_t set =
        pulse_results_create(results->file, path, file_type, rank, dims, NULL, units, description);
    if (set < 0)
        return -1;
    herr_t status = 0;
    if (writer)
        status = H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    return H5Dclose(set) < 0 || status < 0 ? -1 : 0;
}

int pulse_results_whole(const struct pulse_results *results, bool writer, const char *path,
                        hid_t file_type, hid_t memory_type, int rank, const hsize_t *dims,
                        const void *data, const char *units, const char *description)
{
    if (!results->frame.gather)
        return create_and_write(results, writer, path, file_type, memory_type, rank, dims, data,
                                units, description);
    const int64_t bytes = bytes_of(memory_type, rank, dims);
    if (!pulse_results_has_file(results))
        return writer ? pulse_results_hand_over(results, data, bytes) : 0;
    void *room = writer ? NULL : pulse_results_take_over(results, bytes);
    int status = create_and_write(results, true, path, file_type, memory_type, rank, dims,
                                  writer ? data : room, units, description);
    free(room);
    return status;
}
