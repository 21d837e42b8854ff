/* The command line options of the object store: the same words in every program that reads s3 URIs.
 * Knows nothing of what the program does. */
#ifndef PULSE_STORE_ARGUMENTS_H
#define PULSE_STORE_ARGUMENTS_H

#include "base/args.h"
#include "store/store.h"

/* Rows whose values are a struct pulse_store_options: --aws-region, --endpoint-url,
 * --request-payer, --no-sign-request, --s3-concurrency, --cache-dir, --cache-size, --no-cache. */
extern const struct pulse_arg pulse_store_args[];

/* Where S3 is, and as whom it is asked, as a command line says (its words after the program, ended
 * with NULL) that is not read yet. Strings are borrowed. No errors. */
struct pulse_store_options pulse_store_arguments_find(char *const *argv);

/* Puts where S3 is, and who pays, into the environment: programs that this one starts reach it as
 * the options say. No errors. */
void pulse_store_arguments_pass_on(const struct pulse_store_options *options);

#endif
