#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/credentials_from.h"
#include "store/ini.h"

enum { MOST_BYTES = 1 << 20, MOST_ANSWER = 64 << 10, MOST_WORDS = 64, DEEPEST = 8 };

extern char **environ;

char *pulse_small_file(const char *path)
{
    struct stat st;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > MOST_BYTES))
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

/* ---- Files ---------------------------------------------------------------------- */

static const char *profile_name(void)
{
    const char *name = pulse_env("AWS_PROFILE");
    return name != NULL ? name : "default";
}

static char *read_config(const char *variable, const char *otherwise)
{
    char path[4096];
    const char *named = pulse_env(variable), *home = pulse_env("HOME");
    if (named != NULL)
        return pulse_small_file(named);
    if (home == NULL)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/.aws/%s", home, otherwise);
    return pulse_small_file(path);
}

/* A setting of a profile: ~/.aws/credentials has it under [NAME], ~/.aws/config under [profile
 * NAME], or [default]. Heap, or NULL. */
static char *setting(const char *profile, const char *key, struct pulse_err *err)
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

char *pulse_profile_value(const char *key, struct pulse_err *err)
{
    return setting(profile_name(), key, err);
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* ---- credential_process --------------------------------------------------------- */

/* Splits a command line in place: words apart by blanks, or in double quotes. */
static int split(char *line, char *words[MOST_WORDS + 1])
{
    int n = 0;
    for (char *p = line; *p != '\0' && n < MOST_WORDS;) {
        p += strspn(p, " \t");
        if (*p == '\0')
            break;
        const char *stop = *p == '"' ? "\"" : " \t";
        p += *p == '"';
        words[n++] = p;
        p += strcspn(p, stop);
        if (*p != '\0')
            *p++ = '\0';
    }
    words[n] = NULL;
    return n;
}

/* What it prints, heap; NULL with an error. Without a shell: the words are what they are. */
static char *output_of(char *const *words, struct pulse_err *err)
{
    int ends[2], status = -1;
    pid_t child;
    posix_spawn_file_actions_t actions;
    char *text = pulse_calloc(MOST_ANSWER + 1, 1, "credentials of a process", err);
    if (text == NULL)
        return NULL;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(text);
        (void)pulse_fail_errno(err, errno, "credential_process");
        return NULL;
    }
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int failed = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    size_t n = 0;
    for (ssize_t got = 1; failed == 0 && got > 0 && n<MOST_ANSWER; n += got> 0 ? (size_t)got : 0)
        got = TEMP_FAILURE_RETRY(read(ends[0], text + n, MOST_ANSWER - n));
    (void)close(ends[0]);
    while (failed == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (failed == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return text;
    wipe(text);
    (void)pulse_fail(
        err, PULSE_E_STORAGE,
        "the credential_process of profile '%s' (%s) failed%s%s; run it by hand to see "
        "why",
        profile_name(), words[0], failed == 0 ? "" : ": ", failed == 0 ? "" : strerror(failed));
    return NULL;
}

static int from_process(char *line, struct pulse_credentials *c, struct pulse_err *err)
{
    char *words[MOST_WORDS + 1];
    if (split(line, words) == 0)
        return pulse_fail(err, PULSE_E_STORAGE, "the credential_process of profile '%s' is empty",
                          profile_name());
    char *text = output_of(words, err);
    int rc = text == NULL ? -1
                          : pulse_credentials_from_json(text, "SessionToken",
                                                        "the profile's credential_process", c, err);
    wipe(text);
    return rc;
}

/* ---- A profile ------------------------------------------------------------------ */

static int from_keys(const char *profile, struct pulse_credentials *c, bool *found,
                     struct pulse_err *err)
{
    char *key_id = setting(profile, "aws_access_key_id", err);
    char *secret = setting(profile, "aws_secret_access_key", err);
    char *token = setting(profile, "aws_session_token", err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    *found = rc == 0 && key_id != NULL && secret != NULL;
    if (*found)
        rc = pulse_credentials_set(c, key_id, secret, token, "the profile", err);
    wipe(key_id);
    wipe(secret);
    wipe(token);
    return rc;
}

static int from_named(const char *profile, int depth, struct pulse_credentials *c, bool *found,
                      struct pulse_err *err);

/* The role of a profile, assumed with the keys of the one it names. */
static int from_role(const char *profile, const char *role, int depth, struct pulse_credentials *c,
                     bool *found, struct pulse_err *err)
{
    struct pulse_credentials with = {NULL, NULL, NULL, 0, NULL};
    char *source = setting(profile, "source_profile", err);
    char *session = setting(profile, "role_session_name", err);
    char *external = setting(profile, "external_id", err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    bool have = false;
    if (rc == 0 && source == NULL)
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "profile '%s' has a role_arn and no source_profile; name the profile whose "
                        "keys may assume it",
                        profile);
    else if (rc == 0 && strcmp(source, profile) == 0)
        rc = from_keys(profile, &with, &have, err);
    else if (rc == 0)
        rc = from_named(source, depth + 1, &with, &have, err);
    if (rc == 0 && !have)
        rc = pulse_fail(err, PULSE_E_STORAGE, "profile '%s', the source of '%s', has no keys",
                        source, profile);
    if (rc == 0)
        rc = pulse_credentials_from_sts(&with, role, session == NULL ? "pulse" : session, external,
                                        NULL, c, err);
    *found = rc == 0;
    pulse_credentials_clear(&with);
    free(source);
    free(session);
    free(external);
    return rc;
}

static int from_named(const char *profile, int depth, struct pulse_credentials *c, bool *found,
                      struct pulse_err *err)
{
    if (depth > DEEPEST)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "profile '%s': source_profile leads through more than %d profiles",
                          profile, DEEPEST);
    char *role = setting(profile, "role_arn", err), *process = NULL;
    char *web = setting(profile, "web_identity_token_file", err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    if (rc == 0 && role != NULL && web == NULL)
        rc = from_role(profile, role, depth, c, found, err);
    else if (rc == 0)
        rc = from_keys(profile, c, found, err);
    if (rc == 0 && !*found) {
        process = setting(profile, "credential_process", err);
        if (process != NULL) {
            rc = from_process(process, c, err);
            *found = rc == 0;
        }
    }
    free(role);
    free(web);
    free(process);
    return rc;
}

int pulse_credentials_from_profile(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    const int rc = from_named(profile_name(), 0, c, found, err);
    if (rc == 0 && !*found && pulse_env("AWS_PROFILE") != NULL) {
        char *region = pulse_profile_value("region", err);
        char *role = pulse_profile_value("role_arn", err);
        const bool there = region != NULL || role != NULL;
        free(region);
        free(role);
        if (!there)
            return pulse_fail(err, PULSE_E_STORAGE,
                              "AWS_PROFILE names '%s', which is in neither ~/.aws/credentials nor "
                              "~/.aws/config",
                              profile_name());
    }
    return rc;
}
