#include "checkpoint/run_fingerprint.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "checkpoint/span_record.h"

/* ---- The text ------------------------------------------------------------------- */

static json_t *options_of(const struct pulse_run_fingerprint_input *of)
{
    const struct pulse_options *o = of->options;
    struct pulse_err ignored = {.kind = PULSE_OK};
    char history[48], start[PULSE_DATE_TEXT];
    char *features = pulse_features_text(&o->features, &ignored);
    json_t *ridge = json_array(), *targets = json_array(), *horizons = json_array();
    for (int64_t i = 0; i < o->horizons.n; i++)
        (void)json_array_append_new(horizons, json_integer((json_int_t)o->horizons.step[i]));
    for (int64_t l = 0; l < o->n_ridge; l++)
        (void)json_array_append_new(ridge, json_real(o->ridge[l]));
    for (int64_t i = 0; i < o->n_targets; i++)
        (void)json_array_append_new(targets, json_string(o->targets[i]));
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:s, s:I, s:I, s:f, s:f, s:s, s:I, s:o, s:o, s:o, s:I, s:I, s:b}",
        "start-date", pulse_format_day(of->plan->windows[0].start_day, start), "batch-size-days",
        (json_int_t)o->batch_size_days, "batch-limit", (json_int_t)o->batch_limit, "history",
        pulse_history_name(o, history), "min-history", (json_int_t)o->min_history, "burn-in",
        (json_int_t)o->burn_in, "scale-halflife", o->scale_halflife, "clip", o->clip, "features",
        features, "blocks", (json_int_t)pulse_options_blocks(o), "targets", targets, "horizon",
        horizons, "ridge", ridge, "threads", (json_int_t)o->threads, "span-windows",
        (json_int_t)o->span_windows, "refit", o->refit);
    free(features);
    return object;
}

enum { ROLE_TEXT = 600 };

/* What the variable at position e of those that enter is: the systems of its horizons, and how they
 * are solved. Rows that are appended can change it, and then the numbers of all other rows. */
static void name_role(const struct pulse_run_fingerprint_input *of, int64_t e, char out[ROLE_TEXT])
{
    size_t used = (size_t)snprintf(out, ROLE_TEXT, "feature");
    bool first = true;
    for (int64_t s = 0; s < of->n_systems; s++) {
        const struct pulse_system *system = &of->systems[s];
        for (int64_t k = 0; k < system->q; k++) {
            if (system->target[k] % of->E != e)
                continue;
            if (first)
                used = (size_t)snprintf(out, ROLE_TEXT,
                                        system->row == NULL ? "dense" : "sparse, system");
            if (system->row != NULL && used < ROLE_TEXT)
                used += (size_t)snprintf(out + used, ROLE_TEXT - used, " %lld%s", (long long)s,
                                         system->kernel_ridge ? " by rows" : "");
            first = false;
        }
    }
}

static json_t *variables_of(const struct pulse_run_fingerprint_input *of)
{
    json_t *list = json_array();
    for (int64_t v = 0, e = 0; v < of->V; v++) {
        char role[ROLE_TEXT] = "absent";
        if (e < of->E && of->entered[e] == v)
            name_role(of, e++, role);
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s}", "name", of->names[v], "transform",
                      pulse_transform_name(pulse_options_transform(of->options, of->names[v])),
                      "role", role));
    }
    return list;
}

char *pulse_run_fingerprint_text(const struct pulse_run_fingerprint_input *of,
                                 struct pulse_err *err)
{
    json_t *root = json_pack("{s:i, s:s, s:s, s:I, s:o, s:o}", "format", PULSE_SPAN_RECORD_FORMAT,
                             "program", "pulse-train " PULSE_VERSION, "arithmetic", of->arithmetic,
                             "calendar columns", (json_int_t)of->plan->calendar.columns, "options",
                             options_of(of), "variables", variables_of(of));
    char *text = root == NULL
                     ? NULL
                     : json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the checkpoint's description");
    return text;
}

/* ---- How two differ ------------------------------------------------------------- */

