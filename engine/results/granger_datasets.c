#include "results/granger_datasets.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "results/file.h"

/* V × V from E × E: NaN for variables that never entered. */
static void spread_matrix(const struct pulse_results_header *header, const double *of, double *out)
{
    const int64_t V = header->V, E = header->plan->sizes.E;
    for (int64_t i = 0; i < V * V; i++)
        out[i] = NAN;
    for (int64_t s = 0; s < E; s++)
        for (int64_t t = 0; t < E; t++)
            out[header->entered[s] * V + header->entered[t]] = of[s * E + t];
}

static int write_matrices(const struct pulse_results *results, bool writer, double *buffer)
{
    const struct pulse_results_header *header = &results->header;
    const struct pulse_granger *granger = header->granger;
    const struct {
        const char *path;
        const double *of;
        const char *description;
    } matrices[] = {
        {"/drivers/f", granger->f, "F statistic of the source's features; source x target"},
        {"/drivers/p_value", granger->p_value, "Its tail probability; source x target"},
        {"/drivers/p_adjusted", granger->p_adjusted,
         "Adjusted for inflation and the number of tests; source x target"},
        {"/drivers/partial_r2", granger->partial_r2,
         "Share of the rest that the source's features take away; source x target"}};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
        const struct pulse_results_dataset dataset = {
            .path = matrices[i].path,
            .type = H5T_IEEE_F64LE,
            .rank = 2,
            .dims = {(hsize_t)header->V, (hsize_t)header->V},
            .units = "1",
            .description = matrices[i].description};
        if (writer)
            spread_matrix(header, matrices[i].of, buffer);
        if (pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_DOUBLE, buffer) != 0)
            return -1;
    }
    return 0;
}

static int write_vectors(const struct pulse_results *results, bool writer, double *buffer)
{
    const struct pulse_results_header *header = &results->header;
    const struct pulse_granger *granger = header->granger;
    const double *const of[] = {granger->ridge, granger->freedom};
    static const char *const path[] = {"/drivers/ridge", "/drivers/freedom"};
    static const char *const description[] = {
        "Ridge penalty of the target's tests; NaN where there are none",
        "Degrees of freedom of the denominator"};
    int64_t *method = (int64_t *)(void *)buffer;
    struct pulse_results_dataset dataset = {
        .path = "/drivers/method",
        .type = H5T_STD_I64LE,
        .rank = 1,
        .dims = {(hsize_t)header->V},
        .units = "1",
        .description = "How the target is tested: 0 not, 1 ordinary least squares, 2 with a "
                       "ridge penalty"};
    for (int64_t v = 0; writer && v < header->V; v++)
        method[v] = PULSE_GRANGER_NONE;
    for (int64_t e = 0; writer && e < header->plan->sizes.E; e++)
        method[header->entered[e]] = granger->method[e];
    if (pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_INT64, buffer) != 0)
        return -1;
    dataset.type = H5T_IEEE_F64LE;
    for (int i = 0; i < 2; i++) {
        for (int64_t v = 0; writer && v < header->V; v++)
            buffer[v] = NAN;
        for (int64_t e = 0; writer && e < header->plan->sizes.E; e++)
            buffer[header->entered[e]] = of[i][e];
        dataset.path = path[i];
        dataset.description = description[i];
        if (pulse_results_write_dataset(results, writer, &dataset, H5T_NATIVE_DOUBLE, buffer) != 0)
            return -1;
    }
    return 0;
}

int pulse_results_write_granger(const struct pulse_results *results, bool writer,
                                struct pulse_err *err)
{
    const int64_t V = results->header.V;
    double *buffer =
        pulse_calloc(writer ? V * V : 0, sizeof *buffer, "the Granger causality tests", err);
    if (buffer == NULL)
        return -1;
    int status = write_matrices(results, writer, buffer);
    if (status == 0)
        status = write_vectors(results, writer, buffer);
    free(buffer);
    return status;
}
