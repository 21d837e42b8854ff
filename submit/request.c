#include "submit/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/utf8.h"
#include "store/aws/sigv4.h"

enum { MOST_OVERRIDES = 8192, MOST_PAYLOAD = 30 * 1024, MOST_PREFIX = 90 };

/* ---- Parts ---------------------------------------------------------------------- */

/* Appends {"name": …, "value": …} where a value is given. */
static void add_pair(json_t *list, const char *key, const char *name, const char *value)
{
    if (value != NULL)
        (void)json_array_append_new(list, json_pack("{s:s,s:s}", key, name, "value", value));
}

static json_t *command_of(const struct pulse_request *r)
{
    json_t *command = json_array();
    for (int i = 0; i < r->n_node_words; i++)
        (void)json_array_append_new(command, json_string(r->node_words[i]));
    if (r->argv_file != NULL) {
        (void)json_array_append_new(command, json_string("--spec"));
        (void)json_array_append_new(command, json_string(r->argv_file));
        if (r->program != NULL)
            (void)json_array_append_new(command, json_string(r->program));
        return command;
    }
    (void)json_array_append_new(command,
                                json_string(r->program == NULL ? "pulse-train" : r->program));
    for (int i = 0; i < r->argc; i++)
        (void)json_array_append_new(command, json_string(r->argv[i]));
    return command;
}

static json_t *environment_of(const struct pulse_request *r)
{
    char ranks[32];
    json_t *environment = json_array();
    (void)snprintf(ranks, sizeof ranks, "%d", r->ranks);
    add_pair(environment, "name", "PULSE_RANKS", ranks);
    add_pair(environment, "name", "AWS_DEFAULT_REGION", r->region);
    return environment;
}

/* Command, environment and size in the words of ECS ... */
static json_t *container_override(const struct pulse_request *r)
{
    char vcpus[32], memory[32];
    json_t *resources = json_array();
    (void)snprintf(vcpus, sizeof vcpus, "%d", r->vcpus);
    add_pair(resources, "type", "VCPU", vcpus);
    (void)snprintf(memory, sizeof memory, "%lld", (long long)r->memory_mib);
    add_pair(resources, "type", "MEMORY", memory);
    return json_pack("{s:o,s:o,s:o}", "command", command_of(r), "environment", environment_of(r),
                     "resourceRequirements", resources);
}

/* ... and of Kubernetes, where the command of a pod is the image's entry point. */
static json_t *pod_override(const struct pulse_request *r)
{
    char vcpus[32], memory[32];
    (void)snprintf(vcpus, sizeof vcpus, "%d", r->vcpus);
    (void)snprintf(memory, sizeof memory, "%lldMi", (long long)r->memory_mib);
    return json_pack("{s:o,s:o,s:{s:{s:s,s:s},s:{s:s,s:s}}}", "args", command_of(r), "env",
                     environment_of(r), "resources", "limits", "cpu", vcpus, "memory", memory,
                     "requests", "cpu", vcpus, "memory", memory);
}

/* What a definition of the layout takes: *name is its key in the request. */
static json_t *overrides_of(const struct pulse_request *r, const char **name)
{
    const bool pod = r->layout == PULSE_LAYOUT_EKS;
    *name = pod ? "eksPropertiesOverride" : "containerOverrides";
    return pod ? json_pack("{s:{s:[o]}}", "podProperties", "containers", pod_override(r))
               : container_override(r);
}

/* A container that ended by itself fails again (or has nothing to do again, after
 * PULSE_EXIT_INCOMPLETE), unless with exit code 75 or by a fault of its
 * runtime (Cannot*: InspectContainer, PullContainer, StartContainer). All that fits none of these
 * rules Batch tries again: a host that went away, "Task failed to start". It takes no more than
 * five. */
