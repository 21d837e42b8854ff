/* What is asked of Batch, how many nodes it takes, and whether it can ever run. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "submit/aws.h"
#include "submit/instance.h"
#include "submit/logs.h"
#include "submit/node_count.h"
#include "submit/request.h"

/* ---- Request -------------------------------------------------------------------- */

static const char *const words[] = {"--data", "s3://d/x", "--variables", "a", "b"};

static struct pulse_request single(void)
{
    return (struct pulse_request){.queue = "q",
                                  .definition = "d",
                                  .nodes = 1,
                                  .vcpus = 4,
                                  .memory_mib = 8000,
                                  .ranks = 4,
                                  .timeout_seconds = 600,
                                  .attempts = 3,
                                  .argv = words,
                                  .argc = 5};
}

static json_t *built(const struct pulse_request *request)
{
    struct pulse_err err = {.kind = PULSE_OK};
    json_t *json = pulse_request_build(request, &err);
    assert_non_null(json);
    return json;
}

static void request__has_one_kind_of_overrides(void **state)
{
    (void)state;
    struct pulse_request request = single();
    json_t *one = built(&request);
    request.multi = true;
    request.nodes = 3;
    json_t *many = built(&request);
    assert_null(json_object_get(one, "nodeOverrides"));
    assert_null(json_object_get(many, "containerOverrides"));
    const json_t *command = json_object_get(json_object_get(one, "containerOverrides"), "command");
    assert_int_equal(json_array_size(command), 6);
    assert_string_equal(json_string_value(json_array_get(command, 0)), "pulse-train");
    json_decref(one);
    json_decref(many);
}

static void request__digests_of_different_specifications_differ(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    char first[PULSE_JOB_DIGEST], again[PULSE_JOB_DIGEST], other[PULSE_JOB_DIGEST];
    struct pulse_request request = single();
    json_t *a = built(&request), *b = built(&request);
    request.memory_mib++;
    json_t *c = built(&request);
    assert_int_equal(pulse_request_digest(a, first, &err), 0);
    assert_int_equal(pulse_request_digest(b, again, &err), 0);
    assert_int_equal(pulse_request_digest(c, other, &err), 0);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_int_equal(strlen(first), 12);
    json_decref(a);
    json_decref(b);
    json_decref(c);
}

static void request__names_are_those_that_batch_allows(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"plain", "_-.x", "a b/c:d", "", "...", "\xc3\xbc-x"};
    char name[PULSE_JOB_NAME], longest[400];
    memset(longest, 'y', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i <= sizeof prefixes / sizeof *prefixes; i++) {
        const char *prefix = i < sizeof prefixes / sizeof *prefixes ? prefixes[i] : longest;
        (void)pulse_request_name(prefix, "0123456789ab", "20261124-081500", name);
        assert_true(strlen(name) <= 128);
        assert_true((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= '0' && name[0] <= '9'));
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-_"),
                         strlen(name));
        assert_non_null(strstr(name, "-0123456789ab-20261124-081500"));
    }
    assert_string_equal(pulse_request_name("a b/c:d", "1", "2", name), "a-b-c-d-1-2");
}

static void request__stamps_are_utc(void **state)
{
    (void)state;
    char stamp[PULSE_JOB_STAMP];
    assert_string_equal(pulse_request_stamp(1795508100, stamp), "20261124-081500");
}

static void request__long_words_do_not_fit(void **state)
{
    (void)state;
    struct pulse_request request = single();
    char *text = malloc(9000);
    assert_non_null(text);
    memset(text, 'x', 8999);
    text[8999] = '\0';
    const char *const many[] = {text};
    json_t *small = built(&request);
    request.argv = many;
    request.argc = 1;
    json_t *large = built(&request);
    text[7500] = '\0';
    json_t *within = built(&request);
    assert_true(pulse_request_fits(small));
    assert_true(pulse_request_fits(within));
    assert_false(pulse_request_fits(large));
    json_decref(small);
    json_decref(large);
    json_decref(within);
    free(text);
}

