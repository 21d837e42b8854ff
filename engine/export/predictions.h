/* predictions.parquet (DEFINITIONS §7.6): a row per variable, date and horizon, in the layout that
 * forecasting tools share, made from summary.json and results.h5 alone, one variable at a time.
 * Local; knows nothing of the run that made the files. */
#ifndef PULSE_EXPORT_PREDICTIONS_H
#define PULSE_EXPORT_PREDICTIONS_H

#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "report/column_reader.h"

enum pulse_predictions_format {
    PULSE_PREDICTIONS_PARQUET,
    PULSE_PREDICTIONS_CSV,
    PULSE_PREDICTIONS_JSON
};

/* Writes those of the run whose summary and results.h5 (a local file) these are to a stream, called
 * `name` in messages. `elsewhere` as pulse_report_make has it. Errors of the stream are for its
 * owner to look at. PULSE_E_INPUT when the file is none of ours, or of another run; PULSE_E_MEMORY.
 */
int pulse_predictions_write(const json_t *summary, const char *results,
                            const struct pulse_report_columns *elsewhere,
                            enum pulse_predictions_format format, const char *name, FILE *out,
                            struct pulse_err *err);

/* The same as a Parquet file `path`, which is there whole or not at all. PULSE_E_STORAGE too. */
int pulse_predictions_file(const json_t *summary, const char *results,
                           const struct pulse_report_columns *elsewhere, const char *path,
                           struct pulse_err *err);

#endif
