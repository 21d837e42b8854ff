#include "node/launch.h"

#include <signal.h>
#include <string.h>

/* Settings of Open MPI for any run. Cores are shared by what else the machine does. */
static char *const always[] = {"mpirun", "--bind-to",    "none", "--map-by",
                               "slot",   "--tag-output", NULL};

/* And between nodes: TCP alone, as there is on EC2 without EFA; daemons started by this node alone,
 * since only it has the key; a connection that is dead is noticed in 8 s. */
static char *const between_nodes[] = {"--mca",
                                      "plm_rsh_no_tree_spawn",
                                      "1",
                                      "--mca",
                                      "orte_keep_fqdn_hostnames",
                                      "1",
                                      "--mca",
                                      "pml",
                                      "ob1",
                                      "--mca",
                                      "btl",
                                      "self,vader,tcp",
                                      "--mca",
                                      "osc",
                                      "^ucx",
                                      "--mca",
                                      "oob_tcp_keepalive_time",
                                      "5",
                                      "--mca",
                                      "oob_tcp_keepalive_intvl",
                                      "1",
                                      "--mca",
                                      "oob_tcp_keepalive_probes",
                                      "3",
                                      NULL};

/* Whether a variable ("NAME=VALUE") is handed to the ranks of other nodes: no secret is, since each
 * node has credentials of its own. */
static bool is_exported(const char *variable)
{
    static const char *const names[] = {
        "AWS_REGION=",          "AWS_DEFAULT_REGION=",   "AWS_ENDPOINT_URL=",
        "AWS_ENDPOINT_URL_S3=", "AWS_REQUEST_PAYER=",    "AWS_MAX_ATTEMPTS=",
        "OMP_NUM_THREADS=",     "OPENBLAS_NUM_THREADS=", "PULSE_"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int add_nodes(const struct pulse_launch *launch, char *const *environment,
                     struct pulse_argv *argv, struct pulse_err *err)
{
    if (pulse_argv_add_all(argv, between_nodes, err) != 0 ||
        pulse_argv_add_all(argv, (char *const[]){"--mca", "plm_rsh_agent", NULL}, err) != 0 ||
        pulse_argv_add(argv, err, "ssh -F %s/ssh_config", launch->directory) != 0)
        return -1;
    static const char *const layers[] = {"btl_tcp_if_include", "oob_tcp_if_include"};
    for (size_t i = 0; i < 2; i++)
        if (pulse_argv_add(argv, err, "--mca") != 0 ||
            pulse_argv_add(argv, err, "%s", layers[i]) != 0 ||
            pulse_argv_add(argv, err, "%s", launch->networks) != 0)
            return -1;
    for (; *environment != NULL; environment++)
        if (is_exported(*environment) &&
            (pulse_argv_add(argv, err, "-x") != 0 ||
             pulse_argv_add(argv, err, "%.*s", (int)strcspn(*environment, "="), *environment) != 0))
            return -1;
    return pulse_argv_add(argv, err, "--hostfile") == 0 &&
                   pulse_argv_add(argv, err, "%s/hostfile", launch->directory) == 0
               ? 0
               : -1;
}

int pulse_launch_argv(const struct pulse_launch *launch, char *const *environment,
                      struct pulse_argv *argv, struct pulse_err *err)
{
    if (pulse_argv_add_all(argv, always, err) != 0)
        return -1;
    if (launch->directory != NULL) {
        if (add_nodes(launch, environment, argv, err) != 0)
            return -1;
    } else if (pulse_argv_add(argv, err, "-H") != 0 ||
               pulse_argv_add(argv, err, "localhost:%lld", (long long)launch->ranks) != 0) {
        return -1;
    }
    if (pulse_argv_add(argv, err, "-n") != 0 ||
        pulse_argv_add(argv, err, "%lld", (long long)launch->ranks) != 0 ||
        pulse_argv_add(argv, err, "%s", launch->program) != 0)
        return -1;
    return pulse_argv_add_all(argv, launch->arguments, err);
}

int pulse_launch_code(const struct pulse_ending *ending)
{
    enum { RANK_KILLED = 137, CONNECTION_LOST = 205, SSH_FAILED = 255 };
    if (ending->code == 0 || ending->code == PULSE_EXIT_INCOMPLETE)
        return ending->code; /* it is done, whatever was lost since */
    if (ending->signal_number != 0)
        return 128 + ending->signal_number;
    if (ending->lost || ending->taken || ending->code == RANK_KILLED ||
        ending->code == CONNECTION_LOST || ending->code == SSH_FAILED)
        return pulse_exit_code(PULSE_E_TEMPORARY);
    return ending->code;
}
