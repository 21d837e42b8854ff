/* The command line that makes a file which can be read of one that cannot, where another program
 * must do it: pandas, h5py, xarray. Knows what errors say, and no file. */
#ifndef PULSE_CLI_REWRITE_H
#define PULSE_CLI_REWRITE_H

#include "base/error.h"
#include "data/common/types.h"

enum { PULSE_REWRITE_TEXT = 9216 };

/* Fills `out` with a command for the shell, which reads the file `uri` (of CSV as `reading` says)
 * and writes another beside it; "" where `err`, why it cannot be read, is no such error, or `uri`
 * is no file of this machine with a name that needs no quotes. */
void pulse_rewrite_command(const char *uri, const struct pulse_read_options *reading,
                           const struct pulse_err *err, char out[PULSE_REWRITE_TEXT]);

#endif