static void request__refuses_what_json_cannot_say(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_request request = single();
    const char *const odd[] = {"--data", "s3://\xff/x"}, *const tags[] = {"no value"};
    request.argv = odd;
    request.argc = 2;
    assert_null(pulse_request_build(&request, &err));
    assert_int_equal(err.kind, PULSE_E_USAGE);
    assert_says(&err, "UTF-8");
    request = single();
    request.tags = tags;
    request.n_tags = 1;
    err.kind = PULSE_OK;
    assert_null(pulse_request_build(&request, &err));
    assert_says(&err, "KEY=VALUE");
}

/* ---- Node count ----------------------------------------------------------------------- */

static double ridge[] = {10, 100, 1000};

static struct pulse_options training(void)
{
    return (struct pulse_options){.has_start = true,
                                  .start_day = pulse_days_from_civil(2000, 1, 1),
                                  .end_day = pulse_days_from_civil(2024, 12, 31),
                                  .batch_size_days = 30,
                                  .min_history = 250,
                                  .horizons = {.n = 1, .step = {1}},
                                  .burn_in = 24,
                                  .features = pulse_features_default(),
                                  .ridge = ridge,
                                  .n_ridge = 3};
}

static void cost__is_shared_by_more_ranks(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_options options = training();
    struct pulse_cost work;
    assert_int_equal(pulse_cost_init(&work, &options, 200, &err), 0);
    struct pulse_cost_of_run before = pulse_cost_of_run(&work, 1);
    for (int ranks = 2; ranks <= 16; ranks *= 2) {
        const struct pulse_cost_of_run now = pulse_cost_of_run(&work, ranks);
        assert_true(now.bytes > 0 && now.bytes < before.bytes);
        /* What the last rank does alone is not shared. */
        assert_true(now.seconds > 0 && now.seconds < 0.8 * before.seconds);
        before = now;
    }
    pulse_cost_clear(&work);
}

/* Families, blocks and weekdays make the model larger; the days between the rows are weekdays. */
static void cost__follows_the_features(void **state)
{
    const char *const texts[] = {"lag1", "lag1+ewma4", "lag1,ewma4", "lag1,ewma4,ewma16"};
    double seconds[4];
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct pulse_err err = {.kind = PULSE_OK};
        struct pulse_options options = training();
        struct pulse_cost work;
        assert_int_equal(pulse_features_parse(texts[k], &options.features, &err), 0);
        options.span_windows = 8;
        assert_int_equal(pulse_cost_init(&work, &options, 100, &err), 0);
        assert_int_equal(work.plan.sizes.fixed, 6); /* the intercept, four weekdays and the gap */
        assert_int_equal(work.plan.sizes.d, 6 + 100 * options.features.n);
        seconds[k] = pulse_cost_of_run(&work, 1).seconds;
        assert_true(k == 0 || seconds[k] > seconds[k - 1]);
        pulse_cost_clear(&work);
    }
}

static void cost__refuses_what_the_engine_would(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_options options = training();
    struct pulse_cost work;
    assert_int_equal(pulse_cost_init(&work, &options, 10000, &err), -1); /* 3 families of each */
    assert_says(&err, "30000");
    pulse_cost_clear(&work);
}

static struct pulse_node_count_choice choose_nodes(const struct pulse_node_count_wish *wish,
                                                   int64_t variables)
{
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_options options = training();
    struct pulse_node_count_choice choice;
    struct pulse_cost work = {.options = NULL};
    if (variables > 0)
        assert_int_equal(pulse_cost_init(&work, &options, variables, &err), 0);
    assert_int_equal(pulse_node_count_choose(wish, variables > 0 ? &work : NULL, &choice, &err), 0);
    assert_true(choice.multi == (choice.nodes > 1));
    assert_true(strlen(choice.why) > 10);
    pulse_cost_clear(&work);
    return choice;
}

