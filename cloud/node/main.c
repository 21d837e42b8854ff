/* pulse-node: what it is asked for, which role it has, and the exit code. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/args.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/spelling.h"
#include "node/argv.h"
#include "node/argv_file.h"
#include "node/direct.h"
#include "node/launch.h"
#include "node/mpirun.h"
#include "node/node.h"
#include "node/processes.h"
#include "node/quota.h"
#include "node/rendezvous.h"
#include "node/session.h"
#include "node/signal_fd.h"
#include "store/aws/sigv4.h"
#include "store/store.h"

static const char doc[] =
    "Run pulse-train on all CPUs of this container, or of all nodes of a multi-node job; or "
    "another "
    "of our programs as one process."
    "\v"
    "All other options are the program's (pulse-train --help).\n"
    "\n"
    "Environment:\n"
    "  PULSE_RANKS               ranks on this node (the container's CPU quota,\n"
    "                            else its CPUs)\n"
    "  PULSE_RENDEZVOUS          s3://BUCKET/PREFIX where nodes find each other\n"
    "                            (where the results go)\n"
    "  PULSE_RENDEZVOUS_SECRET   what only this job's nodes know, 32 characters or\n"
    "                            more, the same on all; several nodes need it\n"
    "  PULSE_RENDEZVOUS_SECONDS  how long they wait for each other (600)\n"
    "  AWS_BATCH_JOB_...         which node of which job this is; Batch sets them\n"
    "\n"
    "On several nodes each lets the main node in by ssh with keys made for this job alone; only "
    "their public halves, addresses and numbers of ranks go through S3, signed with the secret. "
    "SIGTERM is passed on, with "
    "25 s to save a checkpoint.\n"
    "\n"
    "Exit codes: those of the program; 75 when a rank or a node was lost (try again).";

enum { MOST_MARKS = 4 };

struct request {
    bool dry_run;
    const char *argv_file;
    const char *program; /* "pulse-train" */
    char *marks[MOST_MARKS];
    int64_t n_marks;
    char **rest; /* of argv */
};

static int read_mark(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct request *request = values;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || request->n_marks == MOST_MARKS)
        return pulse_arg_refuse(arg, text, "at most four URI=TEXT", err);
    request->marks[request->n_marks++] = text;
    return 0;
}

static const struct pulse_arg option_table[] = {
    {"dry-run", 0, NULL, "Check its options, print what would be run, and stop",
     pulse_arg_read_flag, .at = offsetof(struct request, dry_run)},
    {"spec", 0, "URI", "Read argv from a JSON array of strings", pulse_arg_read_text,
     .at = offsetof(struct request, argv_file)},
    {"on-success", 0, "URI=TEXT", "Write TEXT to URI after exit code 0; may be repeated", read_mark,
     .at = 0},
    {0}};

static int take_rest(void *user, char **word, struct pulse_err *err)
{
    struct request *request = user;
    (void)err;
    request->rest = word;
    return 0;
}

/* A word like one of our own options, before any of the training's: it would start the training
 * instead of what was meant. */
static int refuse_misspelt(const char *word, struct pulse_err *err)
{
    for (const struct pulse_arg *arg = option_table; arg->name != NULL; arg++)
        if (strncmp(word, "--", 2) == 0 && pulse_spelling_distance(word + 2, arg->name) <= 1)
            return pulse_fail(err, PULSE_E_USAGE,
                              "%s: unknown option; did you mean --%s? see pulse-node --help", word,
                              arg->name);
    return 0;
}

/* Takes our own options off the front. */
static int parse_request(struct request *request, int argc, char **argv, struct pulse_err *err)
{
    const struct pulse_args args = {
        .program = "pulse-node",
        .usage = "[pulse-train] OPTION...\nPROGRAM ARGUMENT...\n--spec=s3://BUCKET/KEY#sha256=HEX "
                 "[OPTION...]",
        .doc = doc,
        .tables = {{option_table, request, NULL, 0}},
        .take_word = take_rest,
        .ends_at_word = true,
        .user = request};
    request->rest = argv + argc;
    if (pulse_args_parse_own(&args, argc, argv, err) != 0)
        return -1;
    return *request->rest == NULL ? 0 : refuse_misspelt(*request->rest, err);
}

/* The program that a word names; NULL: none. */
static const char *find_program(const char *word)
{
    static const char *const programs[] = {"pulse-train",  "pulse-data", "pulse-evaluate",
                                           "pulse-report", "pulse-tune", "pulse-flow"};
    for (size_t i = 0; word != NULL && i < sizeof programs / sizeof *programs; i++)
        if (strcmp(word, programs[i]) == 0)
            return programs[i];
    return NULL;
}

