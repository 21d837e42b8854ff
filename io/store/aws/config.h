/* The settings of AWS tools: environment variables, the profile's values in ~/.aws, and the region
 * and endpoint that follow from them. Asks no server; knows no credentials. */
#ifndef PULSE_STORE_AWS_CONFIG_H
#define PULSE_STORE_AWS_CONFIG_H

#include <stdbool.h>

#include "base/error.h"

/* An environment variable, borrowed; NULL if it is unset or empty. */
const char *pulse_aws_env(const char *name);

/* The whole of a small text file; heap, the caller frees. NULL with errno if it cannot be read:
 * EISDIR or EFBIG if it is no file or larger than 1 MiB, EINVAL if it is no text. Of a device as
 * /dev/null it is "". */
char *pulse_aws_read_file(const char *path);

/* The chosen profile: AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default"; borrowed. And which of
 * the two variables names it; NULL: none. */
const char *pulse_aws_profile_name(void);
const char *pulse_aws_profile_variable(void);

/* Of the two files one that is there, or that a variable names, and cannot be read: " (PATH: why)",
 * for messages; "" where there is none. */
enum { PULSE_AWS_UNREADABLE = 300 };
const char *pulse_aws_tell_unreadable(char out[PULSE_AWS_UNREADABLE]);

/* Whether the files have a section of the profile. */
bool pulse_aws_profile_exists(const char *profile);

/* A setting of a profile; heap, the caller frees. NULL if there is none, or with PULSE_E_MEMORY. */
char *pulse_aws_profile_value(const char *profile, const char *key, struct pulse_err *err);

/* The keys of a profile: id, secret and token, all of one file, that of credentials where it has
 * the first. Heap, the caller wipes and frees each; NULL: none. PULSE_E_MEMORY. */
enum { PULSE_AWS_KEYS = 3 };
void pulse_aws_profile_keys(const char *profile, char *keys[PULSE_AWS_KEYS], struct pulse_err *err);

/* A setting of a service in the configuration file's section of a profile, as `addressing_style`
 * below "s3 =". The same. */
char *pulse_aws_profile_nested_value(const char *profile, const char *group, const char *key,
                                     struct pulse_err *err);

/* A setting of another section of the configuration file: "sso-session NAME". The same. */
char *pulse_aws_section_value(const char *section, const char *key, struct pulse_err *err);

/* The region that an option of the program names, borrowed; NULL: none. It holds for every service
 * that is asked on the way, as that for credentials. */
void pulse_aws_name_region(const char *region);

/* The region: `option` if not NULL, the one named before, AWS_REGION, AWS_DEFAULT_REGION, the
 * profile's; heap, the caller frees. NULL if none is set, or with PULSE_E_USAGE for what no request
 * can be signed for, or with PULSE_E_MEMORY. */
char *pulse_aws_region(const char *option, struct pulse_err *err);

/* Whether it may stand in the header that signs a request: no blanks, line ends or slashes. Servers
 * other than AWS have regions of any other name. */
bool pulse_aws_can_sign_for(const char *region);

/* The endpoint of a service ("s3", "batch", "logs", "sts", "portal.sso", "oidc"), as the AWS CLI
 * finds it: `option`, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` and
 * `endpoint_url`, else that of AWS in the region (*custom is false), of FIPS or dual stack where
 * AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT or the profile say so. Heap, without a last
 * slash; the caller frees. NULL with PULSE_E_USAGE for what is no http(s) URL or no region, or with
 * PULSE_E_MEMORY. */
char *pulse_aws_endpoint(const char *option, const char *service, const char *region, bool *custom,
                         struct pulse_err *err);

#endif
