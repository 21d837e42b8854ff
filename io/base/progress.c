#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"

static double read_clock(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double pulse_seconds(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double pulse_processor_seconds(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

char *pulse_format_duration(double seconds, char out[32])
{
    if (seconds < 10)
        (void)snprintf(out, 32, "%.1f s", seconds);
    else if (seconds < 120)
        (void)snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 7200)
        (void)snprintf(out, 32, "%.0f min", seconds / 60);
    else
        (void)snprintf(out, 32, "%d h %02d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
    return out;
}

void pulse_progress_begin(struct pulse_progress *progress, const char *what, bool silent)
{
    const double now = pulse_seconds();
    *progress = (struct pulse_progress){.silent = silent,
                                        .terminal = isatty(STDERR_FILENO) != 0,
                                        .what = what,
                                        .began = now,
                                        .spoke = now};
}

void pulse_progress_at(void *context, double share)
{
    struct pulse_progress *progress = context;
    const double now = pulse_seconds();
    /* Too little done says nothing of the rest. */
    if (share < 0.02 && now - progress->began < 5)
        return;
    if (progress->silent || share <= 0 || now - progress->spoke < (progress->terminal ? 0.1 : 10))
        return;
    char left[32];
    (void)pulse_format_duration((now - progress->began) * (1 - share) / share, left);
    progress->spoke = now;
    progress->spoken = true;
    if (progress->terminal) {
        (void)fputs("\r", stderr);
        pulse_terminal_write(stderr, progress->what, 0);
        (void)fprintf(stderr, " %3.0f %%, %s left\033[K", 100 * share, left);
    } else
        pulse_info("%s %.0f %%, %s left", progress->what, 100 * share, left);
}

void pulse_progress_end(struct pulse_progress *progress)
{
    if (progress->terminal && progress->spoken)
        (void)fprintf(stderr, "\r\033[K");
}
