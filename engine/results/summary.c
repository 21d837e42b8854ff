#include "results/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "results/output.h"
#include "results/summary_variables.h"

static json_t *build_batches(const struct pulse_summary_input *input)
{
    const int64_t trained = pulse_plan_count(input->plan, PULSE_TRAINED);
    const int64_t failed = pulse_plan_count(input->plan, PULSE_FAILED);
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o}", "total", (json_int_t)input->plan->n_windows, "completed",
        (json_int_t)trained, "failed", (json_int_t)failed, "skipped",
        (json_int_t)pulse_plan_count(input->plan, PULSE_SKIPPED), "success_rate",
        pulse_json_number(pulse_summary_ratio((double)trained, (double)(trained + failed))));
}

static json_int_t count_empty_windows(const struct pulse_plan *plan)
{
    json_int_t empty = 0;
    for (int64_t w = 0; w < plan->n_windows; w++)
        empty += plan->windows[w].rows == 0;
    return empty;
}

static json_t *build_errors(const struct pulse_summary_input *input)
{
    const struct pulse_options *options = input->options;
    json_t *list = json_array();
    char text[PULSE_REASON_TEXT + 64], id[32];
    for (int64_t w = 0; w < input->plan->n_windows; w++)
        if (input->plan->windows[w].status == PULSE_FAILED) {
            (void)snprintf(text, sizeof text, "%s: %s", pulse_window_id(w, id),
                           input->plan->windows[w].reason);
            (void)json_array_append_new(list, pulse_json_text(text));
        }
    if (input->final_failed >= 0)
        (void)json_array_append_new(
            list, json_sprintf("the final fit has no solution with ridge %g: no forecast of some "
                               "variables; raise --ridge",
                               options->ridge[input->final_failed % options->n_ridge]));
    return list;
}

static json_t *build_skipped(const struct pulse_summary_input *input)
{
    json_t *list = json_array();
    char id[32];
    for (int64_t w = 0; w < input->plan->n_windows; w++)
        if (input->plan->windows[w].status == PULSE_SKIPPED)
            (void)json_array_append_new(list,
                                        json_pack("{s:s, s:s}", "window", pulse_window_id(w, id),
                                                  "reason", input->plan->windows[w].reason));
    return list;
}

json_t *pulse_summary_kept_warnings(void)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < pulse_log_kept_count(); i++)
        (void)json_array_append_new(list, pulse_json_text(pulse_log_kept(i)));
    return list;
}

static json_t *build_warnings(const struct pulse_summary_input *input)
{
    json_t *list = pulse_summary_kept_warnings();
    char text[PULSE_ERR_TEXT];
    for (int64_t v = 0; v < input->V; v++)
        if (!input->summaries[v].enters) {
            (void)snprintf(text, sizeof text,
                           "%s never enters: fewer values than the burn-in asks for",
                           input->names[v]);
            (void)json_array_append_new(list, pulse_json_text(text));
        }
    return list;
}

static json_t *build_drivers(const struct pulse_summary_input *input)
{
    const struct pulse_granger_digest *digest = input->granger;
    json_t *strongest = json_array();
    for (int64_t i = 0; i < digest->n_strongest; i++) {
        const struct pulse_granger_link *d = &digest->strongest[i];
        (void)json_array_append_new(
            strongest, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "source",
                                 pulse_json_text(pulse_summary_name(input, d->source)), "target",
                                 pulse_json_text(pulse_summary_name(input, d->target)), "f",
                                 pulse_json_number(d->f), "p_value", pulse_json_number(d->p_value),
                                 "p_adjusted", pulse_json_number(d->p_adjusted), "partial_r2",
                                 pulse_json_number(d->partial_r2)));
    }
    return json_pack("{s:o, s:I, s:I, s:{s:I, s:I, s:I}, s:o}", "inflation",
                     pulse_json_number(digest->inflation), "tests", (json_int_t)digest->tests,
                     "significant", (json_int_t)digest->significant, "targets", "ols",
                     (json_int_t)digest->targets[PULSE_GRANGER_OLS], "ridge",
                     (json_int_t)digest->targets[PULSE_GRANGER_RIDGE], "untested",
                     (json_int_t)digest->targets[PULSE_GRANGER_NONE], "strongest", strongest);
}

/* How the data were read, as far as that was said. */
static void set_reading(json_t *config, const struct pulse_options *o)
{
    const struct {
        const char *key, *text;
    } said[] = {{"missing", o->reading.missing},
                {"time", o->reading.time},
                {"time_zone", o->reading.time_zone},
                {"date_format", o->reading.date_format},
                {"delimiter", pulse_options_delimiter(o)},
                {"encoding", pulse_options_encoding(o)},
                {"thousands", pulse_options_thousands(o)},
                {"id", o->reading.id},
                {"value", o->reading.value}};
    if (o->reading.skip_rows > 0)
        (void)json_object_set_new(config, "skip_rows", json_integer(o->reading.skip_rows));
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].text != NULL)
            (void)json_object_set_new(config, said[i].key, pulse_json_text(said[i].text));
}

