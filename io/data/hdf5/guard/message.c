#include "data/hdf5/guard/message.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>

bool pulse_h5_put_bytes(int to, const void *from, int64_t bytes)
{
    for (const char *p = from; bytes > 0;) {
        const ssize_t n = send(to, p, (size_t)bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        bytes -= n;
    }
    return true;
}

bool pulse_h5_get_bytes(int from, void *to, int64_t bytes)
{
    for (char *p = to; bytes > 0;) {
        const ssize_t n = recv(from, p, (size_t)bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        bytes -= n;
    }
    return true;
}

bool pulse_h5_put_message(int to, enum pulse_h5_what what, int64_t at, int64_t bytes)
{
    const struct pulse_h5_message message = {what, at, bytes};
    return pulse_h5_put_bytes(to, &message, sizeof message);
}

void *pulse_h5_map_answer(int memory, int64_t bytes)
{
    void *map = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                     memory, PULSE_H5_WINDOW);
    return map == MAP_FAILED ? NULL : map;
}
