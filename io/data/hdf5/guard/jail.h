/* Takes from this process all that reading bytes does not need, for good: new privileges, and
 * system calls but those that move memory and talk over what is open already. Knows nothing of what
 * is read. */
#ifndef PULSE_DATA_HDF5_GUARD_JAIL_H
#define PULSE_DATA_HDF5_GUARD_JAIL_H

#include <stdbool.h>

/* From now on every other call fails with EPERM: none opens or makes a file, a socket or a process,
 * or signals another one. Bytes at any position are read of `file` alone (-1: of none). False where
 * the kernel has no such filters; the rest holds then. */
bool pulse_jail_close(int file);

#endif
