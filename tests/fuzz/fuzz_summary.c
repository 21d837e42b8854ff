/* Any bytes as the summary.json of a run, beside a results.h5 that is as it should be. */
#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 3000, .changes = 4};

#define NUMBERS                                                                                    \
    "\"n\": 3, \"mae\": 1.5, \"rmse\": 2, \"skill\": 0.01, \"skill_scaled\": 0.02, \"hits\": 2, "  \
    "\"moves\": 3, \"hit_rate\": 0.66, \"coverage_80\": 0.8, \"coverage_95\": 1, "                 \
    "\"dm_statistic\": 1.2, \"dm_p_value\": 0.1, \"dm_p_adjusted\": 0.2, \"enters\": true, "       \
    "\"dense\": true, \"observed\": 4"

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("{\"metrics\": {\"a\": {" NUMBERS "}, \"b\": {" NUMBERS "}}, \"trust\": {\"a\": "
               "{\"alpha\": 2, \"beta\": 1, \"mean\": 0.6, \"lower_95\": 0.1, \"upper_95\": 0.9}}, "
               "\"forecast\": {\"a\": {\"value\": 4, \"lower_95\": 3, \"upper_95\": 5, "
               "\"lower_80\": 3.5, \"upper_80\": 4.5, \"previous\": 3.9}}, \"batches\": "
               "{\"completed\": 1, \"skipped\": 0, \"failed\": 0}, \"config\": {\"data\": "
               "\"a.csv\", \"lags\": [1, \"<b>\", null]}, \"ranks\": 2, \"timings\": {\"total\": "
               "1.5, \"timeline\": [{\"rank\": 0, \"pieces\": [[0, 1, \"walk\"]]}]}, \"warnings\": "
               "[\"<script>\"], \"version\": \"0.2.0\"}"),
    FUZZ_BYTES("{\"metrics\": {\"a\": {" NUMBERS
               "}}, \"config\": {\"<script>alert(1)</script>\": 1, "
               "\"lags\": \"<script>alert(2)</script>\"}}"),
    FUZZ_BYTES("{\"metrics\": {\"a\": 5, \"b\": []}, \"trust\": [], \"timings\": \"x\", "
               "\"config\": 7}"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

enum { T = 4, V = 2, W = 1, C = 2 };

static void put_shape(hid_t file, const char *path, int rank, const hsize_t *dims, hid_t type,
                      const void *data)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), links = H5Pcreate(H5P_LINK_CREATE);
    (void)H5Pset_create_intermediate_group(links, 1);
    hid_t set = H5Dcreate2(file, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        abort();
    (void)H5Dclose(set);
    (void)H5Pclose(links);
    (void)H5Sclose(space);
}

static void put(hid_t file, const char *path, int64_t rows, hid_t type, const void *data)
{
    const hsize_t dims[2] = {(hsize_t)(rows < 0 ? V : rows), V};
    put_shape(file, path, rows > 0 && type == H5T_NATIVE_DOUBLE ? 2 : 1, dims, type, data);
}

struct window {
    char id[17], reason[161];
    int64_t start, end, first_row, rows, status;
};

static void put_windows(hid_t file)
{
    static const struct window window = {"batch_0000", "", 0, INT64_C(345600000000000), 0, T, 0};
    static const struct {
        const char *name;
        size_t offset;
    } numbers[] = {{"start", offsetof(struct window, start)},
                   {"end", offsetof(struct window, end)},
                   {"first_row", offsetof(struct window, first_row)},
                   {"rows", offsetof(struct window, rows)},
                   {"status", offsetof(struct window, status)}};
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof window);
    hid_t id = H5Tcopy(H5T_C_S1), reason = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(id, sizeof window.id);
    (void)H5Tset_size(reason, sizeof window.reason);
    (void)H5Tset_cset(id, H5T_CSET_UTF8);
    (void)H5Tset_cset(reason, H5T_CSET_UTF8);
    (void)H5Tinsert(type, "id", offsetof(struct window, id), id);
    (void)H5Tinsert(type, "reason", offsetof(struct window, reason), reason);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)H5Tinsert(type, numbers[i].name, numbers[i].offset, H5T_NATIVE_INT64);
    put(file, "/windows", W, type, &window);
    (void)H5Tclose(reason);
    (void)H5Tclose(id);
    (void)H5Tclose(type);
}

/* What the report reads of a run of two variables. */
static void make_results(const char *path)
{
    static const struct {
        const char *path;
        int64_t rows;
    } sets[] = {{"/metrics/n", W},
                {"/metrics/sum_abs_error", W},
                {"/metrics/sum_squared_error", W},
                {"/metrics/persistence_sum_abs_error", W},
                {"/metrics/persistence_sum_squared_error", W},
                {"/metrics/hits", W},
                {"/metrics/moves", W},
                {"/metrics/interval_rows", W},
                {"/metrics/inside_80", W},
                {"/metrics/inside_95", W},
                {"/trust/alpha", W},
                {"/trust/beta", W},
                {"/model/final_weights", C},
                {"/model/final_shrinkage", -1},
                {"/drivers/f", V},
                {"/drivers/p_adjusted", V},
                {"/drivers/partial_r2", V},
                {"/predictions/actual", T},
                {"/predictions/predicted", T},
                {"/predictions/persistence", T},
                {"/predictions/lower_80", T},
                {"/predictions/upper_80", T},
                {"/predictions/lower_95", T},
                {"/predictions/upper_95", T}};
    const double numbers[T * V] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int64_t calendar[T] = {0, INT64_C(86400000000000), INT64_C(172800000000000),
                                 INT64_C(259200000000000)};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t text = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(text, 8);
    put(file, "/variables", V, text, "a\0\0\0\0\0\0\0b\0\0\0\0\0\0");
    put(file, "/model/candidates", C, text, "ridge\0\0\0persist");
    put(file, "/model/features", V, text, "const\0\0\0a.lag1\0");
    put_shape(file, "/model/coefficients", 3, (const hsize_t[]){1, V, V}, H5T_NATIVE_DOUBLE,
              numbers);
    put(file, "/calendar", T, H5T_NATIVE_INT64, calendar);
    put_windows(file);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        put(file, sets[i].path, sets[i].rows, H5T_NATIVE_DOUBLE, numbers);
    (void)H5Tclose(text);
    (void)H5Fclose(file);
}

static char results[4096];

static void remove_results(void)
{
    (void)unlink(results);
}

static int make_page(const void *text, size_t size, struct pulse_err *err)
{
    json_t *summary = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    char *html = NULL;
    int64_t bytes = 0;
    const int rc =
        summary == NULL ? -1 : pulse_report_make(summary, results, NULL, &html, &bytes, err);
    if (rc == 0 && strstr(html, "<script>alert") != NULL)
        abort();
    free(html);
    json_decref(summary);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {.kind = PULSE_OK};
    if (results[0] == '\0') {
        const char *directory = getenv("TMPDIR");
        (void)snprintf(results, sizeof results, "%s/pulse-fuzz-%ld.h5",
                       directory == NULL ? "/tmp" : directory, (long)getpid());
        make_results(results);
        (void)atexit(remove_results);
        if (make_page(corpus[0].at, corpus[0].size, &err) != 0) {
            (void)fprintf(stderr, "the results above are not what the report reads: %s\n",
                          err.text);
            abort();
        }
    }
    (void)make_page(data, size, &err);
    return 0;
}
