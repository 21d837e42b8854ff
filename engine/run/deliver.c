#include "run/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/shutdown.h"
#include "export/predictions.h"
#include "mpi/collect.h"
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
        pulse_output_find_old(options, &delivery->old);
    if (output->directory[0] != '\0')
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
               pulse_output_stage(parts->directory, sizeof parts->directory, err) >= 0) {
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
        return pulse_part_layout_plan(comm, owner, header->V, delivery->output.run,
                                      &delivery->parts, err) != 0
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

/* NULL where none is wanted, or with an error. */
static char *make_report(const struct pulse_options *options, struct pulse_results_columns *columns,
                         const json_t *summary, const char *results, int64_t *bytes,
                         struct pulse_err *err)
{
    const struct pulse_report_columns elsewhere = {pulse_results_column, columns};
    char *html = NULL;
    if (!options->no_report)
        (void)pulse_report_make(summary, results, &elsewhere, &html, bytes, err);
    return html;
}

static void write_report(struct pulse_output *output, const char *html, int64_t bytes,
                         json_t *summary)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (html == NULL)
        return;
    if (pulse_output_report(output, html, bytes, &err) != 0)
        pulse_warn("no report.html: %s", err.text);
    else
        pulse_summary_name_file(summary, PULSE_FILE_REPORT, output->name[PULSE_FILE_REPORT]);
}

/* Of use without them too. */
static void write_predictions(const struct pulse_options *options,
                              struct pulse_results_columns *columns, const char *results,
                              struct pulse_output *output, json_t *summary)
{
    const struct pulse_report_columns elsewhere = {pulse_results_column, columns};
    const char *name = output->name[PULSE_FILE_PREDICTIONS];
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (!options->predictions)
        return;
    char *path = pulse_store_join(output->directory, name, &err);
    output->predictions =
        path != NULL && pulse_predictions_file(summary, results, &elsewhere, path, &err) == 0;
    if (output->predictions)
        pulse_summary_name_file(summary, PULSE_FILE_PREDICTIONS, name);
    else
        pulse_warn("no predictions.parquet: %s", err.text);
    free(path);
}

static int write_summary(const char *directory, const json_t *summary, struct pulse_err *err)
{
    char *path = pulse_store_join(directory, pulse_file_names[PULSE_FILE_SUMMARY], err);
    const int status = path == NULL ? -1 : pulse_summary_write(summary, path, err);
    free(path);
    return status;
}

/* Rank 0: results, report and summary in the private directory. The summary is to be released. */
static json_t *write_files(const struct pulse_summary_input *input,
                           struct pulse_results_columns *columns, struct pulse_results *file,
                           struct pulse_output *output, struct pulse_err *err)
{
    int64_t bytes = 0;
    if (pulse_output_check(output, err) != 0)
        return NULL;
    json_t *summary = pulse_summary_build(input, err);
    if (summary == NULL)
        return NULL;
    struct pulse_err report = {.kind = PULSE_OK, .text = ""};
    char *html =
        make_report(input->options, columns, summary, pulse_results_sync(file), &bytes, &report);
    const char *results = pulse_results_commit(file, err);
    if (results != NULL) {
        /* Of use without it, so that a page which cannot be made is no failure. */
        if (report.kind != PULSE_OK)
            pulse_warn("no report.html: %s", report.text);
        write_report(output, html, bytes, summary);
        write_predictions(input->options, columns, results, output, summary);
        (void)write_summary(output->directory, summary, err);
    }
    free(html);
    return summary;
}

/* Rank 0, once summary.json names what was delivered: it may get the names that everybody knows,
 * since the old results are no longer what the summary speaks of. At any moment all that it names
 * is there. */
static void take_known_names(const struct pulse_options *options, struct pulse_output *output,
                             json_t *summary)
{
    struct pulse_err ignored = {.kind = PULSE_OK, .text = ""};
    if (pulse_output_copy_to_known(options, output) != 0)
        return;
    for (int i = 0; i < PULSE_FILE_SUMMARY; i++)
        if (pulse_output_has(output, i))
            pulse_summary_name_file(summary, (enum pulse_result_file)i, pulse_file_names[i]);
    if (write_summary(options->output, summary, &ignored) == 0)
        pulse_output_take_known(options, output);
    else
        pulse_debug("the results keep their names: %s", ignored.text);
}

/* Rank 0, once all is where it belongs: the summary's copies elsewhere. */
static void copy_summary(const struct pulse_options *options, const json_t *summary,
                         struct pulse_err *err)
{
    const char *const also[] = {options->output_file, options->s3_output_file};
    for (size_t i = 0; err->kind == PULSE_OK && i < sizeof also / sizeof *also; i++)
        if (also[i] != NULL)
            (void)pulse_summary_write(summary, also[i], err);
}

/* ---- Delivery ------------------------------------------------------------------- */

/* Local, on the rank that made its node's part: removes it from this disk, if it is still there. */
static void drop_part(const struct pulse_comm *comm, const struct pulse_delivery *delivery)
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
    if (status != 0 && there)
        pulse_output_remove_one(output, name);
    drop_part(comm, delivery);
    return status;
}

/* Rank 0, where results.h5 did not follow its parts. */
static void take_back_parts(const struct pulse_options *options,
                            const struct pulse_part_layout *parts)
{
    char name[PULSE_PART_NAME];
    for (int part = 0; part < parts->n; part++)
        if (parts->columns[part] > 0)
            pulse_output_remove_one(options->output, pulse_part_name(parts->run, part, name));
}

/* Collective: the parts, before anything names them. */
static int deliver_all_parts(const struct pulse_comm *comm, const struct pulse_options *options,
                             struct pulse_results_columns *columns, struct pulse_delivery *delivery,
                             struct pulse_err *err)
{
    if (delivery->parts.n == 0)
        return err->kind == PULSE_OK ? 0 : -1;
    pulse_results_columns_end(columns);
    if (comm->rank == 0 && err->kind == PULSE_OK)
        (void)pulse_output_check(&delivery->output, err);
    return pulse_comm_agree(comm, err) != 0 ? -1
                                            : deliver_parts(comm, options->output, delivery, err);
}

int pulse_delivery_run(const struct pulse_comm *comm, const struct pulse_summary_input *input,
                       struct pulse_results *results, struct pulse_delivery *delivery,
                       struct pulse_err *err)
{
    const struct pulse_options *options = input->options;
    struct pulse_output *output = &delivery->output;
    struct pulse_results_columns columns = {.comm = comm, .parts = &delivery->parts};
    const bool root = comm->rank == 0;
    json_t *summary = root ? write_files(input, &columns, results, output, err) : NULL;
    const bool made = deliver_all_parts(comm, options, &columns, delivery, err) == 0;
    if (root && !made)
        pulse_output_discard(output); /* without one of them the others are of no use */
    const bool there = root && made && pulse_output_deliver(options, output, err) == 0;
    if (root && made && !there && !output->named)
        take_back_parts(options, &delivery->parts);
    if (there) {
        take_known_names(options, output, summary);
        pulse_output_remove_old(options, output, &delivery->old);
        copy_summary(options, summary, err);
    }
    delivery->summary = summary;
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_delivery_clear(const struct pulse_comm *comm, struct pulse_delivery *delivery)
{
    drop_part(comm, delivery);
    pulse_part_layout_clear(&delivery->parts);
    if (comm->rank == 0)
        pulse_output_clear(&delivery->output);
    pulse_listing_clear(&delivery->old);
    json_decref(delivery->summary);
}
