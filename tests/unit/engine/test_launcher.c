/* launcher.c: who started us, by what the environment says. The variables are those that mpirun,
 * srun and MPICH's mpiexec were seen to set. */
#include "check.h"

#include <stdlib.h>

#include "mpi/launcher.h"

struct variable {
    const char *name, *value;
};

/* The launcher that these variables make, up to the first without a name. */
static struct pulse_launcher launcher_of(const struct variable *variable)
{
    static const char *const all[] = {"OMPI_COMM_WORLD_SIZE",
                                      "OMPI_COMM_WORLD_RANK",
                                      "OMPI_COMM_WORLD_LOCAL_SIZE",
                                      "PMIX_RANK",
                                      "PMI_SIZE",
                                      "PMI_RANK",
                                      "SLURM_NTASKS",
                                      "SLURM_STEP_NUM_TASKS",
                                      "SLURM_STEP_NUM_NODES",
                                      "SLURM_PROCID",
                                      "SLURM_HET_SIZE",
                                      "SLURM_CPUS_ON_NODE"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(unsetenv(all[i]), 0);
    for (; variable->name != NULL; variable++)
        assert_int_equal(setenv(variable->name, variable->value, 1), 0);
    return pulse_launcher_find();
}

static void check_launcher(struct pulse_launcher found, struct pulse_launcher want)
{
    assert_int_equal(found.size, want.size);
    assert_int_equal(found.rank, want.rank);
    assert_int_equal(found.here, want.here);
    assert_int_equal(found.connects, want.connects);
    assert_int_equal(found.is_srun, want.is_srun);
    assert_int_equal(found.unused_tasks, want.unused_tasks);
}

static void launcher__nobody_is_a_world_of_one(void **state)
{
    const struct variable odd[] = {{"OMPI_COMM_WORLD_SIZE", ""},
                                   {"SLURM_STEP_NUM_TASKS", "many"},
                                   {"PMI_SIZE", "0"},
                                   {NULL, NULL}};
    (void)state;
    check_launcher(launcher_of(&(struct variable){NULL, NULL}),
                   (struct pulse_launcher){.size = 1, .here = 1});
    check_launcher(launcher_of(odd), (struct pulse_launcher){.size = 1, .here = 1});
}

static void launcher__mpirun_has_others_where_it_started_several(void **state)
{
    const struct variable one[] = {{"OMPI_COMM_WORLD_SIZE", "1"},
                                   {"OMPI_COMM_WORLD_RANK", "0"},
                                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "1"},
                                   {"PMIX_RANK", "0"},
                                   {NULL, NULL}},
                          three[] = {{"OMPI_COMM_WORLD_SIZE", "3"},
                                     {"OMPI_COMM_WORLD_RANK", "2"},
                                     {"OMPI_COMM_WORLD_LOCAL_SIZE", "3"},
                                     {"PMIX_RANK", "2"},
                                     {NULL, NULL}},
                          /* In a batch job, where srun started mpirun's daemons. */
        nodes[] = {{"OMPI_COMM_WORLD_SIZE", "4"},
                   {"OMPI_COMM_WORLD_RANK", "3"},
                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                   {"PMIX_RANK", "3"},
                   {"SLURM_NTASKS", "4"},
                   {"SLURM_STEP_NUM_TASKS", "2"},
                   {"SLURM_PROCID", "1"},
                   {NULL, NULL}};
    (void)state;
    check_launcher(launcher_of(one), (struct pulse_launcher){.size = 1, .here = 1});
    struct pulse_launcher found = launcher_of(three);
    check_launcher(found,
                   (struct pulse_launcher){.connects = true, .size = 3, .rank = 2, .here = 3});
    assert_true(pulse_launcher_is_one_node(&found));
    found = launcher_of(nodes);
    check_launcher(found,
                   (struct pulse_launcher){.connects = true, .size = 4, .rank = 3, .here = 2});
    assert_false(pulse_launcher_is_one_node(&found));
}

