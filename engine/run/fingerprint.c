#include "run/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/blas_kernels.h"
#include "mpi/collect.h"
#include "run/describe.h"

static struct pulse_digest digest_text(const char *text)
{
    return pulse_digest_of(text, (int64_t)strlen(text));
}

/* The digest of digests. `content`: V, of the values; it takes the names in. */
static struct pulse_digest digest_all(const struct pulse_options *options,
                                      const struct pulse_panel *panel, struct pulse_digest *content)
{
    const int64_t V = panel->loaded.V;
    for (int64_t v = 0; v < V; v++) {
        const struct pulse_digest both[] = {content[v], digest_text(panel->loaded.names[v])};
        content[v] = pulse_digest_of(both, sizeof both);
    }
    const struct pulse_digest parts[] = {
        pulse_digest_of(content, V * (int64_t)sizeof *content),
        pulse_digest_of(panel->calendar, panel->T * (int64_t)sizeof *panel->calendar),
        digest_text("pulse-train " PULSE_VERSION),
        digest_text(pulse_blas_description()),
        {{pulse_options_hash_numbers(options), 0}}};
    return pulse_digest_of(parts, sizeof parts);
}

int pulse_run_fingerprint_make(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_panel *panel, char out[PULSE_DIGEST_TEXT],
                               struct pulse_err *err)
{
    struct pulse_digest all = {{0, 0}};
    struct pulse_digest *content =
        pulse_calloc(panel->loaded.V, sizeof *content, "the digests", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        (void)pulse_run_digest_values(comm, panel, panel->T, content, err);
    if (status == 0)
        status = pulse_comm_agree(comm, err);
    if (status == 0 && comm->rank == 0)
        all = digest_all(options, panel, content);
    if (status == 0)
        status = pulse_comm_bcast(comm, &all, sizeof all, err);
    (void)pulse_digest_text(&all, out);
    free(content);
    return status;
}
