/* CSV as we write it: names quoted where need be, numbers shortest, missing empty. */
#ifndef PULSE_CLI_CSV_OUT_H
#define PULSE_CLI_CSV_OUT_H

#include <stdio.h>

void pulse_csv_put_name(FILE *to, const char *name);
void pulse_csv_put_number(FILE *to, double value);

#endif
