#include "plan/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/arguments.h"
#include "plan/hash.h"

struct pulse_options pulse_options_defaults(void)
{
    return (struct pulse_options){.end_day = pulse_today(),
                                  .batch_size_days = 30,
                                  .min_history = 250,
                                  .transform = PULSE_DIFF,
                                  .horizons = {.n = 1, .step = {1}},
                                  .burn_in = 24,
                                  .scale_halflife = 33,
                                  .clip = 5,
                                  .learning_rate = 0.15,
                                  .caution = 1,
                                  .interval_halflife = 11,
                                  .trust_decay = 1,
                                  .threads = 1,
                                  .checkpoint_seconds = 60,
                                  .whole_results = INT64_C(4) << 30,
                                  .log_level = PULSE_LOG_INFO};
}

/* ---- How what was given fits together ---------------------------------------------- */

int pulse_options_add_penalty(struct pulse_options *options, double penalty, struct pulse_err *err)
{
    int64_t at = 0;
    while (at < options->n_ridge && options->ridge[at] < penalty)
        at++;
    if (at < options->n_ridge && options->ridge[at] == penalty)
        return 0;
    if (pulse_grow(&options->ridge, &options->cap_ridge, options->n_ridge + 1,
                   sizeof *options->ridge, "the ridge penalties", err) != 0)
        return -1;
    memmove(options->ridge + at + 1, options->ridge + at,
            (size_t)(options->n_ridge - at) * sizeof *options->ridge);
    options->ridge[at] = penalty;
    options->n_ridge++;
    return 0;
}

int pulse_options_set_transform(struct pulse_options *o, const char *variable,
                                enum pulse_transform transform, struct pulse_err *err)
{
    int64_t at = 0;
    while (at < o->n_transform_of && strcmp(o->transform_of[at].variable, variable) < 0)
        at++;
    if (at < o->n_transform_of && strcmp(o->transform_of[at].variable, variable) == 0) {
        o->transform_of[at].transform = transform;
        return 0;
    }
    if (pulse_grow(&o->transform_of, &o->cap_transform_of, o->n_transform_of + 1,
                   sizeof *o->transform_of, "the transforms", err) != 0)
        return -1;
    char *name = pulse_strdup(variable, err);
    if (name == NULL)
        return -1;
    memmove(o->transform_of + at + 1, o->transform_of + at,
            (size_t)(o->n_transform_of - at) * sizeof *o->transform_of);
    o->transform_of[at] = (struct pulse_transform_of){.variable = name, .transform = transform};
    o->n_transform_of++;
    return 0;
}

static int settle_ridge(struct pulse_options *o, struct pulse_err *err)
{
    static const double ridge[] = {100, 1000, 10000};
    enum { N = sizeof ridge / sizeof *ridge };
    if (o->ridge != NULL)
        return 0;
    o->ridge = pulse_calloc(N, sizeof *o->ridge, "the ridge penalties", err);
    if (o->ridge == NULL)
        return -1;
    memcpy(o->ridge, ridge, sizeof ridge);
    o->n_ridge = N;
    return 0;
}

/* "s3://BUCKET/PREFIX" with `otherwise` for a prefix not given; NULL in *out without a bucket.
 * PULSE_E_USAGE when `path` (of the option --NAME) says another location, or a prefix has no
 * bucket. To be freed. */
static int join_bucket(const char *name, const char *path, const char *bucket, const char *prefix,
                       const char *otherwise, char **out, struct pulse_err *err)
{
    *out = NULL;
    if (bucket == NULL && prefix != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "a prefix (%s) without a bucket: name it, or use --%s s3://BUCKET/PREFIX",
                          prefix, name);
    if (bucket == NULL)
        return 0;
    if (path != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--%s %s and the bucket %s: two locations for one thing; leave one out",
                          name, path, bucket);
    if (bucket[0] == '\0' || strchr(bucket, '/') != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "'%s' is no name of a bucket: no s3://, no slash",
                          bucket);
    if (prefix == NULL)
        prefix = otherwise;
    *out = pulse_print(err, "s3://%s/%s", bucket, prefix + (prefix[0] == '/'));
    return *out == NULL ? -1 : 0;
}

/* Inside the output unless the user says where, or that there is to be none. */
static int settle_checkpoint(struct pulse_options *o, struct pulse_err *err)
{
    if (o->no_checkpoint && (o->checkpoint != NULL || o->keep_checkpoint))
        return pulse_fail(err, PULSE_E_USAGE,
                          "--no-checkpoint and --%s contradict each other: leave one out",
                          o->checkpoint != NULL ? "checkpoint" : "keep-checkpoint");
    if (o->no_checkpoint || o->checkpoint != NULL)
        return 0;
    o->built_checkpoint = pulse_store_join(o->output, PULSE_CHECKPOINT_INSIDE, err);
    o->checkpoint = o->built_checkpoint;
    return o->checkpoint == NULL ? -1 : 0;
}

