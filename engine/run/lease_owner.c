#include "run/lease_owner.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"

/* Renewals that may fail before a run is taken for dead. */
enum { RENEWALS = 5 };

/* ---- This process --------------------------------------------------------------- */

static void copy(char out[PULSE_LEASE_OWNER_WORD], const char *text)
{
    (void)snprintf(out, PULSE_LEASE_OWNER_WORD, "%.*s", PULSE_LEASE_OWNER_WORD - 1, text);
}

/* The first line of a file of the kernel's; "" where there is none. */
static void first_line(const char *path, char *out, int room)
{
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(out, room, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (file != NULL)
        (void)fclose(file);
}

/* State and time of birth of a process, the 3rd and the 22nd word of its line: counted from behind
 * its name, which may hold anything. False where the line cannot be read. */
static bool look_at(int64_t pid, char *state, int64_t *began)
{
    enum { BEGAN = 22 };
    char path[64], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    first_line(path, line, (int)sizeof line);
    const char *at = strrchr(line, ')');
    if (at == NULL || at[1] == '\0' || at[2] == '\0')
        return false;
    *state = at[2];
    for (int word = 2; at != NULL && word < BEGAN; word++)
        at = strchr(at + 1, ' ');
    *began = at == NULL ? 0 : strtoll(at, NULL, 10);
    return *began > 0;
}

void pulse_lease_owner_self(int64_t renew_seconds, struct pulse_lease_owner *out)
{
    const char *job = getenv("AWS_BATCH_JOB_ID"), *attempt = getenv("AWS_BATCH_JOB_ATTEMPT");
    char state;
    *out = (struct pulse_lease_owner){
        .pid = getpid(), .since = (int64_t)time(NULL), .renew_seconds = renew_seconds};
    if (gethostname(out->host, sizeof out->host - 1) != 0)
        out->host[0] = '\0';
    first_line("/proc/sys/kernel/random/boot_id", out->boot, (int)sizeof out->boot);
    if (readlink("/proc/self/ns/pid", out->pids, sizeof out->pids - 1) < 0)
        out->pids[0] = '\0';
    if (!look_at(out->pid, &state, &out->pid_began))
        out->pid_began = 0;
    if (job == NULL || job[0] == '\0')
        return;
    copy(out->job, job);
    out->job[strcspn(out->job, "#")] = '\0'; /* "#3": a node of it */
    out->attempt = attempt == NULL ? 1 : strtoll(attempt, NULL, 10);
}

/* ---- As text -------------------------------------------------------------------- */

char *pulse_lease_owner_text(const struct pulse_lease_owner *holder, struct pulse_err *err)
{
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:b}", "program",
                  "pulse-train " PULSE_VERSION, "host", holder->host, "boot", holder->boot, "pids",
                  holder->pids, "pid", (json_int_t)holder->pid, "pid_began",
                  (json_int_t)holder->pid_began, "batch_job", holder->job, "batch_attempt",
                  (json_int_t)holder->attempt, "since", (json_int_t)holder->since, "renew_seconds",
                  (json_int_t)holder->renew_seconds, "ended", holder->ended);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a claim");
    return text;
}

static void take_word(const json_t *root, const char *name, char out[PULSE_LEASE_OWNER_WORD])
{
    const char *text = json_string_value(json_object_get(root, name));
    copy(out, text == NULL ? "" : text);
}

static int64_t take_number(const json_t *root, const char *name, int64_t most)
{
    const json_int_t n = json_integer_value(json_object_get(root, name));
    return n < 0 || n > most ? 0 : n;
}

void pulse_lease_owner_read(const char *text, int64_t bytes, struct pulse_lease_owner *out)
{
    const int64_t year_3000 = INT64_C(32503680000);
    json_t *root = json_loadb(text, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL);
    *out = (struct pulse_lease_owner){0};
    take_word(root, "host", out->host);
    take_word(root, "boot", out->boot);
    take_word(root, "pids", out->pids);
    take_word(root, "batch_job", out->job);
    out->pid = take_number(root, "pid", INT32_MAX);
    out->pid_began = take_number(root, "pid_began", INT64_MAX);
    out->attempt = take_number(root, "batch_attempt", INT32_MAX);
    out->since = take_number(root, "since", year_3000);
    out->renew_seconds = take_number(root, "renew_seconds", PULSE_LEASE_OWNER_RENEWS);
    out->ended = json_is_true(json_object_get(root, "ended"));
    json_decref(root);
}

/* ---- Alive or not --------------------------------------------------------------- */

static bool same_word(const char *a, const char *b)
{
    return a[0] != '\0' && strcmp(a, b) == 0;
}

/* Of a pid that means to us what it means to the holder. One that is dead and not yet waited for
 * writes nothing any more. */
static bool process_gone(const struct pulse_lease_owner *holder)
{
    char state;
    int64_t began;
    if (kill((pid_t)holder->pid, 0) != 0 && errno == ESRCH)
        return true;
    if (!look_at(holder->pid, &state, &began))
        return false; /* another user's, hidden from us */
    return began != holder->pid_began || state == 'Z' || state == 'X';
}

bool pulse_lease_owner_gone(const struct pulse_lease_owner *holder,
                            const struct pulse_lease_owner *self, const char **why)
{
    *why = NULL;
    if (holder->ended)
        *why = "it has ended";
    else if (same_word(holder->job, self->job) && holder->attempt < self->attempt)
        *why = "it was an earlier attempt of this job";
    else if (same_word(holder->boot, self->boot) && same_word(holder->pids, self->pids) &&
             holder->pid > 0 && holder->pid_began > 0 && process_gone(holder))
        *why = "its process has ended";
    return *why != NULL;
}

int64_t pulse_lease_owner_expiry_seconds(const struct pulse_lease_owner *holder)
{
    return RENEWALS *
           (holder->renew_seconds > 0 ? holder->renew_seconds : PULSE_LEASE_OWNER_RENEWS);
}

char *pulse_lease_owner_describe(const struct pulse_lease_owner *holder, char out[600])
{
    enum { ROOM = 600 };
    char instant[PULSE_INSTANT_TEXT];
    int n = 0;
    if (holder->pid == 0)
        n = snprintf(out, ROOM, "a process that cannot be told");
    else
        n = snprintf(out, ROOM, "pid %lld on %s", (long long)holder->pid,
                     holder->host[0] == '\0' ? "an unnamed host" : holder->host);
    if (holder->job[0] != '\0')
        n += snprintf(out + n, (size_t)(ROOM - n), ", AWS Batch job %s, attempt %lld", holder->job,
                      (long long)holder->attempt);
    if (holder->since > 0)
        (void)snprintf(out + n, (size_t)(ROOM - n), ", since %sZ",
                       pulse_format_instant(holder->since * PULSE_NS_PER_SECOND, instant));
    return out;
}
