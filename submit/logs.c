#include "submit/logs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/terminal.h"

enum { MOST_TAIL = 10000, MOST_EMPTY_PAGES = 100 };

void pulse_log_stream_clear(struct pulse_log_stream *stream)
{
    free(stream->group);
    free(stream->name);
    free(stream->region);
    free(stream->token);
    *stream = (struct pulse_log_stream){.group = NULL};
}

/* ---- Events --------------------------------------------------------------------- */

/* As one line: what ends it is cut off, what ends lines within is a blank. */
static void join_lines(char *text)
{
    for (size_t n = strlen(text); n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'); n--)
        text[n - 1] = '\0';
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\r' || *c == '\n')
            *c = ' ';
}

static int hand_over_event(const json_t *event, const struct pulse_log_sink *sink,
                           struct pulse_err *err)
{
    const char *message = json_string_value(json_object_get(event, "message"));
    char *text = message == NULL ? NULL : pulse_strdup(message, err);
    if (text == NULL)
        return message == NULL ? 0 : -1;
    join_lines(text);
    /* Whatever a job prints must not drive the terminal of who looks at it. */
    char *shown = pulse_terminal_copy(text, "\t");
    const int rc =
        shown == NULL ? pulse_fail(err, PULSE_E_MEMORY, "out of memory for a line of a log") : 0;
    if (rc == 0)
        sink->take(sink->user, json_integer_value(json_object_get(event, "timestamp")), shown);
    free(text);
    free(shown);
    return rc;
}

/* All but those that came before the position was lost: `skip` of the time of the last one. */
static int hand_over(struct pulse_log_stream *stream, const json_t *events, int64_t *skip,
                     const struct pulse_log_sink *sink, struct pulse_err *err)
{
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const int64_t time_ms = json_integer_value(json_object_get(event, "timestamp"));
        if (*skip > 0 && time_ms == stream->last_ms) {
            --*skip;
            continue;
        }
        if (hand_over_event(event, sink, err) != 0)
            return -1;
        if (time_ms > stream->last_ms) {
            stream->last_ms = time_ms;
            stream->at_last = 0;
        }
        stream->at_last += time_ms == stream->last_ms;
    }
    return 0;
}

/* ---- Pages ---------------------------------------------------------------------- */

static json_t *request_of(const struct pulse_log_stream *stream, int64_t tail)
{
    json_t *body =
        json_pack("{s:s,s:s}", "logGroupName", stream->group, "logStreamName", stream->name);
    const bool from_end = stream->token == NULL && stream->last_ms == 0 && tail > 0;
    (void)json_object_set_new(body, "startFromHead", json_boolean(!from_end));
    if (from_end)
        (void)json_object_set_new(body, "limit", json_integer(tail < MOST_TAIL ? tail : MOST_TAIL));
    if (stream->token != NULL)
        (void)json_object_set_new(body, "nextToken", json_string(stream->token));
    else if (stream->last_ms > 0)
        (void)json_object_set_new(body, "startTime", json_integer(stream->last_ms));
    return body;
}

/* What an answer brings. *end: there is no more for now. */
static int read_answer(struct pulse_log_stream *stream, const json_t *answer, int64_t *skip,
                       const struct pulse_log_sink *sink, int64_t *events, bool *end,
                       struct pulse_err *err)
{
    const json_t *page = json_object_get(answer, "events");
    const char *next = json_string_value(json_object_get(answer, "nextForwardToken"));
    stream->there = true;
    *events = (int64_t)json_array_size(page);
    *end = next == NULL || (stream->token != NULL && strcmp(next, stream->token) == 0);
    if (hand_over(stream, page, skip, sink, err) != 0)
        return -1;
    if (*end)
        return 0;
    free(stream->token);
    stream->token = pulse_strdup(next, err);
    return stream->token == NULL ? -1 : 0;
}

/* One page. *skip: events that it will bring again, as the position was lost. */
static int read_page(const struct pulse_aws *aws, struct pulse_log_stream *stream, int64_t tail,
                     const struct pulse_log_sink *sink, int64_t *skip, int64_t *events, bool *end,
                     struct pulse_err *err)
{
    struct pulse_aws_call call = {.what = "GetLogEvents",
                                  .path = "/",
                                  .target = "Logs_20140328.GetLogEvents",
                                  .body = request_of(stream, tail)};
    int rc = pulse_aws_perform(aws, &call, err);
    *events = 0;
    *end = true;
    if (rc == 0)
        rc = read_answer(stream, call.answer, skip, sink, events, end, err);
    else if (strcmp(call.code, "ResourceNotFoundException") == 0) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        rc = 0;
    } else if (strcmp(call.code, "InvalidParameterException") == 0 && stream->token != NULL) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        free(stream->token);
        stream->token = NULL;
        *skip = stream->at_last;
        *end = false;
        rc = 0;
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
    int64_t skip = 0;
    *events = 0;
    while (!end && empty < MOST_EMPTY_PAGES) {
        int64_t some;
        if (read_page(aws, stream, tail, sink, &skip, &some, &end, err) != 0)
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

/* Where the consoles of the partitions are that have their own. */
static const struct {
    const char *regions, *host;
    bool by_region; /* the region's name stands before it */
} consoles[] = {{"cn-", "console.amazonaws.cn", true},
                {"us-gov-", "console.amazonaws-us-gov.com", false},
                {"eusc-", "console.amazonaws-eusc.eu", true},
                {"", "console.aws.amazon.com", true}};

char *pulse_logs_link(const char *region, const char *group, const char *name,
                      struct pulse_err *err)
{
    char *groups = pulse_calloc((int64_t)strlen(group) * 5 + 1, 1, "a link", err);
    char *names = pulse_calloc((int64_t)strlen(name) * 5 + 1, 1, "a link", err);
    char *link = NULL;
    size_t i = 0;
    while (strncmp(region, consoles[i].regions, strlen(consoles[i].regions)) != 0)
        i++;
    if (groups != NULL && names != NULL) {
        (void)console_name(group, groups);
        (void)console_name(name, names);
        link = pulse_print(err,
                           "https://%s%s%s/cloudwatch/home?region=%s#logsV2:log-groups/"
                           "log-group/%s/log-events/%s",
                           consoles[i].by_region ? region : "", consoles[i].by_region ? "." : "",
                           consoles[i].host, region, groups, names);
    }
    free(groups);
    free(names);
    return link;
}
