#include "store/lease_owner.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/number.h"

/* Renewals in a row that may be missing before a run counts as dead. */
enum { RENEWALS = 5 };

/* ---- This process --------------------------------------------------------------- */

static void copy_word(char out[PULSE_LEASE_OWNER_WORD], const char *text)
{
    (void)snprintf(out, PULSE_LEASE_OWNER_WORD, "%.*s", PULSE_LEASE_OWNER_WORD - 1, text);
}

/* Reads the first line of a file under /proc; "" where there is none. */
static void read_first_line(const char *path, char *out, int capacity)
{
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(out, capacity, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (file != NULL)
        (void)fclose(file);
}

/* Reads state and start time of a process, the 3rd and the 22nd word of its line in /proc, counted
 * from behind its name, which may contain anything. False where the line cannot be read. */
static bool read_process(int64_t pid, char *state, int64_t *began)
{
    enum { BEGAN = 22 };
    char path[64], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    read_first_line(path, line, (int)sizeof line);
    const char *at = strrchr(line, ')');
    if (at == NULL || at[1] == '\0' || at[2] == '\0')
        return false;
    *state = at[2];
    for (int word = 2; at != NULL && word < BEGAN; word++)
        at = strchr(at + 1, ' ');
    *began = 0;
    return at != NULL && pulse_parse_digits(at + 1, began) != NULL && *began > 0;
}

void pulse_lease_owner_self(int64_t renew_seconds, struct pulse_lease_owner *out)
{
    const char *job = getenv("AWS_BATCH_JOB_ID"), *attempt = getenv("AWS_BATCH_JOB_ATTEMPT");
    char state;
    *out = (struct pulse_lease_owner){
        .pid = getpid(), .since = (int64_t)time(NULL), .renew_seconds = renew_seconds};
    if (gethostname(out->host, sizeof out->host - 1) != 0)
        out->host[0] = '\0';
    read_first_line("/proc/sys/kernel/random/boot_id", out->boot, (int)sizeof out->boot);
    if (readlink("/proc/self/ns/pid", out->pids, sizeof out->pids - 1) < 0)
        out->pids[0] = '\0';
    if (!read_process(out->pid, &state, &out->pid_began))
        out->pid_began = 0;
    if (job == NULL || job[0] == '\0')
        return;
    copy_word(out->job, job);
    out->job[strcspn(out->job, "#")] = '\0'; /* "#3": a node of it */
    if (!pulse_parse_int(attempt, 1, INT64_MAX, &out->attempt))
        out->attempt = 1;
}

/* ---- As text -------------------------------------------------------------------- */

char *pulse_lease_owner_text(const struct pulse_lease_owner *owner, struct pulse_err *err)
{
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:b}", "program",
        "pulse-train " PULSE_VERSION, "host", owner->host, "boot", owner->boot, "pids", owner->pids,
        "pid", (json_int_t)owner->pid, "pid_began", (json_int_t)owner->pid_began, "batch_job",
        owner->job, "batch_attempt", (json_int_t)owner->attempt, "since", (json_int_t)owner->since,
        "renew_seconds", (json_int_t)owner->renew_seconds, "ended", owner->ended);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a lease");
    return text;
}

static void read_word(const json_t *root, const char *name, char out[PULSE_LEASE_OWNER_WORD])
{
    const char *text = json_string_value(json_object_get(root, name));
    copy_word(out, text == NULL ? "" : text);
}

static int64_t read_number(const json_t *root, const char *name, int64_t max)
{
    const json_int_t n = json_integer_value(json_object_get(root, name));
    return n < 0 || n > max ? 0 : n;
}

void pulse_lease_owner_read(const char *text, int64_t bytes, struct pulse_lease_owner *out)
{
    const int64_t last_second = INT64_MAX / PULSE_NS_PER_SECOND;
    json_t *root = json_loadb(text, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL);
    *out = (struct pulse_lease_owner){0};
    read_word(root, "host", out->host);
    read_word(root, "boot", out->boot);
    read_word(root, "pids", out->pids);
    read_word(root, "batch_job", out->job);
    out->pid = read_number(root, "pid", INT32_MAX);
    out->pid_began = read_number(root, "pid_began", INT64_MAX);
    out->attempt = read_number(root, "batch_attempt", INT32_MAX);
    out->since = read_number(root, "since", last_second);
    out->renew_seconds = read_number(root, "renew_seconds", PULSE_LEASE_OWNER_RENEWS);
    out->ended = json_is_true(json_object_get(root, "ended"));
    json_decref(root);
}

/* ---- Alive or not --------------------------------------------------------------- */

static bool are_same_words(const char *a, const char *b)
{
    return a[0] != '\0' && strcmp(a, b) == 0;
}

/* For a pid that means the same process to us and to the owner. A process that is dead and not yet
 * waited for writes nothing any more, so it counts as gone. */
static bool is_process_gone(const struct pulse_lease_owner *owner)
{
    char state;
    int64_t began;
    if (kill((pid_t)owner->pid, 0) != 0 && errno == ESRCH)
        return true;
    if (!read_process(owner->pid, &state, &began))
        return false; /* another user's, hidden from us */
    return began != owner->pid_began || state == 'Z' || state == 'X';
}

bool pulse_lease_owner_is_here(const struct pulse_lease_owner *owner,
                               const struct pulse_lease_owner *self)
{
    return are_same_words(owner->boot, self->boot) && are_same_words(owner->pids, self->pids) &&
           owner->pid > 0 && owner->pid_began > 0;
}

bool pulse_lease_owner_gone(const struct pulse_lease_owner *owner,
                            const struct pulse_lease_owner *self, const char **why)
{
    *why = NULL;
    if (owner->ended)
        *why = "it has ended";
    else if (are_same_words(owner->job, self->job) && owner->attempt < self->attempt)
        *why = "it was an earlier attempt of this job";
    else if (pulse_lease_owner_is_here(owner, self) && is_process_gone(owner))
        *why = "its process has ended";
    return *why != NULL;
}

int64_t pulse_lease_owner_expiry_seconds(const struct pulse_lease_owner *owner)
{
    return RENEWALS * (owner->renew_seconds > 0 ? owner->renew_seconds : PULSE_LEASE_OWNER_RENEWS);
}

char *pulse_lease_owner_describe(const struct pulse_lease_owner *owner, char out[600])
{
    enum { CAPACITY = 600 };
    char instant[PULSE_INSTANT_TEXT];
    int n = 0;
    if (owner->pid == 0)
        n = snprintf(out, CAPACITY, "an unknown process");
    else
        n = snprintf(out, CAPACITY, "pid %lld on %s", (long long)owner->pid,
                     owner->host[0] == '\0' ? "an unnamed host" : owner->host);
    if (owner->job[0] != '\0')
        n += snprintf(out + n, (size_t)(CAPACITY - n), ", AWS Batch job %s, attempt %lld",
                      owner->job, (long long)owner->attempt);
    if (owner->since > 0)
        (void)snprintf(out + n, (size_t)(CAPACITY - n), ", since %sZ",
                       pulse_format_instant(owner->since * PULSE_NS_PER_SECOND, instant));
    return out;
}