static bool is_direct(const struct request *request)
{
    return strcmp(request->program, "pulse-train") != 0;
}

/* The argv of the program; our own options are not among them. */
static int read_arguments(struct request *request, struct pulse_argv *train_argv,
                          struct pulse_err *err)
{
    char **rest = request->rest;
    request->program = find_program(*rest);
    if (request->program != NULL)
        rest++;
    else
        request->program = "pulse-train";
    pulse_rendezvous_configure(rest);
    if (request->argv_file != NULL &&
        pulse_argv_file_read(request->argv_file, train_argv, err) != 0)
        return -1;
    if (pulse_argv_add_all(train_argv, rest, err) != 0)
        return -1;
    if (request->argv_file != NULL && train_argv->n > 0)
        pulse_rendezvous_configure(train_argv->word); /* the file says how S3 is reached, too */
    if (train_argv->n > 0 &&
        strcmp(train_argv->word[0], "pulse-train") == 0) /* of the specification */
        return pulse_fail(err, PULSE_E_INPUT, "%s: leave the word pulse-train out of the list",
                          request->argv_file);
    return train_argv->n > 0 || is_direct(request)
               ? 0
               : pulse_fail(err, PULSE_E_USAGE, "train what? see pulse-node --help");
}

/* Our own path, and that of the program beside it. */
static int find_programs(const char *name, char self[PATH_MAX], char program[PATH_MAX],
                         struct pulse_err *err)
{
    const ssize_t n = readlink("/proc/self/exe", self, PATH_MAX - 1);
    if (n <= 0)
        return pulse_fail(err, PULSE_E_STORAGE, "/proc/self/exe cannot be read; mount /proc");
    self[n] = '\0';
    if (!pulse_argv_plain(self) ||
        snprintf(program, PATH_MAX, "%.*s/%s", (int)(strrchr(self, '/') - self), self, name) >=
            PATH_MAX)
        return pulse_fail(
            err, PULSE_E_USAGE,
            "%s: install pulse-node where the path has letters, digits and /._-+ only", self);
    if (access(program, X_OK) != 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s is not there; install %s beside pulse-node",
                          program, name);
    return 0;
}

/* SHA-256 of the program and the version: nodes of one job must agree on it. */
static int digest_of(const char *program, char image[65], struct pulse_err *err)
{
    struct stat info;
    FILE *file = fopen(program, "re");
    char *bytes = NULL;
    int result = -1;
    if (file == NULL || fstat(fileno(file), &info) != 0 || info.st_size > INT64_C(1) << 30) {
        (void)pulse_fail(err, PULSE_E_INPUT, "%s cannot be read; install it anew", program);
        goto done;
    }
    bytes = pulse_calloc(info.st_size + (int64_t)sizeof PULSE_VERSION, 1, "pulse-train", err);
    if (bytes == NULL)
        goto done;
    const size_t n = fread(bytes, 1, (size_t)info.st_size, file);
    memcpy(bytes + n, PULSE_VERSION, sizeof PULSE_VERSION);
    pulse_sha256_hex(bytes, n + sizeof PULSE_VERSION, image);
    result = 0;
done:
    free(bytes);
    if (file != NULL)
        (void)fclose(file);
    return result;
}

/* What would be run, once the program has been asked whether it takes its command line. */
static int print_plan(const struct pulse_node *node, bool direct, struct pulse_err *err)
{
    const bool several = node->job.nodes > 1;
    const struct pulse_launch launch = {.program = node->program,
                                        .arguments = node->arguments,
                                        .ranks = node->ranks * node->job.nodes,
                                        .directory = several ? "DIRECTORY" : NULL,
                                        .networks = "NETWORK"};
    struct pulse_argv train_argv = {0};
    int result = pulse_direct_check(node->program, node->arguments, err);
    if (result == 0)
        result = direct ? pulse_argv_add(&train_argv, err, "%s", node->program)
                        : pulse_launch_argv(&launch, environ, &train_argv, err);
    if (result == 0 && direct)
        result = pulse_argv_add_all(&train_argv, node->arguments, err);
    if (result == 0 && several)
        (void)printf("node %d of %d, %s; the nodes meet at %s\n", node->job.node, node->job.nodes,
                     node->job.node == node->job.main_node ? "the main one" : "not the main one",
                     node->location);
    if (result == 0 && !direct)
        (void)printf("%lld ranks on this node\n", (long long)node->ranks);
    for (int64_t i = 0; result == 0 && i < train_argv.n; i++)
        (void)printf("%s%s", train_argv.word[i], i + 1 < train_argv.n ? " " : "\n");
    pulse_argv_clear(&train_argv);
    return result;
}

