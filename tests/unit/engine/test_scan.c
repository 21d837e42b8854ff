/* scan.c and comm.c on a single rank; tests/mpi has the rest. */
#include "base/shutdown.h"
#include "check.h"

#include <signal.h>
#include <stdlib.h>

#include "mpi/scan.h"

static struct pulse_comm comm;

static int start_comm(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    return pulse_comm_init(&comm, &err);
}

static int stop_comm(void **state)
{
    (void)state;
    pulse_comm_finalize(&comm);
    return 0;
}

struct seen {
    int64_t next;
    int64_t widest;
};

static void add_index(void *context, int64_t first, int64_t n, double *running)
{
    struct seen *seen = context;
    assert_int_equal(first, seen->next);
    for (int64_t i = 0; i < n; i++) {
        CHECK_BITS(running[i], 0); /* nothing comes before rank 0 */
        running[i] += (double)(first + i) + 0.5;
    }
    seen->next = first + n;
    seen->widest = n > seen->widest ? n : seen->widest;
}

static void scan__one_rank_folds_every_element_once(void **state)
{
    const int64_t tiles[] = {1, 3, 64, 1000, 5000};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    for (int k = 0; k < 5; k++) {
        double result[1000];
        struct seen seen = {0, 0};
        assert_int_equal(pulse_scan(&comm, NULL, 1000, tiles[k], add_index, &seen, result, &err),
                         0);
        assert_int_equal(seen.next, 1000);
        assert_true(seen.widest <= tiles[k]);
        for (int i = 0; i < 1000; i++)
            CHECK_BITS(result[i], i + 0.5);
    }
}

static void add_one(void *context, int64_t first, int64_t n, double *running)
{
    (void)context, (void)first;
    for (int64_t i = 0; i < n; i++)
        running[i] += 1;
}

static void scan__begins_where_it_is_told(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    double start[10], result[10];
    (void)state;
    for (int i = 0; i < 10; i++)
        start[i] = 3 * i;
    assert_int_equal(pulse_scan(&comm, start, 10, 4, add_one, NULL, result, &err), 0);
    for (int i = 0; i < 10; i++)
        CHECK_BITS(result[i], 3 * i + 1);
}

static void scan__result_may_be_left_out(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct seen seen = {0, 0};
    (void)state;
    assert_int_equal(pulse_scan(&comm, NULL, 10, 4, add_index, &seen, NULL, &err), 0);
    assert_int_equal(pulse_scan(&comm, NULL, 0, 4, add_index, &seen, NULL, &err), 0);
}

static void comm__one_rank_agrees_with_itself(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    assert_int_equal(comm.size, 1);
    assert_int_equal(comm.nodes, 1);
    assert_int_equal(pulse_comm_agree(&comm, &err), 0);
    (void)pulse_fail(&err, PULSE_E_STORAGE, "the disk is gone");
    assert_int_equal(pulse_comm_agree(&comm, &err), -1);
    check_error(&err, PULSE_E_STORAGE, "the disk is gone", NULL);
}

static void comm__signals_are_remembered(void **state)
{
    (void)state;
    pulse_shutdown_catch_signals();
    assert_int_equal(pulse_shutdown_get_signal(), PULSE_OK);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(pulse_shutdown_get_signal(), PULSE_E_SIGTERM);
    assert_int_equal(raise(SIGINT), 0);
    assert_int_equal(pulse_shutdown_get_signal(), PULSE_E_SIGINT);
}

static void comm__every_kind_has_its_exit_code(void **state)
{
    const int want[PULSE_E_KINDS] = {0, 2, 2, 3, 75, 75, 75, 130, 143};
    (void)state;
    for (int k = 0; k < PULSE_E_KINDS; k++)
        assert_int_equal(pulse_exit_code((enum pulse_kind)k), want[k]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(scan__one_rank_folds_every_element_once),
        cmocka_unit_test(scan__begins_where_it_is_told),
        cmocka_unit_test(scan__result_may_be_left_out),
        cmocka_unit_test(comm__one_rank_agrees_with_itself),
        cmocka_unit_test(comm__signals_are_remembered),
        cmocka_unit_test(comm__every_kind_has_its_exit_code),
    };
    if (start_comm(NULL) != 0)
        return 1;
    int failed = check_main(cases, sizeof cases / sizeof *cases, argc, argv);
    (void)stop_comm(NULL);
    return failed;
}
