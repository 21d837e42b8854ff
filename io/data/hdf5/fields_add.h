/* The pieces that the columns of an HDF5 frame are put together from. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FIELDS_ADD_H
#define PULSE_DATA_HDF5_FIELDS_ADD_H

#include "data/hdf5/element.h"
#include "data/hdf5/fields.h"

/* Adds a dataset; `out` is good until the next is added. */
int pulse_h5_add_source(struct pulse_h5_fields *f, const char *name, struct pulse_h5_rows **out,
                        struct pulse_err *err);

/* Adds a column of the source that was added last. */
int pulse_h5_add_field(struct pulse_h5_fields *f, const char *name,
                       const struct pulse_h5_element *element, size_t offset,
                       struct pulse_err *err);

/* The field added last counts time, if it is called so, or if the dataset, which is then it alone,
 * says so. */
int pulse_h5_take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err);

/* Adds a vector of compounds as it lies in rows. Close `d` and clear `row` in any case. */
int pulse_h5_add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                      struct pulse_h5_row *row, struct pulse_err *err);

/* All columns of a frame by pandas. */
int pulse_h5_find_pandas(struct pulse_h5_fields *f, struct pulse_err *err);

#endif
