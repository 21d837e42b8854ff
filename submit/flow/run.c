#include "submit/flow/run.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "base/terminal.h"
#include "store/store.h"
#include "submit/flow/child.h"
#include "submit/flow/content.h"
#include "submit/flow/plan.h"

/* What a step gets after SIGTERM: pulse-node gives 25 s to its ranks. */
enum { GRACE_SECONDS = 30 };

struct runner {
    const struct pulse_flow_run *of;
    struct pulse_flow *flow;
    struct pulse_flow_child *children; /* n_children: of each step as many as it has workers here */
    int64_t n_children;
    struct pollfd *fds; /* of each child */
    int64_t running;    /* steps */
    int used;           /* cores */
    int failed;         /* exit code of the first step that failed; 0: none */
    double asked;       /* pulse_seconds when all were asked to end; 0: they were not */
};

int pulse_flow_count_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

static struct pulse_flow_state *state_of(const struct runner *runner, int64_t i)
{
    return &runner->of->record->states[i];
}

/* ---- Starting ---------------------------------------------------------------------- */

static int count_ranks(const struct runner *runner, const struct pulse_flow_step *step)
{
    return step->vcpus < runner->of->cores ? (int)step->vcpus : runner->of->cores;
}

/* Of its workers those that the cores hold, at least one. */
static int64_t count_workers(const struct runner *runner, const struct pulse_flow_step *step)
{
    const int64_t held = runner->of->cores / count_ranks(runner, step);
    return step->workers < held ? step->workers : held;
}

static int count_cores(const struct runner *runner, const struct pulse_flow_step *step)
{
    return (int)count_workers(runner, step) * count_ranks(runner, step);
}

/* The first of a step's children. */
static struct pulse_flow_child *find_children(const struct runner *runner, int64_t step)
{
    struct pulse_flow_child *first = runner->children;
    for (int64_t i = 0; i < step; i++)
        first += count_workers(runner, &runner->flow->steps[i]);
    return first;
}

/* Programs make files, not the directories that these lie in. */
static int make_directories(const struct pulse_flow_step *step, struct pulse_err *err)
{
    for (int64_t i = 0; i < step->outputs.n; i++) {
        char *path = pulse_strdup(step->outputs.all[i].text, err);
        if (path == NULL)
            return -1;
        char *slash = pulse_store_is_s3(path) ? NULL : strrchr(path, '/');
        int code = 0;
        if (slash != NULL && slash != path) {
            *slash = '\0';
            code = pulse_make_directories(path, 0777);
        }
        if (code != 0)
            (void)pulse_fail_writing(err, code, "making %s", path);
        free(path);
        if (code != 0)
            return -1;
    }
    return 0;
}

/* A step that is killed half way may have written over what the mark vouches for. */
static int remove_mark(const struct runner *runner, const struct pulse_flow_step *step,
                       struct pulse_err *err)
{
    bool there = false;
    if (pulse_flow_is_keyed(step))
        return 0;
    char *mark = pulse_flow_mark_uri(runner->flow, step, err);
    int status = mark == NULL ? -1 : pulse_flow_content_exists(mark, &there, err);
    if (status == 0 && there)
        status = pulse_store_delete(mark, err);
    free(mark);
    return status;
}

static void end_children(struct pulse_flow_child *children, int64_t n)
{
    char said[PULSE_FLOW_LINE];
    for (int64_t i = 0; i < n; i++)
        pulse_flow_child_signal(&children[i], SIGTERM);
    for (int64_t i = 0; i < n; i++)
        (void)pulse_flow_child_finish(&children[i], said);
}

/* Several ranks are started and looked after by pulse-node, as in the cloud. All workers or none.
 */
static int start_workers(struct runner *runner, int64_t i, struct pulse_err *err)
{
    static char node[] = "pulse-node";
    struct pulse_flow_step *step = &runner->flow->steps[i];
    struct pulse_flow_child *children = find_children(runner, i);
    const int64_t n = count_workers(runner, step);
    const int ranks = step->program->spreads ? count_ranks(runner, step) : 1;
    const bool by_node = ranks > 1;
    char **argv = pulse_calloc(step->argv.n + 2, sizeof *argv, "a command line", err);
    if (argv == NULL)
        return -1;
    argv[0] = node;
    for (int64_t k = 0; k < step->argv.n; k++)
        argv[by_node ? k + 1 : k] = step->argv.all[k].text;
    int64_t started = 0;
    while (started < n && pulse_flow_child_start(by_node ? node : step->program->name, argv,
                                                 by_node ? ranks : 0, &children[started], err) == 0)
        started++;
    if (started < n)
        end_children(children, started);
    free(argv);
    return started < n ? -1 : 0;
}

static int start_step(struct runner *runner, int64_t i, struct pulse_err *err)
{
    struct pulse_flow_step *step = &runner->flow->steps[i];
    if (remove_mark(runner, step, err) != 0 || make_directories(step, err) != 0 ||
        start_workers(runner, i, err) != 0)
        return -1;
    runner->running++;
    runner->used += count_cores(runner, step);
    *state_of(runner, i) =
        (struct pulse_flow_state){.fate = PULSE_FLOW_RUNNING, .began = pulse_flow_now()};
    (void)strcpy(state_of(runner, i)->key, step->key);
    return pulse_flow_record_write(runner->of->record, err);
}

