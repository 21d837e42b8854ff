#include "data/format.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "data/record_store.h"

enum pulse_format pulse_format_of(const char *path)
{
    static const struct {
        const char *extension;
        enum pulse_format format;
    } known[] = {{".csv", PULSE_FORMAT_CSV},         {".tsv", PULSE_FORMAT_CSV},
                 {".h5", PULSE_FORMAT_HDF5},         {".hdf5", PULSE_FORMAT_HDF5},
                 {".parquet", PULSE_FORMAT_PARQUET}, {".pkl", PULSE_FORMAT_PICKLE},
                 {".pickle", PULSE_FORMAT_PICKLE}};
    if (pulse_record_store_is_dataset(path))
        return PULSE_FORMAT_PICKLE;
    const char *dot = strrchr(pulse_base_name(path), '.');
    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot, known[i].extension) == 0)
            return known[i].format;
    return PULSE_FORMAT_UNKNOWN;
}

int pulse_format_refuse(const char *path, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: its extension is of no known format; give it as .csv, .tsv, .h5, .hdf5, "
                      ".parquet or .pkl",
                      path);
}
