/* pulse-node's pure parts: command lines, quotas, exit codes, tags and rates of output, node infos.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/args.h"
#include "node/argv.h"
#include "node/argv_file.h"
#include "node/job.h"
#include "node/launch.h"
#include "node/node_info.h"
#include "node/quota.h"
#include "node/relay.h"
#include "node/rendezvous.h"
#include "node/seal.h"
#include "node/session.h"
#include "node/ssh.h"
#include "support.h"

#define WORDS(...) ((char *const[]){__VA_ARGS__, NULL})

/* ---- Quotas -------------------------------------------------------------------------- */

static void quota__whole_cpus_at_least_one(void **state)
{
    (void)state;
    assert_int_equal(pulse_quota_v2("400000 100000\n"), 4);
    assert_int_equal(pulse_quota_v2("150000 100000"), 1);
    assert_int_equal(pulse_quota_v2("50000 100000"), 1);
    assert_int_equal(pulse_quota_v1("300000\n", "100000\n"), 3);
    assert_int_equal(pulse_quota_v1("20000", "100000"), 1);
}

static void quota__no_limit_and_nonsense_are_none(void **state)
{
    (void)state;
    const char *const bad[] = {
        "max 100000", "", "100000", "100000 0", "100000 x", "-5 100000", "99999999999999999999 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(pulse_quota_v2(bad[i]), -1);
    assert_int_equal(pulse_quota_v1("-1", "100000"), -1);
    assert_int_equal(pulse_quota_v1("100000", ""), -1);
}

/* Writes ROOT/FOLDERS/NAME, making the folders. */
static void put_file(const char *root, const char *folders, const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", root, folders);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    (void)mkdir(path, 0700);
    free(write_text(path, name, text));
}

static void quota__tightest_group_above_counts(void **state)
{
    (void)state;
    char *root = make_directory();
    put_file(root, "proc/self", "cgroup", "0::/jobs/one\n");
    put_file(root, "sys/fs/cgroup/jobs", "cpu.max", "300000 100000\n");
    put_file(root, "sys/fs/cgroup/jobs/one", "cpu.max", "max 100000\n");
    assert_int_equal(pulse_quota_cgroup(root), 3);
    put_file(root, "sys/fs/cgroup/jobs/one", "cpu.max", "200000 100000\n");
    assert_int_equal(pulse_quota_cgroup(root), 2);
    put_file(root, "sys/fs/cgroup/jobs/one", "cpu.max", "900000 100000\n");
    assert_int_equal(pulse_quota_cgroup(root), 3);
    remove_directory(root);
}

static void quota__host_s_group_path_in_a_container_means_its_root(void **state)
{
    (void)state;
    char *root = make_directory();
    put_file(root, "proc/self", "cgroup",
             "4:memory:/ecs/a\n3:cpu,cpuacct:/ecs/a/b\n1:name=systemd:/\n");
    put_file(root, "sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "600000\n");
    put_file(root, "sys/fs/cgroup/cpu", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(pulse_quota_cgroup(root), 6);
    put_file(root, "proc/self", "cgroup", "4:memory:/ecs/a\nrubbish\n");
    assert_int_equal(pulse_quota_cgroup(root), -1);
    remove_directory(root);
}

static void quota__setting_beats_the_machine(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    int64_t ranks;
    assert_int_equal(pulse_quota_ranks("7", &ranks, &err), 0);
    assert_int_equal(ranks, 7);
    assert_int_equal(pulse_quota_ranks(NULL, &ranks, &err), 0);
    assert_true(ranks >= 1);
    const char *const bad[] = {"0", "-1", "4097", "two", "2x", " "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(pulse_quota_ranks(bad[i], &ranks, &err), -1);
        assert_int_equal(err.kind, PULSE_E_USAGE);
        assert_says(&err, "PULSE_RANKS");
    }
}

/* ---- Words --------------------------------------------------------------------------- */

static void argv__last_value_of_an_option(void **state)
{
    (void)state;
    char *const *words = WORDS("--output", "a", "--out", "b", "--output=c", "--outputs", "d");
    assert_string_equal(pulse_args_find(words, "output"), "c");
    assert_null(pulse_args_find(words, "data"));
    assert_null(pulse_args_find(WORDS("--data"), "data"));
    assert_true(
        pulse_args_find_flag(WORDS("--output", "c", "--no-sign-request"), "no-sign-request"));
    assert_false(
        pulse_args_find_flag(WORDS("--no-sign-requests", "no-sign-request"), "no-sign-request"));
}

static void argv__quotes_as_a_shell_takes_them(void **state)
{
    (void)state;
    struct pulse_argv words = {0};
    struct pulse_err err = {0};
    assert_int_equal(pulse_argv_split(&words, "  a \"b c\"'d $e' f\\ g \"\" \"x\\\"y\"", &err), 0);
    const char *const right[] = {"a", "b cd $e", "f g", "", "x\"y"};
    assert_int_equal(words.n, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(words.word[i], right[i]);
    assert_null(words.word[5]);
    pulse_argv_clear(&words);
}

static void argv__what_only_a_shell_could_read_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"a; b",    "a|b",   "a && b", "$a",   "\"$a\"", "`a`",
                               "\"`a`\"", "a > b", "(a)",    "\"a",  "'a",     "a\\",
                               "*",       "a\nb",  "~",      "{a,b}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pulse_argv words = {0};
        struct pulse_err err = {0};
        assert_int_equal(pulse_argv_split(&words, bad[i], &err), -1);
        assert_int_equal(err.kind, PULSE_E_INPUT);
        pulse_argv_clear(&words);
    }
}

static void session__starts_orted_and_nothing_else(void **state)
{
    (void)state;
    const char *const good[] = {" orted -mca ess \"env\" -mca n \"a-[1:0]@0(3)\"",
                                "( test ! -r ./.profile || . ./.profile;  orted --daemonize )"};
    const char *const bad[] = {"",
                               "sh",
                               "orted; sh",
                               "/bin/sh -c orted",
                               "beats",
                               "orted $(id)",
                               "( test ! -r ./.profile || . ./.profile; sh )",
                               "./orted"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct pulse_argv words = {0};
        struct pulse_err err = {0};
        assert_int_equal(pulse_session_command(good[i], &words, &err), 0);
        assert_string_equal(words.word[0], "orted");
        pulse_argv_clear(&words);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pulse_argv words = {0};
        struct pulse_err err = {0};
        assert_int_equal(pulse_session_command(bad[i], &words, &err), -1);
        pulse_argv_clear(&words);
    }
}

static void session__heartbeat_has_no_words(void **state)
{
    (void)state;
    struct pulse_argv words = {0};
    struct pulse_err err = {0};
    assert_int_equal(pulse_session_command("beat", &words, &err), 0);
    assert_int_equal(words.n, 0);
}

static void argv_file__only_an_array_of_strings(void **state)
{
    (void)state;
    const char *const bad[] = {"", "{}", "[1]", "[\"a\", null]", "[[\"a\"]]", "[\"a\"", "\"a\""};
    struct pulse_argv words = {0};
    struct pulse_err err = {0};
    assert_int_equal(pulse_argv_file_parse("[\"--data\", \"a b\", \"\"]", "x", &words, &err), 0);
    assert_int_equal(words.n, 3);
    assert_string_equal(words.word[1], "a b");
    pulse_argv_clear(&words);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (struct pulse_err){0};
        assert_int_equal(pulse_argv_file_parse(bad[i], "s3://b/spec", &words, &err), -1);
        assert_int_equal(err.kind, PULSE_E_INPUT);
        assert_says(&err, "s3://b/spec");
        pulse_argv_clear(&words);
    }
}

/* ---- The job and where its nodes meet ------------------------------------------------- */

static void set_job(const char *id, const char *nodes, const char *node, const char *main_node)
{
    const char *const names[] = {"AWS_BATCH_JOB_ID", "AWS_BATCH_JOB_NUM_NODES",
                                 "AWS_BATCH_JOB_NODE_INDEX", "AWS_BATCH_JOB_MAIN_NODE_INDEX"};
    const char *const values[] = {id, nodes, node, main_node};
    for (int i = 0; i < 4; i++)
        if (values[i] == NULL)
            (void)unsetenv(names[i]);
        else
            (void)setenv(names[i], values[i], 1);
}

static void job__node_s_number_is_no_part_of_the_id(void **state)
{
    (void)state;
    struct pulse_node_job job;
    struct pulse_err err = {0};
    set_job("4e1-ab#2", "3", "2", "0");
    assert_int_equal(pulse_node_job_read(&job, &err), 0);
    assert_string_equal(job.id, "4e1-ab");
    assert_int_equal(job.node, 2);
    assert_int_equal(job.nodes, 3);
    set_job(NULL, NULL, NULL, NULL);
    assert_int_equal(pulse_node_job_read(&job, &err), 0);
    assert_int_equal(job.nodes, 1);
}

static void job__contradictions_are_refused(void **state)
{
    (void)state;
    const char *const bad[][4] = {{"a", "3", "3", "0"},      {"a", "3", "0", "3"},
                                  {"a", "0", "0", "0"},      {"a", "x", "0", "0"},
                                  {NULL, "3", "0", "0"},     {"a", "3", NULL, "0"},
                                  {"a/../b", "3", "0", "0"}, {"a", "9999", "0", "0"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pulse_node_job job;
        struct pulse_err err = {0};
        set_job(bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
        assert_int_equal(pulse_node_job_read(&job, &err), -1);
        assert_int_equal(err.kind, PULSE_E_USAGE);
    }
    set_job(NULL, NULL, NULL, NULL);
}

static void assert_place(char *const *words, const char *setting, const char *right)
{
    const struct pulse_node_job job = {.id = "j:1", .attempt = 2, .nodes = 3};
    struct pulse_err err = {0};
    char *uri = pulse_rendezvous_location(words, setting, &job, &err);
    if (right != NULL)
        assert_string_equal(uri, right);
    else
        assert_null(uri);
    assert_int_equal(err.kind, right == NULL ? PULSE_E_USAGE : PULSE_OK);
    free(uri);
}

static void rendezvous__lies_where_the_results_go(void **state)
{
    (void)state;
    assert_place(WORDS("--output", "s3://b/p/"), NULL, "s3://b/p/rendezvous/j:1/2");
    assert_place(WORDS("--output=s3://b"), "", "s3://b/rendezvous/j:1/2");
    assert_place(WORDS("--s3-results-bucket", "b"), NULL, "s3://b/results/rendezvous/j:1/2");
    assert_place(WORDS("--s3-results-bucket", "b", "--s3-results-prefix", "q"), NULL,
                 "s3://b/q/rendezvous/j:1/2");
    assert_place(WORDS("--output", "d", "--s3-output-file", "s3://b/x/s.json"), NULL,
                 "s3://b/x/rendezvous/j:1/2");
    assert_place(WORDS("--output", "s3://b/p"), "s3://c/d", "s3://c/d/rendezvous/j:1/2");
    assert_place(WORDS("--output", "results"), NULL, NULL);
    assert_place(WORDS("--output", "s3://b/p"), "/shared", NULL);
}

/* ---- Node infos and the files made of them -------------------------------------------------- */

static struct pulse_node_info info_of(int node, const char *network)
{
    struct pulse_node_info info = {
        .node = node, .port = node == 0 ? 0 : 40000 + node, .slots = 2 + node};
    (void)snprintf(info.address, sizeof info.address, "10.0.1.%hhu", (unsigned char)(10 + node));
    (void)snprintf(info.network, sizeof info.network, "%s", network);
    (void)snprintf(info.key, sizeof info.key, "ssh-ed25519 AAAA%d+/=", node);
    (void)strcpy(info.image, "00ff");
    return info;
}

static void node_info__comes_back_as_it_was(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_node_info info = info_of(2, "10.0.1.0/24"), back;
    char *text = pulse_node_info_text(&info, &err);
    assert_int_equal(pulse_node_info_parse(text, "x", &back, &err), 0);
    char *again = pulse_node_info_text(&back, &err);
    assert_string_equal(text, again);
    free(text);
    free(again);
}

/* What would put lines of its own into known_hosts or a host file. */
static void node_info__with_anything_else_in_it_is_refused(void **state)
{
    (void)state;
    static const char form[] = "{\"node\":%s,\"address\":\"%s\",\"network\":\"%s\",\"port\":%s,"
                               "\"slots\":%s,\"image\":\"%s\",\"key\":\"%s\"}";
    static const char *const good[] = {"1", "10.0.0.1", "10.0.0.0/24",  "9",
                                       "2", "aa",       "ssh-ed25519 A"};
    static const struct {
        int field;
        const char *value;
    } bad[] = {{0, "-1"},
               {0, "\\\"1\\\""},
               {1, "10.0.0.1 slots=9"},
               {1, "host"},
               {2, "10.0.0.0"},
               {2, "10.0.0.0/x"},
               {3, "70000"},
               {4, "0"},
               {4, "99999"},
               {5, "xx"},
               {6, "ssh-rsa A"},
               {6, "ssh-ed25519 A B"},
               {6, "ssh-ed25519 A\\nh ssh-ed25519 B"}};
    char text[1024];
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        const char *field[7];
        memcpy(field, good, sizeof field);
        if (i > 0)
            field[bad[i - 1].field] = bad[i - 1].value;
        (void)snprintf(text, sizeof text, form, field[0], field[1], field[2], field[3], field[4],
                       field[5], field[6]);
        struct pulse_node_info info;
        struct pulse_err err = {0};
        assert_int_equal(pulse_node_info_parse(text, "node-1.json", &info, &err), i == 0 ? 0 : -1);
    }
}

/* ---- Seals ----------------------------------------------------------------------------- */

#define SECRET "0123456789abcdef0123456789abcdef"

static void seal__secret_leaves_the_environment(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_node_job job = {.id = "j"};
    struct pulse_seal seal;
    assert_int_equal(setenv("PULSE_RENDEZVOUS_SECRET", SECRET, 1), 0);
    const char *where = getenv("PULSE_RENDEZVOUS_SECRET");
    assert_int_equal(pulse_seal_take(&seal, &job, &err), 0);
    assert_string_equal(seal.secret, SECRET);
    assert_null(getenv("PULSE_RENDEZVOUS_SECRET"));
    assert_string_equal(where, "");
    assert_int_equal(pulse_seal_check(&seal, &err), 0);
    pulse_seal_clear(&seal);
    assert_int_equal(pulse_seal_take(&seal, &job, &err), 0);
    assert_int_equal(pulse_seal_check(&seal, &err), -1);
    assert_int_equal(err.kind, PULSE_E_USAGE);
    err = (struct pulse_err){0};
    assert_int_equal(setenv("PULSE_RENDEZVOUS_SECRET", "hunter2", 1), 0);
    assert_int_equal(pulse_seal_take(&seal, &job, &err), -1);
    assert_int_equal(err.kind, PULSE_E_USAGE);
    assert_null(strstr(err.text, "hunter2"));
    assert_null(getenv("PULSE_RENDEZVOUS_SECRET"));
}

static void seal__opens_for_its_job_attempt_and_name_only(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_node_job job = {.id = "j", .attempt = 1}, later = {.id = "j", .attempt = 2},
                          other = {.id = "k", .attempt = 1};
    struct pulse_seal seal = {.secret = SECRET, .job = &job};
    struct pulse_seal wrong[] = {{.secret = SECRET, .job = &later, .warned = true},
                                 {.secret = SECRET, .job = &other, .warned = true},
                                 {.secret = SECRET "0", .job = &job, .warned = true},
                                 {.job = &job, .warned = true}};
    /* The HMAC as Python's hmac.new(secret, b"j\n1\nend\n{}", "sha256") has it. */
    char *sealed = pulse_seal_close(&seal, "end", "{}", &err);
    assert_string_equal(sealed,
                        "{\"text\":\"{}\",\"hmac\":"
                        "\"40d8de90b202005524d42c8b6dec84c8690ee73c42abaffa4a89a4a839fc7b0d\"}");
    char *text = pulse_seal_open(&seal, "end", sealed, &err);
    assert_string_equal(text, "{}");
    free(text);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(pulse_seal_open(&wrong[i], "end", sealed, &err));
    seal.warned = true;
    assert_null(pulse_seal_open(&seal, "main.json", sealed, &err));
    sealed[10] ^= 1;
    assert_null(pulse_seal_open(&seal, "end", sealed, &err));
    const char *twice =
        "{\"text\":\"{}\",\"hmac\":"
        "\"40d8de90b202005524d42c8b6dec84c8690ee73c42abaffa4a89a4a839fc7b0d\",\"text\":\"x\"}";
    const char *const bad[] = {
        "", "{}", "[]", "{\"text\":1,\"hmac\":\"\"}", twice, "{\"text\":\"{}\",\"hmac\":\"\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(pulse_seal_open(&seal, "end", bad[i], &err));
    assert_int_equal(err.kind, PULSE_OK);
    free(sealed);
}

static void ssh__files_name_each_node_once(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    const struct pulse_node_info infos[] = {info_of(0, "10.0.1.0/24"), info_of(1, "10.0.2.0/24"),
                                            info_of(2, "10.0.1.0/24")};
    char *hosts = pulse_ssh_hostfile(infos, 3, &err),
         *known = pulse_ssh_known_hosts(infos, 3, &err);
    char *networks = pulse_ssh_networks(infos, 3, &err),
         *config = pulse_ssh_config("/d", "/proc/1/fd/9", infos, 3, &err);
    assert_string_equal(hosts, "10.0.1.10 slots=2\n10.0.1.11 slots=3\n10.0.1.12 slots=4\n");
    assert_string_equal(known, "[10.0.1.11]:40001 ssh-ed25519 AAAA1+/=\n"
                               "[10.0.1.12]:40002 ssh-ed25519 AAAA2+/=\n");
    assert_string_equal(networks, "10.0.1.0/24,10.0.2.0/24");
    assert_non_null(strstr(config, "Host 10.0.1.12\n  Port 40002\n"));
    assert_non_null(strstr(config, "StrictHostKeyChecking yes"));
    assert_non_null(strstr(config, "IdentityFile /proc/1/fd/9\n"));
    free(hosts);
    free(known);
    free(networks);
    free(config);
}

/* ---- mpirun ---------------------------------------------------------------------------- */

static void launch__hands_on_no_secret(void **state)
{
    (void)state;
    const struct pulse_launch launch = {.program = "/p/pulse-train",
                                        .arguments = WORDS("--data", "a b"),
                                        .ranks = 6,
                                        .directory = "/d",
                                        .networks = "10.0.1.0/24"};
    struct pulse_argv words = {0};
    struct pulse_err err = {0};
    assert_int_equal(pulse_launch_argv(&launch,
                                       WORDS("AWS_SECRET_ACCESS_KEY=s3cret", "AWS_REGION=r3gion",
                                             "AWS_SESSION_TOKEN=t0ken", "PULSE_X=v4lue", "HOME=/h"),
                                       &words, &err),
                     0);
    int exported = 0;
    for (int64_t i = 0; i < words.n; i++) {
        assert_null(strstr(words.word[i], "s3cret"));
        assert_null(strstr(words.word[i], "v4lue"));
        if (strcmp(words.word[i], "-x") == 0) {
            exported++;
            assert_true(strcmp(words.word[i + 1], "AWS_REGION") == 0 ||
                        strcmp(words.word[i + 1], "PULSE_X") == 0);
        }
    }
    assert_int_equal(exported, 2);
    assert_string_equal(words.word[words.n - 1], "a b");
    assert_string_equal(words.word[words.n - 3], "/p/pulse-train");
    pulse_argv_clear(&words);
}

static void launch__exit_codes_say_what_the_job_s_fate_is(void **state)
{
    (void)state;
    static const struct {
        struct pulse_ending ending;
        int right;
    } cases[] = {{{.code = 0}, 0},
                 {{.code = 1}, 1},
                 {{.code = 2}, 2},
                 {{.code = 3}, 3},
                 {{.code = 75}, 75},
                 {{.code = 130}, 130},
                 {{.code = 143}, 143},
                 {{.code = 139}, 139},
                 {{.code = 137}, 75},
                 {{.code = 205}, 75},
                 {{.code = 255}, 75},
                 {{.code = 1, .signal_number = 15}, 143},
                 {{.code = 143, .signal_number = 15}, 143},
                 {{.code = 0, .signal_number = 15}, 0},
                 {{.code = 1, .signal_number = 2}, 130},
                 {{.code = 1, .lost = true}, 75},
                 {{.code = 143, .taken = true}, 75},
                 {{.code = 0, .lost = true}, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pulse_launch_code(&cases[i].ending), cases[i].right);
}

/* ---- Output ----------------------------------------------------------------------------- */

static void relay__tags_name_the_rank(void **state)
{
    (void)state;
    int64_t rank;
    char *behind, first[] = "[1,12]<stdout>:[a]: b", second[] = "half[1,x]<stdout>:[1,0]<stderr>:";
    assert_ptr_equal(pulse_relay_tag(first, &rank, &behind), first);
    assert_string_equal(behind, "[a]: b");
    assert_int_equal(rank, 12);
    assert_ptr_equal(pulse_relay_tag(second, &rank, &behind), strstr(second, "[1,0]"));
    assert_string_equal(behind, "");
    assert_int_equal(rank, 0);
    char none[][20] = {
        "", "hello", "[1,x]<stdout>:a", "[1,2]<other>:a", "[2,1]<stdout>:a", "[1,-1]<stdout>:"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(pulse_relay_tag(none[i], &rank, &behind));
}

/* Feeds what mpirun wrote through a relay whose standard output is a pipe; returns what came out.
 */
static void relay_through(const char *text, char *out, size_t capacity)
{
    const int slots[] = {1, 2};
    struct pulse_err err = {0};
    int in[2], log[2], kept = dup(STDOUT_FILENO);
    assert_int_equal(pipe(in) | pipe(log), 0);
    assert_int_equal(write(in[1], text, strlen(text)), strlen(text));
    (void)close(in[1]);
    (void)dup2(log[1], STDOUT_FILENO);
    (void)close(log[1]);
    struct pulse_relay *relay = pulse_relay_new(slots, 2, 3, &err);
    while (pulse_relay_read(relay, in[0], STDOUT_FILENO))
        continue;
    pulse_relay_end(relay);
    (void)dup2(kept, STDOUT_FILENO);
    (void)close(kept);
    const ssize_t n = read(log[0], out, capacity - 1);
    out[n < 0 ? 0 : n] = '\0';
    (void)close(in[0]);
    (void)close(log[0]);
}

static void relay__pieces_of_a_line_are_one_again(void **state)
{
    (void)state;
    char out[4096];
    relay_through("[1,0]<stdout>:one\n[1,0]<stdout>:tw[1,2]<stdout>:of two\n[1,1]<stdout>:\n"
                  "[1,0]<stdout>:o\nfrom mpirun\n[1,9]<stdout>:who\n[1,2]<stdout>:no end",
                  out, sizeof out);
    assert_string_equal(out, "[0:0] one\n[1:2] of two\n[1:1] \n[0:0] two\n[mpirun] from mpirun\n"
                             "[mpirun] who\n[1:2] no end\n");
}

static void relay__lines_without_end_are_cut(void **state)
{
    (void)state;
    const size_t length = 3 * (size_t)PULSE_RELAY_LINE;
    char *text = calloc(length + 1, 1), *out = calloc(2 * length, 1);
    memset(text, 'x', length);
    relay_through(text, out, 2 * length);
    size_t lines = 0, xs = 0;
    for (const char *at = out; *at != '\0'; at++) {
        lines += *at == '\n';
        xs += *at == 'x';
    }
    assert_int_equal(xs, length);
    assert_in_range(lines, 3, 5);
    free(text);
    free(out);
}

static void relay__ranks_fill_the_nodes_in_order(void **state)
{
    (void)state;
    const int slots[] = {2, 1, 3};
    const int right[] = {0, 0, 1, 2, 2, 2};
    for (int rank = 0; rank < 6; rank++)
        assert_int_equal(pulse_relay_node(slots, 3, rank), right[rank]);
}

static void relay__rate_is_a_burst_and_then_so_many_a_second(void **state)
{
    (void)state;
    struct pulse_rate rate = {0};
    int passed = 0;
    for (int i = 0; i < 1000; i++)
        passed += pulse_rate_take(&rate, 100.0);
    assert_int_equal(passed, PULSE_RELAY_BURST);
    assert_int_equal(rate.dropped, 1000 - PULSE_RELAY_BURST);
    for (int i = 0; i < 1000; i++)
        passed += pulse_rate_take(&rate, 100.5);
    assert_int_equal(passed, PULSE_RELAY_BURST + PULSE_RELAY_BURST / 2);
    for (int i = 0; i < 10 * PULSE_RELAY_BURST; i++) /* at just that rate none is dropped */
        assert_true(pulse_rate_take(&rate, 200.0 + i / (double)PULSE_RELAY_BURST));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota__whole_cpus_at_least_one),
        cmocka_unit_test(quota__no_limit_and_nonsense_are_none),
        cmocka_unit_test(quota__tightest_group_above_counts),
        cmocka_unit_test(quota__host_s_group_path_in_a_container_means_its_root),
        cmocka_unit_test(quota__setting_beats_the_machine),
        cmocka_unit_test(argv__last_value_of_an_option),
        cmocka_unit_test(argv__quotes_as_a_shell_takes_them),
        cmocka_unit_test(argv__what_only_a_shell_could_read_is_refused),
        cmocka_unit_test(session__starts_orted_and_nothing_else),
        cmocka_unit_test(session__heartbeat_has_no_words),
        cmocka_unit_test(argv_file__only_an_array_of_strings),
        cmocka_unit_test(job__node_s_number_is_no_part_of_the_id),
        cmocka_unit_test(job__contradictions_are_refused),
        cmocka_unit_test(rendezvous__lies_where_the_results_go),
        cmocka_unit_test(node_info__comes_back_as_it_was),
        cmocka_unit_test(node_info__with_anything_else_in_it_is_refused),
        cmocka_unit_test(seal__secret_leaves_the_environment),
        cmocka_unit_test(seal__opens_for_its_job_attempt_and_name_only),
        cmocka_unit_test(ssh__files_name_each_node_once),
        cmocka_unit_test(launch__hands_on_no_secret),
        cmocka_unit_test(launch__exit_codes_say_what_the_job_s_fate_is),
        cmocka_unit_test(relay__tags_name_the_rank),
        cmocka_unit_test(relay__pieces_of_a_line_are_one_again),
        cmocka_unit_test(relay__lines_without_end_are_cut),
        cmocka_unit_test(relay__ranks_fill_the_nodes_in_order),
        cmocka_unit_test(relay__rate_is_a_burst_and_then_so_many_a_second),
    };
    return RUN_CASES(tests, argc, argv);
}
