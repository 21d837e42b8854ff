/* What the report shows, read back from results.h5 and summary.json: so that it can be made again
 * at any time. Internal to the files of this folder; local; draws nothing. */
#ifndef PULSE_REPORT_DATA_H
#define PULSE_REPORT_DATA_H

#include <hdf5.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "report/column_reader.h"

struct pulse_report_parts; /* parts_reader.h */

struct pulse_report_window {
    char id[17];
    int64_t start, end; /* days */
    int64_t first_row, rows;
    int64_t status;
    char reason[161];
};

/* Matrices are row-major with the variable last, as in the file. */
struct pulse_report {
    const json_t *summary; /* borrowed */
    const char *path;      /* of results.h5, for messages; borrowed */
    hid_t file;
    int64_t T, V, W, C;
    char **names;      /* V; well-formed UTF-8 */
    char **candidates; /* C */
    int64_t *calendar; /* T days */
    struct pulse_report_window *windows;
    double *alpha, *beta;                                   /* W × V */
    double *squared_error, *persistence_squared_error;      /* W × V */
    double *interval_rows, *inside_80, *inside_95;          /* W × V */
    double *final_weights;                                  /* C × V */
    double *final_shrinkage;                                /* V */
    double *granger_f, *granger_adjusted, *granger_partial; /* V × V */
    double *granger_method;                                 /* V */
    hid_t rows[4];                                          /* datasets T × V, as below */
    bool apart[4];                                          /* whether those point to parts */
    double *column[4]; /* T each: of the variable that was asked for last */
    const struct pulse_report_columns *elsewhere; /* borrowed; NULL: the parts are beside it */
    struct pulse_report_parts *parts;             /* NULL: not opened */
};

enum { PULSE_REPORT_ACTUAL, PULSE_REPORT_PREDICTED, PULSE_REPORT_LOWER, PULSE_REPORT_UPPER };

/* Opens, and reads the variables' names and the windows alone; errors as of pulse_report_read.
 * Clear in every case. */
int pulse_report_open(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err);

/* Opens and reads all but the rows. PULSE_E_INPUT when the file is none of ours or does not belong
 * to the summary. Clear in every case. */
int pulse_report_read(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err);
void pulse_report_clear(struct pulse_report *report);

/* The numbers of a dataset into *out, to be freed: rows × columns, or `columns` of a vector where
 * rows is −1. PULSE_E_INPUT where it is none of ours; PULSE_E_MEMORY. */
int pulse_report_matrix(struct pulse_report *report, const char *path, int64_t rows,
                        int64_t columns, double **out, struct pulse_err *err);

/* The rows of one variable into report->column: observed, retrodicted, and the 95 % interval's
 * bounds. PULSE_E_INPUT. */
int pulse_report_rows(struct pulse_report *report, int64_t variable, struct pulse_err *err);

/* A number of the summary: section (metrics, trust, forecast), variable, key. NaN where there is
 * none. */
double pulse_report_number(const struct pulse_report *report, const char *section, int64_t variable,
                           const char *key);

/* Share of `inside` (W × V) in the rows that had intervals, over all variables and the windows
 * [from, to). NaN where there are no such rows. */
double pulse_report_coverage(const struct pulse_report *report, const double *inside, int64_t from,
                             int64_t to);

#endif
