/* The files of the AWS tools: [section], key = value, lines of comments. Names of sections may be
 * quoted. Pure; internal to io/store. */
#ifndef PULSE_STORE_AWS_INI_H
#define PULSE_STORE_AWS_INI_H

#include <stdbool.h>

#include "base/error.h"

bool pulse_ini_has_section(const char *text, const char *section);

/* The value of a key in a section; heap, the caller frees. NULL if there is none, or with
 * PULSE_E_MEMORY. Of a key given twice the last counts. Indented lines (settings of single
 * services) are skipped. */
char *pulse_ini_value(const char *text, const char *section, const char *key,
                      struct pulse_err *err);

/* The same of an indented line: `key` among the settings below "group =". */
char *pulse_ini_nested_value(const char *text, const char *section, const char *group,
                             const char *key, struct pulse_err *err);

#endif
