/* The only things that a pickle may name: exact pairs of module and name, since a dotted name
 * reaches anything. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_NAMES_H
#define PULSE_DATA_PICKLE_NAMES_H

#include <stddef.h>

enum pulse_pickle_name {
    PULSE_PICKLE_UNKNOWN,
    PULSE_PICKLE_BUILTIN_BYTES,
    PULSE_PICKLE_BUILTIN_BYTEARRAY,
    PULSE_PICKLE_BUILTIN_SLICE,
    PULSE_PICKLE_BUILTIN_OBJECT,
    PULSE_PICKLE_GETATTR,       /* of a zone its _unpickle, and of nothing else */
    PULSE_PICKLE_RECONSTRUCTOR, /* copyreg's: an object before protocol 2 */
    PULSE_PICKLE_ENCODE,        /* _codecs.encode: bytes before protocol 3 */
    PULSE_PICKLE_DATETIME,
    PULSE_PICKLE_DATE,
    PULSE_PICKLE_TIMEDELTA,
    PULSE_PICKLE_ZONE,
    PULSE_PICKLE_DTYPE,
    PULSE_PICKLE_RECORD,  /* what a dtype of fields says it is of, in a recarray */
    PULSE_PICKLE_MAPPING, /* a class of dicts */
    PULSE_PICKLE_NDARRAY,
    PULSE_PICKLE_RECONSTRUCT,
    PULSE_PICKLE_FROMBUFFER,
    PULSE_PICKLE_SCALAR,
    PULSE_PICKLE_DATAFRAME,
    PULSE_PICKLE_SERIES,
    PULSE_PICKLE_BLOCK_MANAGER,
    PULSE_PICKLE_SINGLE_BLOCK_MANAGER,
    PULSE_PICKLE_UNPICKLE_BLOCK,
    PULSE_PICKLE_NEW_INDEX,
    PULSE_PICKLE_INDEX,
    PULSE_PICKLE_RANGE_INDEX,
    PULSE_PICKLE_NEW_DATETIME_INDEX,
    PULSE_PICKLE_DATETIME_INDEX,
    PULSE_PICKLE_NDARRAY_BACKED,
    PULSE_PICKLE_DATETIME_ARRAY,
    PULSE_PICKLE_OBJECT_ARRAY, /* pandas' own arrays of text */
    PULSE_PICKLE_MASKED_ARRAY, /* integers, reals or booleans beside a mask */
    PULSE_PICKLE_CATEGORICAL,
    PULSE_PICKLE_OTHER_ARRAY, /* passed over */
    PULSE_PICKLE_OTHER_CELL,  /* passed over */
    PULSE_PICKLE_DECIMAL,
    PULSE_PICKLE_EXTENSION_DTYPE,
    PULSE_PICKLE_TIMESTAMP,
    PULSE_PICKLE_NAT,
    PULSE_PICKLE_NA,
    PULSE_PICKLE_PERIOD_ARRAY,
    PULSE_PICKLE_OFFSET, /* the frequency of an index … */
    PULSE_PICKLE_DAY,    /* … or of periods */
    PULSE_PICKLE_HOUR,
    PULSE_PICKLE_MINUTE,
    PULSE_PICKLE_SECOND,
    PULSE_PICKLE_BUSINESS_DAY,
    PULSE_PICKLE_WEEK,
    PULSE_PICKLE_MONTH_END,
    PULSE_PICKLE_QUARTER_END,
    PULSE_PICKLE_YEAR_END
};

/* PULSE_PICKLE_UNKNOWN for every pair that is not in the list. */
enum pulse_pickle_name pulse_pickle_name_of(const char *module, size_t module_length,
                                            const char *name, size_t name_length);

#endif
