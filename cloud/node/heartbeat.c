#include "node/heartbeat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/argv.h"

int pulse_heartbeat_start(struct pulse_heartbeat *beat, const char *directory, double now,
                          struct pulse_err *err)
{
    static const int streams[3] = {PULSE_SUBPROCESS_PIPE, PULSE_SUBPROCESS_PIPE,
                                   PULSE_SUBPROCESS_PIPE};
    struct pulse_argv words = {0};
    beat->state = PULSE_HEARTBEAT_COMING;
    beat->heard = now;
    beat->said[0] = '\0';
    int result = -1;
    if (pulse_argv_add_all(&words, (char *const[]){"ssh", "-F", NULL}, err) == 0 &&
        pulse_argv_add(&words, err, "%s/ssh_config", directory) == 0 &&
        pulse_argv_add(&words, err, "%s", beat->address) == 0 &&
        pulse_argv_add(&words, err, "beat") == 0)
        result = pulse_subprocess_start(words.word, streams, &beat->ssh, err);
    pulse_argv_clear(&words);
    return result;
}

/* Keeps the last line that is not empty. */
static void read_words(struct pulse_heartbeat *beat)
{
    char text[2048], *rest;
    const ssize_t n = read(beat->ssh.stream[2], text, sizeof text - 1);
    if (n <= 0)
        return;
    text[n] = '\0';
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL;
         line = strtok_r(NULL, "\r\n", &rest))
        (void)snprintf(beat->said, sizeof beat->said, "%s", line);
}

void pulse_heartbeat_read(struct pulse_heartbeat *beat, double now)
{
    char letters[64];
    ssize_t n;
    while ((n = read(beat->ssh.stream[1], letters, sizeof letters)) > 0) {
        beat->heard = now;
        if (beat->state == PULSE_HEARTBEAT_COMING)
            beat->state = PULSE_HEARTBEAT_ALIVE;
        if (memchr(letters, PULSE_HEARTBEAT_TAKEN, (size_t)n) != NULL)
            beat->state = PULSE_HEARTBEAT_LEAVING;
    }
    if (n == 0)
        beat->state = PULSE_HEARTBEAT_LOST;
    read_words(beat);
}

void pulse_heartbeat_send(struct pulse_heartbeat *beat, char letter, double now)
{
    if (beat->state == PULSE_HEARTBEAT_LOST)
        return;
    /* A pipe that is full has not been read for hours: silence tells. */
    if (write(beat->ssh.stream[0], &letter, 1) < 0)
        beat->state = PULSE_HEARTBEAT_LOST;
    if (beat->state != PULSE_HEARTBEAT_COMING && now - beat->heard > PULSE_HEARTBEAT_SILENCE)
        beat->state = PULSE_HEARTBEAT_LOST;
}

void pulse_heartbeat_stop(struct pulse_heartbeat *beat)
{
    for (int i = 0; i < 3; i++)
        pulse_subprocess_close(&beat->ssh, i);
}
