#include "data/hdf5/put.h"

#include <string.h>

hid_t pulse_h5_text_type(size_t bytes)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, bytes);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes != H5T_VARIABLE)
        (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

hid_t pulse_h5_truth_type(void)
{
    const signed char no = 0, yes = 1;
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    (void)H5Tenum_insert(type, "FALSE", &no);
    (void)H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

int pulse_h5_put_attribute(hid_t object, const char *name, const char *text)
{
    const hid_t space = H5Screate(H5S_SCALAR), type = pulse_h5_text_type(strlen(text) + 1);
    herr_t status = -1;
    (void)H5Tset_strpad(type, H5T_STR_NULLTERM);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        status = H5Awrite(attribute, type, text);
        (void)H5Aclose(attribute);
    }
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return status < 0 ? -1 : 0;
}
