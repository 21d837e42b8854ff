/* Standard input ("-") and other pipes that a shell hands a program (/dev/stdin, /dev/fd/N), as
 * files: what comes out of one is put once, at its first use, into a file without a name in
 * TMPDIR, and stays there until the process ends. Knows nothing of MPI: a rank that has the pipe
 * says where its file is, the others of its machine adopt it. */
#ifndef PULSE_STORE_PIPE_H
#define PULSE_STORE_PIPE_H

#include <stdbool.h>

#include "base/error.h"

/* By the name alone. */
bool pulse_pipe_is(const char *uri);

/* A descriptor of the file, the caller's to close. PULSE_E_INPUT where nothing is piped in,
 * PULSE_E_STORAGE where the disk is full. */
int pulse_pipe_open(const char *uri, int *fd, struct pulse_err *err);

enum { PULSE_PIPE_PATH = 64 };

/* Where other processes of this machine find the file while this one lives. Errors as above. */
int pulse_pipe_path(const char *uri, char out[PULSE_PIPE_PATH], struct pulse_err *err);

/* From now on `uri` is what another process said by pulse_pipe_path. */
int pulse_pipe_adopt(const char *uri, const char *path, struct pulse_err *err);

#endif
