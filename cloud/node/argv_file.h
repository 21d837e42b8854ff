/* A command line too long for AWS Batch: a JSON array of strings in S3, named with its SHA-256. */
#ifndef PULSE_NODE_ARGV_FILE_H
#define PULSE_NODE_ARGV_FILE_H

#include "base/error.h"
#include "node/argv.h"

enum { PULSE_ARGV_FILE_BYTES = 1 << 20, PULSE_ARGV_FILE_WORDS = 100000 };

/* Appends the strings of a JSON array of strings; PULSE_E_INPUT, `where` named, for anything else.
 * Pure. */
int pulse_argv_file_parse(const char *text, const char *where, struct pulse_argv *argv,
                          struct pulse_err *err);

/* Appends the argv that "s3://BUCKET/KEY#sha256=HEX" holds. PULSE_E_USAGE without a digest,
 * PULSE_E_INPUT when the object has another one, or is larger than a MiB. */
int pulse_argv_file_read(const char *uri, struct pulse_argv *argv, struct pulse_err *err);

#endif