static json_t *list_of_numbers(const double *value, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_real(value[i]));
    return list;
}

static json_t *list_of_horizons(const struct pulse_horizons *horizons)
{
    json_t *list = json_array();
    for (int64_t j = 0; j < horizons->n; j++)
        (void)json_array_append_new(list, json_integer(horizons->step[j]));
    return list;
}

static json_t *list_of_names(char *const *name, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        (void)json_array_append_new(list, pulse_json_text(name[i]));
    return list;
}

/* What the model learns from, and what it is fitted with. */
static void add_model(json_t *object, const struct pulse_summary_input *input)
{
    static const char *const calendars[] = {"auto", "on", "off"};
    const struct pulse_options *o = input->options;
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *features = pulse_features_text(&o->features, &ignored);
    json_t *transforms = json_object();
    for (int64_t v = 0; v < input->V; v++)
        (void)json_object_set_new(
            transforms, input->names[v],
            json_string(pulse_transform_name(pulse_options_transform(o, input->names[v]))));
    json_t *model = json_pack(
        "{s:o, s:I, s:f, s:f, s:s?, s:o, s:s, s:I, s:o}", "transform", transforms, "burn_in",
        (json_int_t)o->burn_in, "scale_halflife", o->scale_halflife, "clip", o->clip, "features",
        features, "blocks", o->blocks == 0 ? json_null() : json_integer((json_int_t)o->blocks),
        "calendar", calendars[o->calendar], "calendar_columns",
        (json_int_t)input->plan->calendar.columns, "ridge", list_of_numbers(o->ridge, o->n_ridge));
    (void)json_object_update(object, model);
    json_decref(model);
    free(features);
}

/* How candidates are combined and scored. */
static void add_judging(json_t *object, const struct pulse_options *o)
{
    json_t *judging = json_pack("{s:s, s:f, s:f, s:s, s:f, s:s, s:f}", "combine",
                                o->combine == PULSE_AVERAGE ? "average" : "select", "learning_rate",
                                o->learning_rate, "caution", o->caution, "interval",
                                o->interval == PULSE_ADAPTIVE ? "adaptive" : "gaussian",
                                "interval_halflife", o->interval_halflife, "trust",
                                o->trust == PULSE_TRUST_DIRECTION ? "direction" : "persistence",
                                "trust_decay", o->trust_decay);
    (void)json_object_update(object, judging);
    json_decref(judging);
}

/* "k=v" as they were given, by key. */
static json_t *build_tags(const struct pulse_options *o)
{
    json_t *object = json_object();
    for (int64_t i = 0; i < o->n_tags; i++) {
        const char *equals = strchr(o->tags[i], '=');
        char key[256];
        (void)snprintf(key, sizeof key, "%.*s", (int)(equals - o->tags[i]), o->tags[i]);
        pulse_utf8_repair(key);
        (void)json_object_set_new(object, key, pulse_json_text(equals + 1));
    }
    return object;
}

/* What the run is called, where it ran, and with what. */
static json_t *build_run(const struct pulse_summary_input *input)
{
    const struct pulse_versions *versions = input->versions;
    return json_pack("{s:o*, s:o, s:o, s:{s:s, s:o, s:o, s:o}}", "name",
                     input->options->name == NULL ? NULL : pulse_json_text(input->options->name),
                     "tags", build_tags(input->options), "host", pulse_json_text(versions->host),
                     "versions", "pulse", PULSE_VERSION, "mpi", pulse_json_text(versions->mpi),
                     "blas", pulse_json_text(input->arithmetic), "hdf5",
                     pulse_json_text(versions->hdf5));
}

/* Digests of the values that were read, so that two runs can be known to have had the same. */
static json_t *build_data(const struct pulse_summary_input *input)
{
    char text[PULSE_DIGEST_TEXT];
    json_t *variables = json_object();
    for (int64_t v = 0; v < input->V; v++)
        (void)json_object_set_new(variables, input->names[v],
                                  json_string(pulse_digest_text(&input->digests[v], text)));
    return json_pack("{s:s, s:o}", "digest", input->data_digest, "variables", variables);
}