/* Where data come from and results go, out of the several ways to say it. */
static int settle_locations(struct pulse_options *o, struct pulse_err *err)
{
    if (join_bucket("data", o->data, o->data_bucket, o->data_prefix, "datasets/", &o->built_data,
                    err) != 0 ||
        join_bucket("output", o->output, o->results_bucket, o->results_prefix, "results/",
                    &o->built_output, err) != 0)
        return -1;
    if (o->built_data != NULL)
        o->data = o->built_data;
    if (o->output == NULL)
        o->output = o->built_output != NULL ? o->built_output : "results";
    if (pulse_store_is_foreign(o->output))
        return pulse_fail(err, PULSE_E_USAGE,
                          "--output %s: expected s3://BUCKET/PREFIX or a directory", o->output);
    if (settle_checkpoint(o, err) != 0)
        return -1;
    if (o->checkpoint != NULL && pulse_store_is_foreign(o->checkpoint))
        return pulse_fail(err, PULSE_E_USAGE,
                          "--checkpoint %s: expected s3://BUCKET/PREFIX or a directory",
                          o->checkpoint);
    return 0;
}

/* Whether there are data, and a period in which to look at them. */
static int check_data_and_period(const struct pulse_options *o, struct pulse_err *err)
{
    char start[PULSE_DATE_TEXT], end[PULSE_DATE_TEXT];
    if (o->data == NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--data is missing: name a CSV, HDF5, Parquet or pickle file, a "
                          "directory or an s3 URI; see "
                          "pulse-train --help");
    if (o->has_start && o->start_day > o->end_day && !o->has_end)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--start-date %s is after today, where a period without --end-date ends: "
                          "say --end-date too",
                          pulse_format_day(o->start_day, start));
    if (o->has_start && o->start_day > o->end_day)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--start-date %s is after --end-date %s: exchange them",
                          pulse_format_day(o->start_day, start), pulse_format_day(o->end_day, end));
    return 0;
}

int64_t pulse_options_blocks(const struct pulse_options *o)
{
    return o->blocks > 0 ? o->blocks : o->features.n_blocks;
}

int pulse_options_settle(struct pulse_options *o, struct pulse_err *err)
{
    if (o->features.n == 0)
        o->features = pulse_features_default();
    if (o->blocks >= o->features.n_blocks)
        o->blocks = 0; /* however all of them are said, it is one configuration */
    if (settle_ridge(o, err) != 0 || settle_locations(o, err) != 0)
        return -1;
    if (o->ranks > 0 && !o->dry_run)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--ranks asks what a run would need: add --dry-run; to train on %lld "
                          "ranks, start them: mpirun -n %lld pulse-train …",
                          (long long)o->ranks, (long long)o->ranks);
    return check_data_and_period(o, err);
}

/* ---- Of all options ---------------------------------------------------------------- */

void pulse_options_clear(struct pulse_options *options)
{
    for (int64_t i = 0; i < options->n_variables; i++)
        free(options->variables[i]);
    for (int64_t i = 0; i < options->n_targets; i++)
        free(options->targets[i]);
    for (int64_t i = 0; i < options->n_transform_of; i++)
        free(options->transform_of[i].variable);
    for (int64_t i = 0; i < options->n_tags; i++)
        free(options->tags[i]);
    free(options->tags);
    free(options->variables);
    free(options->targets);
    free(options->transform_of);
    free(options->ridge);
    pulse_config_clear(&options->config);
    free(options->built_data);
    free(options->built_output);
    free(options->built_checkpoint);
    *options = (struct pulse_options){0};
}

/* Days that do not fit whole into instants are no bound. */
struct pulse_read_options pulse_options_reading(const struct pulse_options *options)
{
    struct pulse_read_options reading = options->reading;
    reading.time_unit = options->time_unit;
    reading.decimal = options->decimal;
    reading.from_ns = INT64_MIN;
    reading.to_ns = INT64_MAX;
    reading.every_variable = options->n_variables == 0;
    if (options->has_start && options->start_day >= PULSE_DAY_MIN)
        reading.from_ns = options->start_day * PULSE_NS_PER_DAY;
    if (options->has_end && options->end_day <= PULSE_DAY_MAX) /* else later rows are counted */
        reading.to_ns = options->end_day * PULSE_NS_PER_DAY + (PULSE_NS_PER_DAY - 1);
    return reading;
}

enum pulse_transform pulse_options_transform(const struct pulse_options *options,
                                             const char *variable)
{
    for (int64_t i = 0; i < options->n_transform_of; i++)
        if (strcmp(options->transform_of[i].variable, variable) == 0)
            return options->transform_of[i].transform;
    return options->transform;
}

const char *pulse_options_thousands(const struct pulse_options *options)
{
    return pulse_arg_choice_name(pulse_thousands_choices, options->reading.thousands);
}

const char *pulse_options_delimiter(const struct pulse_options *options)
{
    return pulse_arg_choice_name(pulse_delimiter_choices, options->reading.delimiter);
}

const char *pulse_options_encoding(const struct pulse_options *options)
{
    return pulse_arg_choice_name(pulse_encoding_choices, options->reading.encoding);
}

