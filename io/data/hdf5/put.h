/* What is written to HDF5 beside numbers: types of text and of truth values, and attributes of
 * text. Plain calls of the HDF5 library; knows nothing of columns, tables or messages. Local. */
#ifndef PULSE_DATA_HDF5_PUT_H
#define PULSE_DATA_HDF5_PUT_H

#include <hdf5.h>
#include <stddef.h>

/* UTF-8 text of `bytes` bytes, padded with NULs, which parallel HDF5 can write; with H5T_VARIABLE
 * pointers to text that ends with a NUL. The caller closes it. */
hid_t pulse_h5_text_type(size_t bytes);

/* Truth values as h5py stores them: one byte, FALSE or TRUE. The caller closes it. */
hid_t pulse_h5_truth_type(void);

/* Gives an open object the scalar attribute `name` of UTF-8 text, which it must not have yet. 0, or
 * −1 where the library fails. */
int pulse_h5_put_attribute(hid_t object, const char *name, const char *text);

#endif
