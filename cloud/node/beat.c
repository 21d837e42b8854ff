#include "beat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

int pulse_beat_start(struct pulse_beat *beat, const char *directory, double now,
                     struct pulse_err *err)
{
    static const int streams[3] = {PULSE_CHILD_PIPE, PULSE_CHILD_PIPE, PULSE_CHILD_PIPE};
    struct pulse_words words = {0};
    beat->state = PULSE_BEAT_COMING;
    beat->heard = now;
    beat->said[0] = '\0';
    int result = -1;
    if (pulse_words_add_all(&words, (char *const[]){"ssh", "-F", NULL}, err) == 0 &&
        pulse_words_add(&words, err, "%s/ssh_config", directory) == 0 &&
        pulse_words_add(&words, err, "%s", beat->address) == 0 &&
        pulse_words_add(&words, err, "beat") == 0)
        result = pulse_child_start(words.word, streams, &beat->ssh, err);
    pulse_words_clear(&words);
    return result;
}

/* Keeps the last line that is not empty. */
static void read_words(struct pulse_beat *beat)
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

void pulse_beat_read(struct pulse_beat *beat, double now)
{
    char letters[64];
    ssize_t n;
    while ((n = read(beat->ssh.stream[1], letters, sizeof letters)) > 0) {
        beat->heard = now;
        if (beat->state == PULSE_BEAT_COMING)
            beat->state = PULSE_BEAT_ALIVE;
        if (memchr(letters, PULSE_BEAT_TAKEN, (size_t)n) != NULL)
            beat->state = PULSE_BEAT_LEAVING;
    }
    if (n == 0)
        beat->state = PULSE_BEAT_LOST;
    read_words(beat);
}

void pulse_beat_send(struct pulse_beat *beat, char letter, double now)
{
    if (beat->state == PULSE_BEAT_LOST)
        return;
    /* A pipe that is full has not been read for hours: silence tells. */
    if (write(beat->ssh.stream[0], &letter, 1) < 0)
        beat->state = PULSE_BEAT_LOST;
    if (beat->state != PULSE_BEAT_COMING && now - beat->heard > PULSE_BEAT_SILENCE)
        beat->state = PULSE_BEAT_LOST;
}

void pulse_beat_stop(struct pulse_beat *beat)
{
    for (int i = 0; i < 3; i++)
        pulse_child_close(&beat->ssh, i);
}