static json_t *retries_of(const struct pulse_request *r)
{
    static const struct {
        const char *action, *condition, *value;
    } rules[] = {{"RETRY", "onExitCode", "75"},
                 {"RETRY", "onReason", "Cannot*"},
                 {"RETRY", "onReason", "DockerTimeoutError*"},
                 {"RETRY", "onReason", "ResourceInitializationError*"},
                 {"EXIT", "onStatusReason", "Essential container*"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        (void)json_array_append_new(list, json_pack("{s:s,s:s}", "action", rules[i].action,
                                                    rules[i].condition, rules[i].value));
    return json_pack("{s:i,s:o}", "attempts", r->attempts, "evaluateOnExit", list);
}

/* JSON is UTF-8, and what is not would be left out of it without a word. */
static int check_words(const char *what, const char *const *argv, int n, struct pulse_err *err)
{
    for (int i = 0; i < n; i++)
        if (!pulse_utf8_valid(argv[i]))
            return pulse_fail(err, PULSE_E_USAGE, "%s '%s': not UTF-8", what, argv[i]);
    return 0;
}

/* ---- The whole ------------------------------------------------------------------ */

/* What Batch takes of tags: at most 128 and 256 characters, whatever bytes they take. */
static bool is_tag(const char *tag)
{
    const char *equals = strchr(tag, '=');
    const size_t value = equals == NULL ? 0 : pulse_utf8_length(equals);
    const size_t key = equals == NULL ? 0 : pulse_utf8_length(tag) - value;
    return key >= 1 && key <= 128 && value - 1 <= 256 && strncasecmp(tag, "aws:", 4) != 0;
}

static int add_tags(const struct pulse_request *r, json_t *request, struct pulse_err *err)
{
    json_t *tags = json_object();
    int rc = 0;
    for (int i = 0; rc == 0 && i < r->n_tags; i++) {
        const char *equals = strchr(r->tags[i], '=');
        if (!is_tag(r->tags[i]) || equals == NULL)
            rc = pulse_fail(err, PULSE_E_USAGE,
                            "--tags %.400s: expected KEY=VALUE, at most 128 and 256 characters, no "
                            "key of aws:",
                            r->tags[i]);
        else
            (void)json_object_setn_new(tags, r->tags[i], (size_t)(equals - r->tags[i]),
                                       json_string(equals + 1));
    }
    if (rc == 0 && r->n_tags > 0)
        (void)json_object_set(request, "tags", tags);
    json_decref(tags);
    return rc;
}

static void add_dependencies(const struct pulse_request *r, json_t *request)
{
    json_t *list = json_array();
    for (int i = 0; i < r->n_depends_on; i++)
        (void)json_array_append_new(list, json_pack("{s:s}", "jobId", r->depends_on[i]));
    if (r->n_depends_on > 0)
        (void)json_object_set(request, "dependsOn", list);
    json_decref(list);
}

static void add_share(const struct pulse_request *r, json_t *request)
{
    if (r->share_identifier != NULL)
        (void)json_object_set_new(request, "shareIdentifier", json_string(r->share_identifier));
    if (r->priority >= 0)
        (void)json_object_set_new(request, "schedulingPriorityOverride", json_integer(r->priority));
}

json_t *pulse_request_build(const struct pulse_request *r, struct pulse_err *err)
{
    if (check_words("the option", r->argv, r->argc, err) != 0 ||
        check_words("--on-success", r->node_words, r->n_node_words, err) != 0 ||
        check_words("--tags", r->tags, r->n_tags, err) != 0 ||
        check_words("--depends-on", r->depends_on, r->n_depends_on, err) != 0)
        return NULL;
    const char *name;
    json_t *overrides = overrides_of(r, &name);
    json_t *request =
        json_pack("{s:s,s:s,s:o,s:{s:I},s:b}", "jobQueue", r->queue, "jobDefinition", r->definition,
                  "retryStrategy", retries_of(r), "timeout", "attemptDurationSeconds",
                  (json_int_t)r->timeout_seconds, "propagateTags", 1);
    if (overrides == NULL || request == NULL) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "the request cannot be made of queue '%s' and definition '%s'", r->queue,
                         r->definition);
        json_decref(overrides);
        json_decref(request);
        return NULL;
    }
    if (r->multi)
        (void)json_object_set_new(request, "nodeOverrides",
                                  json_pack("{s:i,s:[{s:s,s:o}]}", "numNodes", r->nodes,
                                            "nodePropertyOverrides", "targetNodes", "0:", name,
                                            overrides));
    else
        (void)json_object_set_new(request, name, overrides);
    if (r->children > 1)
        (void)json_object_set_new(request, "arrayProperties",
                                  json_pack("{s:i}", "size", r->children));
    add_share(r, request);
    add_dependencies(r, request);
    if (add_tags(r, request, err) != 0) {
        json_decref(request);
        return NULL;
    }
    return request;
}

