/* What pulse-data info finds in data: variables, their rows and days. Prints warnings
 * alone. */
#ifndef PULSE_CLI_INFO_LOOK_H
#define PULSE_CLI_INFO_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset.h"

/* What is printed of one variable. */
struct pulse_info_facts {
    int64_t observed; /* rows of a wide file, distinct days of a long dataset */
    int64_t first_ns;
    int64_t last_ns;
    bool fractions; /* a value is no whole number */
};

struct pulse_info {
    struct pulse_read_options reading;
    struct pulse_catalog catalog;
    struct pulse_info_facts *facts; /* one per catalog entry */
    int64_t rows;                   /* of a wide file; days on which any long dataset is observed */
    int64_t untimed;                /* rows whose time stands for none */
    int64_t beside;                 /* columns of files of one variable that are not read */
    int64_t *days; /* of the rows (while they are read: their times), sorted and distinct at the
                      end */
    int64_t n_days, cap_days;
    int64_t repeated;               /* rows of a wide file whose day another row has too */
    uint32_t midnights;             /* zones at whose midnights all times of a wide file lie */
    bool local;                     /* the times of a wide file are what clocks show, … */
    const struct pulse_zone *clock; /* … of this zone; NULL: none, or of several offsets */
};

/* Reads all of it; clear in any case. PULSE_E_INPUT and what the readers say. */
int pulse_info_look(const char *uri, const struct pulse_read_options *reading,
                    struct pulse_info *info, struct pulse_err *err);
void pulse_info_clear(struct pulse_info *info);

#endif
