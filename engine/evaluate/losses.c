#include "evaluate/losses.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/data.h"
#include "report/local_results.h"

static const struct {
    const char *path;
    bool counts;
} sets[PULSE_LOSSES] = {
    [PULSE_LOSS_ROWS] = {"/metrics/n", true},
    [PULSE_LOSS_SQUARED] = {"/metrics/sum_squared_error", false},
    [PULSE_LOSS_PERSISTENCE_SQUARED] = {"/metrics/persistence_sum_squared_error", false},
    [PULSE_LOSS_HITS] = {"/metrics/hits", true},
    [PULSE_LOSS_MOVES] = {"/metrics/moves", true},
    [PULSE_LOSS_INTERVAL_ROWS] = {"/metrics/interval_rows", true},
    [PULSE_LOSS_INSIDE_80] = {"/metrics/inside_80", true},
    [PULSE_LOSS_INSIDE_95] = {"/metrics/inside_95", true},
    [PULSE_LOSS_SCORE_80] = {"/metrics/sum_interval_score_80", false},
    [PULSE_LOSS_SCORE_95] = {"/metrics/sum_interval_score_95", false}};

const char *pulse_losses_path(enum pulse_loss kind, int64_t steps, char out[PULSE_LOSSES_PATH])
{
    if (steps == 0)
        (void)snprintf(out, PULSE_LOSSES_PATH, "%s", sets[kind].path);
    else
        (void)snprintf(out, PULSE_LOSSES_PATH, "/horizons/%lld%s", (long long)steps,
                       sets[kind].path);
    return out;
}

bool pulse_losses_are_counts(enum pulse_loss kind)
{
    return sets[kind].counts;
}

/* Of a horizon, as in pulse_losses_path. */
static int read_sums(struct pulse_report *report, const struct pulse_losses *losses, int64_t steps,
                     double **sum, struct pulse_err *err)
{
    char path[PULSE_LOSSES_PATH];
    for (int kind = 0; kind < PULSE_LOSSES; kind++)
        if (pulse_report_matrix(report, pulse_losses_path((enum pulse_loss)kind, steps, path),
                                losses->W, losses->V, &sum[kind], err) != 0)
            return -1;
    return 0;
}

/* Which horizons there are says the summary; of a run that does not, it is one row. */
static int read_horizons(struct pulse_report *report, bool all, struct pulse_losses *losses,
                         struct pulse_err *err)
{
    const json_t *list = json_object_get(json_object_get(report->summary, "config"), "horizon");
    const int64_t n = (int64_t)json_array_size(list);
    losses->steps = n > 0 ? json_integer_value(json_array_get(list, 0)) : 1;
    if (read_sums(report, losses, 0, losses->sum, err) != 0)
        return -1;
    if (!all || n < 2)
        return 0;
    losses->ahead = pulse_calloc(n - 1, sizeof *losses->ahead, "the horizons", err);
    while (losses->ahead != NULL && losses->n_ahead < n - 1) {
        struct pulse_losses_ahead *ahead = &losses->ahead[losses->n_ahead++];
        ahead->steps = json_integer_value(json_array_get(list, (size_t)losses->n_ahead));
        if (read_sums(report, losses, ahead->steps, ahead->sum, err) != 0)
            return -1;
    }
    return losses->ahead == NULL ? -1 : 0;
}

/* What its user noted of the run. */
static int read_about(const struct pulse_report *report, struct pulse_losses *losses,
                      struct pulse_err *err)
{
    const json_t *run = json_object_get(report->summary, "run");
    json_t *name = json_object_get(run, "name"), *tags = json_object_get(run, "tags"), *value;
    const char *key, *before = "; ";
    struct pulse_text_buffer text = {.what = "a run's tags", .err = err};
    if (!json_is_string(name))
        name = NULL;
    if (name != NULL)
        pulse_text_buffer_add(&text, json_string_value(name));
    else
        before = "";
    json_object_foreach(tags, key, value)
    {
        pulse_text_buffer_add(&text, before);
        pulse_text_buffer_add(&text, key);
        pulse_text_buffer_add(&text, "=");
        pulse_text_buffer_add(&text, json_is_string(value) ? json_string_value(value) : "");
        before = ", ";
    }
    losses->about = pulse_text_buffer_finish(&text);
    losses->run = json_pack("{s:O?, s:o}", "name", name, "tags",
                            json_is_object(tags) ? json_deep_copy(tags) : json_object());
    if (losses->about != NULL && losses->run == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for a run's tags");
    return losses->about == NULL ? -1 : 0;
}

static int copy_names(const struct pulse_report *report, struct pulse_losses *losses,
                      struct pulse_err *err)
{
    losses->names = pulse_calloc(losses->V, sizeof *losses->names, "the variables", err);
    for (int64_t v = 0; losses->names != NULL && v < losses->V; v++) {
        losses->names[v] = pulse_strdup(report->names[v], err);
        if (losses->names[v] == NULL)
            return -1;
    }
    return losses->names == NULL ? -1 : 0;
}

static int copy_windows(const struct pulse_report *report, struct pulse_losses *losses,
                        struct pulse_err *err)
{
    losses->windows = pulse_calloc(losses->W, sizeof *losses->windows, "the windows", err);
    for (int64_t w = 0; losses->windows != NULL && w < losses->W; w++)
        losses->windows[w] = (struct pulse_loss_window){.start = report->windows[w].start,
                                                        .end = report->windows[w].end,
                                                        .trained = report->windows[w].status == 0};
    return losses->windows == NULL ? -1 : 0;
}

int pulse_losses_read(const char *label, const char *results, bool all, struct pulse_losses *losses,
                      struct pulse_err *err)
{
    struct pulse_local_results local = {0};
    struct pulse_report report = {0};
    int status = -1;
    *losses = (struct pulse_losses){.label = pulse_strdup(label, err)};
    if (losses->label != NULL && pulse_local_results_open(results, &local, err) == 0 &&
        pulse_report_open(&report, local.path, NULL, local.summary, err) == 0) {
        losses->V = report.V;
        losses->W = report.W;
        status = read_about(&report, losses, err) != 0 || copy_names(&report, losses, err) != 0 ||
                         copy_windows(&report, losses, err) != 0
                     ? -1
                     : read_horizons(&report, all, losses, err);
    }
    pulse_report_clear(&report);
    pulse_local_results_close(&local);
    return status;
}

void pulse_losses_clear(struct pulse_losses *losses)
{
    for (int64_t v = 0; losses->names != NULL && v < losses->V; v++)
        free(losses->names[v]);
    for (int kind = 0; kind < PULSE_LOSSES; kind++)
        free(losses->sum[kind]);
    for (int64_t j = 0; j < losses->n_ahead; j++)
        for (int kind = 0; kind < PULSE_LOSSES; kind++)
            free(losses->ahead[j].sum[kind]);
    free(losses->ahead);
    free(losses->names);
    free(losses->windows);
    free(losses->label);
    free(losses->about);
    json_decref(losses->run);
    *losses = (struct pulse_losses){0};
}
