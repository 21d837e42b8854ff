#include "data/hdf5/packing.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

/* ---- Attributes ------------------------------------------------------------------ */

/* The numbers of an attribute, at most `most`; `n` is 0 where there is none. */
struct numbers {
    int n;
    double all[PULSE_H5_MISSING_MOST];
    bool real;
    size_t size; /* bytes of one as stored */
};

static int fail_attribute(const struct pulse_h5_location *location, const char *name,
                          const char *attribute, const char *what, struct pulse_err *err)
{
    char text[120];
    (void)snprintf(text, sizeof text, "attribute '%s' %s", attribute, what);
    return pulse_h5_fail(location, name, text, err);
}

static int read_numbers(const struct pulse_h5_location *location, const char *name, hid_t dataset,
                        const char *attribute, struct numbers *out, struct pulse_err *err)
{
    *out = (struct numbers){0};
    if (H5Aexists(dataset, attribute) <= 0)
        return 0;
    hid_t id = H5Aopen(dataset, attribute, H5P_DEFAULT);
    hid_t type = id < 0 ? -1 : H5Aget_type(id), space = id < 0 ? -1 : H5Aget_space(id);
    const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    const hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    int rc = 0;
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || n < 0)
        rc = fail_attribute(location, name, attribute, "is no number", err);
    else if (n > PULSE_H5_MISSING_MOST)
        rc = fail_attribute(location, name, attribute, "holds more than 16 numbers", err);
    else if (n > 0 && H5Aread(id, H5T_NATIVE_DOUBLE, out->all) < 0)
        rc = fail_attribute(location, name, attribute, "cannot be read", err);
    if (rc == 0) {
        out->n = (int)n;
        out->real = class == H5T_FLOAT;
        out->size = H5Tget_size(type);
    }
    if (space >= 0)
        (void)H5Sclose(space);
    if (type >= 0)
        (void)H5Tclose(type);
    if (id >= 0)
        (void)H5Aclose(id);
    return rc;
}

/* ---- Their meaning ---------------------------------------------------------------- */

struct reader {
    const struct pulse_h5_location *location;
    const char *name;
    const struct pulse_h5_dataset *dataset;
    size_t size; /* bytes of a stored number */
    struct pulse_h5_packing *out;
    struct pulse_err *err;
};

static int read_scale(const struct reader *r, const char *attribute, double *to)
{
    struct numbers numbers;
    if (read_numbers(r->location, r->name, r->dataset->id, attribute, &numbers, r->err) != 0)
        return -1;
    if (numbers.n == 0)
        return 0;
    if (numbers.n > 1 || !isfinite(numbers.all[0]))
        return fail_attribute(r->location, r->name, attribute, "is not one finite number", r->err);
    const bool narrow = numbers.real && numbers.size <= sizeof(float) && r->size <= sizeof(float) &&
                        (r->dataset->kind == H5T_FLOAT || r->size <= sizeof(int16_t));
    r->out->narrow = narrow && (!r->out->scaled || r->out->narrow);
    r->out->scaled = true;
    *to = numbers.all[0];
    return 0;
}

/* A number of an attribute as the dataset stores it: unsigned, or with a real's four bytes. */
static double as_stored(const struct reader *r, double number)
{
    if (r->dataset->kind == H5T_FLOAT && r->size == sizeof(float))
        return (double)(float)number;
    return number < 0 && r->out->wrap > 0 ? number + r->out->wrap : number;
}

static int read_missing(const struct reader *r, const char *attribute)
{
    struct numbers numbers;
    if (read_numbers(r->location, r->name, r->dataset->id, attribute, &numbers, r->err) != 0)
        return -1;
    for (int i = 0; i < numbers.n; i++) {
        if (r->out->n == PULSE_H5_MISSING_MOST)
            return fail_attribute(r->location, r->name, attribute,
                                  "and '_FillValue' hold more than 16 numbers", r->err);
        r->out->missing[r->out->n++] = as_stored(r, numbers.all[i]);
    }
    return 0;
}

/* The least integer is R's NA, where rhdf5 wrote the dataset. */
static int read_na_of_r(const struct reader *r)
{
    if (r->dataset->kind != H5T_INTEGER || H5Tget_sign(r->dataset->type) == H5T_SGN_NONE ||
        H5Aexists(r->dataset->id, "rhdf5-NA.OK") <= 0)
        return 0;
    if (r->out->n == PULSE_H5_MISSING_MOST)
        return fail_attribute(r->location, r->name, "missing_value",
                              "and '_FillValue' hold more than 15 numbers", r->err);
    r->out->missing[r->out->n++] = -ldexp(1, 8 * (int)r->size - 1);
    return 0;
}

/* Bounds of a wider type than the packed numbers are those of the unpacked ones. */
static int read_bound(const struct reader *r, const char *attribute, double *least, double *most)
{
    struct numbers numbers;
    const int wanted = least != NULL && most != NULL ? 2 : 1;
    if (read_numbers(r->location, r->name, r->dataset->id, attribute, &numbers, r->err) != 0)
        return -1;
    if (numbers.n == 0)
        return 0;
    if (numbers.n != wanted)
        return fail_attribute(r->location, r->name, attribute,
                              wanted == 2 ? "is not two numbers" : "is not one number", r->err);
    r->out->unpacked_range = r->out->scaled && numbers.real && r->dataset->kind == H5T_INTEGER;
    for (int i = 0; i < numbers.n; i++)
        numbers.all[i] = r->out->unpacked_range ? numbers.all[i] : as_stored(r, numbers.all[i]);
    if (least != NULL)
        *least = numbers.all[0];
    if (most != NULL)
        *most = numbers.all[wanted - 1];
    return 0;
}