/* ---- Name ----------------------------------------------------------------------- */

int pulse_request_digest(const json_t *request, char out[PULSE_JOB_DIGEST], struct pulse_err *err)
{
    char hex[PULSE_SHA256_HEX];
    char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for the request");
    pulse_sha256_hex(text, strlen(text), hex);
    (void)snprintf(out, PULSE_JOB_DIGEST, "%.12s", hex);
    free(text);
    return 0;
}

char *pulse_request_stamp(int64_t unix_seconds, char out[PULSE_JOB_STAMP])
{
    const time_t t = (time_t)unix_seconds;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(out, PULSE_JOB_STAMP, "%Y%m%d-%H%M%S", &tm) == 0)
        (void)strcpy(out, "0");
    return out;
}

char *pulse_request_name(const char *prefix, const char *digest, const char *stamp,
                         char out[PULSE_JOB_NAME])
{
    char clean[MOST_PREFIX + 1];
    size_t n = 0;
    for (; *prefix != '\0' && n < MOST_PREFIX; prefix++) {
        const bool good = isalnum((unsigned char)*prefix) || *prefix == '-' || *prefix == '_';
        if (n == 0 && !isalnum((unsigned char)*prefix))
            continue; /* a name begins with a letter or a digit */
        clean[n++] = good ? *prefix : '-';
    }
    clean[n] = '\0';
    (void)snprintf(out, PULSE_JOB_NAME, "%s-%s-%s", n == 0 ? "pulse" : clean, digest, stamp);
    return out;
}

/* ---- Limits --------------------------------------------------------------------- */

static size_t length_of(const json_t *value)
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    const size_t n = text == NULL ? 0 : strlen(text);
    free(text);
    return n;
}

/* Whether a list of words, anywhere below `value`, holds an empty one. */
static bool has_empty_word(const json_t *value)
{
    const char *key;
    json_t *member; /* jansson's loop wants it so */
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = json_string_value(json_array_get(value, i));
        if ((word != NULL && word[0] == '\0') || has_empty_word(json_array_get(value, i)))
            return true;
    }
    json_object_foreach((json_t *)value, key, member) if (has_empty_word(member)) return true;
    return false;
}

bool pulse_request_fits(const json_t *request)
{
    static const char *const overrides[] = {"containerOverrides", "eksPropertiesOverride",
                                            "nodeOverrides"};
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        if (length_of(json_object_get(request, overrides[i])) > MOST_OVERRIDES)
            return false;
    return !has_empty_word(request) &&
           length_of(request) + PULSE_JOB_NAME + sizeof "\"jobName\":\"\"," <= MOST_PAYLOAD;
}

char *pulse_request_argv_file(const char *const *argv, int argc, char sha256[65],
                              struct pulse_err *err)
{
    json_t *file = json_array();
    for (int i = 0; i < argc; i++)
        (void)json_array_append_new(file, json_string(argv[i]));
    char *text = file == NULL ? NULL : json_dumps(file, JSON_COMPACT);
    json_decref(file);
    if (text == NULL) {
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the options");
        return NULL;
    }
    pulse_sha256_hex(text, strlen(text), sha256);
    return text;
}
