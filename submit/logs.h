/* The log streams of jobs in CloudWatch Logs, read on from where one left off. Knows nothing of
 * jobs but the names of their streams. */
#ifndef PULSE_SUBMIT_LOGS_H
#define PULSE_SUBMIT_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/aws.h"

/* Zero it, set group, name and region (owned); clear it. */
struct pulse_log_stream {
    char *group;
    char *name;
    char *region;       /* NULL: that of the job */
    char *token;        /* where to read on; NULL at the beginning */
    bool there;         /* Logs knows it */
    int64_t last_ms;    /* time of the last event; 0: none has come */
    int64_t at_last;    /* events of that time that have come */
    double quiet_until; /* pulse_seconds: it gave an error and is left alone; 0: it is read */
};
void pulse_log_stream_clear(struct pulse_log_stream *stream);

/* Takes one event: a line of text, made harmless to a terminal, without an end of line. */
struct pulse_log_sink {
    void (*take)(void *user, int64_t time_ms, const char *text);
    void *user;
};

/* Hands over all that has come since the last call, or at the first call the last `tail` events (0:
 * all), and *events how many. A stream that is not there yet is no error; where Logs has forgotten
 * the position, after a day, it is looked up by the time of the last event. */
int pulse_logs_read(const struct pulse_aws *aws, struct pulse_log_stream *stream, int64_t tail,
                    const struct pulse_log_sink *sink, int64_t *events, struct pulse_err *err);

/* Where a browser shows the stream; heap, NULL with PULSE_E_MEMORY. Pure. */
char *pulse_logs_link(const char *region, const char *group, const char *name,
                      struct pulse_err *err);

#endif
