/* The flat columns of a group that pandas' to_hdf wrote. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_PANDAS_H
#define PULSE_DATA_HDF5_FIELDS_PANDAS_H

#include "data/hdf5/fields.h"

/* Adds all columns of the group that `f->location` is, and sets its number of rows. */
int pulse_h5_find_pandas(struct pulse_h5_fields *f, struct pulse_err *err);

#endif
