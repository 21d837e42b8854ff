#include "data/pickle/names.h"

#include <string.h>

#define OFFSETS "pandas._libs.tslibs.offsets"

static const struct {
    const char *module;
    const char *name;
    enum pulse_pickle_name means;
} known[] = {
    {"builtins", "bytes", PULSE_PICKLE_BUILTIN_BYTES},
    {"__builtin__", "bytes", PULSE_PICKLE_BUILTIN_BYTES},
    {"builtins", "bytearray", PULSE_PICKLE_BUILTIN_BYTEARRAY},
    {"__builtin__", "bytearray", PULSE_PICKLE_BUILTIN_BYTEARRAY},
    {"builtins", "slice", PULSE_PICKLE_BUILTIN_SLICE},
    {"__builtin__", "slice", PULSE_PICKLE_BUILTIN_SLICE},
    {"builtins", "object", PULSE_PICKLE_BUILTIN_OBJECT},
    {"__builtin__", "object", PULSE_PICKLE_BUILTIN_OBJECT},
    {"copyreg", "_reconstructor", PULSE_PICKLE_RECONSTRUCTOR},
    {"copy_reg", "_reconstructor", PULSE_PICKLE_RECONSTRUCTOR},
    {"_codecs", "encode", PULSE_PICKLE_ENCODE},
    {"datetime", "datetime", PULSE_PICKLE_DATETIME},
    {"datetime", "date", PULSE_PICKLE_DATE},
    {"datetime", "timedelta", PULSE_PICKLE_TIMEDELTA},
    {"datetime", "timezone", PULSE_PICKLE_ZONE},
    {"pytz", "_UTC", PULSE_PICKLE_ZONE},
    {"pytz", "_p", PULSE_PICKLE_ZONE},
    {"zoneinfo", "ZoneInfo", PULSE_PICKLE_ZONE},
    {"numpy", "dtype", PULSE_PICKLE_DTYPE},
    {"numpy", "ndarray", PULSE_PICKLE_NDARRAY},
    {"numpy.core.multiarray", "_reconstruct", PULSE_PICKLE_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", PULSE_PICKLE_RECONSTRUCT},
    {"numpy.core.multiarray", "scalar", PULSE_PICKLE_SCALAR},
    {"numpy._core.multiarray", "scalar", PULSE_PICKLE_SCALAR},
    {"numpy.core.numeric", "_frombuffer", PULSE_PICKLE_FROMBUFFER},
    {"numpy._core.numeric", "_frombuffer", PULSE_PICKLE_FROMBUFFER},
    {"pandas.core.frame", "DataFrame", PULSE_PICKLE_DATAFRAME},
    {"pandas.core.series", "Series", PULSE_PICKLE_SERIES},
    {"pandas.core.internals.managers", "BlockManager", PULSE_PICKLE_BLOCK_MANAGER},
    {"pandas.core.internals.managers", "SingleBlockManager", PULSE_PICKLE_SINGLE_BLOCK_MANAGER},
    {"pandas._libs.internals", "_unpickle_block", PULSE_PICKLE_UNPICKLE_BLOCK},
    {"pandas.core.internals.blocks", "new_block", PULSE_PICKLE_UNPICKLE_BLOCK},
    {"pandas.core.indexes.base", "_new_Index", PULSE_PICKLE_NEW_INDEX},
    {"pandas.core.indexes.base", "Index", PULSE_PICKLE_INDEX},
    {"pandas.core.indexes.numeric", "Int64Index", PULSE_PICKLE_INDEX},
    {"pandas.core.indexes.numeric", "UInt64Index", PULSE_PICKLE_INDEX},
    {"pandas.core.indexes.numeric", "Float64Index", PULSE_PICKLE_INDEX},
    {"pandas.core.indexes.range", "RangeIndex", PULSE_PICKLE_RANGE_INDEX},
    {"pandas.core.indexes.datetimes", "_new_DatetimeIndex", PULSE_PICKLE_NEW_DATETIME_INDEX},
    {"pandas.core.indexes.datetimes", "DatetimeIndex", PULSE_PICKLE_DATETIME_INDEX},
    {"pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked", PULSE_PICKLE_NDARRAY_BACKED},
    {"pandas.core.arrays.datetimes", "DatetimeArray", PULSE_PICKLE_DATETIME_ARRAY},
    {"pandas.core.arrays.timedeltas", "TimedeltaArray", PULSE_PICKLE_OTHER_ARRAY},
    {"pandas.core.arrays.categorical", "Categorical", PULSE_PICKLE_CATEGORICAL},
    {"pandas.core.arrays.string_", "StringArray", PULSE_PICKLE_OBJECT_ARRAY},
    {"pandas.core.arrays.integer", "IntegerArray", PULSE_PICKLE_MASKED_ARRAY},
    {"pandas.core.arrays.floating", "FloatingArray", PULSE_PICKLE_MASKED_ARRAY},
    {"pandas.core.arrays.boolean", "BooleanArray", PULSE_PICKLE_MASKED_ARRAY},
    {"pandas.core.arrays.integer", "Int8Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "Int16Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "Int32Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "Int64Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "UInt8Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "UInt16Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "UInt32Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.integer", "UInt64Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.floating", "Float32Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.floating", "Float64Dtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.boolean", "BooleanDtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.arrays.string_", "StringDtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.dtypes.dtypes", "DatetimeTZDtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas.core.dtypes.dtypes", "CategoricalDtype", PULSE_PICKLE_EXTENSION_DTYPE},
    {"pandas._libs.tslibs.timestamps", "_unpickle_timestamp", PULSE_PICKLE_TIMESTAMP},
    {"pandas._libs.tslibs.nattype", "__nat_unpickle", PULSE_PICKLE_NAT},
    {"pandas._libs.tslibs.nattype", "_nat_unpickle", PULSE_PICKLE_NAT},
    {"pandas._libs.missing", "NA", PULSE_PICKLE_NA},
    {OFFSETS, "Day", PULSE_PICKLE_OFFSET},
    {OFFSETS, "Hour", PULSE_PICKLE_OFFSET},
    {OFFSETS, "Minute", PULSE_PICKLE_OFFSET},
    {OFFSETS, "Second", PULSE_PICKLE_OFFSET},
    {OFFSETS, "BusinessDay", PULSE_PICKLE_OFFSET},
    {OFFSETS, "Week", PULSE_PICKLE_OFFSET},
    {OFFSETS, "MonthBegin", PULSE_PICKLE_OFFSET},
    {OFFSETS, "MonthEnd", PULSE_PICKLE_OFFSET},
    {OFFSETS, "BusinessMonthBegin", PULSE_PICKLE_OFFSET},
    {OFFSETS, "BusinessMonthEnd", PULSE_PICKLE_OFFSET},
    {OFFSETS, "QuarterBegin", PULSE_PICKLE_OFFSET},
    {OFFSETS, "QuarterEnd", PULSE_PICKLE_OFFSET},
    {OFFSETS, "YearBegin", PULSE_PICKLE_OFFSET},
    {OFFSETS, "YearEnd", PULSE_PICKLE_OFFSET},
};

static int equal(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

enum pulse_pickle_name pulse_pickle_name_of(const char *module, size_t module_length,
                                            const char *name, size_t name_length)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (equal(name, name_length, known[i].name) &&
            equal(module, module_length, known[i].module))
            return known[i].means;
    return PULSE_PICKLE_UNKNOWN;
}
