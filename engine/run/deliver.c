#include "run/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/shutdown.h"
#include "report/report.h"
#include "results/disk.h"
#include "results/gather.h"
#include "results/part_columns.h"
#include "results/summary.h"

/* ---- Before the work ------------------------------------------------------------ */

int pulse_delivery_open(const struct pulse_comm *comm, const struct pulse_options *options,
                        struct pulse_delivery *delivery, struct pulse_err *err)
{
    struct pulse_output *output = &delivery->output;
    if (comm->rank == 0 && pulse_output_prepare(options, output, err) == 0)
        pulse_output_find_parts(options, &delivery->old_parts);
    if (output->staged)
        pulse_shutdown_set_file(NULL, output->directory);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_comm_bcast(comm, output, sizeof *output, err) != 0)
        return -1;
    return pulse_results_must_gather(comm, output->directory, &delivery->gather, err);
}

/* Collective. What the disk of each node has to hold. */
static int check_parts(const struct pulse_comm *comm, const struct pulse_results_header *header,
                       struct pulse_delivery *delivery, struct pulse_err *err)
{
    struct pulse_part_layout *parts = &delivery->parts;
    int64_t bytes = pulse_results_part_bytes(header, parts->columns[comm->node]);
    char where[300] = " of ";
    if (comm->rank == 0) {
        (void)snprintf(parts->directory, sizeof parts->directory, "%s", delivery->output.directory);
        bytes += pulse_results_bytes(header) - pulse_results_part_bytes(header, header->V);
    } else if (pulse_part_layout_leads(comm, parts) &&
               pulse_output_stage(parts->directory, sizeof parts->directory, err) == 0) {
        pulse_shutdown_set_file(NULL, parts->directory);
    }
    (void)gethostname(where + strlen(where), sizeof where - strlen(where) - 1);
    if (parts->directory[0] != '\0')
        (void)pulse_output_check_space(parts->directory, where, bytes, err);
    if (pulse_part_layout_share_directory(comm, parts, err) != 0)
        return -1;
    if (pulse_part_layout_leads(comm, parts))
        pulse_shutdown_set_part_file(parts->path);
    return 0;
}

int pulse_delivery_choose_form(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_results_header *header, const int *owner,
                               struct pulse_delivery *delivery, struct pulse_err *err)
{
    const int64_t bytes = pulse_results_bytes(header);
    const char *output = options->output;
    const bool small = bytes <= options->whole_results;
    if (delivery->gather && !small && delivery->output.staged)
        return pulse_part_layout_plan(comm, owner, header->V, &delivery->parts, err) != 0
                   ? -1
                   : check_parts(comm, header, delivery, err);
    if (delivery->gather && !small)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--output %s: the nodes do not share it, and the results take about %.1f "
                          "MB, more than --whole-results lets the first node have alone; name "
                          "s3://BUCKET/PREFIX or a directory that all nodes share",
                          output, (double)bytes / 1e6);
    if (delivery->gather && !delivery->output.staged)
        pulse_warn(
            "--output %s: the nodes do not share it; the results are on the first one's disk",
            output);
    if (comm->rank == 0)
        (void)pulse_output_check_space(delivery->output.directory, "", bytes, err);
    return pulse_comm_agree(comm, err);
}

/* ---- Report and summary --------------------------------------------------------- */

/* The results are of use without it, so that a page which cannot be made is no failure. */
static char *make_report(const struct pulse_options *options, struct pulse_results_columns *columns,
                         const json_t *summary, const char *results, int64_t *bytes)
{
    const struct pulse_report_columns elsewhere = {pulse_results_column, columns};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char *html = NULL;
    if (!options->no_report &&
        pulse_report_make(summary, results, &elsewhere, &html, bytes, &err) != 0)
        pulse_warn("no report.html: %s", err.text);
    return html;
}

