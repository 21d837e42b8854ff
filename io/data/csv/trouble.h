/* What to say of a row of CSV that cannot be read, and what reads it. Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_TROUBLE_H
#define PULSE_DATA_CSV_TROUBLE_H

#include <stdint.h>

#include "base/error.h"
#include "data/csv/part.h"
#include "data/csv/rows.h"

/* The columns that are read, by the slot of their take. */
struct pulse_csv_wanted {
    const int64_t *columns;   /* of values */
    int64_t *special_columns; /* of those that are looked at more closely */
};

/* PULSE_E_INPUT, always: names line, column and cell. The buffer ends at `end`. */
int pulse_csv_report_trouble(struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                             const struct pulse_csv_wanted *wanted, const char *end,
                             struct pulse_err *err);

#endif