static void launcher__srun_has_others_where_it_speaks_pmix(void **state)
{
    const struct variable pmix[] = {{"PMIX_RANK", "1"},
                                    {"SLURM_NTASKS", "3"},
                                    {"SLURM_STEP_NUM_TASKS", "3"},
                                    {"SLURM_STEP_NUM_NODES", "1"},
                                    {"SLURM_PROCID", "1"},
                                    {NULL, NULL}},
                          none[] = {{"SLURM_NTASKS", "4"},
                                    {"SLURM_STEP_NUM_TASKS", "4"},
                                    {"SLURM_STEP_NUM_NODES", "2"},
                                    {"SLURM_PROCID", "2"},
                                    {NULL, NULL}},
                          /* Several programs in one step: the others' ranks are more than ours. */
        several[] = {
            {"PMIX_RANK", "5"},    {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_STEP_NUM_NODES", "1"},
            {"SLURM_PROCID", "0"}, {"SLURM_HET_SIZE", "2"},       {NULL, NULL}};
    (void)state;
    struct pulse_launcher found = launcher_of(pmix);
    check_launcher(found, (struct pulse_launcher){
                              .connects = true, .is_srun = true, .size = 3, .rank = 1, .here = 3});
    assert_true(pulse_launcher_is_one_node(&found));
    check_launcher(launcher_of(none),
                   (struct pulse_launcher){.is_srun = true, .size = 4, .rank = 2, .here = 2});
    found = launcher_of(several);
    check_launcher(found, (struct pulse_launcher){
                              .connects = true, .is_srun = true, .size = 1, .rank = 5, .here = 1});
    assert_false(pulse_launcher_is_one_node(&found));
}

static void launcher__mpiexec_of_another_mpi_has_none(void **state)
{
    const struct variable mpich[] = {{"PMI_SIZE", "3"}, {"PMI_RANK", "1"}, {NULL, NULL}},
                          /* Which srun started as its only task. */
        in_slurm[] = {{"PMI_SIZE", "3"},     {"PMI_RANK", "1"},
                      {"SLURM_NTASKS", "3"}, {"SLURM_STEP_NUM_TASKS", "1"},
                      {"SLURM_PROCID", "0"}, {NULL, NULL}};
    (void)state;
    check_launcher(launcher_of(mpich), (struct pulse_launcher){.size = 3, .rank = 1, .here = 3});
    check_launcher(launcher_of(in_slurm), (struct pulse_launcher){.size = 3, .rank = 1, .here = 3});
}

static void launcher__script_of_a_batch_job_leaves_tasks_unused(void **state)
{
    const struct variable batch[] = {{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}, {NULL, NULL}};
    (void)state;
    check_launcher(launcher_of(batch),
                   (struct pulse_launcher){.size = 1, .here = 1, .unused_tasks = 4});
}

static void launcher__ranks_share_what_processors_there_are(void **state)
{
    const struct variable many[] = {{"OMPI_COMM_WORLD_SIZE", "100000"},
                                    {"OMPI_COMM_WORLD_LOCAL_SIZE", "100000"},
                                    {NULL, NULL}},
                          granted[] = {{"PMIX_RANK", "0"},
                                       {"SLURM_STEP_NUM_TASKS", "2"},
                                       {"SLURM_STEP_NUM_NODES", "1"},
                                       {"SLURM_CPUS_ON_NODE", "1"},
                                       {NULL, NULL}};
    (void)state;
    struct pulse_launcher found = launcher_of(many);
    assert_true(found.processors > 0 && pulse_launcher_shares(&found));
    found = launcher_of(granted);
    assert_int_equal(found.processors, 1);
    assert_true(pulse_launcher_shares(&found));
    found = launcher_of(&(struct variable){NULL, NULL});
    assert_false(pulse_launcher_shares(&found));
}

static void launcher__lone_ranks_hear_how_to_start(void **state)
{
    const struct pulse_launcher srun = {.is_srun = true, .size = 4}, mpiexec = {.size = 3},
                                alone = {.size = 1};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    assert_int_equal(pulse_launcher_check(&srun, 4, &err), 0);
    assert_int_equal(pulse_launcher_check(&mpiexec, 3, &err), 0);
    assert_int_equal(pulse_launcher_check(&alone, 1, &err), 0);
    assert_int_equal(pulse_launcher_check(&alone, 2, &err), 0); /* nobody said how many */
    assert_int_equal(err.kind, PULSE_OK);
    assert_int_equal(pulse_launcher_check(&srun, 1, &err), -1);
    check_error(&err, PULSE_E_USAGE, "4 tasks", "srun --mpi=pmix -n 4 pulse-train", NULL);
    err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
    assert_int_equal(pulse_launcher_check(&mpiexec, 1, &err), -1);
    check_error(&err, PULSE_E_USAGE, "3 processes", "mpirun.openmpi -n 3 pulse-train", NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(launcher__nobody_is_a_world_of_one),
        cmocka_unit_test(launcher__mpirun_has_others_where_it_started_several),
        cmocka_unit_test(launcher__srun_has_others_where_it_speaks_pmix),
        cmocka_unit_test(launcher__mpiexec_of_another_mpi_has_none),
        cmocka_unit_test(launcher__script_of_a_batch_job_leaves_tasks_unused),
        cmocka_unit_test(launcher__ranks_share_what_processors_there_are),
        cmocka_unit_test(launcher__lone_ranks_hear_how_to_start),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
