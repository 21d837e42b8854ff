/* What is written to HDF5 beside numbers: types of text and of truth values, and attributes of
 * text. Plain calls of the HDF5 library; knows nothing of columns, tables or messages. Local. */
#ifndef PULSE_DATA_HDF5_PUT_H
#define PULSE_DATA_HDF5_PUT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

/* UTF-8 text of `bytes` bytes, padded with NULs, which parallel HDF5 can write; with H5T_VARIABLE
 * pointers to text that ends with a NUL. The caller closes it. */
hid_t pulse_h5_text_type(size_t bytes);

/* Truth values as h5py stores them: one byte, FALSE or TRUE. The caller closes it. */
hid_t pulse_h5_truth_type(void);

/* Gives an open object the scalar attribute `name` of UTF-8 text, which it must not have yet. 0, or
 * −1 where the library fails. */
int pulse_h5_put_attribute(hid_t object, const char *name, const char *text);

/* The same, of variable length, which h5py reads as str and not as bytes. */
int pulse_h5_put_variable_attribute(hid_t object, const char *name, const char *text);

/* Makes the dataset `name` of rank 1 or 2 in a group, in chunks, compressed and without times of
 * its making, so that equal values make equal files, and writes all of it. 0, or −1. */
int pulse_h5_put_array(hid_t group, const char *name, hid_t type, int rank, const hsize_t *dims,
                       const void *values);

/* After a write that failed, on a full disk: the file cannot be closed, and H5close, also that at
 * exit, crashes over it. Who writes touches it no more, and the process ends by
 * pulse_h5_end_process. */
void pulse_h5_give_up(void);
bool pulse_h5_gave_up(void);

/* H5close and return; or end with `code` at once where a file was given up. */
void pulse_h5_end_process(int code);

#endif
