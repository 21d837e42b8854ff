#include "store/aws/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/aws/ini.h"

enum { MAX_BYTES = 1 << 20 };

/* ---- Environment and files ------------------------------------------------------- */

const char *pulse_aws_env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

char *pulse_aws_read_file(const char *path)
{
    struct stat st;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES))
        errno = EFBIG;
    else if ((text = calloc(1, (size_t)st.st_size + 1)) != NULL) {
        const ssize_t got = read(fd, text, (size_t)st.st_size);
        if (got < 0 || strlen(text) != (size_t)got) { /* a NUL byte: no text */
            free(text);
            text = NULL;
            errno = got < 0 ? errno : EINVAL;
        }
    }
    (void)close(fd);
    return text;
}

/* ---- Profiles -------------------------------------------------------------------- */

const char *pulse_aws_profile_name(void)
{
    const char *name = pulse_aws_env("AWS_PROFILE");
    return name != NULL ? name : "default";
}

static char *read_config(const char *variable, const char *otherwise)
{
    char path[4096];
    const char *named = pulse_aws_env(variable), *home = pulse_aws_env("HOME");
    if (named != NULL)
        return pulse_aws_read_file(named);
    if (home == NULL)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/.aws/%s", home, otherwise);
    return pulse_aws_read_file(path);
}

/* A setting of a profile: ~/.aws/credentials has it under [NAME], ~/.aws/config under [profile
 * NAME], or [default]. Heap, or NULL. */
char *pulse_aws_profile_value(const char *profile, const char *key, struct pulse_err *err)
{
    char section[256];
    char *credentials = read_config("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    char *config = read_config("AWS_CONFIG_FILE", "config");
    char *value = NULL;
    (void)snprintf(section, sizeof section, "%s%s",
                   strcmp(profile, "default") == 0 ? "" : "profile ", profile);
    if (credentials != NULL)
        value = pulse_ini_value(credentials, profile, key, err);
    if (value == NULL && config != NULL && err->kind == PULSE_OK)
        value = pulse_ini_value(config, section, key, err);
    if (credentials != NULL)
        explicit_bzero(credentials, strlen(credentials));
    if (config != NULL)
        explicit_bzero(config, strlen(config));
    free(credentials);
    free(config);
    return value;
}

/* ---- Region and endpoint -------------------------------------------------------- */

char *pulse_aws_region(const char *option, struct pulse_err *err)
{
    const char *region = option != NULL ? option : pulse_aws_env("AWS_REGION");
    if (region == NULL)
        region = pulse_aws_env("AWS_DEFAULT_REGION");
    if (region == NULL)
        return pulse_aws_profile_value(pulse_aws_profile_name(), "region", err);
    return pulse_strdup(region, err);
}

/* Letters, digits and '-': it becomes part of a host name. */
static bool is_region(const char *region)
{
    return region[0] != '\0' && strlen(region) < 64 &&
           strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region);
}

static const char *read_endpoint_from_env(const char *service)
{
    char name[64] = "AWS_ENDPOINT_URL_";
    size_t n = strlen(name);
    for (; *service != '\0' && n < sizeof name - 1; service++)
        name[n++] = (char)(*service >= 'a' && *service <= 'z' ? *service - 'a' + 'A' : *service);
    name[n] = '\0';
    const char *url = pulse_aws_env(name);
    return url != NULL ? url : pulse_aws_env("AWS_ENDPOINT_URL");
}

char *pulse_aws_endpoint(const char *option, const char *service, const char *region, bool *custom,
                         struct pulse_err *err)
{
    const char *url = option != NULL ? option : read_endpoint_from_env(service);
    char *out = NULL;
    *custom = url != NULL;
    if (url == NULL && !is_region(region)) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "'%s' is no AWS region; expected one like eu-central-1", region);
        return NULL;
    }
    if (url == NULL) {
        const bool china = strncmp(region, "cn-", 3) == 0;
        if (asprintf(&out, "https://%s.%s.amazonaws.com%s", service, region, china ? ".cn" : "") <
            0)
            out = NULL;
        if (out == NULL)
            (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for an endpoint");
        return out;
    }
    const size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                          : strncasecmp(url, "http://", 7) == 0 ? 7
                                                                : 0;
    if (scheme == 0 || strpbrk(url, " \t\r\n?#@") != NULL || url[scheme] == '\0') {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "endpoint %s: expected http://HOST[:PORT] or https://HOST[:PORT]", url);
        return NULL;
    }
    out = pulse_strdup(url, err);
    for (size_t n = out == NULL ? 0 : strlen(out); n > scheme && out[n - 1] == '/'; n--)
        out[n - 1] = '\0';
    if (out != NULL && strchr(out + scheme, '/') != NULL) {
        (void)pulse_fail(err, PULSE_E_USAGE, "endpoint %s: a path behind the host is not supported",
                         url);
        free(out);
        out = NULL;
    }
    return out;
}
