/* scaling.c: the formulas of engine/SCALING.md. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "plan/scaling.h"

/* A machine of which no message takes time. */
static const struct pulse_machine alone = {"alone", PULSE_MOST_RANKS, 0, 1e30};

enum { ROWS = 3000, VARIABLES = 40 };

/* A dense panel of daily rows, lag1 alone and two penalties. */
struct fixture {
    double ridge[2];
    struct pulse_options options;
    struct pulse_system system;
    struct pulse_plan plan;
    struct pulse_scaling_run run;
};

static void set_up(struct fixture *to, const char *features)
{
    struct pulse_err err = {.kind = PULSE_OK};
    *to = (struct fixture){.ridge = {1, 10}, .system = {.q = VARIABLES}};
    to->options = check_options(to->ridge, 2);
    assert_int_equal(pulse_features_parse(features, &to->options.features, &err), 0);
    to->plan = check_plan(&to->options, ROWS, VARIABLES, &to->system, 1);
    to->run = (struct pulse_scaling_run){.plan = &to->plan,
                                         .options = &to->options,
                                         .systems = &to->system,
                                         .n_systems = 1,
                                         .variables = VARIABLES,
                                         .targets = VARIABLES,
                                         .results_bytes = 8000000,
                                         .rate = 50e9};
}

static struct pulse_scaling on(const struct fixture *from, const struct pulse_machine *machine,
                               int ranks)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_scaling out;
    assert_int_equal(pulse_scaling_time(&from->run, machine, ranks, &out, &err), 0);
    return out;
}

/* The document's formulas with its constants, by hand. */
static void scaling__one_rank_takes_what_the_formulas_say(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "lag1,ewma4");
    const struct pulse_scaling out = on(&f, &alone, 1);
    const double T = ROWS, E = VARIABLES, C = 4, d = (double)f.plan.sizes.d, L = 2;
    const double totals = (double)pulse_gram_total_size(&f.plan.sizes);
    const double windows = (double)f.plan.n_windows, *part = out.part;
    double flops = 0, rows = 0, trained = 0, sum = 0;
    for (int64_t s = 0; s < f.plan.n_spans; s++) {
        flops += f.plan.spans[s].flops;
        rows += f.plan.spans[s].trains ? (double)f.plan.spans[s].rows : 0;
        trained += f.plan.spans[s].trains ? (double)f.plan.spans[s].windows : 0;
    }
    assert_int_equal(out.nodes, 1);
    CHECK_CLOSE(part[PULSE_SCALING_READ] / (3e-3 + 55e-9 * T * E), 1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_EXCHANGE] / (2.8e-9 * 2 * 2 * T * E), 1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_SCAN] / (1.4e-9 * totals * (double)f.plan.n_spans), 1, 0.2);
    CHECK_CLOSE(part[PULSE_SCALING_WALK] /
                    (flops / (0.67 * 50e9) + C * E * (12.5e-9 * rows + 10e-9 * trained)),
                1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_LAST] /
                    ((L * d * d * d / 3 + (L + C) * d * d * E + 4 * d * d * d / 3) / (0.67 * 50e9) +
                     1.3e-6 * E * E),
                1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_RETURN] / (0.97e-9 * C * T * E), 1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_JUDGE] / (E * ((45e-9 + 1.7e-9 * C) * T + 170e-9 * windows)), 1,
                1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_RESULTS] / (10e-3 + 0.58e-9 * 8e6), 1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_REPORT] / (0.4e-3 * E + 52e-9 * T * E), 1, 1e-9);
    CHECK_CLOSE(part[PULSE_SCALING_START] / 0.08, 1, 1e-9);
    for (int i = 0; i < PULSE_SCALING_PARTS; i++)
        sum += part[i];
    CHECK_CLOSE(out.seconds / sum, 1, 1e-12);
    pulse_plan_clear(&f.plan);
}

static void scaling__parts_are_shared_and_the_last_is_not(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "lag1,ewma4");
    const struct pulse_scaling one = on(&f, &alone, 1), four = on(&f, &alone, 4);
    const enum pulse_scaling_part shared[] = {PULSE_SCALING_WALK, PULSE_SCALING_JUDGE};
    for (int i = 0; i < 2; i++) {
        assert_true(four.part[shared[i]] < 0.4 * one.part[shared[i]]);
        assert_true(four.part[shared[i]] >= 0.249 * one.part[shared[i]]);
    }
    CHECK_CLOSE(four.part[PULSE_SCALING_LAST], one.part[PULSE_SCALING_LAST], 1e-15);
    CHECK_CLOSE(four.part[PULSE_SCALING_REPORT], one.part[PULSE_SCALING_REPORT], 1e-15);
    pulse_plan_clear(&f.plan);
}

