/* A HDF5 file read as a table (data/table.h). Internal to io/data. */
#ifndef PULSE_DATA_HDF5_TABLE_H
#define PULSE_DATA_HDF5_TABLE_H

#include "data/common/location.h"
#include "data/common/open_table.h"

/* PULSE_E_INPUT names the file and what is wrong with it. To be freed with pulse_table_free. */
int pulse_h5_table_open(const struct pulse_location *location,
                        const struct pulse_read_options *options, struct pulse_table **out,
                        struct pulse_err *err);

#endif
