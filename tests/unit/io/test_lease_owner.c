/* lease_owner.c: which run owns a lease, and whether it is alive. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lease_owner.h"

/* Ourselves, out of what a lease says. */
static struct pulse_lease_owner read_back(const struct pulse_lease_owner *owner)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_lease_owner back;
    char *text = pulse_lease_owner_text(owner, &err);
    assert_non_null(text);
    pulse_lease_owner_read(text, (int64_t)strlen(text), &back);
    free(text);
    return back;
}

/* Whether it is gone, and that `want` (NULL: nothing) is said of why. */
static void check_gone(const struct pulse_lease_owner *owner, const struct pulse_lease_owner *self,
                       const char *want)
{
    const char *why;
    assert_int_equal(pulse_lease_owner_gone(owner, self, &why), want != NULL);
    if (want != NULL)
        assert_non_null(strstr(why, want));
}

/* A process that is there, and what it says of itself. */
static pid_t fork_owner(struct pulse_lease_owner *said)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        pulse_lease_owner_self(60, said);
        if (write(pipes[1], said, sizeof *said) == (ssize_t)sizeof *said)
            (void)pause();
        _exit(0);
    }
    assert_int_equal(read(pipes[0], said, sizeof *said), sizeof *said);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return pid;
}

static void lease_owner__is_read_back_as_it_was(void **state)
{
    (void)state;
    struct pulse_lease_owner self;
    (void)setenv("AWS_BATCH_JOB_ID", "0f-job:3#2", 1);
    (void)setenv("AWS_BATCH_JOB_ATTEMPT", "4", 1);
    pulse_lease_owner_self(7, &self);
    (void)unsetenv("AWS_BATCH_JOB_ID");
    const struct pulse_lease_owner back = read_back(&self);
    assert_string_equal(back.host, self.host);
    assert_string_equal(back.boot, self.boot);
    assert_string_equal(back.pids, self.pids);
    assert_string_equal(back.job, "0f-job:3");
    assert_int_equal(back.attempt, 4);
    assert_int_equal(back.pid, getpid());
    assert_true(back.pid_began > 0 && back.pid_began == self.pid_began);
    assert_true(back.since == self.since && back.renew_seconds == 7 && !back.ended);
    assert_int_equal(pulse_lease_owner_expiry_seconds(&back), 35);
}

static void lease_owner__of_damaged_text_is_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "[1]",
                                        "{\"pid\": \"7\", \"host\": 3, \"since\": -1}",
                                        "{\"since\": 21700000000}",
                                        "{\"pid\": 1e99, \"renew_seconds\": 100000, \"ended\": 1}"};
    struct pulse_lease_owner self, owner;
    char who[600];
    pulse_lease_owner_self(60, &self);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pulse_lease_owner_read(texts[i], (int64_t)strlen(texts[i]), &owner);
        check_gone(&owner, &self, NULL);
        assert_int_equal(pulse_lease_owner_expiry_seconds(&owner), 300);
        assert_string_equal(pulse_lease_owner_describe(&owner, who), "an unknown process");
    }
}

static void lease_owner__suspended_process_is_alive_and_a_dead_one_is_gone(void **state)
{
    (void)state;
    struct pulse_lease_owner self, owner;
    siginfo_t info;
    pulse_lease_owner_self(60, &self);
    check_gone(&self, &self, NULL);
    const pid_t pid = fork_owner(&owner);
    assert_int_equal(owner.pid, pid);
    (void)kill(pid, SIGSTOP);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
    check_gone(&owner, &self, NULL);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    check_gone(&owner, &self, "process has ended"); /* though nobody has waited for it */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    check_gone(&owner, &self, "process has ended");
}

static void lease_owner__pids_mean_processes_of_their_own_kernel_and_container(void **state)
{
    (void)state;
    struct pulse_lease_owner self, owner;
    pulse_lease_owner_self(60, &self);
    assert_true(self.boot[0] != '\0' && self.pids[0] != '\0');
    owner = self;
    owner.pid_began--; /* another has the pid since */
    check_gone(&owner, &self, "process has ended");
    static const size_t words[] = {offsetof(struct pulse_lease_owner, boot),
                                   offsetof(struct pulse_lease_owner, pids)};
    for (size_t i = 0; i < 2; i++) {
        struct pulse_lease_owner other = owner, nameless = self;
        ((char *)&other)[words[i]] = '?';
        check_gone(&other, &self, NULL);
        ((char *)&nameless)[words[i]] = ((char *)&other)[words[i]] = '\0'; /* not known */
        check_gone(&other, &nameless, NULL);
    }
}

static void lease_owner__earlier_attempts_of_one_job_are_gone(void **state)
{
    (void)state;
    struct pulse_lease_owner self = {.job = "a", .attempt = 2}, owner = {.job = "a", .attempt = 1};
    check_gone(&owner, &self, "earlier attempt");
    owner.attempt = 2;
    check_gone(&owner, &self, NULL);
    owner.attempt = 3;
    check_gone(&owner, &self, NULL);
    owner = (struct pulse_lease_owner){.job = "b", .attempt = 1};
    check_gone(&owner, &self, NULL);
    owner.job[0] = self.job[0] = '\0'; /* neither is of a job */
    check_gone(&owner, &self, NULL);
    owner.ended = true;
    check_gone(&owner, &self, "has ended");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_owner__is_read_back_as_it_was),
        cmocka_unit_test(lease_owner__of_damaged_text_is_unknown),
        cmocka_unit_test(lease_owner__suspended_process_is_alive_and_a_dead_one_is_gone),
        cmocka_unit_test(lease_owner__pids_mean_processes_of_their_own_kernel_and_container),
        cmocka_unit_test(lease_owner__earlier_attempts_of_one_job_are_gone),
    };
    return RUN_CASES(tests, argc, argv);
}
