#include "submit/flow/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "submit/flow/content.h"
#include "submit/flow/expand.h"
#include "submit/flow/graph.h"
#include "submit/flow/yaml.h"

/* ---- Names ------------------------------------------------------------------------- */

bool pulse_flow_is_keyed(const struct pulse_flow_step *step)
{
    for (int64_t i = 0; i < step->writes.n; i++)
        if (strstr(step->writes.all[i].text, "${key}") == NULL)
            return false;
    return true;
}

char *pulse_flow_mark_uri(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          struct pulse_err *err)
{
    return pulse_flow_is_keyed(step)
               ? pulse_print(err, "%s/flow/%s-%s", flow->results, step->name, step->key)
               : pulse_print(err, "%s/flow/%s", flow->results, step->name);
}

char *pulse_flow_champion_uri(const struct pulse_flow *flow, struct pulse_err *err)
{
    return pulse_print(err, "%s/champion", flow->results);
}

const char *pulse_flow_promoted(const struct pulse_flow_step *step)
{
    const char *equals =
        step->promotes && step->argv.n > 1 ? strchr(step->argv.all[1].text, '=') : NULL;
    return equals == NULL ? NULL : equals + 1;
}

static char *read_whole(const char *uri, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    pulse_store_forget();
    if (pulse_store_open_if_any(uri, &object, err) != 0 || object == NULL)
        return NULL;
    char *text = NULL;
    if (pulse_store_size(object) > PULSE_FLOW_YAML_BYTES)
        (void)pulse_fail(err, PULSE_E_INPUT, "%.300s: larger than %d KiB", uri,
                         PULSE_FLOW_YAML_BYTES >> 10);
    else
        text = pulse_calloc(pulse_store_size(object) + 1, 1, "a file", err);
    if (text != NULL && pulse_store_read(object, 0, text, pulse_store_size(object), err) != 0) {
        free(text);
        text = NULL;
    }
    pulse_store_close(object);
    return text;
}

/* One in S3 may be replaced between its opening and its reading. */
char *pulse_flow_read_text(const char *uri, struct pulse_err *err)
{
    enum { ATTEMPTS = 5 };
    for (int attempt = 1;; attempt++) {
        char *text = read_whole(uri, err);
        if (text != NULL || err->kind != PULSE_E_CHANGED || attempt == ATTEMPTS)
            return text;
        *err = (struct pulse_err){.kind = PULSE_OK};
    }
}

/* ---- Words without references ------------------------------------------------------ */

static int expand_words(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                        const struct pulse_flow_words *from, struct pulse_flow_words *to,
                        struct pulse_err *err)
{
    pulse_flow_words_clear(to);
    for (int64_t i = 0; i < from->n; i++)
        if (pulse_flow_words_take(
                to, from->all[i].line,
                pulse_flow_expand(flow, step, &from->all[i], PULSE_FLOW_AS_PATHS, err), err) != 0)
            return -1;
    return 0;
}

/* Whether a word compares with the run of that label: --baseline=OLD, --require=no_worse_than=OLD,
 * with a tolerance or without. */
static bool compares_with(const char *word, const char *label, size_t length)
{
    static const char *const begins[] = {"--baseline=", "--require=no_worse_than="};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        const size_t n = strlen(begins[i]);
        if (strncmp(word, begins[i], n) == 0 && strncmp(word + n, label, length) == 0 &&
            (word[n + length] == '\0' || word[n + length] == ':'))
            return true;
    }
    return false;
}

/* As long as there is no champion: the words that name it, and those that compare with it. */
static bool is_dropped(const struct pulse_flow_step *step, int64_t i)
{
    if (pulse_flow_names_champion(&step->words.all[i]))
        return true;
    for (int64_t k = 1; k < step->n_plain; k++)
        if (pulse_flow_names_champion(&step->words.all[k]) &&
            compares_with(step->words.all[i].text, step->words.all[k].text,
                          strcspn(step->words.all[k].text, "=")))
            return true;
    return false;
}

static int expand_argv(const struct pulse_flow *flow, struct pulse_flow_step *step, bool draft,
                       struct pulse_err *err)
{
    pulse_flow_words_clear(&step->argv);
    for (int64_t i = 0; i < step->words.n; i++)
        if ((draft || flow->champion != NULL || !is_dropped(step, i)) &&
            pulse_flow_words_take(
                &step->argv, step->words.all[i].line,
                pulse_flow_expand(flow, step, &step->words.all[i], PULSE_FLOW_AS_PATHS, err),
                err) != 0)
            return -1;
    return 0;
}

/* Whether another step writes a path, or what it lies in; or the step itself writes it. What lies
 * in a directory that it writes to is there before it. */
static bool is_written(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                       const char *path)
{
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; w < flow->steps[i].outputs.n; w++) {
            const char *output = flow->steps[i].outputs.all[w].text;
            if (&flow->steps[i] == step ? pulse_flow_is_same(path, output)
                                        : pulse_flow_is_within(path, output))
                return true;
        }
    return false;
}

