#include "report/parts_reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/dataset.h"
#include "report/fingerprint.h"
#include "results/part_name.h"

struct part {
    char *path;
    hid_t file;
    int64_t columns;
};

struct pulse_report_parts {
    const char *path;        /* of results.h5; borrowed, as the next */
    const char *fingerprint; /* of its summary; NULL: none */
    int64_t V;
    int64_t n;
    struct part *part;
    int64_t *of;     /* V: the part, −1: none */
    int64_t *column; /* V: in it */
};

static int fail_parts(const char *path, const char *dataset, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: %s points to something that is no part of it as pulse-train makes them; "
                      "train again",
                      path, dataset);
}

/* ---- Which columns -------------------------------------------------------------- */

/* Notes the columns of one block, which has all rows; whether it is such a one. */
static bool take_block(struct pulse_report_parts *parts, int64_t part, int rank,
                       const hsize_t *dims, const hsize_t *block)
{
    const hsize_t *first = block, *last = block + rank;
    for (int i = 0; i < rank - 1; i++)
        if (first[i] != 0 || last[i] != dims[i] - 1)
            return false;
    if (last[rank - 1] >= dims[rank - 1])
        return false;
    for (hsize_t v = first[rank - 1]; v <= last[rank - 1]; v++) {
        parts->of[v] = part;
        parts->column[v] = parts->part[part].columns++;
    }
    return true;
}

/* The columns that a part is said to have; a selection by points, or one without end, is none of
 * ours. */
static int take_columns(struct pulse_report_parts *parts, int64_t part, hid_t space,
                        const char *dataset, struct pulse_err *err)
{
    hsize_t dims[3] = {0};
    const int rank = H5Sget_simple_extent_ndims(space);
    const hssize_t n = rank < 2 || rank > 3 || H5Sget_select_type(space) != H5S_SEL_HYPERSLABS
                           ? -1
                           : H5Sget_select_hyper_nblocks(space);
    if (n < 1 || n > parts->V || H5Sget_simple_extent_dims(space, dims, NULL) != rank ||
        dims[rank - 1] != (hsize_t)parts->V)
        return fail_parts(parts->path, dataset, err);
    hsize_t *blocks = pulse_calloc(n * 2 * rank, sizeof *blocks, "the parts", err);
    bool good = blocks != NULL && H5Sget_select_hyper_blocklist(space, 0, (hsize_t)n, blocks) >= 0;
    for (hssize_t b = 0; good && b < n; b++)
        good = take_block(parts, part, rank, dims, blocks + b * 2 * rank);
    free(blocks);
    return good ? 0 : err->kind != PULSE_OK ? -1 : fail_parts(parts->path, dataset, err);
}

/* ---- Which files ---------------------------------------------------------------- */

static int open_part(struct pulse_report_parts *parts, int64_t part, const char *name,
                     struct pulse_err *err)
{
    const char *path = parts->path;
    struct part *p = &parts->part[part];
    char reason[PULSE_REPORT_REASON];
    struct stat info;
    p->path = pulse_print(err, "%.*s%s", (int)(pulse_base_name(path) - path), path, name);
    if (p->path == NULL)
        return -1;
    if (lstat(p->path, &info) != 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: its part %s is not beside it; fetch all files of the results", path,
                          name);
    if (S_ISREG(info.st_mode))
        p->file = H5Fopen(p->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return p->file > 0 ? pulse_report_check_fingerprint(p->file, p->path, parts->fingerprint, err)
                       : pulse_fail(err, PULSE_E_INPUT, "%s: cannot be read as HDF5%s; train again",
                                    p->path, pulse_report_hdf5_reason(reason));
}

/* One mapping of the dataset: a file, a dataset of the same name there, and the columns here that
 * it maps to. */
static int take_part(struct pulse_report_parts *parts, int64_t part, hid_t layout,
                     const char *dataset, struct pulse_err *err)
{
    char name[PULSE_PART_NAME] = "", there[256] = "";
    const ssize_t length = H5Pget_virtual_filename(layout, (size_t)part, name, sizeof name);
    const ssize_t of_set = H5Pget_virtual_dsetname(layout, (size_t)part, there, sizeof there);
    if (length < 0 || (size_t)length >= sizeof name || !pulse_part_is_name(name) || of_set < 0 ||
        (size_t)of_set >= sizeof there || strcmp(there, dataset) != 0)
        return fail_parts(parts->path, dataset, err);
    hid_t source = H5Pget_virtual_srcspace(layout, (size_t)part);
    const bool all = H5Sget_select_npoints(source) == H5Sget_simple_extent_npoints(source);
    (void)H5Sclose(source);
    if (!all)
        return fail_parts(parts->path, dataset, err);
    hid_t space = H5Pget_virtual_vspace(layout, (size_t)part);
    const int status = take_columns(parts, part, space, dataset, err);
    (void)H5Sclose(space);
    return status != 0 ? -1 : open_part(parts, part, name, err);
}

int pulse_report_parts_open(const char *path, int64_t V, const char *fingerprint, hid_t set,
                            const char *dataset, struct pulse_report_parts **out,
                            struct pulse_err *err)
{
    struct pulse_report_parts *parts = pulse_calloc(1, sizeof *parts, "the parts", err);
    size_t n = 0;
    *out = parts;
    if (parts == NULL)
        return -1;
    parts->path = path;
    parts->fingerprint = fingerprint;
    parts->V = V;
    hid_t layout = H5Dget_create_plist(set);
    if (H5Pget_virtual_count(layout, &n) < 0 || n > (size_t)V) {
        (void)fail_parts(path, dataset, err);
        goto done;
    }
    parts->part = pulse_calloc((int64_t)n, sizeof *parts->part, "the parts", err);
    parts->of = pulse_calloc(V, sizeof *parts->of, "the parts", err);
    parts->column = pulse_calloc(V, sizeof *parts->column, "the parts", err);
    if (parts->part == NULL || parts->of == NULL || parts->column == NULL)
        goto done;
    for (int64_t v = 0; v < V; v++)
        parts->of[v] = -1;
    for (; parts->n < (int64_t)n && err->kind == PULSE_OK; parts->n++)
        (void)take_part(parts, parts->n, layout, dataset, err);
done:
    (void)H5Pclose(layout);
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_report_parts_close(struct pulse_report_parts *parts)
{
    if (parts == NULL)
        return;
    for (int64_t i = 0; i < parts->n; i++) {
        if (parts->part[i].file > 0)
            (void)H5Fclose(parts->part[i].file);
        free(parts->part[i].path);
    }
    free(parts->part);
    free(parts->of);
    free(parts->column);
    free(parts);
}

int pulse_report_parts_read(const struct pulse_report_parts *parts, const char *dataset,
                            int64_t variable, int64_t n, double *out, struct pulse_err *err)
{
    if (parts->of[variable] < 0)
        return fail_parts(parts->path, dataset, err);
    const struct part *part = &parts->part[parts->of[variable]];
    int64_t dims[2] = {n, part->columns};
    hid_t set = pulse_report_open_set(part->file, part->path, dataset, 2, dims, NULL);
    const bool good =
        set >= 0 && pulse_report_read_column(set, parts->column[variable], n, out) == 0;
    if (set >= 0)
        (void)H5Dclose(set);
    return good ? 0
                : pulse_fail(err, PULSE_E_INPUT,
                             "%s: %s is missing or not as pulse-train writes it; train again",
                             part->path, dataset);
}
