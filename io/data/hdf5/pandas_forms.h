/* The columns of a group in each of the forms in which pandas' to_hdf writes one. Internal to
 * pandas_columns.c. */
#ifndef PULSE_DATA_HDF5_PANDAS_FORMS_H
#define PULSE_DATA_HDF5_PANDAS_FORMS_H

#include "data/hdf5/pandas_names.h"

/* Each adds the columns of the group at the columns' location, the index first, and says how many
 * rows they have; PULSE_E_INPUT where the group contradicts itself, or holds what is not read. */

/* The fixed format: a dataset for the index, and matrices, each of the columns of one type. */
int pulse_h5_find_fixed_frame(struct pulse_h5_columns *columns, int64_t *rows);
int pulse_h5_find_fixed_series(struct pulse_h5_columns *columns, int64_t *rows);

/* The table format, of a frame or a series: a dataset of compounds of vectors. */
int pulse_h5_find_pandas_table(struct pulse_h5_columns *columns, int64_t *rows);

#endif
