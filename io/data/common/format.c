#include "data/common/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "data/common/decompress.h"
#include "data/pickle/record_store.h"

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
    const bool packed = pulse_compression_of_name(path) != PULSE_COMPRESSION_NONE;
    const char *name = pulse_base_name(path);
    const char *end = packed ? strrchr(name, '.') : name + strlen(name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const size_t length = strlen(known[i].extension);
        if ((size_t)(end - name) < length ||
            strncasecmp(end - length, known[i].extension, length) != 0)
            continue;
        return packed && known[i].format != PULSE_FORMAT_CSV &&
                       known[i].format != PULSE_FORMAT_PICKLE
                   ? PULSE_FORMAT_UNKNOWN
                   : known[i].format;
    }
    return PULSE_FORMAT_UNKNOWN;
}

size_t pulse_format_stem(const char *name)
{
    size_t n = strlen(name);
    for (int i = pulse_compression_of_name(name) != PULSE_COMPRESSION_NONE ? 2 : 1; i > 0; i--)
        for (size_t at = n - 1; n > 1 && at > 0; at--)
            if (name[at] == '.') {
                n = at;
                break;
            }
    return n;
}

int pulse_format_refuse(const char *path, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: its extension is of no known format; give it as .csv, .tsv, .h5, .hdf5, "
                      ".parquet or .pkl, of which .csv, .tsv and .pkl may be packed (.gz or .zst "
                      "after it)",
                      path);
}
