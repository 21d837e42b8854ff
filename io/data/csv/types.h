/* What is known of a CSV file once its first bytes were looked at, as its readers hand it on. Plain
 * data. Internal to io/data. */
#ifndef PULSE_DATA_CSV_TYPES_H
#define PULSE_DATA_CSV_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/text_column.h"
#include "data/common/text_number.h"

struct pulse_csv_layout {
    char separator;
    struct pulse_text_numbers numbers;
    bool point_unclear;  /* a point is taken for the decimal sign, and no cell has shown that: 1.324
                            may have it between thousands */
    int64_t data_offset; /* of the first byte after the header line */
    int64_t header_lines; /* before that: more than 1 with line feeds in quotes, or several */
    int64_t data_end;     /* first byte behind the rows, where what follows is none; else -1 */
    char *note;           /* which lines are left out, for a warning; NULL: none */
    int64_t n;            /* columns */
    char **names;         /* n; "" for a column without a name */
    bool *numeric;        /* n; false for the time, for text and for columns without a name */
    bool *empty;          /* n; true where the file has rows and none has a value */
    const char **holds;   /* n; of one that is not numeric: what it holds, static */
    bool *text;           /* n; true where there were values and none a number or an instant */
    struct pulse_text_column *columns; /* n: in the rows that were looked at */
    int64_t time;                      /* column of the time */
    const char *date_format;           /* of the times; NULL: ISO 8601. Borrowed */
    bool ambiguous;                    /* the times may be of one of these forms or the other */
    const char *forms[2];
    const char *advised; /* a form that they have and that is not guessed; NULL: none */
    char first_time[PULSE_TEXT_SHOWN + 1];
    unsigned span; /* of the first time, where all are to be of its frequency; else 0 */
    bool offset;   /* it has an offset from UTC */
    int64_t bytes_read;
};

#endif
