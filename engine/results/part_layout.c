#include "results/part_layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "mpi/collect.h"

static int allocate_layout(struct pulse_part_layout *parts, int n, int64_t V, struct pulse_err *err)
{
    parts->leader = pulse_calloc(n, sizeof *parts->leader, "the parts", err);
    parts->of = pulse_calloc(V, sizeof *parts->of, "the parts", err);
    parts->column = pulse_calloc(V, sizeof *parts->column, "the parts", err);
    parts->columns = pulse_calloc(n, sizeof *parts->columns, "the parts", err);
    parts->bytes = pulse_calloc(n, sizeof *parts->bytes, "the parts", err);
    return parts->leader == NULL || parts->of == NULL || parts->column == NULL ||
                   parts->columns == NULL || parts->bytes == NULL
               ? -1
               : 0;
}

/* Collective. Which node each rank is on, into `node`. */
static int find_nodes(const struct pulse_comm *comm, int *node, struct pulse_err *err)
{
    node[comm->rank] = comm->node;
    return pulse_gather(comm, node, 1, MPI_INT, "finding which ranks share a node", err);
}

static void assign_columns(const int *node, int ranks, const int *owner, int64_t V,
                           struct pulse_part_layout *parts)
{
    for (int r = ranks - 1; r >= 0; r--)
        parts->leader[node[r]] = r;
    for (int64_t v = 0; v < V; v++) {
        parts->of[v] = node[owner[v]];
        parts->column[v] = parts->columns[parts->of[v]]++;
    }
}

int pulse_part_layout_plan(const struct pulse_comm *comm, const int *owner, int64_t V, uint64_t run,
                           struct pulse_part_layout *parts, struct pulse_err *err)
{
    *parts = (struct pulse_part_layout){.n = comm->nodes, .run = run};
    int *node = pulse_calloc(comm->size, sizeof *node, "the parts", err);
    int status = -1;
    if (node != NULL)
        (void)allocate_layout(parts, comm->nodes, V, err);
    if (pulse_comm_agree(comm, err) == 0 && node != NULL && find_nodes(comm, node, err) == 0) {
        assign_columns(node, comm->size, owner, V, parts);
        status = 0;
    }
    free(node);
    return status;
}

int pulse_part_layout_share_directory(const struct pulse_comm *comm,
                                      struct pulse_part_layout *parts, struct pulse_err *err)
{
    char name[PULSE_PART_NAME];
    const int code =
        MPI_Bcast(parts->directory, (int)sizeof parts->directory, MPI_CHAR, 0, comm->on_node);
    (void)snprintf(parts->path, sizeof parts->path, "%s/%s", parts->directory,
                   pulse_part_name(parts->run, comm->node, name));
    (void)pulse_mpi_check(code, "naming a part of the results", err);
    return pulse_comm_agree(comm, err);
}

bool pulse_part_layout_leads(const struct pulse_comm *comm, const struct pulse_part_layout *parts)
{
    return parts->n > 0 && comm->rank_on_node == 0 && parts->columns[comm->node] > 0;
}

int pulse_part_layout_measure(const struct pulse_comm *comm, struct pulse_part_layout *parts,
                              struct pulse_err *err)
{
    struct stat info;
    if (pulse_part_layout_leads(comm, parts)) {
        if (stat(parts->path, &info) != 0)
            (void)pulse_fail_errno(err, errno, "looking at %s", parts->path);
        else
            parts->bytes[comm->node] = info.st_size;
    }
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    return pulse_reduce_to_first(comm, parts->bytes, parts->n, MPI_INT64_T, MPI_SUM,
                                 "measuring the parts of the results", err);
}

void pulse_part_layout_clear(struct pulse_part_layout *parts)
{
    free(parts->leader);
    free(parts->of);
    free(parts->column);
    free(parts->columns);
    free(parts->bytes);
    *parts = (struct pulse_part_layout){0};
}
