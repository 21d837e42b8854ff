/* Where results are made, and how they get to where they belong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/shutdown.h"
#include "report/report.h"
#include "results/disk.h"
#include "results/part_columns.h"
#include "run/run.h"

/* ---- Before the work ------------------------------------------------------------ */

/* Collective. What the disk of each node has to hold. */
static int check_parts(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_results_header frame = pulse_run_frame(run);
    struct pulse_part_layout *parts = &run->parts;
    int64_t bytes = pulse_results_part_bytes(&frame, parts->columns[run->comm.node]);
    char where[300] = " of ";
    if (run->comm.rank == 0) {
        (void)snprintf(parts->directory, sizeof parts->directory, "%s", run->output.directory);
        bytes += pulse_results_bytes(&frame) - pulse_results_part_bytes(&frame, frame.V);
    } else if (pulse_part_layout_leads(&run->comm, parts) &&
               pulse_output_stage(parts->directory, sizeof parts->directory, err) == 0) {
        pulse_shutdown_set_file(NULL, parts->directory);
    }
    (void)gethostname(where + strlen(where), sizeof where - strlen(where) - 1);
    if (parts->directory[0] != '\0')
        (void)pulse_output_room(parts->directory, where, bytes, err);
    if (pulse_part_layout_share_directory(&run->comm, parts, err) != 0)
        return -1;
    if (pulse_part_layout_leads(&run->comm, parts))
        pulse_shutdown_set_part_file(parts->path);
    return 0;
}

int pulse_run_form(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_results_header frame = pulse_run_frame(run);
    const int64_t bytes = pulse_results_bytes(&frame);
    const char *output = run->options.output;
    const bool small = bytes <= run->options.whole_results;
    if (run->gather && !small && run->output.staged)
        return pulse_part_layout_plan(&run->comm, run->loaded.owner, run->loaded.V, &run->parts,
                                      err) != 0
                   ? -1
                   : check_parts(run, err);
    if (run->gather && !small)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--output %s: the nodes do not share it, and the results take about %.1f "
                          "MB, more than --whole-results lets the first node have alone; name "
                          "s3://BUCKET/PREFIX or a directory that all nodes share",
                          output, (double)bytes / 1e6);
    if (run->gather && !run->output.staged)
        pulse_warn(
            "--output %s: the nodes do not share it; the results are on the first one's disk",
            output);
    if (run->comm.rank == 0)
        (void)pulse_output_room(run->output.directory, "", bytes, err);
    return pulse_comm_agree(&run->comm, err);
}

/* ---- Report and summary --------------------------------------------------------- */

/* The results are of use without it, so that a page which cannot be made is no failure. */
static char *make_report(const struct pulse_run *run, struct pulse_results_columns *columns,
                         const json_t *summary, const char *results, int64_t *bytes)
{
    const struct pulse_report_columns elsewhere = {pulse_results_column, columns};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char *html = NULL;
    if (!run->options.no_report &&
        pulse_report_make(summary, results, &elsewhere, &html, bytes, &err) != 0)
        pulse_warn("no report.html: %s", err.text);
    return html;
}

static void write_report(struct pulse_run *run, const char *html, int64_t bytes)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (html != NULL && pulse_output_report(&run->output, html, bytes, &err) != 0)
        pulse_warn("no report.html: %s", err.text);
    if (!run->output.report)
        pulse_output_no_report(&run->options);
}

/* Rank 0: results, report and summary under their names, in this order. */
static void write_files(struct pulse_run *run, const struct pulse_summary_input *account,
                        struct pulse_results_columns *columns, struct pulse_err *err)
{
    int64_t bytes = 0;
    if (pulse_output_check(&run->output, err) != 0)
        return;
    json_t *summary = pulse_summary_build(account, err);
    if (summary == NULL)
        return;
    const char *results = pulse_results_commit(run->results);
    char *html = make_report(run, columns, summary, results, &bytes);
    if (pulse_results_committed(run->results, err) == 0) {
        write_report(run, html, bytes);
        (void)pulse_summary_write(account, summary, err);
    }
    free(html);
    json_decref(summary);
}

/* ---- Delivery ------------------------------------------------------------------- */

void pulse_run_drop_part(struct pulse_run *run)
{
    if (!pulse_part_layout_leads(&run->comm, &run->parts))
        return;
    (void)unlink(run->parts.path);
    if (run->comm.rank != 0)
        (void)rmdir(run->parts.directory);
    pulse_shutdown_set_part_file(NULL);
}

/* Collective: each node's part, by its lowest rank. Where one fails none is left: no results.h5
 * names them. */
static int deliver_parts(struct pulse_run *run, struct pulse_err *err)
{
    const struct pulse_part_layout *parts = &run->parts;
    const char *output = run->options.output;
    char name[PULSE_PART_NAME];
    bool there = false;
    if (!pulse_part_layout_leads(&run->comm, parts))
        return pulse_comm_agree(&run->comm, err);
    there = pulse_output_deliver_one(parts->directory,
                                     pulse_part_name(parts->run, run->comm.node, name), output,
                                     err) == 0;
    const int status = pulse_comm_agree(&run->comm, err);
    if (status != 0 && there) {
        struct pulse_err ignored = {.kind = PULSE_OK};
        char *uri = pulse_store_join(output, name, &ignored);
        if (uri != NULL)
            (void)pulse_store_delete(uri, &ignored);
        free(uri);
    }
    pulse_run_drop_part(run);
    return status;
}

int pulse_run_deliver(struct pulse_run *run, const struct pulse_summary_input *account,
                      struct pulse_err *err)
{
    struct pulse_results_columns columns = {.comm = &run->comm, .parts = &run->parts};
    const bool root = run->comm.rank == 0;
    if (root)
        write_files(run, account, &columns, err);
    if (run->parts.n > 0) {
        pulse_results_columns_end(&columns);
        if (root && err->kind == PULSE_OK)
            (void)pulse_output_check(&run->output, err);
        if (pulse_comm_agree(&run->comm, err) != 0 || deliver_parts(run, err) != 0) {
            if (root) /* without the parts it is of no use */
                pulse_output_discard(&run->output);
            return -1;
        }
    }
    if (root && err->kind == PULSE_OK &&
        pulse_output_deliver(&run->options, &run->output, err) == 0)
        pulse_output_remove_parts(&run->options, &run->old_parts);
    return err->kind == PULSE_OK ? 0 : -1;
}
