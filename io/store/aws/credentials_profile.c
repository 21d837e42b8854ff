#include "store/aws/credentials_profile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/shutdown.h"
#include "store/aws/config.h"
#include "store/aws/credentials_net.h"
#include "store/aws/credentials_sso.h"
#include "store/aws/http.h"
#include "store/aws/sts.h"

enum { MAX_ANSWER = 64 << 10, MAX_WORDS = 64, MAX_DEPTH = 8 };

extern char **environ;

/* ---- credential_process --------------------------------------------------------- */

/* One word of a command line, quoted as in a shell: 'as it is', "with \\ and \" escaped",
 * or \ before a single letter. What follows it; NULL where a quote is not closed. */
static char *take_word(char *from, char **word)
{
    char *to = from, quote = '\0';
    *word = from;
    for (; *from != '\0' && (quote != '\0' || strchr(" \t", *from) == NULL); from++) {
        const bool escape = *from == '\\' && from[1] != '\0' &&
                            (quote == '\0' || (quote == '"' && strchr("\\\"", from[1]) != NULL));
        if (escape)
            *to++ = *++from;
        else if (quote == '\0' && (*from == '"' || *from == '\''))
            quote = *from;
        else if (*from == quote)
            quote = '\0';
        else
            *to++ = *from;
    }
    char *rest = *from == '\0' ? from : from + 1;
    *to = '\0';
    return quote == '\0' ? rest : NULL;
}

/* The words of a command line, which is overwritten; 0 where it cannot be read. */
static int split_words(char *line, char *words[MAX_WORDS + 1])
{
    int n = 0;
    for (char *p = line + strspn(line, " \t"); *p != '\0' && n < MAX_WORDS;) {
        p = take_word(p, &words[n++]);
        if (p == NULL)
            return 0;
        p += strspn(p, " \t");
    }
    words[n] = NULL;
    return n;
}

/* All that comes through a pipe, of MAX_ANSWER bytes at most. -1 where we are asked to end. */
static int read_pipe(int from, char *text, struct pulse_err *err)
{
    enum { LOOK_MILLISECONDS = 200 };
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n<MAX_ANSWER; n += got> 0 ? (size_t)got : 0) {
        struct pollfd there = {.fd = from, .events = POLLIN};
        while (poll(&there, 1, LOOK_MILLISECONDS) <= 0)
            if (pulse_http_interrupted(err) != 0)
                return -1;
        got = TEMP_FAILURE_RETRY(read(from, text + n, MAX_ANSWER - n));
    }
    return 0;
}

/* Waits for a child's end, and brings it about where we are asked to end. */
static int wait_for_child(pid_t child, int *status, struct pulse_err *err)
{
    enum { NAP_MILLISECONDS = 10, PATIENCE = 200 }; /* naps between a word and the end */
    const struct timespec nap = {0, NAP_MILLISECONDS * 1000000L};
    int naps = 0;
    while (waitpid(child, status, WNOHANG) == 0) {
        if (err->kind != PULSE_OK || pulse_http_interrupted(err) != 0)
            (void)kill(child, naps++ < PATIENCE ? SIGTERM : SIGKILL);
        (void)nanosleep(&nap, NULL);
    }
    /* Ctrl-C ends both, and then it has not failed. */
    return err->kind != PULSE_OK || pulse_http_interrupted(err) != 0 ? -1 : 0;
}

/* What a command prints goes to `text`. Without a shell, so no word is expanded. Where we are asked
 * to end it ends first. */
static int run_command(const char *profile, char *const *words, char *text, struct pulse_err *err)
{
    int ends[2], status = -1;
    pid_t child;
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pulse_fail_errno(err, errno, "credential_process");
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int failed = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    if (failed == 0)
        (void)read_pipe(ends[0], text, err);
    (void)close(ends[0]);
    if (failed == 0 && wait_for_child(child, &status, err) != 0)
        return -1;
    return failed == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : pulse_fail(err, PULSE_E_STORAGE,
                            "the credential_process of profile '%s' (%s) failed%s%s; run it by "
                            "hand to see why",
                            profile, words[0], failed == 0 ? "" : ": ",
                            failed == 0 ? "" : strerror(failed));
}