struct difference {
    char *text;
    int64_t capacity;
    bool any;
};

static void say_difference(struct difference *difference, const char *what, const json_t *theirs,
                           const json_t *ours)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6);
    char *was = theirs == NULL ? NULL : json_dumps(theirs, flags);
    char *is = ours == NULL ? NULL : json_dumps(ours, flags);
    const size_t used = strlen(difference->text);
    if (used + 1 < (size_t)difference->capacity)
        (void)snprintf(difference->text + used, (size_t)difference->capacity - used,
                       "%s%s was %.60s, now %.60s", difference->any ? "; " : "", what,
                       was == NULL ? "nothing" : was, is == NULL ? "nothing" : is);
    difference->any = true;
    free(was);
    free(is);
}

/* The members of one object that differ, each under its own name. */
static void say_members(struct difference *difference, const char *before, const json_t *theirs,
                        json_t *ours)
{
    const char *key;
    json_t *value;
    json_object_foreach(ours, key, value)
    {
        char name[64];
        const json_t *other = json_object_get(theirs, key);
        (void)snprintf(name, sizeof name, "%s%s", before, key);
        if (other == NULL || !json_equal(value, other))
            say_difference(difference, name, other, value);
    }
}

static const char *read_member(const json_t *list, size_t i, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(list, i), key));
    return text == NULL ? "" : text;
}

/* Variables whose `key` differs: the first by name with what it was, and how many more. */
static bool say_changed(struct difference *difference, const char *what, const char *key,
                        const json_t *theirs, const json_t *ours)
{
    const size_t n = json_array_size(ours);
    size_t changed = 0, first = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(read_member(theirs, i, key), read_member(ours, i, key)) != 0 && changed++ == 0)
            first = i;
    if (changed == 0)
        return false;
    const size_t used = strlen(difference->text);
    char more[48] = "";
    if (changed > 1)
        (void)snprintf(more, sizeof more, ", and of %zu more", changed - 1);
    if (used + 1 < (size_t)difference->capacity)
        (void)snprintf(difference->text + used, (size_t)difference->capacity - used,
                       "%s%s of %.60s was \"%.60s\", now \"%.60s\"%s", difference->any ? "; " : "",
                       what, read_member(ours, first, "name"), read_member(theirs, first, key),
                       read_member(ours, first, key), more);
    difference->any = true;
    return true;
}

static void say_variables(struct difference *difference, const json_t *theirs, const json_t *ours)
{
    if (json_array_size(theirs) != json_array_size(ours)) {
        json_t *was = json_integer((json_int_t)json_array_size(theirs));
        json_t *is = json_integer((json_int_t)json_array_size(ours));
        say_difference(difference, "the number of variables", was, is);
        json_decref(was);
        json_decref(is);
    } else if (!say_changed(difference, "the variable in the position", "name", theirs, ours)) {
        (void)say_changed(difference, "the transform", "transform", theirs, ours);
        (void)say_changed(difference, "the role", "role", theirs, ours);
    }
}

bool pulse_run_fingerprint_difference(const char *theirs, int64_t bytes, const char *ours,
                                      char *why, int64_t capacity)
{
    struct difference difference = {.text = why, .capacity = capacity};
    json_t *old = json_loadb(theirs, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL);
    json_t *new = json_loads(ours, 0, NULL);
    const bool readable = json_is_object(old) && json_is_object(new);
    why[0] = '\0';
    if (readable) {
        const char *const plain[] = {"format", "program", "arithmetic", "calendar columns"};
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
            const json_t *was = json_object_get(old, plain[i]),
                         *is = json_object_get(new, plain[i]);
            if (was == NULL || !json_equal(was, is))
                say_difference(&difference, plain[i], was, is);
        }
        say_members(&difference, "--", json_object_get(old, "options"),
                    json_object_get(new, "options"));
        say_variables(&difference, json_object_get(old, "variables"),
                      json_object_get(new, "variables"));
    }
    json_decref(old);
    json_decref(new);
    return readable;
}