static void write_report(const struct pulse_options *options, struct pulse_output *output,
                         const char *html, int64_t bytes)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (html != NULL && pulse_output_report(output, html, bytes, &err) != 0)
        pulse_warn("no report.html: %s", err.text);
    if (!output->report)
        pulse_output_no_report(options);
}

/* Rank 0: results, report and summary under their names, in this order. */
static void write_files(const struct pulse_summary_input *input,
                        struct pulse_results_columns *columns, struct pulse_results *file,
                        struct pulse_output *output, struct pulse_err *err)
{
    int64_t bytes = 0;
    if (pulse_output_check(output, err) != 0)
        return;
    json_t *summary = pulse_summary_build(input, err);
    if (summary == NULL)
        return;
    const char *results = pulse_results_commit(file);
    char *html = make_report(input->options, columns, summary, results, &bytes);
    if (pulse_results_committed(file, err) == 0) {
        write_report(input->options, output, html, bytes);
        (void)pulse_summary_write(input, summary, err);
    }
    free(html);
    json_decref(summary);
}

/* ---- Delivery ------------------------------------------------------------------- */

void pulse_delivery_drop_part(const struct pulse_comm *comm, const struct pulse_delivery *delivery)
{
    const struct pulse_part_layout *parts = &delivery->parts;
    if (!pulse_part_layout_leads(comm, parts))
        return;
    (void)unlink(parts->path);
    if (comm->rank != 0)
        (void)rmdir(parts->directory);
    pulse_shutdown_set_part_file(NULL);
}

/* Collective: each node's part, by its lowest rank. Where one fails none is left: no results.h5
 * names them. */
static int deliver_parts(const struct pulse_comm *comm, const char *output,
                         struct pulse_delivery *delivery, struct pulse_err *err)
{
    const struct pulse_part_layout *parts = &delivery->parts;
    char name[PULSE_PART_NAME];
    bool there = false;
    if (!pulse_part_layout_leads(comm, parts))
        return pulse_comm_agree(comm, err);
    there = pulse_output_deliver_one(
                parts->directory, pulse_part_name(parts->run, comm->node, name), output, err) == 0;
    const int status = pulse_comm_agree(comm, err);
    if (status != 0 && there) {
        struct pulse_err ignored = {.kind = PULSE_OK};
        char *uri = pulse_store_join(output, name, &ignored);
        if (uri != NULL)
            (void)pulse_store_delete(uri, &ignored);
        free(uri);
    }
    pulse_delivery_drop_part(comm, delivery);
    return status;
}

int pulse_delivery_run(const struct pulse_comm *comm, const struct pulse_summary_input *input,
                       struct pulse_results *results, struct pulse_delivery *delivery,
                       struct pulse_err *err)
{
    const struct pulse_options *options = input->options;
    struct pulse_output *output = &delivery->output;
    struct pulse_results_columns columns = {.comm = comm, .parts = &delivery->parts};
    const bool root = comm->rank == 0;
    if (root)
        write_files(input, &columns, results, output, err);
    if (delivery->parts.n > 0) {
        pulse_results_columns_end(&columns);
        if (root && err->kind == PULSE_OK)
            (void)pulse_output_check(output, err);
        if (pulse_comm_agree(comm, err) != 0 ||
            deliver_parts(comm, options->output, delivery, err) != 0) {
            if (root) /* without the parts it is of no use */
                pulse_output_discard(output);
            return -1;
        }
    }
    if (root && err->kind == PULSE_OK && pulse_output_deliver(options, output, err) == 0)
        pulse_output_remove_parts(options, &delivery->old_parts);
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_delivery_clear(const struct pulse_comm *comm, struct pulse_delivery *delivery)
{
    pulse_delivery_drop_part(comm, delivery);
    pulse_part_layout_clear(&delivery->parts);
    if (comm->rank == 0)
        pulse_output_clear(&delivery->output);
    pulse_listing_clear(&delivery->old_parts);
}
