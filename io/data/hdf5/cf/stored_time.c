#include "data/hdf5/cf/stored_time.h"

#include <stdbool.h>
#include <string.h>

#include "base/date.h"

enum { LONG = 8, SHORT = 4, MICROSECONDS = 1000000, BEFORE_UNIT = 10 };

/* h5py's tag of opaque data: "NUMPY:<M8[us]". */
static int64_t unit_of_tag(const char *tag)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ns]", 1},
                 {"us]", 1000},
                 {"ms]", 1000000},
                 {"s]", PULSE_NS_PER_SECOND},
                 {"m]", 60 * PULSE_NS_PER_SECOND},
                 {"h]", 3600 * PULSE_NS_PER_SECOND},
                 {"D]", PULSE_NS_PER_DAY}};
    const bool instants = strncmp(tag, "NUMPY:<M8[", BEFORE_UNIT) == 0 ||
                          strncmp(tag, "NUMPY:>M8[", BEFORE_UNIT) == 0;
    for (size_t i = 0; instants && i < sizeof units / sizeof *units; i++)
        if (strcmp(tag + BEFORE_UNIT, units[i].unit) == 0)
            return units[i].ns;
    return 0;
}

/* Of an opaque type; 0 where it is not h5py's. */
static int64_t look_at_tag(hid_t type, bool *big_endian)
{
    char *tag = H5Tget_size(type) == LONG ? H5Tget_tag(type) : NULL;
    const int64_t unit_ns = tag == NULL ? 0 : unit_of_tag(tag);
    *big_endian = unit_ns > 0 && tag[BEFORE_UNIT - 4] == '>';
    if (tag != NULL)
        (void)H5free_memory(tag);
    return unit_ns;
}

int64_t pulse_h5_stored_time_unit(hid_t type)
{
    bool ignored;
    if (H5Tget_class(type) == H5T_OPAQUE)
        return look_at_tag(type, &ignored);
    const size_t size = H5Tget_class(type) == H5T_TIME ? H5Tget_size(type) : 0;
    const H5T_order_t order = size > 0 ? H5Tget_order(type) : H5T_ORDER_NONE;
    if (order != H5T_ORDER_LE && order != H5T_ORDER_BE)
        return 0;
    return size == LONG ? 1 : size == SHORT ? PULSE_NS_PER_SECOND : 0;
}

static uint64_t take_bytes(const unsigned char *at, size_t size, bool big_endian)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | at[big_endian ? i : size - 1 - i];
    return bits;
}

/* Seconds in the upper half, microseconds of the same sign in the lower one. (Of dates after 2038
 * PyTables stores others, in silence.) */
static int64_t nanoseconds_of(uint64_t bits)
{
    const int64_t seconds = (int32_t)(bits >> 32), part = (int32_t)(bits & UINT32_MAX);
    return part > -MICROSECONDS && part < MICROSECONDS ? seconds * PULSE_NS_PER_SECOND + part * 1000
                                                       : INT64_MIN;
}

static bool is_wanted(hid_t from, hid_t to)
{
    return pulse_h5_stored_time_unit(from) > 0 && H5Tget_class(to) == H5T_INTEGER &&
           H5Tequal(to, H5T_NATIVE_INT64) > 0;
}

/* In one buffer, as the library asks for it: elements `stride` bytes apart, or where that is 0 one
 * right after the other, which grow into those behind them. */
static herr_t convert(hid_t from, hid_t to, H5T_cdata_t *what, size_t n, size_t stride,
                      size_t other_stride, void *buffer, void *background, hid_t properties)
{
    unsigned char *bytes = buffer;
    (void)other_stride;
    (void)background;
    (void)properties;
    if (what->command == H5T_CONV_INIT)
        what->need_bkg = H5T_BKG_NO;
    if (what->command != H5T_CONV_CONV)
        return is_wanted(from, to) || what->command == H5T_CONV_FREE ? 0 : -1;
    const size_t size = H5Tget_size(from);
    const bool opaque = H5Tget_class(from) == H5T_OPAQUE;
    bool big_endian = !opaque && H5Tget_order(from) == H5T_ORDER_BE;
    if (opaque)
        (void)look_at_tag(from, &big_endian);
    for (size_t i = n; i-- > 0;) {
        const uint64_t bits =
            take_bytes(bytes + i * (stride > 0 ? stride : size), size, big_endian);
        const int64_t count = opaque         ? (int64_t)bits
                              : size == LONG ? nanoseconds_of(bits)
                                             : (int32_t)bits;
        memcpy(bytes + i * (stride > 0 ? stride : sizeof count), &count, sizeof count);
    }
    return 0;
}

void pulse_h5_stored_time_register(void)
{
    static bool done;
    hid_t opaque = done ? -1 : H5Tcreate(H5T_OPAQUE, LONG);
    if (opaque < 0)
        return;
    done = H5Tregister(H5T_PERS_SOFT, "times", H5T_UNIX_D64LE, H5T_NATIVE_INT64, convert) >= 0 &&
           H5Tregister(H5T_PERS_SOFT, "datetimes", opaque, H5T_NATIVE_INT64, convert) >= 0;
    (void)H5Tclose(opaque);
}
