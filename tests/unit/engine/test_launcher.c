/* launcher.c: who started us, by what the environment says. The variables are those that mpirun,
 * srun and MPICH's mpiexec were seen to set. */
#include "check.h"

#include <stdlib.h>

#include "mpi/launcher.h"

static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE",
                                        "OMPI_COMM_WORLD_RANK",
                                        "OMPI_COMM_WORLD_LOCAL_SIZE",
                                        "PMIX_RANK",
                                        "SLURM_STEP_NUM_TASKS",
                                        "SLURM_STEP_NUM_NODES",
                                        "SLURM_PROCID",
                                        "SLURM_HET_SIZE",
                                        "PMI_SIZE",
                                        "PMI_RANK"};
enum { VARIABLES = sizeof variables / sizeof *variables };

/* The launcher that these values make, in the order above; NULL: not set. */
static struct pulse_launcher launcher_of(const char *const value[VARIABLES])
{
    for (int i = 0; i < VARIABLES; i++)
        assert_int_equal(
            value[i] == NULL ? unsetenv(variables[i]) : setenv(variables[i], value[i], 1), 0);
    return pulse_launcher_find();
}

static void check_launcher(const char *const value[VARIABLES], struct pulse_launcher want)
{
    const struct pulse_launcher found = launcher_of(value);
    assert_int_equal(found.size, want.size);
    assert_int_equal(found.rank, want.rank);
    assert_int_equal(found.connects, want.connects);
    assert_int_equal(found.is_srun, want.is_srun);
    assert_int_equal(found.is_one_node, want.is_one_node);
}

static void launcher__nobody_is_a_world_of_one(void **state)
{
    (void)state;
    check_launcher((const char *[VARIABLES]){NULL}, (struct pulse_launcher){.size = 1});
    check_launcher((const char *[VARIABLES]){[0] = "", [4] = "many", [8] = "0"},
                   (struct pulse_launcher){.size = 1});
}

static void launcher__mpirun_has_others_where_it_started_several(void **state)
{
    (void)state;
    check_launcher((const char *[VARIABLES]){"1", "0", "1", "0"},
                   (struct pulse_launcher){.is_one_node = true, .size = 1});
    check_launcher(
        (const char *[VARIABLES]){"3", "2", "3", "2"},
        (struct pulse_launcher){.connects = true, .is_one_node = true, .size = 3, .rank = 2});
    /* On several nodes, in a batch job, where srun started mpirun's daemons. */
    check_launcher((const char *[VARIABLES]){"4", "3", "2", "3", "2", "2", "1"},
                   (struct pulse_launcher){.connects = true, .size = 4, .rank = 3});
}

static void launcher__srun_has_others_where_it_speaks_pmix(void **state)
{
    (void)state;
    check_launcher(
        (const char *[VARIABLES]){[3] = "1", [4] = "3", [5] = "1", [6] = "1"},
        (struct pulse_launcher){
            .connects = true, .is_srun = true, .is_one_node = true, .size = 3, .rank = 1});
    check_launcher(
        (const char *[VARIABLES]){[3] = "1", [4] = "3", [5] = "2", [6] = "1"},
        (struct pulse_launcher){.connects = true, .is_srun = true, .size = 3, .rank = 1});
    /* Several programs in one step: the ranks of the others are more than its tasks. */
    check_launcher(
        (const char *[VARIABLES]){[3] = "5", [4] = "1", [5] = "1", [6] = "0", [7] = "2"},
        (struct pulse_launcher){.connects = true, .is_srun = true, .size = 1, .rank = 5});
    check_launcher(
        (const char *[VARIABLES]){[4] = "4", [5] = "1", [6] = "2"},
        (struct pulse_launcher){.is_srun = true, .is_one_node = true, .size = 4, .rank = 2});
}

static void launcher__mpiexec_of_another_mpi_has_none(void **state)
{
    (void)state;
    check_launcher((const char *[VARIABLES]){[8] = "3", [9] = "1"},
                   (struct pulse_launcher){.size = 3, .rank = 1});
    /* Started by srun as its only task. */
    check_launcher((const char *[VARIABLES]){[4] = "1", [5] = "1", [6] = "0", [8] = "3", [9] = "1"},
                   (struct pulse_launcher){.size = 3, .rank = 1});
}

static void launcher__lone_ranks_are_told_how_to_start(void **state)
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
        cmocka_unit_test(launcher__lone_ranks_are_told_how_to_start),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