static int read_from_process(const char *profile, char *line, struct pulse_credentials *c,
                             struct pulse_err *err)
{
    char *words[MAX_WORDS + 1];
    if (split_words(line, words) == 0)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "the credential_process of profile '%s' is empty, or a quote in it is not "
            "closed",
            profile);
    char *text = pulse_calloc(MAX_ANSWER + 1, 1, "credentials of a process", err);
    pulse_shutdown_hold_signals();
    int rc = text == NULL ? -1 : run_command(profile, words, text, err);
    pulse_shutdown_release_signals();
    if (rc == 0)
        rc = pulse_credentials_from_json(text, "SessionToken", "the profile's credential_process",
                                         c, err);
    pulse_credentials_wipe(text);
    return rc;
}

/* ---- A profile ------------------------------------------------------------------ */

static int read_from_keys(const char *profile, struct pulse_credentials *c, bool *found,
                          struct pulse_err *err)
{
    char *keys[PULSE_AWS_KEYS];
    pulse_aws_profile_keys(profile, keys, err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    *found = rc == 0 && keys[0] != NULL && keys[1] != NULL;
    if (*found)
        rc = pulse_credentials_set(c, keys[0], keys[1], keys[2], "the profile", err);
    else if (rc == 0 && keys[0] != NULL)
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "profile '%s' has an aws_access_key_id and no aws_secret_access_key; set "
                        "both, or neither",
                        profile);
    for (int i = 0; i < PULSE_AWS_KEYS; i++)
        pulse_credentials_wipe(keys[i]);
    return rc;
}

static int read_from_profile(const char *profile, int depth, struct pulse_credentials *c,
                             bool *found, struct pulse_err *err);

int pulse_credentials_from_env(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    const char *key_id = pulse_aws_env("AWS_ACCESS_KEY_ID"),
               *secret = pulse_aws_env("AWS_SECRET_ACCESS_KEY"),
               *token = pulse_aws_env("AWS_SESSION_TOKEN");
    if (token == NULL)
        token = pulse_aws_env("AWS_SECURITY_TOKEN"); /* what it was called before */
    *found = key_id != NULL && secret != NULL;
    if (key_id != NULL && secret == NULL) /* other keys would be somebody else's */
        return pulse_fail(err, PULSE_E_STORAGE,
                          "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not; set both, or "
                          "neither");
    return *found ? pulse_credentials_set(c, key_id, secret, token, "the environment", err) : 0;
}

/* What assumes a role: credential_source, the machine's own. */
static int read_from_machine(const char *profile, const char *source, struct pulse_credentials *c,
                             struct pulse_err *err)
{
    static const struct {
        const char *name;
        int (*read)(struct pulse_credentials *, bool *, struct pulse_err *);
    } sources[] = {{"Environment", pulse_credentials_from_env},
                   {"EcsContainer", pulse_credentials_from_container},
                   {"Ec2InstanceMetadata", pulse_credentials_from_instance}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        bool found = false;
        if (strcmp(sources[i].name, source) != 0)
            continue;
        if (sources[i].read(c, &found, err) != 0)
            return -1;
        return found
                   ? 0
                   : pulse_fail(err, PULSE_E_STORAGE,
                                "profile '%s' takes its keys from credential_source %s, which has "
                                "none here",
                                profile, source);
    }
    return pulse_fail(err, PULSE_E_STORAGE,
                      "profile '%s': credential_source %s is none of Environment, EcsContainer and "
                      "Ec2InstanceMetadata",
                      profile, source);
}

static int read_from_profile(const char *profile, int depth, struct pulse_credentials *c,
                             bool *found, struct pulse_err *err);

/* Of a profile without keys. */
static const char *tell_lack(const char *profile)
{
    return pulse_aws_profile_exists(profile) ? "has no keys"
                                             : "is in neither ~/.aws/credentials nor ~/.aws/config";
}

/* The keys that assume the role of a profile. */
static int read_role_source(const char *profile, int depth, struct pulse_credentials *with,
                            struct pulse_err *err)
{
    char *source = pulse_aws_profile_value(profile, "source_profile", err);
    char *machine = pulse_aws_profile_value(profile, "credential_source", err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    bool have = false;
    if (rc == 0 && source == NULL && machine == NULL)
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "profile '%s' has a role_arn and neither source_profile nor "
                        "credential_source; name the profile whose keys may assume it",
                        profile);
    else if (rc == 0 && source == NULL)
        rc = read_from_machine(profile, machine, with, err);
    else if (rc == 0) {
        rc = read_from_keys(source, with, &have, err); /* before a role of its own */
        if (rc == 0 && !have && strcmp(source, profile) != 0)
            rc = read_from_profile(source, depth + 1, with, &have, err);
        if (rc == 0 && !have)
            rc = pulse_fail(err, PULSE_E_STORAGE, "profile '%s', the source of '%s', %s", source,
                            profile, tell_lack(source));
    }
    free(source);
    free(machine);
    return rc;
}