/* netCDF-3 has no unsigned types: "true" says that negative integers stand for large ones. */
static int read_sign(const struct reader *r)
{
    struct pulse_h5_strings strings;
    const char *at = "";
    size_t length = 0;
    int rc = pulse_h5_attribute_read(r->location, r->dataset->id, "_Unsigned", &strings, r->err);
    if (rc == 0 && strings.n > 0)
        length = pulse_h5_string(&strings, 0, &at);
    if (length == 4 && strncasecmp(at, "true", length) == 0 && r->dataset->kind == H5T_INTEGER &&
        H5Tget_sign(r->dataset->type) != H5T_SGN_NONE)
        r->out->wrap = ldexp(1, 8 * (int)r->size);
    pulse_h5_strings_clear(&strings);
    return rc;
}

/* What netCDF fills a dataset with that says nothing of it. Of bytes, whose every number may be
 * meant, its guide for users has none: NaN. */
static double find_default_fill(const struct reader *r)
{
    if (r->dataset->kind == H5T_FLOAT)
        return 9.969209968386869e36;
    switch (r->size) {
    case sizeof(int16_t):
        return r->out->no_sign ? 65535 : -32767;
    case sizeof(int32_t):
        return r->out->no_sign ? 4294967295 : -2147483647;
    case sizeof(int64_t):
        return r->out->no_sign ? 0x1p64 : -0x1p63; /* the doubles next to them */
    default:
        return NAN;
    }
}

/* Whether the netCDF library wrote it: since version 4.4.1 the file says so, and before that it
 * gave the dataset its number as HDF5's own value to fill with. */
static bool is_of_netcdf(const struct reader *r, double fill)
{
    H5D_fill_value_t defined;
    double own = NAN;
    if (H5Aexists_by_name(r->location->id, "/", "_NCProperties", H5P_DEFAULT) > 0)
        return true;
    hid_t plist = H5Dget_create_plist(r->dataset->id);
    if (plist < 0)
        return false;
    if (H5Pfill_value_defined(plist, &defined) < 0 || defined != H5D_FILL_VALUE_USER_DEFINED ||
        H5Pget_fill_value(plist, H5T_NATIVE_DOUBLE, &own) < 0)
        own = NAN;
    (void)H5Pclose(plist);
    return own == (r->dataset->kind == H5T_FLOAT ? as_stored(r, fill) : fill);
}

static void add_default_fill(const struct reader *r)
{
    const double fill = find_default_fill(r);
    if (!isnan(fill) && H5Aexists(r->dataset->id, "_FillValue") <= 0 && is_of_netcdf(r, fill))
        r->out->missing[r->out->n++] = as_stored(r, fill);
}

int pulse_h5_packing_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *dataset, struct pulse_h5_packing *out,
                          struct pulse_err *err)
{
    const struct reader r = {location, name, dataset, H5Tget_size(dataset->type), out, err};
    H5O_info_t info;
    *out = (struct pulse_h5_packing){.scale = 1, .least = -INFINITY, .most = INFINITY};
    if ((dataset->kind != H5T_INTEGER && dataset->kind != H5T_FLOAT) ||
        H5Oget_info2(dataset->id, &info, H5O_INFO_NUM_ATTRS) < 0 || info.num_attrs == 0)
        return 0;
    out->no_sign = dataset->kind == H5T_INTEGER && H5Tget_sign(dataset->type) == H5T_SGN_NONE;
    if (read_sign(&r) != 0 || read_scale(&r, "scale_factor", &out->scale) != 0 ||
        read_scale(&r, "add_offset", &out->offset) != 0 || read_missing(&r, "_FillValue") != 0 ||
        read_missing(&r, "missing_value") != 0 || read_na_of_r(&r) != 0 ||
        read_bound(&r, "valid_range", &out->least, &out->most) != 0 ||
        read_bound(&r, "valid_min", &out->least, NULL) != 0 ||
        read_bound(&r, "valid_max", NULL, &out->most) != 0)
        return -1;
    add_default_fill(&r);
    out->any = out->scaled || out->wrap > 0 || out->n > 0 || out->least > -INFINITY ||
               out->most < INFINITY;
    return 0;
}

/* ---- Values ---------------------------------------------------------------------- */

double pulse_h5_unpack(const struct pulse_h5_packing *p, double stored)
{
    const double number = stored < 0 ? stored + p->wrap : stored;
    for (int i = 0; i < p->n; i++)
        if (number == p->missing[i])
            return NAN;
    double value = p->scaled ? number * p->scale + p->offset : number;
    const double judged = p->unpacked_range ? value : number;
    if (judged < p->least || judged > p->most)
        return NAN;
    return p->narrow ? (double)(float)value : value;
}

double pulse_h5_unpack_integer(const struct pulse_h5_packing *p, int64_t stored)
{
    return pulse_h5_unpack(p, p->no_sign ? (double)(uint64_t)stored : (double)stored);
}

int64_t pulse_h5_unpack_whole(const struct pulse_h5_packing *p, int64_t stored)
{
    const double value = p->any ? pulse_h5_unpack_integer(p, stored) : 0;
    if (isnan(value))
        return INT64_MIN;
    if (stored >= 0 || p->wrap == 0)
        return stored;
    return value < 0x1p63 ? (int64_t)value : INT64_MAX;
}