/* What it reads but for what steps write, and for the champion: a run is judged once. The outputs
 * of all before it are known. */
static int expand_inputs(const struct pulse_flow *flow, struct pulse_flow_step *step,
                         struct pulse_err *err)
{
    pulse_flow_words_clear(&step->inputs);
    for (int64_t i = 0; i < step->reads.n; i++) {
        const struct pulse_flow_word *word = &step->reads.all[i];
        if (pulse_flow_names_champion(word))
            continue;
        char *path = pulse_flow_expand(flow, step, word, PULSE_FLOW_AS_PATHS, err);
        if (path != NULL && is_written(flow, step, path))
            free(path);
        else if (pulse_flow_words_take(&step->inputs, word->line, path, err) != 0)
            return -1;
    }
    return 0;
}

int pulse_flow_plan_draft(struct pulse_flow *flow, struct pulse_err *err)
{
    for (int64_t k = 0; k < flow->n; k++) {
        struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        (void)strcpy(step->key, "0000000000000000");
        if (expand_words(flow, step, &step->writes, &step->outputs, err) != 0 ||
            expand_inputs(flow, step, err) != 0 || expand_argv(flow, step, true, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Keys -------------------------------------------------------------------------- */

/* Whether a step writes a path, or what it lies in, or did so with other options: outputs that are
 * named by keys stay beside each other, and those of later steps have no names yet. */
static bool is_left(const struct pulse_flow *flow, const char *path)
{
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; w < flow->steps[i].patterns.n; w++)
            if (pulse_flow_is_within(path, flow->steps[i].patterns.all[w].text))
                return true;
    return false;
}

/* What a workflow writes into a directory that it also reads would make all of it new each time. */
static bool is_own(const void *context, const char *path)
{
    const struct pulse_flow *flow = context;
    return pulse_flow_is_same(path, flow->results) || pulse_flow_is_record(flow, path) ||
           is_left(flow, path);
}

/* Whether a step that this one waits for makes a directory by writing into it. */
static bool is_to_be_made(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          const char *directory)
{
    for (int64_t i = 0; i < flow->n; i++)
        for (int64_t w = 0; step->waits[i] && w < flow->steps[i].outputs.n; w++)
            if (pulse_flow_is_part(flow, flow->steps[i].outputs.all[w].text, directory))
                return true;
    return false;
}

/* A directory that is not there yet has the digest of one that steps alone write into. */
static int add_input(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                     const struct pulse_flow_word *input, struct pulse_text_buffer *text,
                     struct pulse_err *err)
{
    const struct pulse_flow_content_filter filter = {.leaves_out = is_own, .context = flow};
    char digest[PULSE_DIGEST_TEXT];
    int status = pulse_flow_content_digest(input->text, &filter, digest, err);
    if (status != 0 && err->kind == PULSE_E_INPUT && is_to_be_made(flow, step, input->text)) {
        const struct pulse_digest nothing = pulse_digest_of("", 0);
        (void)pulse_digest_text(&nothing, digest);
        *err = (struct pulse_err){.kind = PULSE_OK};
        status = 0;
    }
    if (status != 0 && err->kind == PULSE_E_INPUT)
        (void)pulse_flow_fail(flow, input->line, err,
                              "%.300s is not there to be read, and no step writes it", input->text);
    if (status == 0)
        pulse_text_buffer_print(text, "input %s %s\n", input->text, digest);
    return status;
}

static int add_words(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                     const struct pulse_flow_words *words, struct pulse_text_buffer *text,
                     struct pulse_err *err)
{
    for (int64_t i = 0; i < words->n; i++) {
        char *word = pulse_flow_expand(flow, step, &words->all[i], PULSE_FLOW_AS_KEYS, err);
        if (word == NULL)
            return -1;
        pulse_text_buffer_print(text, "%zu %s\n", strlen(word), word);
        free(word);
    }
    return 0;
}

static int make_key(const struct pulse_flow *flow, struct pulse_flow_step *step,
                    struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a key", .err = err};
    char digest[PULSE_DIGEST_TEXT];
    pulse_text_buffer_print(&text, "%s%s\n", step->version, step->promotes ? " promotes" : "");
    int status = add_words(flow, step, &step->words, &text, err);
    if (status == 0)
        status = add_words(flow, step, &step->writes, &text, err);
    for (int64_t i = 0; status == 0 && i < step->inputs.n; i++)
        status = add_input(flow, step, &step->inputs.all[i], &text, err);
    for (int64_t k = 0; status == 0 && k < flow->n; k++) {
        const struct pulse_flow_step *other = &flow->steps[flow->order[k]];
        if (step->waits[flow->order[k]])
            pulse_text_buffer_print(&text, "after %s %s\n", other->name, other->key);
    }
    if (status == 0 && !text.failed) {
        const struct pulse_digest made = pulse_digest_of(text.bytes, text.n);
        (void)snprintf(step->key, sizeof step->key, "%.16s", pulse_digest_text(&made, digest));
    }
    pulse_text_buffer_clear(&text);
    return text.failed ? -1 : status;
}

int pulse_flow_plan_has_changed(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                                bool *changed, struct pulse_err *err)
{
    struct pulse_flow_step now = *step; /* borrows all but the key */
    pulse_store_forget();
    const int status = make_key(flow, &now, err);
    const bool gone = status != 0 && (err->kind == PULSE_E_USAGE || err->kind == PULSE_E_INPUT);
    *changed = gone || strcmp(now.key, step->key) != 0;
    if (gone)
        *err = (struct pulse_err){.kind = PULSE_OK};
    return gone ? 0 : status;
}

/* ---- The whole --------------------------------------------------------------------- */

int pulse_flow_find_missing(const struct pulse_flow_step *step, const char **missing,
                            struct pulse_err *err)
{
    *missing = NULL;
    for (int64_t i = 0; *missing == NULL && i < step->outputs.n && err->kind == PULSE_OK; i++) {
        const char *path = step->outputs.all[i].text;
        bool there = true;
        char *last =
            step->program->last == NULL ? NULL : pulse_store_join(path, step->program->last, err);
        (void)pulse_flow_content_exists(i == 0 && last != NULL ? last : path, &there, err);
        *missing = there ? NULL : path;
        free(last);
    }
    return err->kind == PULSE_OK ? 0 : -1;
}

/* A step is done where its mark and all of its outputs are there. */
static int find_done(const struct pulse_flow *flow, const struct pulse_flow_step *step, bool *done,
                     struct pulse_err *err)
{
    char *uri = pulse_flow_mark_uri(flow, step, err);
    char *mark = uri == NULL ? NULL : pulse_flow_read_text(uri, err);
    const char *missing = NULL;
    *done = mark != NULL && strcmp(mark, step->key) == 0;
    const int status = err->kind != PULSE_OK ? -1
                       : *done               ? pulse_flow_find_missing(step, &missing, err)
                                             : 0;
    *done = *done && status == 0 && missing == NULL;
    free(uri);
    free(mark);
    return status;
}

static int read_champion(struct pulse_flow *flow, struct pulse_err *err)
{
    char *uri = pulse_flow_champion_uri(flow, err);
    free(flow->champion);
    flow->champion = uri == NULL ? NULL : pulse_flow_read_text(uri, err);
    free(uri);
    if (flow->champion != NULL)
        flow->champion[strcspn(flow->champion, "\r\n")] = '\0';
    return err->kind == PULSE_OK ? 0 : -1;
}

static bool compares_with_champion(const struct pulse_flow_step *step)
{
    bool any = false;
    for (int64_t i = 0; i < step->words.n; i++)
        any = any || pulse_flow_names_champion(&step->words.all[i]);
    return any && !step->done;
}

/* Results of the champion that are gone, and that no step makes again, would fail its step with
 * each command. */
static int check_champion(const struct pulse_flow *flow, struct pulse_err *err)
{
    bool there = flow->champion == NULL || is_written(flow, NULL, flow->champion);
    for (int64_t i = 0; i < flow->n && !there; i++) {
        if (!compares_with_champion(&flow->steps[i]))
            continue;
        if (pulse_flow_content_exists(flow->champion, &there, err) != 0)
            return -1;
        if (!there)
            return pulse_flow_fail(flow, flow->steps[i].line, err,
                                   "step %s: the champion's results, %.200s, are gone: put them "
                                   "back, or remove %.200s/champion to begin with the next run",
                                   flow->steps[i].name, flow->champion, flow->results);
    }
    return 0;
}

int pulse_flow_plan(struct pulse_flow *flow, struct pulse_err *err)
{
    if (read_champion(flow, err) != 0)
        return -1;
    for (int64_t k = 0; k < flow->n; k++) {
        struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        if (expand_inputs(flow, step, err) != 0 || make_key(flow, step, err) != 0 ||
            expand_words(flow, step, &step->writes, &step->outputs, err) != 0 ||
            expand_argv(flow, step, false, err) != 0 ||
            find_done(flow, step, &step->done, err) != 0)
            return -1;
    }
    /* What is done on others that are not is to be done again: their outputs may be others. */
    for (int64_t k = 0; k < flow->n; k++) {
        struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        for (int64_t i = 0; i < flow->n; i++)
            step->done = step->done && (!step->waits[i] || flow->steps[i].done);
    }
    /* It makes what is there once more: those behind it have no more to do than before. */
    for (int64_t k = 0; k < flow->n; k++)
        flow->steps[k].done = flow->steps[k].done && !flow->steps[k].always;
    return check_champion(flow, err);
}
