/* Choices of the options that say how datasets are read: the same words in every program. In a
 * header alone, so that a program that reads none need not link what does. */
#ifndef PULSE_DATA_COMMON_ARGUMENTS_H
#define PULSE_DATA_COMMON_ARGUMENTS_H

#include "base/args.h"
#include "data/common/epoch.h"

static const struct pulse_arg_choice pulse_time_unit_choices[] = {{"s", PULSE_TIME_UNIT_S},
                                                                  {"ms", PULSE_TIME_UNIT_MS},
                                                                  {"us", PULSE_TIME_UNIT_US},
                                                                  {"ns", PULSE_TIME_UNIT_NS},
                                                                  {0}};

static const struct pulse_arg_choice pulse_decimal_choices[] = {
    {"point", '.'}, {"comma", ','}, {0}};

#endif
