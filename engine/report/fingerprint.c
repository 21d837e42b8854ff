#include "report/fingerprint.h"

#include <string.h>

enum { TEXT = 64 };

/* The attribute; "no" where there is none of ours. */
static void read_fingerprint(hid_t file, char out[TEXT])
{
    (void)strcpy(out, "no");
    if (H5Aexists(file, "fingerprint") <= 0)
        return;
    const hid_t attribute = H5Aopen(file, "fingerprint", H5P_DEFAULT);
    const hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (size > 0 && size < TEXT && H5Tget_class(type) == H5T_STRING &&
        H5Tis_variable_str(type) == 0 && H5Aget_storage_size(attribute) == size) {
        memset(out, 0, TEXT);
        (void)H5Aread(attribute, type, out);
    }
    if (type >= 0)
        (void)H5Tclose(type);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
}

int pulse_report_check_fingerprint(hid_t file, const char *path, const char *of_summary,
                                   struct pulse_err *err)
{
    char own[TEXT];
    const char *other = of_summary == NULL ? "no" : of_summary;
    read_fingerprint(file, own);
    if (strcmp(own, other) == 0)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s has the fingerprint %.40s, and summary.json that of another run, %.40s: "
                      "the files of two runs are mixed; train again, or fetch all of them again",
                      path, own, other);
}
