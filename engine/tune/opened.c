#include "tune/opened.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mpi/collect.h"
#include "tune/space/data_digest.h"
#include "tune/study.h"

int pulse_share_text(const struct pulse_comm *comm, char **text, int64_t *n, struct pulse_err *err)
{
    if (pulse_comm_agree(comm, err) != 0 || pulse_comm_bcast(comm, n, sizeof *n, err) != 0)
        return -1;
    if (comm->rank != 0)
        *text = pulse_calloc(*n + 1, 1, "space.yaml", err);
    return pulse_comm_agree(comm, err) != 0 ? -1 : pulse_comm_bcast(comm, *text, *n, err);
}

/* Collective: the space, from rank 0's text. */
static int share_space(const struct pulse_comm *comm, const char *study,
                       struct pulse_opened *opened, struct pulse_err *err)
{
    int64_t n = 0;
    char *text = comm->rank == 0 ? pulse_study_read_text(study, &n, err) : NULL;
    int status = pulse_share_text(comm, &text, &n, err);
    if (status == 0)
        (void)pulse_study_parse_space(study, text, n, &opened->space, err);
    free(text);
    return status != 0 ? -1 : pulse_comm_agree(comm, err);
}

int pulse_opened_read(const struct pulse_comm *comm, const char *study, struct pulse_opened *opened,
                      struct pulse_err *err)
{
    if (share_space(comm, study, opened, err) != 0)
        return -1;
    if (comm->rank == 0)
        (void)pulse_data_digest_default(&opened->space, &opened->data, err);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_comm_bcast(comm, &opened->data, sizeof opened->data, err) != 0)
        return -1;
    (void)pulse_trials_make(&opened->space, &opened->data, &opened->trials, err);
    return pulse_comm_agree(comm, err);
}

void pulse_opened_clear(struct pulse_opened *opened)
{
    pulse_trials_clear(&opened->trials);
    pulse_space_clear(&opened->space);
}
