/* Numbers as netCDF packs them → the numbers that are meant: CF's attributes of a dataset. Knows
 * nothing of frames. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_PACKING_H
#define PULSE_DATA_HDF5_PACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "data/hdf5/dataset.h"

enum { PULSE_H5_MISSING_MOST = 16 }; /* that attributes name */

struct pulse_h5_packing {
    bool any;    /* false: numbers are what is stored */
    bool scaled; /* scale and offset are given, so that integers become reals … */
    bool narrow; /* … of four bytes */
    double scale, offset;
    double wrap;  /* added to negative integers, which stand for unsigned ones; 0: they do not */
    bool no_sign; /* integers are stored without one */
    int n;
    double missing[PULSE_H5_MISSING_MOST + 1]; /* as stored; netCDF's own beside them */
    double least, most;                        /* that are valid … */
    bool unpacked_range;                       /* … of unpacked numbers, else as stored */
};

/* From the attributes scale_factor, add_offset, _FillValue, missing_value, valid_min, valid_max,
 * valid_range and _Unsigned of a dataset of numbers; where it is netCDF's and has no _FillValue,
 * what netCDF fills such a dataset with is missing. PULSE_E_INPUT where an attribute is no number.
 */
int pulse_h5_packing_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *dataset, struct pulse_h5_packing *out,
                          struct pulse_err *err);

/* What a stored number means; NaN where it is missing. */
double pulse_h5_unpack(const struct pulse_h5_packing *packing, double stored);

/* The same of an integer as it lies in memory, int64 or uint64. */
double pulse_h5_unpack_integer(const struct pulse_h5_packing *packing, int64_t stored);

/* The same of one that nothing scales; the least int64 where it is missing. */
int64_t pulse_h5_unpack_whole(const struct pulse_h5_packing *packing, int64_t stored);

#endif