static void scaling__more_ranks_than_spans_and_variables_only_cost(void **state)
{
    struct fixture f;
    struct pulse_err err = {.kind = PULSE_OK};
    (void)state;
    set_up(&f, "lag1");
    for (int m = 0; m < PULSE_MACHINES; m++) {
        const struct pulse_machine *machine = &pulse_machines[m];
        const int64_t units = f.plan.n_spans > VARIABLES ? f.plan.n_spans : VARIABLES;
        int useful = 0;
        assert_int_equal(pulse_scaling_useful(&f.run, machine, &useful, &err), 0);
        assert_in_range(useful, 1, units);
        const double there = on(&f, machine, useful).seconds;
        for (int ranks = useful; ranks <= 4096; ranks = ranks * 5 / 4 + 1)
            assert_true(on(&f, machine, ranks).seconds > there / 1.06);
        assert_true(on(&f, machine, 4096).seconds > on(&f, machine, (int)units).seconds);
        assert_int_equal(on(&f, machine, machine->cores).nodes, 1);
        assert_int_equal(on(&f, machine, machine->cores + 1).nodes, 2);
    }
    pulse_plan_clear(&f.plan);
}

/* Two ranks: u of all rows that the other sees and of half of the variables each, with one average;
 * the fold's tiles; the candidates of the other's rows and half of the targets. */
static void scaling__messages_of_two_ranks_are_counted(void **state)
{
    struct fixture f;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_scaling_traffic traffic;
    int64_t first[3], low[2], high[2], from, end;
    (void)state;
    set_up(&f, "lag1,ewma4");
    assert_int_equal(pulse_scaling_count(&f.run, 1, &traffic, &err), 0);
    assert_int_equal(traffic.messages, 0);
    assert_int_equal(traffic.bytes, 0);
    assert_int_equal(pulse_scaling_count(&f.run, 2, &traffic, &err), 0);
    pulse_plan_distribute(&f.plan, 2, first);
    int64_t rows = 0, returned = 0;
    for (int r = 0; r < 2; r++) {
        pulse_plan_held_rows(&f.plan, &f.options, 2, first, r, 0, &low[r], &high[r]);
        pulse_plan_span_rows(&f.plan, first[r], first[r + 1], &from, &end);
        rows += high[r] - low[r];
        returned += end - from;
    }
    const int64_t size = pulse_gram_total_size(&f.plan.sizes), half = VARIABLES / 2, C = 4;
    const int64_t slice = PULSE_SLICE_BYTES / (8 * C * ROWS);
    const int64_t slices = slice >= half ? 1 : (half + slice - 1) / slice;
    assert_int_equal(traffic.bytes,
                     8 * (half * (rows + 2) + half * 2 + size + VARIABLES + C * half * returned));
    assert_int_equal(traffic.messages,
                     2 + 2 + (size + PULSE_TOTALS_TILE - 1) / PULSE_TOTALS_TILE + 1 + 2 * slices);
    pulse_plan_clear(&f.plan);
}

static void scaling__memory_of_a_rank_falls_and_of_all_grows(void **state)
{
    struct fixture f;
    struct pulse_err err = {.kind = PULSE_OK};
    int64_t bytes[8], before_most = INT64_MAX, before_all = 0;
    (void)state;
    set_up(&f, "lag1,ewma4");
    for (int ranks = 1; ranks <= 8; ranks *= 2) {
        int64_t most = 0, all = 0;
        assert_int_equal(pulse_scaling_memory(&f.run, ranks, bytes, &err), 0);
        for (int r = 0; r < ranks; r++) {
            most = bytes[r] > most ? bytes[r] : most;
            all += bytes[r];
        }
        assert_true(most < before_most && all > before_all);
        before_most = most;
        before_all = all;
    }
    pulse_plan_clear(&f.plan);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(scaling__one_rank_takes_what_the_formulas_say),
        cmocka_unit_test(scaling__parts_are_shared_and_the_last_is_not),
        cmocka_unit_test(scaling__more_ranks_than_spans_and_variables_only_cost),
        cmocka_unit_test(scaling__messages_of_two_ranks_are_counted),
        cmocka_unit_test(scaling__memory_of_a_rank_falls_and_of_all_grows),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
