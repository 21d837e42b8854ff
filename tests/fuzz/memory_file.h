/* Input of a fuzz target under the name of a file, in memory. A header alone, since each target is
 * one source file. */
#ifndef PULSE_FUZZ_MEMORY_FILE_H
#define PULSE_FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    char path[64]; /* ends with the extension, which names the format */
    int fd;
};

static inline struct memory_file memory_file_open(const uint8_t *data, size_t size,
                                                  const char *extension)
{
    struct memory_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    char target[64];
    if (file.fd < 0 || write(file.fd, data, size) != (ssize_t)size)
        abort();
    (void)snprintf(target, sizeof target, "/proc/self/fd/%d", file.fd);
    (void)snprintf(file.path, sizeof file.path, "/tmp/pulse_fuzz_%ld.%s", (long)getpid(),
                   extension);
    (void)unlink(file.path);
    if (symlink(target, file.path) != 0)
        abort();
    return file;
}

static inline void memory_file_close(const struct memory_file *file)
{
    (void)unlink(file->path);
    (void)close(file->fd);
}

#endif
