/* The panel written to a file or an object: a column of dates, a column a variable. */
#ifndef PULSE_PREPARE_WRITE_H
#define PULSE_PREPARE_WRITE_H

#include "prepare/panel.h"

/* Whole or not at all, in the format of the extension. Errors of cli/table_file.h. */
int pulse_prepared_write(const struct pulse_prepared *panel, const char *uri,
                         struct pulse_err *err);

#endif
