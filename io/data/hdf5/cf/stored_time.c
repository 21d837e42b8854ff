#include "data/hdf5/cf/stored_time.h"

#include <stdbool.h>
#include <string.h>

#include "base/date.h"

enum { LONG = 8, SHORT = 4, MICROSECONDS = 1000000 };

int64_t pulse_h5_stored_time_unit(hid_t type)
{
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

/* In place, as the library asks for it: elements `stride` bytes apart, or where that is 0 one right
 * after the other, which grow into those behind them. */
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
    const bool big_endian = H5Tget_order(from) == H5T_ORDER_BE;
    for (size_t i = n; i-- > 0;) {
        const uint64_t bits =
            take_bytes(bytes + i * (stride > 0 ? stride : size), size, big_endian);
        const int64_t count = size == LONG ? nanoseconds_of(bits) : (int32_t)bits;
        memcpy(bytes + i * (stride > 0 ? stride : sizeof count), &count, sizeof count);
    }
    return 0;
}

void pulse_h5_stored_time_register(void)
{
    static bool done;
    if (!done)
        done = H5Tregister(H5T_PERS_SOFT, "times", H5T_UNIX_D64LE, H5T_NATIVE_INT64, convert) >= 0;
}