char *pulse_history_name(const struct pulse_options *options, char out[48])
{
    char halflife[PULSE_NUMBER_TEXT];
    (void)pulse_format_number(options->history_halflife, halflife);
    if (options->history == PULSE_EXPANDING)
        (void)snprintf(out, 48, "expanding");
    else if (options->history == PULSE_ROLLING)
        (void)snprintf(out, 48, "rolling:%lld", (long long)options->rolling_windows);
    else
        (void)snprintf(out, 48, "halflife:%s", halflife);
    return out;
}

/* A length first, so that neighbours cannot lend each other letters. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    const int64_t n = text == NULL ? -1 : (int64_t)strlen(text);
    hash = pulse_hash_bytes(hash, &n, sizeof n);
    return pulse_hash_bytes(hash, text, n < 0 ? 0 : (size_t)n);
}

/* How the data are read. */
static uint64_t hash_reading(uint64_t hash, const struct pulse_read_options *reading)
{
    const int64_t ints[] = {reading->thousands, reading->delimiter, reading->encoding,
                            reading->skip_rows};
    const char *const texts[] = {reading->missing,   reading->time, reading->date_format,
                                 reading->time_zone, reading->id,   reading->value};
    hash = pulse_hash_bytes(hash, ints, sizeof ints);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = hash_text(hash, texts[i]);
    return hash;
}

/* What the candidates and their evaluation are computed with. */
static uint64_t hash_numbers(uint64_t hash, const struct pulse_options *o)
{
    const int64_t ints[] = {
        o->has_start,         o->start_day,      o->end_day,   o->batch_size_days,
        o->batch_limit,       o->history,        o->burn_in,   o->rolling_windows,
        o->min_history,       o->transform,      o->calendar,  o->n_ridge,
        o->combine,           o->interval,       o->trust,     o->threads,
        o->span_windows,      o->refit,          o->time_unit, o->decimal,
        o->n_variables,       o->n_transform_of, o->n_targets, o->features.n,
        o->features.n_blocks, o->horizons.n,     o->blocks};
    const double reals[] = {o->history_halflife, o->learning_rate,  o->interval_halflife,
                            o->trust_decay,      o->scale_halflife, o->clip,
                            o->caution};
    hash = pulse_hash_bytes(hash, ints, sizeof ints);
    hash = pulse_hash_bytes(hash, reals, sizeof reals);
    hash = pulse_hash_bytes(hash, o->ridge, (size_t)o->n_ridge * sizeof *o->ridge);
    hash = pulse_hash_bytes(hash, o->features.family,
                            (size_t)o->features.n * sizeof *o->features.family);
    hash = pulse_hash_bytes(hash, o->features.block_end,
                            (size_t)o->features.n_blocks * sizeof *o->features.block_end);
    hash =
        pulse_hash_bytes(hash, o->horizons.step, (size_t)o->horizons.n * sizeof *o->horizons.step);
    for (int64_t i = 0; i < o->n_variables; i++)
        hash = hash_text(hash, o->variables[i]);
    for (int64_t i = 0; i < o->n_targets; i++)
        hash = hash_text(hash, o->targets[i]);
    for (int64_t i = 0; i < o->n_transform_of; i++) {
        const int64_t transform = o->transform_of[i].transform;
        hash = hash_text(hash, o->transform_of[i].variable);
        hash = pulse_hash_bytes(hash, &transform, sizeof transform);
    }
    return hash;
}

/* Where data come from, where results go, and what is done beside the numbers. */
static uint64_t hash_surroundings(uint64_t hash, const struct pulse_options *o)
{
    const char *const texts[] = {
        o->data,          o->output,  o->output_file,  o->s3_output_file,     o->checkpoint,
        o->progress_file, o->log_dir, o->store.region, o->store.endpoint_url, o->store.cache_dir,
        o->name};
    const int64_t ints[] = {o->dry_run,
                            o->ranks,
                            o->json,
                            o->n_tags,
                            o->no_checkpoint,
                            o->keep_checkpoint,
                            o->checkpoint_seconds,
                            o->no_progress,
                            o->no_report,
                            o->predictions,
                            o->whole_results,
                            o->log_level,
                            o->store.requester_pays,
                            o->store.anonymous,
                            o->store.concurrency,
                            o->store.no_cache,
                            o->store.cache_bytes};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = hash_text(hash, texts[i]);
    for (int64_t i = 0; i < o->n_tags; i++)
        hash = hash_text(hash, o->tags[i]);
    return pulse_hash_bytes(hash, ints, sizeof ints);
}

uint64_t pulse_options_hash_numbers(const struct pulse_options *options)
{
    return hash_numbers(PULSE_HASH_START, options);
}

uint64_t pulse_options_hash(const struct pulse_options *options)
{
    return hash_reading(pulse_options_hash_numbers(options), &options->reading);
}

uint64_t pulse_options_hash_all(const struct pulse_options *options)
{
    return hash_surroundings(pulse_options_hash(options), options);
}
