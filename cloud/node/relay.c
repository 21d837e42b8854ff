#include "relay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"

struct stream {
    char text[PULSE_RELAY_LINE];
    size_t length;
};

struct pulse_relay {
    const int *slots;
    int n;
    int64_t ranks;
    struct pulse_rate *rates; /* of each rank, and of mpirun itself behind them */
    struct stream streams[2]; /* standard output and error */
    bool stuck[2];            /* the log takes nothing */
};

/* ---- Pure --------------------------------------------------------------------------- */

bool pulse_rate_take(struct pulse_rate *rate, double now)
{
    const double left = rate->spent - (now - rate->at) * PULSE_RELAY_BURST;
    rate->spent = left > 0 ? left : 0;
    rate->at = now;
    if (rate->spent + 1 > PULSE_RELAY_BURST) {
        rate->dropped++;
        return false;
    }
    rate->spent += 1;
    return true;
}

char *pulse_relay_untag(char *line, int64_t *rank)
{
    char *end;
    *rank = -1;
    if (strncmp(line, "[1,", 3) != 0)
        return line;
    const long long n = strtoll(line + 3, &end, 10);
    if (end == line + 3 || n < 0)
        return line;
    for (int i = 0; i < 2; i++) {
        const char *mark = i == 0 ? "]<stdout>:" : "]<stderr>:";
        if (strncmp(end, mark, strlen(mark)) == 0) {
            *rank = n;
            return end + strlen(mark);
        }
    }
    return line;
}

void pulse_relay_mend(char *line, int64_t rank)
{
    for (char *at = line; (at = strstr(at, "[1,")) != NULL;) {
        int64_t of;
        const char *rest = pulse_relay_untag(at, &of);
        if (of >= 0 && of == rank)
            memmove(at, rest, strlen(rest) + 1);
        else
            at++;
    }
}

int pulse_relay_node(const int *slots, int n, int64_t rank)
{
    int node = 0;
    while (node < n - 1 && rank >= slots[node])
        rank -= slots[node++];
    return node;
}

/* ---- A relay ------------------------------------------------------------------------- */

struct pulse_relay *pulse_relay_new(const int *slots, int n, int64_t ranks, struct pulse_err *err)
{
    struct pulse_relay *relay = pulse_calloc(1, sizeof *relay, "the ranks' output", err);
    if (relay == NULL)
        return NULL;
    relay->slots = slots;
    relay->n = n;
    relay->ranks = ranks;
    relay->rates = pulse_calloc(ranks + 1, sizeof *relay->rates, "the ranks' output", err);
    if (relay->rates != NULL)
        return relay;
    free(relay);
    return NULL;
}

/* Writes all of it, in pieces that a pipe said to be writable takes whole. False when it is stuck.
 */
static bool write_out(struct pulse_relay *relay, int to, const char *text, size_t length)
{
    enum { PIECE = 4096, WAIT_MS = 1000 };
    while (length > 0) {
        struct pollfd one = {.fd = to, .events = POLLOUT};
        if (poll(&one, 1, relay->stuck[to - 1] ? 0 : WAIT_MS) <= 0) {
            relay->stuck[to - 1] = true;
            return false;
        }
        const ssize_t n = write(to, text, length < PIECE ? length : PIECE);
        if (n <= 0)
            return false;
        relay->stuck[to - 1] = false;
        text += n;
        length -= (size_t)n;
    }
    return true;
}

static void tag(const struct pulse_relay *relay, int64_t rank, char out[48])
{
    if (rank < 0)
        (void)strcpy(out, "[mpirun]");
    else
        (void)snprintf(out, 48, "[%d:%lld]", pulse_relay_node(relay->slots, relay->n, rank),
                       (long long)rank);
}

static void say_dropped(struct pulse_relay *relay, int64_t rank, struct pulse_rate *rate, int to)
{
    char text[128], front[48];
    tag(relay, rank, front);
    const int length =
        snprintf(text, sizeof text, "%s … %lld lines dropped\n", front, (long long)rate->dropped);
    if (rate->dropped > 0 && write_out(relay, to, text, (size_t)length))
        rate->dropped = 0;
}

/* A line without its newline. */
static void pass(struct pulse_relay *relay, char *line, int to)
{
    char text[PULSE_RELAY_LINE + 64], front[48];
    int64_t rank;
    char *rest = pulse_relay_untag(line, &rank);
    pulse_relay_mend(rest, rank);
    if (rank >= relay->ranks)
        rank = -1;
    struct pulse_rate *rate = &relay->rates[rank < 0 ? relay->ranks : rank];
    if (!pulse_rate_take(rate, pulse_seconds()))
        return;
    say_dropped(relay, rank, rate, to);
    tag(relay, rank, front);
    const int length = snprintf(text, sizeof text, "%s %s\n", front, rest);
    if (!write_out(relay, to, text, (size_t)length))
        rate->dropped++;
}

static void pass_lines(struct pulse_relay *relay, struct stream *stream, int to)
{
    char *begin = stream->text, *newline;
    while ((newline = memchr(begin, '\n', stream->length)) != NULL) {
        *newline = '\0';
        pass(relay, begin, to);
        stream->length -= (size_t)(newline + 1 - begin);
        begin = newline + 1;
    }
    memmove(stream->text, begin, stream->length);
    if (stream->length < sizeof stream->text - 1)
        return;
    stream->text[stream->length] = '\0'; /* too long for a line: what there is of it */
    pass(relay, stream->text, to);
    stream->length = 0;
}

bool pulse_relay_read(struct pulse_relay *relay, int from, int to)
{
    struct stream *stream = &relay->streams[to - 1];
    const ssize_t n =
        read(from, stream->text + stream->length, sizeof stream->text - 1 - stream->length);
    if (n <= 0)
        return n < 0; /* nothing there just now */
    stream->length += (size_t)n;
    pass_lines(relay, stream, to);
    return true;
}

void pulse_relay_end(struct pulse_relay *relay)
{
    if (relay == NULL)
        return;
    for (int to = 1; to <= 2; to++) {
        struct stream *stream = &relay->streams[to - 1];
        stream->text[stream->length] = '\0';
        if (stream->length > 0)
            pass(relay, stream->text, to);
    }
    for (int64_t i = 0; i <= relay->ranks; i++)
        say_dropped(relay, i == relay->ranks ? -1 : i, &relay->rates[i], STDERR_FILENO);
    free(relay->rates);
    free(relay);
}
