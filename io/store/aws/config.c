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
#include "base/number.h"
#include "store/aws/hosts.h"
#include "store/aws/http_message.h"
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
    const bool there = fstat(fd, &st) == 0;
    if (there && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else if (there && ((!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) || st.st_size > MAX_BYTES))
        errno = EFBIG;
    else if (there && (text = calloc(1, (size_t)st.st_size + 1)) != NULL) {
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

const char *pulse_aws_profile_variable(void)
{
    return pulse_aws_env("AWS_PROFILE") != NULL           ? "AWS_PROFILE"
           : pulse_aws_env("AWS_DEFAULT_PROFILE") != NULL ? "AWS_DEFAULT_PROFILE"
                                                          : NULL;
}

const char *pulse_aws_profile_name(void)
{
    const char *variable = pulse_aws_profile_variable();
    return variable != NULL ? pulse_aws_env(variable) : "default";
}

enum { MAX_PATH = 4096 };

/* False where nothing says where the file is. */
static bool find_config(const char *variable, const char *otherwise, char path[MAX_PATH])
{
    const char *named = pulse_aws_env(variable), *home = pulse_aws_env("HOME");
    if (named != NULL && strncmp(named, "~/", 2) != 0)
        (void)snprintf(path, MAX_PATH, "%s", named);
    else if (home != NULL)
        (void)snprintf(path, MAX_PATH, "%s/%s%s", home, named == NULL ? ".aws/" : "",
                       named == NULL ? otherwise : named + 2);
    return home != NULL || (named != NULL && strncmp(named, "~/", 2) != 0);
}

static char *read_config(const char *variable, const char *otherwise)
{
    char path[MAX_PATH];
    return find_config(variable, otherwise, path) ? pulse_aws_read_file(path) : NULL;
}

static void wipe_text(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

const char *pulse_aws_tell_unreadable(char out[PULSE_AWS_UNREADABLE])
{
    static const char *const files[][2] = {{"AWS_SHARED_CREDENTIALS_FILE", "credentials"},
                                           {"AWS_CONFIG_FILE", "config"}};
    char path[MAX_PATH];
    out[0] = '\0';
    for (size_t i = 0; out[0] == '\0' && i < sizeof files / sizeof *files; i++) {
        errno = ENOENT;
        char *text = read_config(files[i][0], files[i][1]);
        const int why = errno;
        const bool wanted = why != ENOENT || pulse_aws_env(files[i][0]) != NULL;
        if (text == NULL && wanted && find_config(files[i][0], files[i][1], path))
            (void)snprintf(out, PULSE_AWS_UNREADABLE, " (%.200s: %s)", path,
                           why == EINVAL ? "no text, perhaps of UTF-16" : strerror(why));
        wipe_text(text);
    }
    return out;
}

char *pulse_aws_section_value(const char *section, const char *key, struct pulse_err *err)
{
    char *config = read_config("AWS_CONFIG_FILE", "config");
    char *value = config == NULL ? NULL : pulse_ini_value(config, section, key, err);
    wipe_text(config);
    return value;
}

/* A setting of a profile in ~/.aws/credentials, which has it under [NAME] ... */
static char *read_from_credentials(const char *profile, const char *key, struct pulse_err *err)
{
    char *credentials = read_config("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    char *value = credentials == NULL ? NULL : pulse_ini_value(credentials, profile, key, err);
    wipe_text(credentials);
    return value;
}

/* ... and in ~/.aws/config, under [profile NAME], which for "default" may be [default]. */
static char *read_from_config(const char *profile, const char *key, struct pulse_err *err)
{
    char section[256];
    (void)snprintf(section, sizeof section, "profile %s", profile);
    char *value = pulse_aws_section_value(section, key, err);
    if (value == NULL && err->kind == PULSE_OK && strcmp(profile, "default") == 0)
        value = pulse_aws_section_value(profile, key, err);
    return value;
}

char *pulse_aws_profile_value(const char *profile, const char *key, struct pulse_err *err)
{
    char *value = read_from_credentials(profile, key, err);
    return value != NULL || err->kind != PULSE_OK ? value : read_from_config(profile, key, err);
}

void pulse_aws_profile_keys(const char *profile, char *keys[PULSE_AWS_KEYS], struct pulse_err *err)
{
    static const char *const names[] = {"aws_access_key_id", "aws_secret_access_key",
                                        "aws_session_token"};
    char *(*read)(const char *, const char *, struct pulse_err *) = read_from_credentials;
    keys[0] = read(profile, names[0], err);
    if (keys[0] == NULL && err->kind == PULSE_OK) {
        read = read_from_config;
        keys[0] = read(profile, names[0], err);
    }
    for (int i = 1; i < PULSE_AWS_KEYS; i++)
        keys[i] = err->kind == PULSE_OK ? read(profile, names[i], err) : NULL;
    if (keys[PULSE_AWS_KEYS - 1] == NULL && err->kind == PULSE_OK) /* what it was called before */
        keys[PULSE_AWS_KEYS - 1] = read(profile, "aws_security_token", err);
}

char *pulse_aws_profile_nested_value(const char *profile, const char *group, const char *key,
                                     struct pulse_err *err)
{
    char section[256];
    char *config = read_config("AWS_CONFIG_FILE", "config"), *value = NULL;
    (void)snprintf(section, sizeof section, "profile %s", profile);
    if (config != NULL)
        value = pulse_ini_nested_value(config, section, group, key, err);
    if (config != NULL && value == NULL && err->kind == PULSE_OK && strcmp(profile, "default") == 0)
        value = pulse_ini_nested_value(config, profile, group, key, err);
    wipe_text(config);
    return value;
}

bool pulse_aws_profile_exists(const char *profile)
{
    char section[256];
    char *credentials = read_config("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    char *config = read_config("AWS_CONFIG_FILE", "config");
    (void)snprintf(section, sizeof section, "profile %s", profile);
    const bool found =
        (credentials != NULL && pulse_ini_has_section(credentials, profile)) ||
        (config != NULL &&
         (pulse_ini_has_section(config, section) ||
          (strcmp(profile, "default") == 0 && pulse_ini_has_section(config, profile))));
    wipe_text(credentials);
    wipe_text(config);
    return found;
}

/* ---- Region and endpoint -------------------------------------------------------- */

static const char *named_region;

void pulse_aws_name_region(const char *region)
{
    named_region = region;
}

bool pulse_aws_can_sign_for(const char *region)
{
    const char *at = region;
    while (*at > ' ' && *at <= '~' && *at != '/')
        at++;
    return *at == '\0';
}

static char *find_region(const char *option, struct pulse_err *err)
{
    const char *region = option != NULL ? option : named_region;
    if (region == NULL)
        region = pulse_aws_env("AWS_REGION");
    if (region == NULL)
        region = pulse_aws_env("AWS_DEFAULT_REGION");
    if (region == NULL)
        return pulse_aws_profile_value(pulse_aws_profile_name(), "region", err);
    return pulse_strdup(region, err);
}

static void refuse_region(const char *region, struct pulse_err *err)
{
    (void)pulse_fail(err, PULSE_E_USAGE, "'%s' is no AWS region; expected one like eu-central-1",
                     region);
}

char *pulse_aws_region(const char *option, struct pulse_err *err)
{
    char *region = find_region(option, err);
    if (region != NULL && !pulse_aws_can_sign_for(region)) {
        refuse_region(region, err);
        free(region);
        region = NULL;
    }
    return region;
}

/* Letters, digits and '-': it becomes part of a host name. */
static bool is_region(const char *region)
{
    return region[0] != '\0' && strlen(region) < 64 &&
           strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region);
}

/* Services whose name in settings is not that in hosts. */
static const char *name_in_settings(const char *service)
{
    return strcmp(service, "logs") == 0         ? "cloudwatch_logs"
           : strcmp(service, "portal.sso") == 0 ? "sso"
           : strcmp(service, "oidc") == 0       ? "sso_oidc"
                                                : service;
}

static const char *read_endpoint_variable(const char *service)
{
    char name[64] = "AWS_ENDPOINT_URL_";
    size_t n = strlen(name);
    for (; *service != '\0' && n < sizeof name - 1; service++)
        name[n++] = (char)(*service >= 'a' && *service <= 'z' ? *service - 'a' + 'A' : *service);
    name[n] = '\0';
    return pulse_aws_env(name);
}

static const char *read_endpoint_from_env(const char *service)
{
    const char *url = read_endpoint_variable(name_in_settings(service));
    if (url == NULL && strcmp(service, "logs") == 0)
        url = read_endpoint_variable(service); /* the short name of this project */
    return url != NULL ? url : pulse_aws_env("AWS_ENDPOINT_URL");
}

/* Of the profile: what its section of services says, else its own. */
static char *read_endpoint_from_profile(const char *service, struct pulse_err *err)
{
    const char *profile = pulse_aws_profile_name();
    char *url = NULL, *section = NULL;
    char *services = pulse_aws_profile_value(profile, "services", err);
    char *config = services == NULL ? NULL : read_config("AWS_CONFIG_FILE", "config");
    if (config != NULL)
        section = pulse_print(err, "services %s", services);
    if (section != NULL)
        url =
            pulse_ini_nested_value(config, section, name_in_settings(service), "endpoint_url", err);
    if (url == NULL && err->kind == PULSE_OK)
        url = pulse_aws_profile_value(profile, "endpoint_url", err);
    free(services);
    free(section);
    wipe_text(config);
    return url;
}

/* A switch: the variable, else the profile's setting. */
static bool is_switched_on(const char *variable, const char *key, struct pulse_err *err)
{
    const char *text = pulse_aws_env(variable);
    char *setting =
        text != NULL ? NULL : pulse_aws_profile_value(pulse_aws_profile_name(), key, err);
    text = text != NULL ? text : setting;
    const bool on = text != NULL && strcasecmp(text, "true") == 0;
    free(setting);
    return on;
}

/* What was configured; heap, NULL without one. */
static char *configured_endpoint(const char *option, const char *service, struct pulse_err *err)
{
    if (option != NULL)
        return pulse_strdup(option, err);
    if (is_switched_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
                       err))
        return NULL;
    const char *url = read_endpoint_from_env(service);
    return url != NULL ? pulse_strdup(url, err) : read_endpoint_from_profile(service, err);
}

static char *endpoint_of_aws(const char *service, const char *region, struct pulse_err *err)
{
    if (!is_region(region)) {
        refuse_region(region, err);
        return NULL;
    }
    const bool fips = is_switched_on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", err);
    const bool dual = is_switched_on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", err);
    char *host = pulse_aws_host(service, region, fips, dual, err);
    char *out = host == NULL ? NULL : pulse_print(err, "https://%s", host);
    free(host);
    return out;
}

/* Takes away what a request's host does not have: the scheme's own port, zeros before another. */
static void clean_port(char *url, size_t scheme)
{
    int64_t port;
    char *colon = strrchr(url + scheme, ':');
    if (colon == NULL || strchr(colon, ']') != NULL)
        return;
    const bool known = pulse_parse_int(colon + 1, 0, 99999, &port);
    if (!known || port == (scheme == 8 ? 443 : 80))
        *colon = '\0'; /* there are digits behind it, or nothing */
    else
        (void)sprintf(colon + 1, "%d", (int)port); /* no longer than it was */
}

/* Without the last slashes; NULL for what is no address of a server. */
static char *clean_endpoint(const char *url, struct pulse_err *err)
{
    char *out = NULL;
    const size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                          : strncasecmp(url, "http://", 7) == 0 ? 7
                                                                : 0;
    char shown[PULSE_HTTP_SERVER];
    if (!pulse_http_show_server(url, shown) || scheme == 0 || strpbrk(url, " \t\r\n?#@") != NULL) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "endpoint %s: expected http://HOST[:PORT] or https://HOST[:PORT], without "
                         "user, query or blanks",
                         shown);
        return NULL;
    }
    out = pulse_strdup(url, err);
    for (size_t n = out == NULL ? 0 : strlen(out); n > scheme && out[n - 1] == '/'; n--)
        out[n - 1] = '\0';
    if (out != NULL && strchr(out + scheme, '/') != NULL) {
        (void)pulse_fail(err, PULSE_E_USAGE, "endpoint %s: a path behind the host is not supported",
                         shown);
        free(out);
        out = NULL;
    }
    if (out != NULL)
        clean_port(out, scheme);
    return out;
}

char *pulse_aws_endpoint(const char *option, const char *service, const char *region, bool *custom,
                         struct pulse_err *err)
{
    char *url = configured_endpoint(option, service, err), *out = NULL;
    *custom = url != NULL;
    if (url != NULL)
        out = clean_endpoint(url, err);
    else if (err->kind == PULSE_OK)
        out = endpoint_of_aws(service, region, err);
    free(url);
    return out;
}
