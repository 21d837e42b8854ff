/* Which sign stands between the cells of a file. Pure; knows no file. Internal to io/data. */
#ifndef PULSE_DATA_CSV_SEPARATOR_H
#define PULSE_DATA_CSV_SEPARATOR_H

/* Of , ; tab and | that which fits best to the header [p, end) and the line behind it, in a text
 * that goes on to `stop`; of those that fit alike whichever the header holds most of, outside
 * quotes; but | only where it holds no other. */
char pulse_csv_separator_find(const char *p, const char *end, const char *stop);

#endif