static json_t *build_config(const struct pulse_summary_input *input)
{
    const struct pulse_options *o = input->options;
    char history[48];
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:I, s:I, s:I, s:b, s:s?, s:s?, s:o}", "data",
        pulse_json_text(o->data), "variables", list_of_names(input->names, input->V), "start_date",
        pulse_json_day(input->plan->windows[0].start_day), "end_date", pulse_json_day(o->end_day),
        "batch_size_days", (json_int_t)o->batch_size_days, "batch_limit",
        (json_int_t)o->batch_limit, "history", pulse_history_name(o, history), "min_history",
        (json_int_t)o->min_history, "threads", (json_int_t)o->threads, "span_windows",
        (json_int_t)o->span_windows, "refit", o->refit, "time_unit",
        pulse_time_unit_name(o->time_unit), "decimal",
        o->decimal == '\0'  ? NULL
        : o->decimal == ',' ? "comma"
                            : "point",
        "output", pulse_json_text(o->output));
    (void)json_object_set_new(object, "all_variables", json_boolean(o->n_variables == 0));
    (void)json_object_set_new(object, "targets", list_of_names(o->targets, o->n_targets));
    (void)json_object_set_new(object, "horizon", list_of_horizons(&o->horizons));
    if (o->name != NULL)
        (void)json_object_set_new(object, "name", pulse_json_text(o->name));
    if (o->n_tags > 0)
        (void)json_object_set_new(object, "tag", list_of_names(o->tags, o->n_tags));
    add_model(object, input);
    add_judging(object, o);
    set_reading(object, o);
    return object;
}

const char *const pulse_stage_names[PULSE_ALL_STAGES] = {"load",  "panel",   "exchange", "gram",
                                                         "scan",  "walk",    "drivers",  "return",
                                                         "judge", "results", "save",     "between"};

/* What each rank did, a line of numbers a rank. */
static json_t *build_per_rank(const struct pulse_summary_input *input)
{
    json_t *names = json_array(), *seconds = json_array();
    for (int s = 0; s < PULSE_STAGES; s++)
        (void)json_array_append_new(names, json_string(pulse_stage_names[s]));
    for (int r = 0; r < input->ranks; r++) {
        json_t *row = json_array();
        for (int s = 0; s < PULSE_STAGES; s++)
            (void)json_array_append_new(
                row, pulse_json_number(input->timings->per_rank[r * PULSE_STAGES + s]));
        (void)json_array_append_new(seconds, row);
    }
    return json_pack("{s:o, s:o}", "stages", names, "seconds", seconds);
}

/* JSON_REAL_PRECISION would print 17 digits of what is known to microseconds. */
static json_t *make_microseconds(double seconds)
{
    return isfinite(seconds) ? json_integer(llround(seconds * 1e6)) : json_null();
}

/* Pieces as three lists of one length. */
static json_t *build_pieces(const struct pulse_piece *piece, int32_t n)
{
    json_t *until = json_array(), *stage = json_array(), *waits = json_array();
    for (int32_t i = 0; i < n; i++) {
        (void)json_array_append_new(until, make_microseconds(piece[i].until));
        (void)json_array_append_new(stage, json_integer(piece[i].stage));
        (void)json_array_append_new(waits, json_integer(piece[i].waits));
    }
    return json_pack("{s:o, s:o, s:o}", "until", until, "stage", stage, "waits", waits);
}

/* What the ranks did when, of those that are shown. */
static json_t *build_timeline(const struct pulse_timings *timings)
{
    json_t *names = json_array(), *ranks = json_array();
    for (int s = 0; s < PULSE_ALL_STAGES; s++)
        (void)json_array_append_new(names, json_string(pulse_stage_names[s]));
    for (int i = 0; i < timings->n_strips; i++) {
        const struct pulse_strip *strip = &timings->strips[i];
        (void)json_array_append_new(ranks,
                                    json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "rank", strip->rank,
                                              "working", pulse_json_number(strip->working),
                                              "waiting", pulse_json_number(strip->waiting), "grain",
                                              pulse_json_number(strip->grain), "did",
                                              build_pieces(strip->pieces, strip->n), "saved",
                                              build_pieces(strip->saves, strip->n_saves)));
    }
    return json_pack("{s:o, s:o}", "stages", names, "ranks", ranks);
}

/* A number for each stage. */
static json_t *build_by_stage(const double *values)
{
    json_t *object = json_object();
    for (int s = 0; s < PULSE_STAGES; s++)
        (void)json_object_set_new(object, pulse_stage_names[s], pulse_json_number(values[s]));
    return object;
}

static json_t *build_timings(const struct pulse_summary_input *input)
{
    const struct pulse_timings *timings = input->timings;
    json_t *object = build_by_stage(timings->slowest);
    (void)json_object_set_new(object, "total", pulse_json_number(timings->total));
    (void)json_object_set_new(object, "mean_over_ranks", build_by_stage(timings->mean));
    (void)json_object_set_new(object, "waiting", build_by_stage(timings->waiting));
    (void)json_object_set_new(object, "processor", build_by_stage(timings->processor));
    (void)json_object_set_new(object, "began", build_by_stage(timings->first));
    (void)json_object_set_new(object, "ended", build_by_stage(timings->last));
    (void)json_object_set_new(
        object, "walk_imbalance",
        pulse_json_number(pulse_summary_ratio(timings->slowest[PULSE_STAGE_WALK],
                                              timings->mean[PULSE_STAGE_WALK])));
    (void)json_object_set_new(object, "per_rank", build_per_rank(input));
    (void)json_object_set_new(object, "timeline", build_timeline(timings));
    (void)json_object_set_new(object, "finished", pulse_json_now());
    return object;
}

