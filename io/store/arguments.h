/* The command line options of the object store, for argp: the same words in every program that
 * reads s3 URIs. Knows nothing of what the program does. */
#ifndef PULSE_STORE_ARGUMENTS_H
#define PULSE_STORE_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/* A child parser whose input is a struct pulse_store_arguments. --aws-region, --endpoint-url,
 * --s3-concurrency, --cache-dir, --cache-size, --no-cache. */
extern const struct argp pulse_store_argp;

/* argp_parse, but that getopt's words on standard error are left out: programs say in one line what
 * it says in two. The parser's ARGP_KEY_INIT sets err_stream of its state to NULL, or argp would
 * end the program itself. */
error_t pulse_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                         void *input);

/* "500M", "10G": a number of bytes, or with K, M, G or T behind it, which are binary multiples.
 * Whether `text` is one, of 0 or more. */
bool pulse_argp_size(const char *text, int64_t *bytes);

/* Filled by the parser; zero it, set `err`. Strings are borrowed from argv. */
struct pulse_store_arguments {
    struct pulse_store_options options;
    struct pulse_err *err; /* PULSE_E_USAGE when a value is no good */
};

#endif
