#include "store/aws/credential_chain.h"

#include <stddef.h>

#include "base/log.h"
#include "store/aws/config.h"
#include "store/aws/credentials_net.h"
#include "store/aws/credentials_profile.h"
#include "store/aws/retry_state.h"

/* Seconds before the end at which new ones are looked for, and between two such attempts. */
enum { EARLY_SECONDS = 15 * 60, PAUSE_SECONDS = 60 };

static struct {
    struct pulse_credentials found;
    bool have;
    int64_t asked; /* Unix time of the last attempt to find new ones */
} state;

void pulse_credentials_forget(void)
{
    pulse_credentials_clear(&state.found);
    state.have = false;
}

static int find_credentials(struct pulse_credentials *c, struct pulse_err *err)
{
    static int (*const providers[])(struct pulse_credentials *, bool *, struct pulse_err *) = {
        pulse_credentials_from_env, pulse_credentials_from_profile,
        pulse_credentials_from_web_identity, pulse_credentials_from_container,
        pulse_credentials_from_instance};
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        bool found = false;
        if (providers[i](c, &found, err) != 0)
            return -1;
        if (found)
            return 0;
    }
    char unreadable[PULSE_AWS_UNREADABLE];
    return pulse_fail(err, PULSE_E_STORAGE,
                      "no AWS credentials: none in the environment (AWS_ACCESS_KEY_ID, "
                      "AWS_SECRET_ACCESS_KEY), in ~/.aws%s, of a web identity, a container or an "
                      "instance; set them or run aws configure",
                      pulse_aws_tell_unreadable(unreadable));
}

/* Whether new ones are to be looked for: they expire soon. Some providers return the same ones
 * until shortly before the end, so this is done once a minute only. */
static bool is_renewal_due(int64_t now)
{
    return state.found.expires_seconds != INT64_MAX &&
           state.found.expires_seconds - now < EARLY_SECONDS &&
           (state.found.expires_seconds <= now || now - state.asked >= PAUSE_SECONDS);
}

int pulse_credentials_get(const struct pulse_credentials **out, struct pulse_err *err)
{
    const int64_t now = pulse_retry_state_server_time(); /* they expire by the servers' clock */
    if (!state.have || is_renewal_due(now)) {
        struct pulse_credentials fresh = {0};
        state.asked = now;
        if (find_credentials(&fresh, err) == 0) {
            pulse_credentials_clear(&state.found);
            state.found = fresh;
            state.have = true;
        } else {
            pulse_credentials_clear(&fresh);
            if (!state.have || state.found.expires_seconds <= now || err->kind == PULSE_E_SIGINT ||
                err->kind == PULSE_E_SIGTERM)
                return -1;
            pulse_warn("%s; the present credentials are still valid", err->text);
            *err = (struct pulse_err){.kind = PULSE_OK};
        }
    }
    *out = &state.found;
    return 0;
}
