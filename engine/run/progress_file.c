#include "run/progress_file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "base/progress.h"

static json_t *describe_progress(const struct pulse_progress_file *file, const char *stage)
{
    const double now = pulse_seconds();
    const int64_t fresh = file->done - file->resumed, left = file->total - file->done;
    char updated[PULSE_INSTANT_TEXT];
    json_t *eta = fresh > 0 && file->training_began > 0
                      ? json_real((now - file->training_began) * (double)left / (double)fresh)
                      : json_null();
    return json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:o, s:i, s:s+}", "stage", stage, "spans_done",
                     (json_int_t)file->done, "spans_total", (json_int_t)file->total,
                     "spans_resumed", (json_int_t)file->resumed, "share",
                     file->total > 0 ? (double)file->done / (double)file->total : 0.0,
                     "elapsed_seconds", now - file->began, "eta_seconds", eta, "ranks", file->ranks,
                     "updated",
                     pulse_format_instant((int64_t)time(NULL) * PULSE_NS_PER_SECOND, updated), "Z");
}

/* Not synced to disk: after a crash of the machine nobody asks how far the run was. */
static int replace_file(const char *path, const json_t *content)
{
    char partial[PATH_MAX];
    if (snprintf(partial, sizeof partial, "%s.partial", path) >= (int)sizeof partial)
        return ENAMETOOLONG;
    if (json_dump_file(content, partial, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0 &&
        rename(partial, path) == 0)
        return 0;
    const int why = errno;
    (void)unlink(partial);
    return why;
}

void pulse_progress_file_write(struct pulse_progress_file *file, const char *stage, bool now)
{
    if (file->path == NULL || (!now && pulse_seconds() - file->wrote < 1))
        return;
    json_t *content = describe_progress(file, stage);
    const int failed = content == NULL ? ENOMEM : replace_file(file->path, content);
    json_decref(content);
    file->wrote = pulse_seconds();
    if (failed != 0 && !file->failed)
        pulse_warn("--progress-file %s cannot be written: %s", file->path, strerror(failed));
    file->failed = file->failed || failed != 0;
}