static void node_count__takes_the_fewest_nodes_that_hold_it(void **state)
{
    (void)state;
    struct pulse_node_count_wish wish = {
        .max_nodes = 64, .ranks_per_node = 4, .memory_mib = 100000};
    const struct pulse_options options = training();
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_node_count_choice none;
    struct pulse_cost work;
    assert_int_equal(choose_nodes(&wish, 400).nodes, 1);
    assert_int_equal(pulse_cost_init(&work, &options, 400, &err), 0);
    for (int nodes = 2; nodes <= 4; nodes++) { /* a node has a little more than it takes */
        const double bytes = 4 * (double)pulse_cost_of_run(&work, 4 * nodes).bytes / 0.85;
        wish.memory_mib = (int64_t)(bytes / 1048576) + 1;
        const struct pulse_node_count_choice choice = choose_nodes(&wish, 400);
        assert_int_equal(choice.nodes, nodes);
        assert_non_null(strstr(choice.why, "GiB"));
    }
    wish.memory_mib = 100;
    assert_int_equal(pulse_node_count_choose(&wish, &work, &none, &err), -1);
    assert_says(&err, "--memory");
    pulse_cost_clear(&work);
}

static void node_count__reaches_the_target_or_says_that_it_cannot(void **state)
{
    (void)state;
    struct pulse_node_count_wish wish = {.max_nodes = 4, .ranks_per_node = 4, .memory_mib = 100000};
    const struct pulse_options options = training();
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_cost work;
    assert_int_equal(pulse_cost_init(&work, &options, 200, &err), 0);
    const double alone = pulse_cost_of_run(&work, 4).seconds,
                 two = pulse_cost_of_run(&work, 8).seconds;
    int fastest = 1; /* the fewest that are not clearly slower than more */
    for (int nodes = 2; nodes <= 4; nodes++)
        if (pulse_cost_of_run(&work, 4 * nodes).seconds <
            0.95 * pulse_cost_of_run(&work, 4 * fastest).seconds)
            fastest = nodes;
    assert_true(fastest > 2);
    pulse_cost_clear(&work);
    wish.target_hours = 0.5 * (alone + two) / 3600;
    struct pulse_node_count_choice choice = choose_nodes(&wish, 200);
    assert_int_equal(choice.nodes, 2);
    assert_non_null(strstr(choice.why, "--target-hours"));
    wish.target_hours = 1e-6;
    choice = choose_nodes(&wish, 200);
    assert_int_equal(choice.nodes, fastest);
    assert_non_null(strstr(choice.why, "--max-nodes 4"));
}

static void node_count__wishes_are_obeyed(void **state)
{
    (void)state;
    struct pulse_node_count_wish wish = {
        .mode = PULSE_NODE_COUNT_MULTI, .max_nodes = 8, .ranks_per_node = 2, .memory_mib = 8000};
    assert_int_equal(choose_nodes(&wish, 0).nodes, 2);
    assert_int_equal(choose_nodes(&wish, 10).nodes, 2);
    wish.nodes = 5;
    assert_int_equal(choose_nodes(&wish, 0).nodes, 5);
    wish = (struct pulse_node_count_wish){.max_nodes = 8, .ranks_per_node = 2, .memory_mib = 8000};
    assert_non_null(strstr(choose_nodes(&wish, 0).why, "--variables"));
}

static void node_count__contradictions_are_refused(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_node_count_choice choice;
    const struct pulse_node_count_wish bad[] = {
        {.mode = PULSE_NODE_COUNT_SINGLE, .nodes = 2, .max_nodes = 8, .ranks_per_node = 1},
        {.mode = PULSE_NODE_COUNT_MULTI, .nodes = 1, .max_nodes = 8, .ranks_per_node = 1},
        {.mode = PULSE_NODE_COUNT_MULTI, .max_nodes = 1, .ranks_per_node = 1}};
    for (size_t i = 0; i < 3; i++) {
        err.kind = PULSE_OK;
        assert_int_equal(pulse_node_count_choose(&bad[i], NULL, &choice, &err), -1);
        assert_int_equal(err.kind, PULSE_E_USAGE);
    }
}

/* ---- Instances, errors, links --------------------------------------------------- */