/* The files that hold the arrays. */
static json_t *build_files(const struct pulse_summary_input *input)
{
    const struct pulse_part_layout *parts = input->parts;
    json_t *list = json_array();
    char name[PULSE_PART_NAME];
    for (int i = 0; i < parts->n; i++)
        if (parts->bytes[i] > 0)
            (void)json_array_append_new(list, json_pack("{s:s, s:I}", "file",
                                                        pulse_part_name(parts->run, i, name),
                                                        "bytes", (json_int_t)parts->bytes[i]));
    return json_pack("{s:s, s:o}", "file", input->results_name, "parts", list);
}

static json_t *build_everything(const struct pulse_summary_input *input)
{
    const struct pulse_plan *plan = input->plan;
    const struct pulse_timings *t = input->timings;
    return json_pack(
        "{s:s, s:s, s:o, s:{s:I, s:o}, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:i, s:i, "
        "s:{s:I, "
        "s:o, s:o, "
        "s:I, s:I, s:I, s:I}, s:{s:I}, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, "
        "s:I, "
        "s:I}}",
        "schema_version", PULSE_SCHEMA_VERSION, "program", "pulse-train " PULSE_VERSION, "batches",
        build_batches(input), "variables", "total", (json_int_t)input->V, "trust_scores",
        pulse_summary_trust_means(input), "performance", "duration_seconds",
        pulse_json_number(t->total), "speedup_factor",
        pulse_json_number(pulse_summary_ratio(t->busy, t->total)), "estimated_sequential_time",
        pulse_json_number(t->busy), "errors", build_errors(input), "warnings",
        build_warnings(input), "skipped", build_skipped(input), "config", build_config(input),
        "ranks", input->ranks, "nodes", input->nodes, "calendar", "rows", (json_int_t)plan->sizes.T,
        "first", pulse_json_day(input->calendar[0]), "last",
        pulse_json_day(input->calendar[plan->sizes.T - 1]), "features", (json_int_t)plan->sizes.d,
        "spans", (json_int_t)plan->n_spans, "systems", (json_int_t)input->n_systems,
        "empty_windows", count_empty_windows(plan), "resumed", "spans",
        (json_int_t)input->resumed_spans, "timings", build_timings(input), "peak_rss_bytes",
        (json_int_t)input->peak_rss_bytes, "arithmetic", input->arithmetic, "metrics",
        pulse_summary_metrics(input), "trust", pulse_summary_trust(input), "forecast",
        pulse_summary_forecasts(input), "horizons", pulse_summary_horizons(input), "drivers",
        build_drivers(input), "results", build_files(input), "io", "bytes_read",
        (json_int_t)input->io->bytes_read, "requests", (json_int_t)input->io->requests,
        "cache_hits", (json_int_t)input->io->cache_hits, "retries", (json_int_t)input->io->retries);
}

json_t *pulse_summary_config(const struct pulse_summary_input *input)
{
    return build_config(input);
}

json_t *pulse_summary_build(const struct pulse_summary_input *input, struct pulse_err *err)
{
    json_t *root = build_everything(input);
    if (root == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the summary");
    else
        (void)json_object_set_new(root, "fingerprint", json_string(input->fingerprint));
    if (root != NULL) {
        (void)json_object_set_new(root, "run", build_run(input));
        (void)json_object_set_new(root, "data", build_data(input));
    }
    return root;
}

void pulse_summary_name_file(json_t *summary, enum pulse_result_file file, const char *name)
{
    (void)json_object_set_new(json_object_get(summary, "results"), pulse_file_key(file),
                              json_string(name));
}

enum { FORM = JSON_INDENT(2) | JSON_REAL_PRECISION(17) };

void pulse_summary_print(const json_t *summary)
{
    (void)json_dumpf(summary, stdout, FORM);
    (void)fputc('\n', stdout);
}

int pulse_summary_write(const json_t *summary, const char *uri, struct pulse_err *err)
{
    char *text = json_dumps(summary, FORM);
    if (text == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for the summary");
    const int64_t bytes = (int64_t)strlen(text);
    text[bytes] = '\n'; /* instead of the final zero: it is written by its length */
    const int status = pulse_store_put(text, bytes + 1, uri, err);
    free(text);
    return status;
}
