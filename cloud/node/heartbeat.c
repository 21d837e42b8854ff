#include "node/heartbeat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/argv.h"

int pulse_heartbeat_start(struct pulse_heartbeat *heartbeat, const char *directory, double now,
                          struct pulse_err *err)
{
    static const int streams[3] = {PULSE_SUBPROCESS_PIPE, PULSE_SUBPROCESS_PIPE,
                                   PULSE_SUBPROCESS_PIPE};
    struct pulse_argv argv = {0};
    heartbeat->state = PULSE_HEARTBEAT_COMING;
    heartbeat->heard = now;
    heartbeat->said[0] = '\0';
    int result = -1;
    if (pulse_argv_add_all(&argv, (char *const[]){"ssh", "-F", NULL}, err) == 0 &&
        pulse_argv_add(&argv, err, "%s/ssh_config", directory) == 0 &&
        pulse_argv_add(&argv, err, "%s", heartbeat->address) == 0 &&
        pulse_argv_add(&argv, err, "beat") == 0)
        result = pulse_subprocess_start(argv.word, streams, &heartbeat->ssh, err);
    pulse_argv_clear(&argv);
    return result;
}

/* Keeps the last line that is not empty. */
static void read_errors(struct pulse_heartbeat *heartbeat)
{
    char text[2048], *rest;
    const ssize_t n = read(heartbeat->ssh.stream[2], text, sizeof text - 1);
    if (n <= 0)
        return;
    text[n] = '\0';
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL;
         line = strtok_r(NULL, "\r\n", &rest))
        (void)snprintf(heartbeat->said, sizeof heartbeat->said, "%s", line);
}

void pulse_heartbeat_read(struct pulse_heartbeat *heartbeat, double now)
{
    char letters[64];
    ssize_t n;
    while ((n = read(heartbeat->ssh.stream[1], letters, sizeof letters)) > 0) {
        heartbeat->heard = now;
        if (heartbeat->state == PULSE_HEARTBEAT_COMING)
            heartbeat->state = PULSE_HEARTBEAT_ALIVE;
        if (memchr(letters, PULSE_HEARTBEAT_TAKEN, (size_t)n) != NULL)
            heartbeat->state = PULSE_HEARTBEAT_LEAVING;
    }
    if (n == 0)
        heartbeat->state = PULSE_HEARTBEAT_LOST;
    read_errors(heartbeat);
}

void pulse_heartbeat_send(struct pulse_heartbeat *heartbeat, char letter, double now)
{
    if (heartbeat->state == PULSE_HEARTBEAT_LOST)
        return;
    /* A pipe that is full has not been read for hours: its silence ends it. */
    if (write(heartbeat->ssh.stream[0], &letter, 1) < 0)
        heartbeat->state = PULSE_HEARTBEAT_LOST;
    if (heartbeat->state != PULSE_HEARTBEAT_COMING &&
        now - heartbeat->heard > PULSE_HEARTBEAT_SILENCE)
        heartbeat->state = PULSE_HEARTBEAT_LOST;
}

void pulse_heartbeat_stop(struct pulse_heartbeat *heartbeat)
{
    for (int i = 0; i < 3; i++)
        pulse_subprocess_close(&heartbeat->ssh, i);
}