static int run_role(struct pulse_node *node, bool direct, struct pulse_err *err)
{
    int code = -1;
    if (direct && node->job.nodes > 1)
        return pulse_fail(err, PULSE_E_USAGE, "%s runs on one node, and this job has %d",
                          strrchr(node->program, '/') + 1, (int)node->job.nodes);
    if ((!direct && pulse_mpirun_check(node->ranks, err) != 0) ||
        pulse_signal_fd_open(&node->events, err) != 0)
        return -1;
    if (!direct)
        pulse_mpirun_share_cpus(node->ranks);
    pulse_processes_adopt();
    if (node->job.nodes > 1 && (pulse_seal_check(&node->seal, err) != 0 ||
                                digest_of(node->program, node->image, err) != 0 ||
                                pulse_keys_directory(node->directory, err) != 0))
        goto done;
    code = direct ? pulse_direct_run(node->events, node->program, node->arguments, err)
           : node->job.nodes == 1                  ? pulse_node_run_single(node, err)
           : node->job.node == node->job.main_node ? pulse_node_run_main(node, err)
                                                   : pulse_node_run_worker(node, err);
done:
    pulse_processes_end(5);
    pulse_keys_forget(&node->key);
    pulse_keys_remove(node->directory);
    (void)close(node->events);
    return code;
}

/* By the node whose exit code is the job's. */
static int leave_marks(const struct request *request, const struct pulse_node *node,
                       struct pulse_err *err)
{
    int status = 0;
    for (int64_t i = 0; status == 0 && i < request->n_marks; i++) {
        const char *equals = strchr(request->marks[i], '=');
        char *uri = pulse_print(err, "%.*s", (int)(equals - request->marks[i]), request->marks[i]);
        if (uri == NULL)
            status = -1;
        else if (node->job.node == node->job.main_node)
            status = pulse_store_put(equals + 1, (int64_t)strlen(equals + 1), uri, err);
        free(uri);
    }
    return status;
}

static int prepare_and_run(struct request *request, struct pulse_argv *train_argv,
                           struct pulse_err *err)
{
    static char *no_arguments[] = {NULL};
    struct pulse_node node = {.events = -1, .key = {.fd = -1}};
    char self[PATH_MAX], program[PATH_MAX], *location = NULL;
    int code = -1;
    /* First, since reading arguments may start programs: they are to know no secret. */
    if (pulse_seal_take(&node.seal, &node.job, err) != 0 ||
        read_arguments(request, train_argv, err) != 0 || pulse_node_job_read(&node.job, err) != 0 ||
        find_programs(request->program, self, program, err) != 0 ||
        pulse_quota_ranks(getenv("PULSE_RANKS"), &node.ranks, err) != 0 ||
        pulse_rendezvous_seconds(&node.patience, err) != 0)
        goto done;
    if (node.job.nodes > 1 && !is_direct(request)) {
        location =
            pulse_rendezvous_location(train_argv->word, getenv("PULSE_RENDEZVOUS"), &node.job, err);
        if (location == NULL)
            goto done;
    }
    node.self = self;
    node.program = program;
    node.arguments = train_argv->n > 0 ? train_argv->word : no_arguments;
    node.location = location;
    node.deadline = pulse_seconds() + node.patience;
    code = request->dry_run ? print_plan(&node, is_direct(request), err)
                            : run_role(&node, is_direct(request), err);
    if (code == 0 && !request->dry_run && leave_marks(request, &node, err) != 0)
        code = -1;
done:
    pulse_seal_clear(&node.seal);
    free(location);
    return code;
}

int main(int argc, char **argv)
{
    struct request request = {0};
    struct pulse_argv train_argv = {0};
    struct pulse_err err = {0};
    pulse_file_begin_process();
    if (argc == 3 && strcmp(argv[1], "--session") == 0)
        return pulse_session_main(argv[2]);
    int code = parse_request(&request, argc, argv, &err);
    if (code == 0)
        code = prepare_and_run(&request, &train_argv, &err);
    if (code < 0) {
        pulse_log_error(&err);
        code = pulse_exit_code(err.kind);
    }
    code = pulse_log_check_output(code);
    pulse_store_finish();
    pulse_argv_clear(&train_argv);
    return code;
}
