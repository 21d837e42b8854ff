#include "submit/logs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { MOST_TAIL = 10000, MOST_EMPTY_PAGES = 100 };

void pulse_log_stream_clear(struct pulse_log_stream *stream)
{
    free(stream->group);
    free(stream->name);
    free(stream->token);
    *stream = (struct pulse_log_stream){.group = NULL};
}

/* ---- Events --------------------------------------------------------------------- */

/* Whatever a job prints must not drive the terminal of who looks at it. */
static void make_harmless(char *text)
{
    pulse_utf8_repair(text);
    for (size_t n = strlen(text); n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'); n--)
        text[n - 1] = '\0';
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    pulse_utf8_tame(text, "\t");
}

static int hand_over(const json_t *events, const struct pulse_log_sink *sink, struct pulse_err *err)
{
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const char *message = json_string_value(json_object_get(event, "message"));
        char *text = message == NULL ? NULL : pulse_strdup(message, err);
        if (text == NULL && message != NULL)
            return -1;
        if (text != NULL) {
            make_harmless(text);
            sink->take(sink->user, json_integer_value(json_object_get(event, "timestamp")), text);
        }
        free(text);
    }
    return 0;
}

/* ---- Pages ---------------------------------------------------------------------- */

static json_t *request_of(const struct pulse_log_stream *stream, int64_t tail)
{
    json_t *body =
        json_pack("{s:s,s:s}", "logGroupName", stream->group, "logStreamName", stream->name);
    const bool from_end = stream->token == NULL && tail > 0;
    (void)json_object_set_new(body, "startFromHead", json_boolean(!from_end));
    if (from_end)
        (void)json_object_set_new(body, "limit", json_integer(tail < MOST_TAIL ? tail : MOST_TAIL));
    if (stream->token != NULL)
        (void)json_object_set_new(body, "nextToken", json_string(stream->token));
    return body;
}

/* One page. *end: there is no more for now. */
static int read_page(const struct pulse_aws *aws, struct pulse_log_stream *stream, int64_t tail,
                     const struct pulse_log_sink *sink, int64_t *events, bool *end,
                     struct pulse_err *err)
{
    struct pulse_aws_call call = {.what = "GetLogEvents",
                                  .path = "/",
                                  .target = "Logs_20140328.GetLogEvents",
                                  .body = request_of(stream, tail)};
    int rc = pulse_aws_perform(aws, &call, err);
    *events = 0;
    *end = true;
    if (rc != 0 && strcmp(call.code, "ResourceNotFoundException") == 0) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        rc = 0;
    } else if (rc == 0) {
        const json_t *page = json_object_get(call.answer, "events");
        const char *next = json_string_value(json_object_get(call.answer, "nextForwardToken"));
        stream->there = true;
        *events = (int64_t)json_array_size(page);
        rc = hand_over(page, sink, err);
        *end = next == NULL || (stream->token != NULL && strcmp(next, stream->token) == 0);
        if (rc == 0 && !*end) {
            free(stream->token);
            stream->token = pulse_strdup(next, err);
            rc = stream->token == NULL ? -1 : 0;
        }
    }
    json_decref(call.body);
    pulse_aws_call_clear(&call);
    return rc;
}

int pulse_logs_read(const struct pulse_aws *aws, struct pulse_log_stream *stream, int64_t tail,
                    const struct pulse_log_sink *sink, int64_t *events, struct pulse_err *err)
{
    bool end = false;
    int empty = 0;
    *events = 0;
    while (!end && empty < MOST_EMPTY_PAGES) {
        int64_t some;
        if (read_page(aws, stream, tail, sink, &some, &end, err) != 0)
            return -1;
        *events += some;
        empty = some == 0 ? empty + 1 : 0;
    }
    return 0;
}

/* ---- Console -------------------------------------------------------------------- */

/* The console's own spelling: percent-encoded twice, '%' written '$'. */
static char *console_name(const char *text, char *to)
{
    for (; *text != '\0'; text++)
        if (isalnum((unsigned char)*text) || strchr("-_.~", *text) != NULL)
            *to++ = *text;
        else
            to += sprintf(to, "$25%02X", (unsigned)(unsigned char)*text);
    *to = '\0';
    return to;
}

char *pulse_logs_link(const char *region, const char *group, const char *name,
                      struct pulse_err *err)
{
    const bool china = strncmp(region, "cn-", 3) == 0;
    char *groups = pulse_calloc((int64_t)strlen(group) * 5 + 1, 1, "a link", err);
    char *names = pulse_calloc((int64_t)strlen(name) * 5 + 1, 1, "a link", err);
    char *link = NULL;
    if (groups != NULL && names != NULL) {
        (void)console_name(group, groups);
        (void)console_name(name, names);
        link =
            pulse_print(err,
                        "https://%s.console.%s/cloudwatch/home?region=%s#logsV2:log-groups/"
                        "log-group/%s/log-events/%s",
                        region, china ? "amazonaws.cn" : "aws.amazon.com", region, groups, names);
    }
    free(groups);
    free(names);
    return link;
}
