/* Any bytes as the JSON that earlier runs left: a lease's owner, a checkpoint's description. */
#include <stdlib.h>
#include <string.h>

#include "checkpoint/run_fingerprint.h"
#include "store/lease_owner.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

#define DESCRIPTION                                                                                \
    "{\"format\": 3, \"program\": \"pulse-train 0.2.0\", \"arithmetic\": \"OpenBLAS\", "           \
    "\"options\": {\"clip\": 5.0, \"ridge\": [100.0, 1000.0], \"refit\": false}, "                 \
    "\"data\": {\"rows\": 700, \"last date\": \"2003-09-08\"}, "                                   \
    "\"variables\": [{\"name\": \"v00\", \"transform\": \"diff\", \"values\": \"00ff\"}, "         \
    "{\"name\": \"v01\", \"transform\": \"diff\", \"values\": \"00fe\"}]}"

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(DESCRIPTION),
    FUZZ_BYTES("{\"options\": [], \"data\": {\"rows\": \"many\"}, \"variables\": [1, {}, []]}"),
    FUZZ_BYTES(
        "{\"host\": \"a\", \"boot\": \"b\", \"pids\": \"pid:[1]\", \"pid\": 77, "
        "\"pid_began\": 5, \"batch_job\": \"\", \"batch_attempt\": 0, \"since\": 1700000000, "
        "\"renew_seconds\": 60, \"ended\": false}"),
    FUZZ_BYTES("{\"host\": \"a\", \"pid\": 7, \"since\": 21700000000}"),
    FUZZ_BYTES("{\"host\": [], \"pid\": 1e300, \"since\": -9223372036854775808, "
               "\"renew_seconds\": 9223372036854775807, \"ended\": 1}"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_lease_owner owner, self = {.host = "a", .boot = "b", .pids = "pid:[1]"};
    const char *why, *text = size > 0 ? (const char *)data : "";
    char who[600], difference[200];
    pulse_lease_owner_read(text, (int64_t)size, &owner);
    (void)pulse_lease_owner_gone(&owner, &self, &why);
    (void)pulse_lease_owner_describe(&owner, who);
    if (pulse_lease_owner_expiry_seconds(&owner) <= 0)
        abort(); /* a damaged lease lasts as long as any */
    if (pulse_run_fingerprint_difference(text, (int64_t)size, DESCRIPTION, difference,
                                         sizeof difference) &&
        strlen(difference) >= sizeof difference)
        abort();
    return 0;
}