static void instance__names_say_what_they_have(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        double vcpus, gib;
    } known[] = {{"m6i.xlarge", 4, 16},
                 {"c5.large", 2, 4},
                 {"r7g.4xlarge", 16, 128},
                 {"m6id.24xlarge", 96, 384},
                 {"c6i.metal", 0, 0},
                 {"c6i", 128, 256},
                 {"m5", 96, 384},
                 {"r7i", 192, 1536},
                 {"m6g", 64, 256},
                 {"c8i", 384, 768},
                 {"m6", 0, 0},
                 {"m9q", 0, 0},
                 {"m7i-flex", 0, 0},
                 {"c6i c6id", 0, 0},
                 {"c5n.xlarge", 0, 0},
                 {"m4.xlarge", 0, 0},
                 {"p4d.24xlarge", 0, 0},
                 {"optimal", 0, 0},
                 {"", 0, 0},
                 {"m6g.medium", 1, 4},
                 {"m6i.-3xlarge", 0, 0},
                 {"m6i.xlargest", 0, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct pulse_instance it = {0, 0};
        assert_int_equal(pulse_instance_read(known[i].type, &it), known[i].vcpus > 0);
        if (known[i].vcpus > 0) {
            assert_true(it.vcpus == known[i].vcpus);
            assert_true(it.memory_mib == known[i].gib * 1024);
            assert_true(pulse_instance_usable_mib(&it) < it.memory_mib);
        }
    }
}

static void aws__codes_of_errors_are_read_from_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *header, *body, *code, *message;
    } seen[] = {
        {"ClientException:http://x", "{\"message\":\"m\"}", "ClientException", "m"},
        {"", "{\"code\":\"A\",\"Message\":\"m\"}", "A", "m"},
        {"", "{\"Code\":\"B\"}", "B", ""},
        {"", "{\"__type\":\"com.amazonaws#C:x\",\"message\":\"m\"}", "C", "m"},
        {"", "<html>", "", ""},
        {"", NULL, "", ""},
        {"", "[\"code\"]", "", ""},
        {"", "{\"code\":3,\"message\":{}}", "", ""},
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        char code[PULSE_AWS_CODE], message[PULSE_AWS_MESSAGE];
        pulse_aws_read_error(seen[i].header, seen[i].body, code, message);
        assert_string_equal(code, seen[i].code);
        assert_string_equal(message, seen[i].message);
    }
}

static void logs__links_are_in_the_console_s_spelling(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    char *link = pulse_logs_link("eu-west-1", "/aws/batch/job", "a/default/b$1", &err);
    assert_string_equal(link, "https://eu-west-1.console.aws.amazon.com/cloudwatch/"
                              "home?region=eu-west-1#logsV2:log-groups/log-group/"
                              "$252Faws$252Fbatch$252Fjob/log-events/a$252Fdefault$252Fb$25241");
    free(link);
    link = pulse_logs_link("cn-north-1", "g", "s", &err);
    assert_non_null(strstr(link, "cn-north-1.console.amazonaws.cn/"));
    free(link);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request__has_one_kind_of_overrides),
        cmocka_unit_test(request__digests_of_different_specifications_differ),
        cmocka_unit_test(request__names_are_those_that_batch_allows),
        cmocka_unit_test(request__stamps_are_utc),
        cmocka_unit_test(request__long_words_do_not_fit),
        cmocka_unit_test(request__refuses_what_json_cannot_say),
        cmocka_unit_test(cost__is_shared_by_more_ranks),
        cmocka_unit_test(cost__follows_the_features),
        cmocka_unit_test(cost__refuses_what_the_engine_would),
        cmocka_unit_test(node_count__takes_the_fewest_nodes_that_hold_it),
        cmocka_unit_test(node_count__reaches_the_target_or_says_that_it_cannot),
        cmocka_unit_test(node_count__wishes_are_obeyed),
        cmocka_unit_test(node_count__contradictions_are_refused),
        cmocka_unit_test(instance__names_say_what_they_have),
        cmocka_unit_test(aws__codes_of_errors_are_read_from_anywhere),
        cmocka_unit_test(logs__links_are_in_the_console_s_spelling),
    };
    return RUN_CASES(tests, argc, argv);
}