/* STS refuses a role that wants a code of a device, and nobody can be asked for one here. */
static int explain_device(const char *profile, struct pulse_err *err)
{
    struct pulse_err refused = *err;
    *err = (struct pulse_err){.kind = PULSE_OK};
    char *device = pulse_aws_profile_value(profile, "mfa_serial", err);
    if (device == NULL)
        *err = refused;
    else
        (void)pulse_fail(err, PULSE_E_STORAGE,
                         "profile '%s' has an mfa_serial, and nobody can be asked for its code "
                         "here: eval \"$(aws configure export-credentials --profile %s --format "
                         "env)\" first (%.200s)",
                         profile, profile, refused.text);
    free(device);
    return -1;
}

/* The role of a profile, assumed. */
static int read_from_role(const char *profile, const char *role, int depth,
                          struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    struct pulse_credentials with = {0};
    char *session = pulse_aws_profile_value(profile, "role_session_name", err);
    char *external = pulse_aws_profile_value(profile, "external_id", err);
    int rc = err->kind == PULSE_OK ? read_role_source(profile, depth, &with, err) : -1;
    if (rc == 0)
        rc = pulse_credentials_from_sts(&with, role, session == NULL ? "pulse" : session, external,
                                        NULL, c, err);
    if (rc != 0 && with.key_id != NULL && err->kind == PULSE_E_STORAGE)
        rc = explain_device(profile, err);
    *found = rc == 0;
    pulse_credentials_clear(&with);
    free(session);
    free(external);
    return rc;
}

/* The role of a profile, assumed with the token in a file. */
static int read_from_web_role(const char *profile, const char *role, const char *path,
                              struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    char *session = pulse_aws_profile_value(profile, "role_session_name", err);
    const int rc =
        err->kind == PULSE_OK ? pulse_credentials_from_token(path, role, session, c, err) : -1;
    *found = rc == 0;
    free(session);
    return rc;
}

/* Of a profile without keys: those that "aws login" renews are the CLI's own to read. */
static int explain_login(const char *profile, struct pulse_err *err)
{
    char *session = pulse_aws_profile_value(profile, "login_session", err);
    const bool signed_on = session != NULL;
    free(session);
    if (signed_on)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "profile '%s' is one of aws login, whose session only the AWS CLI reads: "
                          "eval \"$(aws configure export-credentials --profile %s --format env)\" "
                          "first, or let credential_process run that with --format process",
                          profile, profile);
    return err->kind == PULSE_OK ? 0 : -1;
}

static int read_from_profile(const char *profile, int depth, struct pulse_credentials *c,
                             bool *found, struct pulse_err *err)
{
    if (depth > MAX_DEPTH)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "profile '%s': source_profile leads through more than %d profiles",
                          profile, MAX_DEPTH);
    char *role = pulse_aws_profile_value(profile, "role_arn", err), *process = NULL;
    char *web = pulse_aws_profile_value(profile, "web_identity_token_file", err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    if (rc == 0 && role != NULL && web != NULL)
        rc = read_from_web_role(profile, role, web, c, found, err);
    else if (rc == 0 && role != NULL)
        rc = read_from_role(profile, role, depth, c, found, err);
    else if (rc == 0)
        rc = pulse_credentials_from_sso(profile, c, found, err);
    if (rc == 0 && !*found)
        rc = read_from_keys(profile, c, found, err);
    if (rc == 0 && !*found) {
        process = pulse_aws_profile_value(profile, "credential_process", err);
        if (process != NULL) {
            rc = read_from_process(profile, process, c, err);
            *found = rc == 0;
        } else if (err->kind == PULSE_OK)
            rc = explain_login(profile, err);
    }
    free(role);
    free(web);
    free(process);
    return rc;
}

int pulse_credentials_from_profile(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    const int rc = read_from_profile(pulse_aws_profile_name(), 0, c, found, err);
    const char *profile = pulse_aws_profile_name();
    char unreadable[PULSE_AWS_UNREADABLE];
    if (rc == 0 && !*found && pulse_aws_profile_variable() != NULL &&
        !pulse_aws_profile_exists(profile))
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s names '%s', which is in neither ~/.aws/credentials nor "
                          "~/.aws/config%s",
                          pulse_aws_profile_variable(), profile,
                          pulse_aws_tell_unreadable(unreadable));
    return rc;
}
