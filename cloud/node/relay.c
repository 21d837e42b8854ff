#include "node/relay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"

/* The beginning of a line whose end has not come. */
struct piece {
    char *text;
    int64_t length, cap;
};

struct stream {
    char text[PULSE_RELAY_LINE]; /* as it came, up to a newline */
    size_t length;
    struct piece *pieces; /* of each rank, and of mpirun itself behind them */
    bool stuck;           /* the log takes nothing */
};

struct pulse_relay {
    const int *slots;
    int n;
    int64_t ranks;
    struct pulse_rate *rates; /* of each rank, and of mpirun itself behind them */
    struct stream streams[2]; /* standard output and error */
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

char *pulse_relay_tag(char *text, int64_t *rank, char **behind)
{
    for (char *at = text; (at = strstr(at, "[1,")) != NULL; at++) {
        int64_t n;
        const char *end = pulse_parse_digits(at + 3, &n);
        if (end == NULL ||
            (strncmp(end, "]<stdout>:", 10) != 0 && strncmp(end, "]<stderr>:", 10) != 0))
            continue;
        *rank = n;
        *behind = at + (end - at) + 10;
        return at;
    }
    return NULL;
}

int pulse_relay_node(const int *slots, int n, int64_t rank)
{
    int node = 0;
    while (node < n - 1 && rank >= slots[node])
        rank -= slots[node++];
    return node;
}

/* ---- A relay ------------------------------------------------------------------------- */

static void free_relay(struct pulse_relay *relay)
{
    for (int i = 0; i < 2; i++) {
        struct piece *pieces = relay->streams[i].pieces;
        for (int64_t r = 0; pieces != NULL && r <= relay->ranks; r++)
            free(pieces[r].text);
        free(pieces);
    }
    free(relay->rates);
    free(relay);
}

struct pulse_relay *pulse_relay_new(const int *slots, int n, int64_t ranks, struct pulse_err *err)
{
    struct pulse_relay *relay = pulse_calloc(1, sizeof *relay, "the ranks' output", err);
    if (relay == NULL)
        return NULL;
    relay->slots = slots;
    relay->n = n;
    relay->ranks = ranks;
    relay->rates = pulse_calloc(ranks + 1, sizeof *relay->rates, "the ranks' output", err);
    bool good = relay->rates != NULL;
    for (int i = 0; i < 2; i++) {
        struct stream *stream = &relay->streams[i];
        stream->pieces = pulse_calloc(ranks + 1, sizeof *stream->pieces, "the ranks' output", err);
        good = good && stream->pieces != NULL;
    }
    if (good)
        return relay;
    free_relay(relay);
    return NULL;
}

/* Writes all of it, in pieces that a pipe said to be writable takes whole. False when it is stuck.
 */
static bool write_out(struct pulse_relay *relay, int to, const char *text, size_t length)
{
    enum { PIECE = 4096, WAIT_MS = 1000 };
    while (length > 0) {
        struct pollfd one = {.fd = to, .events = POLLOUT};
        if (poll(&one, 1, relay->streams[to - 1].stuck ? 0 : WAIT_MS) <= 0) {
            relay->streams[to - 1].stuck = true;
            return false;
        }
        const ssize_t n = write(to, text, length < PIECE ? length : PIECE);
        if (n <= 0)
            return false;
        relay->streams[to - 1].stuck = false;
        text += n;
        length -= (size_t)n;
    }
    return true;
}

static void format_tag(const struct pulse_relay *relay, int64_t rank, char out[48])
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
    format_tag(relay, rank, front);
    const int length =
        snprintf(text, sizeof text, "%s … %lld lines dropped\n", front, (long long)rate->dropped);
    if (rate->dropped > 0 && write_out(relay, to, text, (size_t)length))
        rate->dropped = 0;
}

/* A line of a rank (-1: of mpirun) without its newline. */
static void pass_line(struct pulse_relay *relay, int64_t rank, const char *line, int to)
{
    char text[PULSE_RELAY_LINE + 64], front[48];
    struct pulse_rate *rate = &relay->rates[rank < 0 ? relay->ranks : rank];
    if (!pulse_rate_take(rate, pulse_seconds()))
        return;
    say_dropped(relay, rank, rate, to);
    format_tag(relay, rank, front);
    const int length = snprintf(text, sizeof text, "%s %s\n", front, line);
    if (!write_out(relay, to, text, (size_t)length))
        rate->dropped++;
}

static struct piece *piece_of(struct pulse_relay *relay, int64_t rank, int to)
{
    return &relay->streams[to - 1].pieces[rank < 0 ? relay->ranks : rank];
}

/* The line is whole. */
static void complete_line(struct pulse_relay *relay, int64_t rank, int to)
{
    struct piece *piece = piece_of(relay, rank, to);
    pass_line(relay, rank, piece->length > 0 ? piece->text : "", to);
    piece->length = 0;
}

/* Adds to a rank's line, which is cut where it gets too long. */
static void append_piece(struct pulse_relay *relay, int64_t rank, const char *text, size_t n,
                         int to)
{
    struct piece *piece = piece_of(relay, rank, to);
    struct pulse_err err = {0};
    if (piece->length + (int64_t)n >= PULSE_RELAY_LINE)
        complete_line(relay, rank, to);
    if (n == 0 || pulse_grow(&piece->text, &piece->cap, piece->length + (int64_t)n + 1, 1,
                             "the ranks' output", &err) != 0)
        return;
    memcpy(piece->text + piece->length, text, n);
    piece->length += (int64_t)n;
    piece->text[piece->length] = '\0';
}

/* What came before a newline: pieces of ranks, each behind a tag; the last one's line is whole. */
static void pass_pieces(struct pulse_relay *relay, char *text, int to)
{
    int64_t rank = -1, next;
    char *behind;
    for (char *at; (at = pulse_relay_tag(text, &next, &behind)) != NULL; text = behind) {
        append_piece(relay, rank, text, (size_t)(at - text), to);
        rank = next < relay->ranks ? next : -1;
    }
    append_piece(relay, rank, text, strlen(text), to);
    complete_line(relay, rank, to);
}

static void pass_lines(struct pulse_relay *relay, struct stream *stream, int to)
{
    char *begin = stream->text, *newline;
    while ((newline = memchr(begin, '\n', stream->length)) != NULL) {
        *newline = '\0';
        pass_pieces(relay, begin, to);
        stream->length -= (size_t)(newline + 1 - begin);
        begin = newline + 1;
    }
    memmove(stream->text, begin, stream->length);
    if (stream->length < sizeof stream->text - 1)
        return;
    stream->text[stream->length] = '\0'; /* too long for a line: what there is of it */
    pass_pieces(relay, stream->text, to);
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
            pass_pieces(relay, stream->text, to);
        for (int64_t r = -1; r < relay->ranks; r++)
            if (piece_of(relay, r, to)->length > 0)
                complete_line(relay, r, to);
    }
    for (int64_t r = -1; r < relay->ranks; r++)
        say_dropped(relay, r, &relay->rates[r < 0 ? relay->ranks : r], STDERR_FILENO);
    free_relay(relay);
}