static bool is_ready(const struct runner *runner, int64_t i)
{
    if (state_of(runner, i)->fate != PULSE_FLOW_WAITING)
        return false;
    for (int64_t k = 0; k < runner->flow->n; k++)
        if (runner->flow->steps[i].waits[k] && state_of(runner, k)->fate != PULSE_FLOW_DONE)
            return false;
    return true;
}

static int start_ready(struct runner *runner, struct pulse_err *err)
{
    for (int64_t k = 0; k < runner->flow->n; k++) {
        const int64_t i = runner->flow->order[k];
        const int cores = count_cores(runner, &runner->flow->steps[i]);
        if (is_ready(runner, i) &&
            (runner->running == 0 || runner->used + cores <= runner->of->cores) &&
            start_step(runner, i, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Ends -------------------------------------------------------------------------- */

/* The champion first, then the mark: where only the first is left by a kill, the step is run again
 * and promotes the same. */
static int mark_done(struct runner *runner, int64_t i, struct pulse_err *err)
{
    const struct pulse_flow_step *step = &runner->flow->steps[i];
    const char *promoted = pulse_flow_promoted(step);
    char *champion = pulse_flow_champion_uri(runner->flow, err);
    char *mark = pulse_flow_mark_uri(runner->flow, step, err), *folder = NULL;
    int status = champion == NULL || mark == NULL ? -1 : 0;
    if (status == 0 && promoted != NULL)
        status = pulse_store_put(promoted, (int64_t)strlen(promoted), champion, err);
    if (status == 0 && !pulse_store_is_s3(runner->flow->results)) {
        folder = pulse_store_join(runner->flow->results, "flow", err);
        const int code = folder == NULL ? 0 : pulse_make_directories(folder, 0777);
        status = folder == NULL ? -1
                 : code != 0    ? pulse_fail_writing(err, code, "making %s", folder)
                                : 0;
    }
    if (status == 0)
        status = pulse_store_put(step->key, (int64_t)strlen(step->key), mark, err);
    free(folder);
    free(champion);
    free(mark);
    return status;
}

/* Marks all that wait for a failed step, with its name. */
static void stop_followers(struct pulse_flow_record *record)
{
    const struct pulse_flow *flow = record->flow;
    for (int64_t k = 0; k < flow->n; k++) {
        struct pulse_flow_state *state = &record->states[flow->order[k]];
        for (int64_t i = 0; i < flow->n && state->fate == PULSE_FLOW_WAITING; i++) {
            const struct pulse_flow_state *other = &record->states[i];
            if (!flow->steps[flow->order[k]].waits[i])
                continue;
            if (other->fate == PULSE_FLOW_FAILED)
                (void)snprintf(state->why, sizeof state->why, "%s failed", flow->steps[i].name);
            else if (other->fate == PULSE_FLOW_NOT_RUN)
                memmove(state->why, other->why, sizeof state->why);
            else
                continue;
            state->fate = PULSE_FLOW_NOT_RUN;
        }
    }
}

/* The worker that says what became of a step: the first that failed, else the first. */
static const struct pulse_flow_child *find_speaker(const struct runner *runner, int64_t i)
{
    const struct pulse_flow_child *children = find_children(runner, i);
    for (int64_t w = 0; w < count_workers(runner, &runner->flow->steps[i]); w++)
        if (children[w].code != 0)
            return &children[w];
    return children;
}

/* A step that has succeeded is marked, unless it read something else than its key says: whoever
 * finds that content again would take the results for its own. */
static int conclude_step(struct runner *runner, int64_t i, struct pulse_err *err)
{
    const struct pulse_flow_step *step = &runner->flow->steps[i];
    struct pulse_flow_state *state = state_of(runner, i);
    const char *missing = NULL;
    bool changed = false;
    if (pulse_flow_plan_has_changed(runner->flow, step, &changed, err) != 0 ||
        (!changed && mark_done(runner, i, err) != 0) ||
        pulse_flow_find_missing(step, &missing, err) != 0)
        return -1;
    state->fate = PULSE_FLOW_DONE;
    if (changed)
        (void)snprintf(state->why, sizeof state->why,
                       "what it reads has changed meanwhile: the next command does it again");
    else if (missing != NULL)
        (void)snprintf(state->why, sizeof state->why,
                       "%.300s is not there: the next command does it again", missing);
    return 0;
}

static int end_step(struct runner *runner, int64_t i, struct pulse_err *err)
{
    const struct pulse_flow_child *child = find_speaker(runner, i);
    struct pulse_flow_state *state = state_of(runner, i);
    runner->running--;
    runner->used -= count_cores(runner, &runner->flow->steps[i]);
    state->ended = pulse_flow_now();
    state->exit_code = child->code;
    if (child->code == 0) {
        if (conclude_step(runner, i, err) != 0)
            return -1;
    } else if (runner->asked > 0) {
        state->fate = PULSE_FLOW_STOPPED;
    } else {
        state->fate = PULSE_FLOW_FAILED;
        (void)snprintf(state->why, sizeof state->why, "exit code %d%s%.300s", child->code,
                       child->error[0] == '\0' ? "" : ": ", child->error);
        runner->failed = runner->failed == 0 ? child->code : runner->failed;
        stop_followers(runner->of->record);
    }
    return pulse_flow_record_write(runner->of->record, err);
}

/* ---- The loop ---------------------------------------------------------------------- */

static void show_line(void *context, const char *line)
{
    const struct pulse_flow_step *step = context;
    (void)fprintf(stderr, "%s: ", step->name);
    pulse_terminal_write(stderr, line, 0);
    (void)fputc('\n', stderr);
}

static void ask_all(struct runner *runner, int number)
{
    for (int64_t i = 0; i < runner->n_children; i++)
        pulse_flow_child_signal(&runner->children[i], number);
}

static void heed_signal(struct runner *runner)
{
    const double now = pulse_seconds();
    if (pulse_shutdown_get_signal() != PULSE_OK && runner->asked <= 0) {
        pulse_shutdown_grant_grace(GRACE_SECONDS + 10);
        runner->asked = now;
        ask_all(runner, SIGTERM);
    }
    if (runner->asked > 0 && now > runner->asked + GRACE_SECONDS)
        ask_all(runner, SIGKILL);
}

static void wait_for_output(struct runner *runner)
{
    nfds_t n = 0;
    for (int64_t i = 0; i < runner->n_children; i++)
        if (runner->children[i].pid > 0 && runner->children[i].output >= 0)
            runner->fds[n++] = (struct pollfd){.fd = runner->children[i].output, .events = POLLIN};
    (void)poll(runner->fds, n, 50);
}

/* Whether all workers of a step have ended. */
static bool read_workers(struct runner *runner, int64_t i)
{
    struct pulse_flow_child *children = find_children(runner, i);
    bool ended = true;
    for (int64_t w = 0; w < count_workers(runner, &runner->flow->steps[i]); w++) {
        pulse_flow_child_read(&children[w], runner->of->quiet ? NULL : show_line,
                              &runner->flow->steps[i]);
        ended = ended && children[w].ended;
    }
    return ended;
}

static int take_events(struct runner *runner, struct pulse_err *err)
{
    wait_for_output(runner);
    heed_signal(runner);
    for (int64_t i = 0; i < runner->flow->n; i++) {
        if (state_of(runner, i)->fate == PULSE_FLOW_RUNNING && read_workers(runner, i) &&
            end_step(runner, i, err) != 0)
            return -1;
    }
    return 0;
}

/* After an error of our own: nothing is left running. */
static void end_all(struct runner *runner)
{
    ask_all(runner, SIGTERM);
    for (int64_t i = 0; i < runner->flow->n; i++)
        if (state_of(runner, i)->fate == PULSE_FLOW_RUNNING) {
            end_children(find_children(runner, i), count_workers(runner, &runner->flow->steps[i]));
            state_of(runner, i)->fate = PULSE_FLOW_STOPPED;
        }
}

static int fail_interrupted(struct pulse_err *err)
{
    return pulse_fail(err, pulse_shutdown_get_signal(),
                      "interrupted: all steps are stopped; the same command goes on from there");
}

static int run_steps(struct runner *runner, struct pulse_err *err)
{
    if (pulse_flow_record_write(runner->of->record, err) != 0)
        return -1;
    for (;;) {
        if (runner->asked <= 0 && pulse_shutdown_get_signal() == PULSE_OK &&
            start_ready(runner, err) != 0)
            return -1;
        if (runner->running == 0)
            break;
        if (take_events(runner, err) != 0)
            return -1;
    }
    return pulse_shutdown_get_signal() == PULSE_OK ? 0 : fail_interrupted(err);
}

/* A signal that came while a record was written: it is written now, and says so. */
static int record_interruption(const struct pulse_flow_record *record, struct pulse_err *err)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    pulse_shutdown_grant_grace(GRACE_SECONDS + 10);
    (void)pulse_flow_record_write(record, &ignored);
    return fail_interrupted(err);
}

int pulse_flow_run(const struct pulse_flow_run *run, int *code, struct pulse_err *err)
{
    struct runner runner = {.of = run, .flow = (struct pulse_flow *)run->record->flow};
    int status = -1;
    for (int64_t i = 0; i < runner.flow->n; i++)
        runner.n_children += count_workers(&runner, &runner.flow->steps[i]);
    runner.children = pulse_calloc(runner.n_children, sizeof *runner.children, "the steps", err);
    runner.fds = pulse_calloc(runner.n_children, sizeof *runner.fds, "the steps", err);
    if (runner.children != NULL && runner.fds != NULL) {
        status = run_steps(&runner, err);
        if (status != 0 && runner.running > 0)
            end_all(&runner);
        if (status != 0 && err->kind == pulse_shutdown_get_signal())
            (void)record_interruption(run->record, err);
    }
    *code = runner.failed;
    free(runner.children);
    free(runner.fds);
    return status;
}
