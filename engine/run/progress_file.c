#include "run/progress_file.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"

static json_t *describe_progress(const struct pulse_progress_file *file, const char *stage)
{
    const double now = pulse_seconds();
    const int64_t fresh = file->done - file->resumed, left = file->total - file->done;
    json_t *eta = fresh > 0 && file->training_began > 0
                      ? json_real((now - file->training_began) * (double)left / (double)fresh)
                      : json_null();
    return json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:o, s:i, s:o}", "stage", stage, "spans_done",
                     (json_int_t)file->done, "spans_total", (json_int_t)file->total,
                     "spans_resumed", (json_int_t)file->resumed, "share",
                     file->total > 0 ? (double)file->done / (double)file->total : 0.0,
                     "elapsed_seconds", now - file->began, "eta_seconds", eta, "ranks", file->ranks,
                     "updated", pulse_json_now());
}

/* Whether a write could wait for a reader, or end the run when that is gone. */
static bool is_pipe(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

/* Not synced to disk: after a crash of the machine nobody asks how far the run was. */
static int replace_file(const char *path, const json_t *content, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    if (is_pipe(path))
        return pulse_fail(err, PULSE_E_STORAGE, "it is a pipe; name a file");
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    /* What the stream refuses, commit reports. */
    (void)json_dumpf(content, writer.stream, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    return pulse_writer_commit_unsynced(&writer, err);
}

void pulse_progress_file_write(struct pulse_progress_file *file, const char *stage, bool now)
{
    if (file->path == NULL || (!now && pulse_seconds() - file->wrote < 1))
        return;
    struct pulse_err err = {.kind = PULSE_OK};
    json_t *content = describe_progress(file, stage);
    const bool failed = content == NULL || replace_file(file->path, content, &err) != 0;
    json_decref(content);
    file->wrote = pulse_seconds();
    if (failed && !file->failed)
        pulse_warn("--progress-file %s cannot be written: %s", file->path,
                   content == NULL ? "out of memory" : err.text);
    file->failed = file->failed || failed;
}
