#include "submit/lifecycle.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/aws/http.h"
#include "store/aws/retry_state.h"
#include "store/store.h"

static volatile sig_atomic_t came;

static void note_signal(int signal_number)
{
    came = signal_number;
}

void pulse_lifecycle_begin(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    pulse_http_stop_when(pulse_lifecycle_signal);
}

enum pulse_kind pulse_lifecycle_signal(void)
{
    return came == SIGINT ? PULSE_E_SIGINT : came == SIGTERM ? PULSE_E_SIGTERM : PULSE_OK;
}

/* What failed before the last flush is remembered by the stream, but not why it did. */
static int check_output(struct pulse_err *err)
{
    if (fflush(stdout) != 0)
        return pulse_fail_errno(err, errno, "writing to standard output");
    return ferror(stdout) == 0 ? 0
                               : pulse_fail(err, PULSE_E_STORAGE,
                                            "writing to standard output failed: not all of "
                                            "it was written");
}

int pulse_lifecycle_end(const struct pulse_err *err, int code)
{
    struct pulse_err shown = *err;
    pulse_store_finish();
    pulse_retry_state_finish();
    if (shown.kind == PULSE_OK)
        (void)check_output(&shown);
    if (shown.kind == PULSE_OK)
        return code;
    pulse_log_error(&shown);
    return pulse_exit_code(shown.kind);
}

size_t pulse_lifecycle_json(void)
{
    return isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0;
}
