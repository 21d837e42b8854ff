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

/* T numbers of a variable. */
enum {
    PULSE_REPORT_ACTUAL,
    PULSE_REPORT_PREDICTED,
    PULSE_REPORT_PERSISTENCE,
    PULSE_REPORT_LOWER_80,
    PULSE_REPORT_UPPER_80,
    PULSE_REPORT_LOWER,
    PULSE_REPORT_UPPER,
    PULSE_REPORT_ROWS
};

/* W numbers of a variable. */
enum {
    PULSE_REPORT_N,
    PULSE_REPORT_ABS_ERROR,
    PULSE_REPORT_SQUARED_ERROR,
    PULSE_REPORT_PERSISTENCE_ABS_ERROR,
    PULSE_REPORT_PERSISTENCE_SQUARED_ERROR,
    PULSE_REPORT_HITS,
    PULSE_REPORT_MOVES,
    PULSE_REPORT_INTERVAL_ROWS,
    PULSE_REPORT_INSIDE_80,
    PULSE_REPORT_INSIDE_95,
    PULSE_REPORT_ALPHA,
    PULSE_REPORT_BETA,
    PULSE_REPORT_WINDOWS
};

/* V numbers of a source, by target. */
enum { PULSE_REPORT_F, PULSE_REPORT_ADJUSTED, PULSE_REPORT_PARTIAL, PULSE_REPORT_LINKS };

/* Datasets of one shape, and the columns of the variable that was asked for last. */
struct pulse_report_columns_of {
    int64_t n;               /* numbers of a column */
    int kinds;               /* datasets */
    hid_t set[12];           /* 0: not open */
    bool apart[12];          /* whether it points to parts */
    double *column[12];      /* n each */
    const char *const *path; /* kinds */
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
    double *final_weights;   /* C × V */
    double *final_shrinkage; /* V */
    int64_t d;               /* features of a fit */
    char **features;         /* d */
    struct pulse_report_columns_of rows, per_window, links;
    hid_t coefficient_set;
    int64_t fits;         /* candidates that have coefficients */
    double *coefficients; /* fits × V, of the feature that was asked for last */
    const struct pulse_report_columns *elsewhere; /* borrowed; NULL: the parts are beside it */
    struct pulse_report_parts *parts;             /* NULL: not opened */
};

/* Opens, and reads the variables' names and the windows alone; errors as of pulse_report_read.
 * Clear in every case. */
int pulse_report_open(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err);

/* Opens and reads all but what columns.h has. PULSE_E_INPUT when the file is none of ours or does
 * not belong to the summary. Clear in every case. */
int pulse_report_read(struct pulse_report *report, const char *path,
                      const struct pulse_report_columns *elsewhere, const json_t *summary,
                      struct pulse_err *err);
void pulse_report_clear(struct pulse_report *report);

/* Reads T and the calendar, of a report that is open. PULSE_E_INPUT, PULSE_E_MEMORY. */
int pulse_report_calendar(struct pulse_report *report, struct pulse_err *err);

/* The T numbers of a variable in a T × V dataset, wherever they lie, once T is known.
 * PULSE_E_INPUT.
 */
int pulse_report_column(struct pulse_report *report, const char *path, int64_t variable,
                        double *out, struct pulse_err *err);

/* The numbers of a dataset into *out, to be freed: rows × columns, or `columns` of a vector where
 * rows is −1. PULSE_E_INPUT where it is none of ours; PULSE_E_MEMORY. */
int pulse_report_matrix(struct pulse_report *report, const char *path, int64_t rows,
                        int64_t columns, double **out, struct pulse_err *err);

/* What every reader of this folder says of a dataset that is none of ours; -1. */
int pulse_report_fail_dataset(const struct pulse_report *report, const char *dataset,
                              struct pulse_err *err);

/* The n numbers of a variable's column of a dataset that points to parts. PULSE_E_INPUT. */
int pulse_report_read_apart(struct pulse_report *report, hid_t set, const char *path,
                            int64_t variable, int64_t n, double *out, struct pulse_err *err);

/* A number of the summary: section (metrics, trust, forecast), variable, key. NaN where there is
 * none. */
double pulse_report_number(const struct pulse_report *report, const char *section, int64_t variable,
                           const char *key);

#endif
