#include "store/aws/retry_state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/progress.h"
#include "store/aws/retry_policy.h"
#include "store/common/counts.h"
#include "store/common/store_lock.h"

enum { CLOCK_SECONDS = 30 };

static struct {
    int64_t clock_offset; /* seconds that the servers' clock is ahead of ours */
    struct pulse_retry_policy_budget budget;
    uint64_t random;
} state;

int64_t pulse_retry_state_server_time(void)
{
    return (int64_t)time(NULL) + state.clock_offset;
}

bool pulse_retry_state_correct_clock(const struct pulse_http *http)
{
    char text[64];
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    if (!pulse_http_header(http, "date", text, sizeof text) ||
        strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
        return false;
    const int64_t offset = (int64_t)timegm(&tm) - (int64_t)time(NULL);
    if (llabs(offset - state.clock_offset) < CLOCK_SECONDS)
        return true;
    pulse_warn("the clock of this machine is %lld s off that of AWS; requests are dated by the "
               "latter",
               (long long)-offset);
    state.clock_offset = offset;
    return true;
}

/* Uniform on [0, 1): for jitter, nothing secret. splitmix64 (Steele, Lea, Flood 2014). */
static double draw_uniform(void)
{
    if (state.random == 0) {
        struct timespec t;
        (void)clock_gettime(CLOCK_REALTIME, &t);
        state.random = (uint64_t)t.tv_nsec * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)t.tv_sec;
    }
    uint64_t z = state.random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

bool pulse_retry_state_schedule(const struct pulse_http *http, int attempts, bool at_once,
                                double *wait_until)
{
    char after[32] = "";
    if (attempts >= pulse_retry_policy_max_attempts() || http->check != NULL ||
        !pulse_retry_policy_spend(&state.budget))
        return false;
    (void)pulse_http_header(http, "retry-after", after, sizeof after);
    *wait_until = at_once ? 0
                          : pulse_seconds() +
                                pulse_retry_policy_delay_seconds(attempts, after, draw_uniform());
    pulse_store_count(&(struct pulse_store_counts){.retries = 1});
    return true;
}

void pulse_retry_state_note_success(void)
{
    pulse_retry_policy_refund(&state.budget);
}

int pulse_retry_state_sleep(double until, struct pulse_err *err)
{
    double left = until - pulse_seconds();
    while (left > 0) {
        const double nap = left < 0.5 ? left : 0.5;
        const struct timespec t = {0, (long)(nap * 1e9)};
        pulse_store_lock_pause();
        (void)nanosleep(&t, NULL);
        pulse_store_lock_resume();
        if (pulse_http_interrupted(err) != 0)
            return -1;
        left = until - pulse_seconds();
    }
    return 0;
}

void pulse_retry_state_finish(void)
{
    memset(&state, 0, sizeof state);
}
