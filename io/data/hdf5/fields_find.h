/* Finds the flat columns of one frame of an HDF5 file, whoever wrote it. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_FIND_H
#define PULSE_DATA_HDF5_FIELDS_FIND_H

#include "data/hdf5/fields.h"

/* Finds the columns of the file's only frame, or with `only` of the frame of that path, whether it
 * has a time or not. PULSE_E_INPUT where there are none or several, with their paths.
 * Clear `out` in any case. */
int pulse_h5_fields_find(const struct pulse_h5_location *root, const char *only,
                         struct pulse_h5_fields *out, struct pulse_err *err);

/* Adds all columns of the group that `f->location` is and that pandas' to_hdf wrote, and sets its
 * number of rows. */
int pulse_h5_find_pandas(struct pulse_h5_fields *f, struct pulse_err *err);

#endif
